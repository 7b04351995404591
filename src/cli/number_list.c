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

/* The first n bytes of `text`, digits alone, as a number. */
static bool parse_whole(const char *text, size_t n, size_t *value)
{
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9' || i == 9) {
            return false;
        }
        *value = *value * 10 + (size_t)(text[i] - '0');
    }
    return n > 0;
}

bool umi_parse_whole_range(const char *text, size_t *first, size_t *last)
{
    const char *dots = strstr(text, "..");
    size_t low, high;
    if (dots == NULL || !parse_whole(text, (size_t)(dots - text), &low) ||
        !parse_whole(dots + 2, strlen(dots + 2), &high) || high < low) {
        return false;
    }
    *first = low;
    *last = high;
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
