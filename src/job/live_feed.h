/* What a reader of the live stream is told, and when: the state at once, when it changes, and at
 * least once a second; the atoms at once and when there are others; the newest frame, 40 times a
 * second. Messages are made when they are asked for, so whoever reads slowly misses frames, and
 * nothing waits for him. The stream's format is in job/live_message.h. */
#ifndef UMI_JOB_LIVE_FEED_H
#define UMI_JOB_LIVE_FEED_H

#include "job/live_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the feed gets what it tells; called by whoever calls umi_live_feed_read. */
typedef struct umi_live_feed_config {
    void *user;
    void (*state)(void *user, umi_live_state *state);
    /* The newest frame, if its number is above `after`; false when there is none. */
    bool (*frame)(void *user, uint64_t after, umi_live_frame *frame);
    void (*atoms)(void *user, umi_live_atoms *atoms);
} umi_live_feed_config;

typedef struct umi_live_feed umi_live_feed;

/* For one reader; NULL when memory is short. */
umi_live_feed *umi_live_feed_new(const umi_live_feed_config *config);

/* Up to `size` bytes more of the stream; 0: none just now. `now` is in seconds, of any clock that
 * never goes back. */
size_t umi_live_feed_read(umi_live_feed *feed, double now, void *bytes, size_t size);

/* NULL is fine. */
void umi_live_feed_free(umi_live_feed *feed);

#endif
