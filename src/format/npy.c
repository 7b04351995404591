#include "format/npy.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const unsigned char magic[UMI_NPY_MAGIC] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

/* The data begins at a multiple of this, so that a file that is mapped is aligned. */
enum { DATA_ALIGNMENT = 64 };

/* Bytes before the text: in version 1.0, and in 2.0 and 3.0. */
enum { TEXT_BEGIN_1 = 10, TEXT_BEGIN_2 = 12 };

/* Room for a type from the file in a message. */
enum { SHOWN_SIZE = 48 };

static const char CURE[] = "write it with numpy.save, as float32 or float64";

bool umi_npy_is(const unsigned char *bytes, size_t n)
{
    return n >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

um_status umi_npy_data_begin(const unsigned char *prefix, size_t file_size, const char *name,
                             size_t *data_begin, um_error *error)
{
    if (file_size == 0) {
        return umi_error_set(error, UM_ERR_DATA, "%s: empty file", name);
    }
    if (!umi_npy_is(prefix, file_size < UMI_NPY_PREFIX ? file_size : UMI_NPY_PREFIX)) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: not an NPY file: it does not begin with \\x93NUMPY; %s", name,
                             CURE);
    }
    if (file_size < UMI_NPY_PREFIX) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: truncated: %zu bytes are too few for an NPY file; copy the file "
                             "again",
                             name, file_size);
    }
    if (prefix[6] < 1 || prefix[6] > 3 || prefix[7] != 0) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: NPY version %d.%d is not read, only 1.0, 2.0 and 3.0; %s", name,
                             prefix[6], prefix[7], CURE);
    }
    size_t length = prefix[8] | (size_t)prefix[9] << 8;
    size_t begin = TEXT_BEGIN_1;
    if (prefix[6] > 1) {
        length |= (size_t)prefix[10] << 16 | (size_t)prefix[11] << 24;
        begin = TEXT_BEGIN_2;
    }
    if (length > UMI_NPY_HEADER_MAX - begin) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: the NPY header has %zu bytes; at most %zu are read", name, length,
                             UMI_NPY_HEADER_MAX - begin);
    }
    if (length > file_size - begin) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: truncated: an NPY header of %zu bytes in a file of %zu; copy the "
                             "file again",
                             name, length, file_size);
    }
    *data_begin = begin + length;
    return UM_OK;
}

/* -- The Python literal ------------------------------------------------------------------------ */

struct cursor {
    const char *at;
    const char *end;
};

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end && strchr(" \t\r\n", *cursor->at) != NULL &&
           *cursor->at != '\0') {
        cursor->at++;
    }
}

/* Takes the character if it is the next one but for blanks. */
static bool take(struct cursor *cursor, char character)
{
    skip_blanks(cursor);
    bool is_next = cursor->at < cursor->end && *cursor->at == character;
    cursor->at += is_next;
    return is_next;
}

static bool take_word(struct cursor *cursor, const char *word)
{
    skip_blanks(cursor);
    size_t n = strlen(word);
    bool is_next = (size_t)(cursor->end - cursor->at) >= n && memcmp(cursor->at, word, n) == 0;
    cursor->at += is_next ? n : 0;
    return is_next;
}

/* A string between quotes of either kind, without escapes, copied to text[size]. */
static bool take_string(struct cursor *cursor, char *text, size_t size)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || (*cursor->at != '\'' && *cursor->at != '"')) {
        return false;
    }
    const char *begin = cursor->at + 1;
    const char *end = memchr(begin, *cursor->at, (size_t)(cursor->end - begin));
    size_t n = end != NULL ? (size_t)(end - begin) : size;
    if (n >= size || memchr(begin, '\\', n) != NULL || memchr(begin, '\0', n) != NULL) {
        return false;
    }
    memcpy(text, begin, n);
    text[n] = '\0';
    cursor->at = end + 1;
    return true;
}

static bool take_size(struct cursor *cursor, size_t *size)
{
    skip_blanks(cursor);
    const char *begin = cursor->at;
    *size = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        if (__builtin_mul_overflow(*size, 10, size) ||
            __builtin_add_overflow(*size, (size_t)(*cursor->at - '0'), size)) {
            return false;
        }
    }
    return cursor->at > begin;
}

/* (), (3,), (2, 3) or (2, 3,). Dimensions past the last that there is room for are counted. */
static bool take_shape(struct cursor *cursor, umi_npy *npy)
{
    if (!take(cursor, '(')) {
        return false;
    }
    npy->n_dimensions = 0;
    bool has_comma = true;
    while (!take(cursor, ')')) {
        size_t size;
        if (!has_comma || !take_size(cursor, &size)) {
            return false;
        }
        if (npy->n_dimensions < UMI_NPY_DIMENSIONS_MAX) {
            npy->shape[npy->n_dimensions] = size;
        }
        npy->n_dimensions++;
        has_comma = take(cursor, ',');
    }
    /* To Python, (3) is a number, and a tuple of one has a comma. */
    return npy->n_dimensions != 1 || has_comma;
}

/* "<f4" and its like; false for a type that is not read. */
static bool read_type(const char *descr, umi_npy *npy)
{
    static const struct {
        const char *name;
        umi_npy_type type;
        size_t item_bytes;
    } types[] = {
        {"f4", UMI_NPY_FLOAT, 4},    {"f8", UMI_NPY_FLOAT, 8},    {"i1", UMI_NPY_SIGNED, 1},
        {"i2", UMI_NPY_SIGNED, 2},   {"i4", UMI_NPY_SIGNED, 4},   {"i8", UMI_NPY_SIGNED, 8},
        {"u1", UMI_NPY_UNSIGNED, 1}, {"u2", UMI_NPY_UNSIGNED, 2}, {"u4", UMI_NPY_UNSIGNED, 4},
        {"u8", UMI_NPY_UNSIGNED, 8}, {"b1", UMI_NPY_BOOL, 1}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (descr[0] != '\0' && strcmp(descr + 1, types[i].name) == 0) {
            npy->type = types[i].type;
            npy->item_bytes = types[i].item_bytes;
            npy->big_endian = descr[0] == '>';
            /* '|' says that a single byte has no order. */
            return descr[0] == '<' || descr[0] == '>' || (descr[0] == '|' && descr[2] == '1');
        }
    }
    return false;
}

/* The three entries, each once, in any order. False when the text is not such a dictionary. */
static bool take_dictionary(struct cursor *cursor, umi_npy *npy, char *descr, size_t descr_size)
{
    bool has_descr = false;
    bool has_order = false;
    bool has_shape = false;
    bool has_comma = true;
    if (!take(cursor, '{')) {
        return false;
    }
    while (!take(cursor, '}')) {
        char key[16];
        if (!has_comma || !take_string(cursor, key, sizeof key) || !take(cursor, ':')) {
            return false;
        }
        if (strcmp(key, "descr") == 0 && !has_descr) {
            has_descr = take_string(cursor, descr, descr_size);
            if (!has_descr) {
                return false;
            }
        } else if (strcmp(key, "fortran_order") == 0 && !has_order) {
            has_order = true;
            npy->fortran_order = take_word(cursor, "True");
            if (!npy->fortran_order && !take_word(cursor, "False")) {
                return false;
            }
        } else if (strcmp(key, "shape") == 0 && !has_shape) {
            has_shape = take_shape(cursor, npy);
            if (!has_shape) {
                return false;
            }
        } else {
            return false;
        }
        has_comma = take(cursor, ',');
    }
    skip_blanks(cursor);
    return has_descr && has_order && has_shape && cursor->at == cursor->end;
}

um_status umi_npy_parse(const unsigned char *header, size_t data_begin, size_t data_size,
                        const char *name, umi_npy *npy, um_error *error)
{
    size_t text_begin = header[6] == 1 ? TEXT_BEGIN_1 : TEXT_BEGIN_2;
    assert(data_begin >= text_begin);
    umi_npy read = {0};
    char descr[32] = "";
    struct cursor cursor = {(const char *)header + text_begin, (const char *)header + data_begin};
    if (!take_dictionary(&cursor, &read, descr, sizeof descr)) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: the NPY header is damaged, or the array holds records: byte %zu; "
                             "%s",
                             name, (size_t)(cursor.at - (const char *)header), CURE);
    }
    if (!read_type(descr, &read)) {
        char shown[SHOWN_SIZE];
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: numbers of type '%s' are not read; %s: V.astype('float32')", name,
                             umi_utf8_printable(descr, shown, sizeof shown), CURE);
    }
    if (read.n_dimensions > UMI_NPY_DIMENSIONS_MAX) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: the array has %zu dimensions; a matrix has two: reshape it", name,
                             read.n_dimensions);
    }
    size_t n_bytes = read.item_bytes;
    bool fits = true;
    bool is_empty = false;
    for (size_t d = 0; d < read.n_dimensions; d++) {
        is_empty |= read.shape[d] == 0;
        fits &= umi_multiply(n_bytes, read.shape[d], &n_bytes);
    }
    if (!fits && !is_empty) {
        return umi_error_set(error, UM_ERR_DATA, "%s: the shape is larger than any memory", name);
    }
    n_bytes = is_empty ? 0 : n_bytes;
    if (n_bytes != data_size) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: %s: the shape needs %zu bytes, %zu are there%s", name,
                             n_bytes > data_size ? "truncated" : "trailing bytes", n_bytes,
                             data_size, n_bytes > data_size ? "; copy the file again" : "");
    }
    *npy = read;
    return UM_OK;
}

um_status umi_npy_matrix(const umi_npy *npy, const char *name, size_t *rows, size_t *cols,
                         um_error *error)
{
    if (npy->n_dimensions != 1 && npy->n_dimensions != 2) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: the array has %zu dimensions; a matrix has two: reshape it", name,
                             npy->n_dimensions);
    }
    size_t n_rows = npy->n_dimensions == 1 ? 1 : npy->shape[0];
    size_t n_cols = npy->shape[npy->n_dimensions - 1];
    if (n_rows == 0 || n_cols == 0) {
        return umi_error_set(error, UM_ERR_DATA, "%s: a matrix of %zu x %zu holds nothing", name,
                             n_rows, n_cols);
    }
    *rows = n_rows;
    *cols = n_cols;
    return UM_OK;
}

/* -- Items ------------------------------------------------------------------------------------- */

/* Inlined with constants for the first three, the usual types become plain copies and casts. */
static inline double item_value(umi_npy_type type, size_t n_bytes, bool big_endian,
                                const unsigned char *item)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < n_bytes; i++) {
        bits |= (uint64_t)item[big_endian ? n_bytes - 1 - i : i] << 8 * i;
    }
    if (type == UMI_NPY_FLOAT && n_bytes == sizeof(float)) {
        uint32_t low = (uint32_t)bits;
        float value;
        memcpy(&value, &low, sizeof value);
        return (double)value;
    }
    if (type == UMI_NPY_FLOAT) {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (type == UMI_NPY_BOOL) {
        return bits != 0 ? 1.0 : 0.0;
    }
    uint64_t sign = UINT64_C(1) << (8 * n_bytes - 1);
    if (type == UMI_NPY_SIGNED && (bits & sign) != 0) {
        return -(double)(sign - (bits & (sign - 1)));
    }
    return (double)bits;
}

double umi_npy_value(const umi_npy *npy, const unsigned char *item)
{
    return item_value(npy->type, npy->item_bytes, npy->big_endian, item);
}

void umi_npy_to_float(const umi_npy *npy, const unsigned char *items, size_t n, float *values)
{
    if (npy->type == UMI_NPY_FLOAT && npy->item_bytes == 4 && !npy->big_endian) {
        for (size_t i = 0; i < n; i++) {
            values[i] = (float)item_value(UMI_NPY_FLOAT, 4, false, items + 4 * i);
        }
    } else if (npy->type == UMI_NPY_FLOAT && npy->item_bytes == 8 && !npy->big_endian) {
        for (size_t i = 0; i < n; i++) {
            values[i] = (float)item_value(UMI_NPY_FLOAT, 8, false, items + 8 * i);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            values[i] = (float)umi_npy_value(npy, items + npy->item_bytes * i);
        }
    }
}

/* -- Writing ----------------------------------------------------------------------------------- */

size_t umi_npy_format(const size_t *shape, size_t n_dimensions, unsigned char *header)
{
    assert(n_dimensions <= UMI_NPY_DIMENSIONS_MAX);
    char *text = (char *)header + TEXT_BEGIN_1;
    size_t size = UMI_NPY_WRITTEN_MAX - TEXT_BEGIN_1;
    size_t n = (size_t)snprintf(text, size, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (size_t d = 0; d < n_dimensions; d++) {
        const char *separator = d > 0 ? " " : "";
        const char *comma = d + 1 < n_dimensions || n_dimensions == 1 ? "," : "";
        n += (size_t)snprintf(text + n, size - n, "%s%zu%s", separator, shape[d], comma);
    }
    n += (size_t)snprintf(text + n, size - n, "), }");
    /* Blanks up to the alignment, the last byte a newline. */
    size_t length = (TEXT_BEGIN_1 + n + 1 + DATA_ALIGNMENT - 1) / DATA_ALIGNMENT * DATA_ALIGNMENT;
    assert(length <= UMI_NPY_WRITTEN_MAX);
    memset(text + n, ' ', length - TEXT_BEGIN_1 - n);
    header[length - 1] = '\n';
    memcpy(header, magic, sizeof magic);
    header[6] = 1;
    header[7] = 0;
    header[8] = (unsigned char)(length - TEXT_BEGIN_1);
    header[9] = (unsigned char)((length - TEXT_BEGIN_1) >> 8);
    return length;
}

void umi_npy_from_float(const float *values, size_t n, unsigned char *items)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (size_t b = 0; b < sizeof bits; b++) {
            items[sizeof bits * i + b] = (unsigned char)(bits >> 8 * b);
        }
    }
}
