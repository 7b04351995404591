/* What live_learner.c and live_learner_labels.c share: the learner's state. */
#ifndef UMI_JOB_LIVE_LEARNER_INTERNAL_H
#define UMI_JOB_LIVE_LEARNER_INTERNAL_H

#include "job/live_arrangement.h"
#include "job/live_frames.h"
#include "job/live_labels.h"
#include "job/live_learner.h"

struct umi_live_learner {
    umi_live_learner_config config;
    size_t n_bins, fft_size;
    umi_live_labels labels;
    umi_live_arrangement atoms;
    umi_live_model model;
    char names[UMI_LIVE_SOURCES_MAX][UM_LABEL_MAX + 1]; /* the model's */
    umi_live_frames heard;              /* of the time that counts, without silence */
    size_t n_since_rest, n_since_noise; /* frames that were heard since these were learned */
    bool frozen;
    bool finds_noise;
    char held[UM_LABEL_MAX + 1];
    umi_live_frames hold;
    size_t n_held; /* frames, silent ones too */
};

extern const char umi_live_noise_label[];

/* How many frames come in so many seconds, one at least. */
size_t umi_live_learner_frames_in(const umi_live_learner *learner, double seconds);

/* The atoms of the rest; no rows where it has none, or random ones. */
um_cview umi_live_learner_rest(const umi_live_learner *learner);

/* Makes room for n_labelled atoms of n_labels labels. `rest`: its atoms; where it has no rows,
 * random ones if they are to learn or there is no label, else none. Fails as
 * umi_live_arrangement_init does. */
um_status umi_live_learner_prepare(const umi_live_learner *learner, size_t n_labels,
                                   size_t n_labelled, um_cview rest, bool learning,
                                   umi_live_arrangement *next, um_error *error) UM_MUST_USE;

/* `next` takes the place of the atoms there were, with the labels as they are now. */
void umi_live_learner_take(umi_live_learner *learner, const umi_live_arrangement *next);

/* The model's labels and version, after any change. */
void umi_live_learner_name_sources(umi_live_learner *learner);

/* Forgets what is held, if anything. */
void umi_live_learner_end_hold(umi_live_learner *learner);

#endif
