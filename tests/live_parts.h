/* Parts of a live run that tests put together without a device. */
#ifndef LIVE_PARTS_H
#define LIVE_PARTS_H

#include "job/live_learning.h"
#include "job/live_transform.h"

#include <time.h>

enum { PARTS_RATE = 16000, PARTS_PERIOD = 64 };

typedef struct live_parts {
    um_stft_config stft;
    size_t n_bins;
    umi_live_display *display;
    umi_live_learning *learning;
} live_parts;

static inline live_parts live_parts_new(size_t n_channels)
{
    live_parts p = {.stft = umi_live_transform(UMI_LIVE_LOWEST, PARTS_RATE, PARTS_PERIOD)};
    p.n_bins = p.stft.window.length / 2 + 1;
    p.display = umi_live_display_new(PARTS_RATE, p.stft.window.length, n_channels, 100.0);
    umi_live_learning_config config = {umi_live_learner_config_default(), p.n_bins, n_channels,
                                       p.display};
    config.learner.stft = p.stft;
    config.learner.sample_rate = PARTS_RATE;
    config.learner.frame_rate = 100.0;
    config.learner.n_free = 4;
    config.learner.n_label_atoms = 2;
    assert_int_equal(umi_live_learning_new(&config, &p.learning, NULL), UM_OK);
    return p;
}

static inline void live_parts_free(live_parts *p)
{
    umi_live_learning_free(p->learning);
    umi_live_display_free(p->display);
}

static inline void wait_a_little(void)
{
    const struct timespec pause = {0, 1000000};
    (void)nanosleep(&pause, NULL);
}

#endif
