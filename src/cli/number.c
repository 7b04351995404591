#define _POSIX_C_SOURCE 200809L

#include "cli/number.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Each is 1024 times the one before it. */
static const char UNITS[] = "KMGTPE";

bool umi_parse_integer(const char *text, uint64_t *value)
{
    uint64_t sum = 0;
    if (*text == '\0') {
        return false;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(*p - '0'), &sum)) {
            return false;
        }
    }
    *value = sum;
    return true;
}

/* The number at the start of `text`; *end is what follows it. The characters are checked before
 * strtod sees them, because strtod takes far more than we promise. */
static bool parse_leading_real(const char *text, double *value, const char **end)
{
    const char *digits = text + (*text == '-');
    size_t n = strspn(digits, "0123456789.");
    if (strcspn(digits, "0123456789") >= n) {
        return false;
    }
    if (digits[n] == 'e' || digits[n] == 'E') {
        size_t sign = digits[n + 1] == '-' || digits[n + 1] == '+';
        size_t n_exponent = strspn(digits + n + 1 + sign, "0123456789");
        n += n_exponent > 0 ? 1 + sign + n_exponent : 0;
    }
    char *stop;
    double number = strtod(text, &stop);
    if (stop != digits + n || !isfinite(number)) {
        return false;
    }
    *value = number;
    *end = stop;
    return true;
}

bool umi_parse_real(const char *text, double *value)
{
    const char *end;
    double number;
    if (!parse_leading_real(text, &number, &end) || *end != '\0') {
        return false;
    }
    *value = number;
    return true;
}

bool umi_parse_size(const char *text, uint64_t *value)
{
    const char *end;
    double number;
    if (!parse_leading_real(text, &number, &end) || number < 0) {
        return false;
    }
    if (*end != '\0') {
        const char *unit = strchr(UNITS, toupper((unsigned char)*end));
        if (unit == NULL ||
            (end[1] != '\0' && strcasecmp(end + 1, "B") != 0 && strcasecmp(end + 1, "iB") != 0)) {
            return false;
        }
        number = ldexp(number, 10 * (1 + (int)(unit - UNITS)));
    }
    if (number >= 0x1p64) {
        return false;
    }
    *value = (uint64_t)number;
    return true;
}

void umi_format_size(uint64_t value, char text[UMI_SIZE_TEXT])
{
    int power = 0;
    while (value != 0 && value % 1024 == 0 && UNITS[power] != '\0') {
        value /= 1024;
        power++;
    }
    if (power == 0) {
        snprintf(text, UMI_SIZE_TEXT, "%" PRIu64, value);
    } else {
        snprintf(text, UMI_SIZE_TEXT, "%" PRIu64 "%c", value, UNITS[power - 1]);
    }
}
