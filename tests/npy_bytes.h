/* NPY files made byte by byte, without the code under test. */
#ifndef NPY_BYTES_H
#define NPY_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header with this text and whatever version (1..3); returns its length. */
static inline size_t npy_put_header(unsigned char *to, int version, const char *text)
{
    static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    size_t n_text = strlen(text);
    size_t begin = version == 1 ? 10 : 12;
    memcpy(to, magic, sizeof magic);
    to[6] = (unsigned char)version;
    to[7] = 0;
    for (size_t i = 8; i < begin; i++) {
        to[i] = (unsigned char)(n_text >> 8 * (i - 8));
    }
    memcpy(to + begin, text, n_text);
    return begin + n_text;
}

/* The header that numpy would write for a matrix of this type ("<f4") and order. */
static inline size_t npy_put_matrix_header(unsigned char *to, const char *descr, bool fortran_order,
                                           size_t rows, size_t cols)
{
    char text[200];
    snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': %s, 'shape': (%zu, %zu), }\n",
             descr, fortran_order ? "True" : "False", rows, cols);
    return npy_put_header(to, 1, text);
}

/* One item of that type, at most 2^53 where it is an integer; returns its length. */
static inline size_t npy_put_item(unsigned char *to, const char *descr, double value)
{
    size_t n = (size_t)(descr[2] - '0');
    unsigned long long bits = 0;
    if (descr[1] == 'f' && n == 4) {
        float single = (float)value;
        unsigned low;
        memcpy(&low, &single, 4);
        bits = low;
    } else if (descr[1] == 'f') {
        memcpy(&bits, &value, 8);
    } else {
        bits = (unsigned long long)(long long)value;
    }
    for (size_t i = 0; i < n; i++) {
        to[descr[0] == '>' ? n - 1 - i : i] = (unsigned char)(bits >> 8 * i);
    }
    return n;
}

#endif
