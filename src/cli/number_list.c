#include "cli/number_list.h"

#include "cli/number.h"

#include <string.h>

enum { NUMBER = 64 };

size_t umi_parse_number_list(const char *text, double *values, size_t room)
{
    size_t n = 0;
    for (;;) {
        char number[NUMBER];
        double value;
        size_t length = strcspn(text, ",");
        if (length >= sizeof number) {
            return 0;
        }
        memcpy(number, text, length);
        number[length] = '\0';
        if (!umi_parse_real(number, &value)) {
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
