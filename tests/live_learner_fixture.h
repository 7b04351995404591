/* A learner that hears sounds of known spectra. */
#ifndef LIVE_LEARNER_FIXTURE_H
#define LIVE_LEARNER_FIXTURE_H

#include "core/memory.h"
#include "core/random.h"
#include "job/live_learner.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* Sound i has its energy in the bins from 20 i on, 20 of them, and none elsewhere. */
enum { FIXTURE_BINS = 129, FIXTURE_BAND = 20, FIXTURE_RATE = 8000 };

/* A tenth of a second is ten frames. */
static inline umi_live_learner_config fixture_config(void)
{
    umi_live_learner_config config = umi_live_learner_config_default();
    config.stft.window.length = 256;
    config.stft.window.hop = 64;
    config.sample_rate = FIXTURE_RATE;
    config.frame_rate = 100.0;
    config.n_free = 3;
    config.n_label_atoms = 4;
    config.forget_seconds = 2.0;
    config.hold_seconds_max = 1.0;
    return config;
}

static inline umi_live_learner *fixture_new(void)
{
    umi_live_learner_config config = fixture_config();
    umi_live_learner *learner;
    um_status status = umi_live_learner_new(&config, &learner, NULL);
    assert(status == UM_OK);
    (void)status;
    return learner;
}

/* n frames with the sounds whose bits are set in `sounds`, each of its own loudness. */
static inline void fixture_hear(umi_live_learner *learner, unsigned sounds, size_t n)
{
    static umi_random random = {{1, 2, 3, 4}};
    for (size_t t = 0; t < n; t++) {
        float frame[FIXTURE_BINS] = {0};
        for (size_t i = 0; sounds >> i != 0; i++) {
            float gain = (sounds >> i & 1U) != 0 ? (float)umi_random_start_value(&random) : 0.0f;
            for (size_t f = i * FIXTURE_BAND; f < (i + 1) * FIXTURE_BAND; f++) {
                frame[f] += gain * (1.0f + 0.2f * (float)umi_random_uniform(&random));
            }
        }
        um_status status = umi_live_learner_push(learner, um_cview_of(frame, 1, FIXTURE_BINS));
        assert(status == UM_OK);
        (void)status;
    }
}

static inline um_status fixture_hold(umi_live_learner *learner, const char *label, unsigned sounds,
                                     size_t n, um_error *error)
{
    um_status status = umi_live_learner_hold(learner, label, error);
    if (status == UM_OK) {
        fixture_hear(learner, sounds, n);
        status = umi_live_learner_release(learner, error);
    }
    return status;
}

/* What share of the atoms of a source lies in the band of sound i, 0..1; -1 without atoms. */
static inline double fixture_share(const umi_live_model *model, size_t source, size_t i)
{
    double sum = 0.0;
    size_t n = 0;
    for (size_t k = 0; k < model->W.rows; k++) {
        for (size_t f = i * FIXTURE_BAND;
             model->source_of[k] == source && f < (i + 1) * FIXTURE_BAND; f++) {
            sum += (double)um_crow(model->W, k)[f];
        }
        n += model->source_of[k] == source;
    }
    return n > 0 ? sum / (double)n : -1.0;
}

static inline size_t fixture_n_atoms(const umi_live_model *model, size_t source)
{
    size_t n = 0;
    for (size_t k = 0; k < model->W.rows; k++) {
        n += model->source_of[k] == source;
    }
    return n;
}

#endif
