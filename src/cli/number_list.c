#include "cli/number_list.h"

#include "cli/number.h"

#include <string.h>

enum { NUMBER = 64 };

/* The first n bytes of `text` as a number. */
static bool parse_part(const char *text, size_t n, double *value)
{
    char number[NUMBER];
    if (n >= sizeof number) {
        return false;
    }
    memcpy(number, text, n);
    number[n] = '\0';
    return umi_parse_real(number, value);
}

bool umi_parse_number_range(const char *text, double *low, double *high)
{
    double first, last;
    size_t length = strcspn(text, "-");
    if (text[length] == '\0' || !parse_part(text, length, &first) ||
        !umi_parse_real(text + length + 1, &last) || last < first) {
        return false;
    }
    *low = first;
    *high = last;
    return true;
}

size_t umi_parse_number_list(const char *text, double *values, size_t room)
{
    size_t n = 0;
    for (;;) {
        double value;
        size_t length = strcspn(text, ",");
        if (!parse_part(text, length, &value)) {
            return 0;
        }
        if (n < room) {
            values[n] = value;
        }
        n++;
        if (text[length] == '\0') {
            return n;
        }
        text += length + 1;
    }
}
