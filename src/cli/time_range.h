/* A stretch of a recording, as people type it: "0:10-0:14", "83.5-90", "1:02:03.5-", "-4". */
#ifndef UMI_CLI_TIME_RANGE_H
#define UMI_CLI_TIME_RANGE_H

#include "unmingle/status.h"

#include <stdbool.h>

typedef struct umi_time_range {
    double start; /* seconds, 0.. */
    double end;   /* seconds, past start; INFINITY: to the end of the recording */
} umi_time_range;

/* The whole recording. */
umi_time_range umi_time_range_all(void);

/* Seconds, minutes:seconds or hours:minutes:seconds, seconds with or without a fraction. Behind a
 * colon, minutes and seconds are below 60. False leaves *seconds alone. */
bool umi_parse_time(const char *text, double *seconds);

/* A-B, A- or -B. UM_ERR_ARGUMENT with a message that quotes `text`. */
um_status umi_time_range_parse(const char *text, umi_time_range *range,
                               um_error *error) UM_MUST_USE;

#endif
