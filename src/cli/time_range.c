#include "cli/time_range.h"

#include "cli/number.h"
#include "core/error.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Longer texts than this are no times. */
enum { TIME_TEXT = 64 };

umi_time_range umi_time_range_all(void)
{
    umi_time_range range = {0, INFINITY};
    return range;
}

bool umi_parse_time(const char *text, double *seconds)
{
    double total = 0;
    const char *part = text;
    const char *colon;
    for (int n_colons = 0; (colon = strchr(part, ':')) != NULL; n_colons++) {
        char digits[TIME_TEXT];
        uint64_t number;
        size_t length = (size_t)(colon - part);
        if (n_colons == 2 || length >= sizeof digits) {
            return false;
        }
        memcpy(digits, part, length);
        digits[length] = '\0';
        if (!umi_parse_integer(digits, &number) || (part != text && number >= 60)) {
            return false;
        }
        total = 60 * (total + (double)number);
        part = colon + 1;
    }
    double last;
    if (strspn(part, "0123456789.") != strlen(part) || !umi_parse_real(part, &last) ||
        (part != text && last >= 60)) {
        return false;
    }
    *seconds = total + last;
    return true;
}

um_status umi_time_range_parse(const char *text, umi_time_range *range, um_error *error)
{
    umi_time_range result = umi_time_range_all();
    char start[TIME_TEXT];
    const char *dash = strchr(text, '-');
    if (dash == NULL || (size_t)(dash - text) >= sizeof start || strlen(text) < 2) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "'%s' is not a time range such as 0:10-0:14 or 83.5-", text);
    }
    size_t length = (size_t)(dash - text);
    memcpy(start, text, length);
    start[length] = '\0';
    if ((length > 0 && !umi_parse_time(start, &result.start)) ||
        (dash[1] != '\0' && !umi_parse_time(dash + 1, &result.end))) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "'%s' is not a time range such as 0:10-0:14 or 83.5-, with minutes "
                             "and seconds up to 59",
                             text);
    }
    if (result.end <= result.start) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "the time range '%s' ends before it starts",
                             text);
    }
    *range = result;
    return UM_OK;
}
