/* The transform of a live run: long windows to look through, short ones to give back, so that low
 * notes are told apart and little time is lost (window.h: asymmetric). */
#ifndef UMI_JOB_LIVE_TRANSFORM_H
#define UMI_JOB_LIVE_TRANSFORM_H

#include "unmingle/stft.h"

#include <stdbool.h>

typedef enum umi_live_latency {
    UMI_LIVE_LOWEST,  /* gives back a period, 5.4 ms at most */
    UMI_LIVE_LOW,     /* 10.7 ms */
    UMI_LIVE_QUALITY, /* 42.7 ms */
} umi_live_latency;

/* "lowest", "low", "quality", in the order of the enumeration, then NULL. */
extern const char *const umi_live_latency_names[];

/* For a rate in Hz and the period of the device in frames, 0 where it is not known. */
um_stft_config umi_live_transform(umi_live_latency latency, double rate, size_t period);

#endif
