/* What a live run learns from what it hears: the atoms of the sources, and whose they are.
 *
 * Labelled sources have atoms that stay: learned from a hold, read from a dictionary, or found as
 * noise. The last source is always the rest: its atoms are free, learned all the time by online
 * factorisation (online.h) beside the labelled ones, while learning is on. It is on at the start,
 * goes off when a second labelled source comes, and may be switched on again. Free atoms stay when
 * it goes off, but beside two labelled sources, which then have all to themselves.
 *
 * No threads, no locks: all calls come from one thread. */
#ifndef UMI_JOB_LIVE_LEARNER_H
#define UMI_JOB_LIVE_LEARNER_H

#include "unmingle/dictionary.h"
#include "unmingle/status.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct umi_live_learner_config {
    um_stft_config stft;
    double sample_rate;    /* Hz */
    double frame_rate;     /* frames that are pushed in a second; 50 to 200 do, evenly spread */
    size_t n_free;         /* free atoms, 1..256 */
    size_t n_label_atoms;  /* of a label that is held, 1..256 */
    double forget_seconds; /* free atoms, and noise, are those of so long a time before; above 0 */
    double hold_seconds_max; /* frames of a longer hold are thinned evenly to as many; above 0 */
    uint64_t seed;
} umi_live_learner_config;

/* 16 atoms a label, which from some seconds do as well as more, and 8 free ones; 10 s to forget, 30
 * s of hold; the default transform at 48 kHz. */
umi_live_learner_config umi_live_learner_config_default(void);

/* The label of the last source. No other source may have it, nor "residual", which 'separate' keeps
 * for itself. */
extern const char umi_live_rest_label[];

/* The atoms at a moment, for um_separator. */
typedef struct umi_live_model {
    um_cview W;                             /* n_atoms x n_bins, one at least, source after source,
                                               rows sum to 1 */
    const size_t *source_of;                /* n_atoms */
    size_t n_sources;                       /* 1..UMI_LIVE_SOURCES_MAX; the last is the rest */
    const char (*labels)[UM_LABEL_MAX + 1]; /* n_sources */
    bool residual;    /* the rest also takes what no atom explains: fewer than two have a label */
    uint64_t version; /* another whenever any of this is */
} umi_live_model;

typedef struct umi_live_learner umi_live_learner;

/* UM_ERR_ARGUMENT with a message, UM_ERR_MEMORY. On failure *out is NULL. */
um_status umi_live_learner_new(const umi_live_learner_config *config, umi_live_learner **out,
                               um_error *error) UM_MUST_USE;
void umi_live_learner_free(umi_live_learner *learner); /* NULL is fine */

/* Frames that were heard, n x n_bins magnitudes, in order. While a label is held they are gathered
 * for it; else the free atoms, when learning is on, and noise, when it is looked for, are learned
 * from them. UM_ERR_ARGUMENT for frames that are not magnitudes, and then none is taken. */
um_status umi_live_learner_push(umi_live_learner *learner, um_cview V) UM_MUST_USE;

/* From now on what is heard is `label` alone. UM_ERR_ARGUMENT with a message for a label that
 * cannot be, when one is held already, when everything is frozen, or when there is no room for a
 * further source; UM_ERR_MEMORY. */
um_status umi_live_learner_hold(umi_live_learner *learner, const char *label,
                                um_error *error) UM_MUST_USE;

/* Ends the hold and learns the atoms of the label from it, as 'separate --learn' does; this takes
 * up to a second. A label that was there already gets them in place of its own. UM_ERR_DATA with a
 * message, and no atoms changed, for less than a fifth of a second or silence; UM_ERR_ARGUMENT when
 * nothing is held; UM_ERR_MEMORY. */
um_status umi_live_learner_release(umi_live_learner *learner, um_error *error) UM_MUST_USE;

/* The label that is held, "" for none, and seconds of it so far. */
const char *umi_live_learner_held(const umi_live_learner *learner, double *seconds);

/* Switches the free atoms' learning; when that starts them anew they are random. UM_ERR_MEMORY. */
um_status umi_live_learner_set_learning(umi_live_learner *learner, bool learning,
                                        um_error *error) UM_MUST_USE;
bool umi_live_learner_is_learning(const umi_live_learner *learner);

/* Frozen, nothing is learned: a hold ends without effect, and none begins. */
void umi_live_learner_set_frozen(umi_live_learner *learner, bool frozen);
bool umi_live_learner_is_frozen(const umi_live_learner *learner);

/* UM_ERR_ARGUMENT with a message for a source that is not there, or the rest; UM_ERR_MEMORY. */
um_status umi_live_learner_remove(umi_live_learner *learner, size_t source,
                                  um_error *error) UM_MUST_USE;

/* The same, and for a label that cannot be or is taken. */
um_status umi_live_learner_rename(umi_live_learner *learner, size_t source, const char *label,
                                  um_error *error) UM_MUST_USE;

/* Every label of the dictionary becomes a source, or joins the one of that name; atoms labelled
 * "rest" take the place of the free ones. Atoms of another rate or FFT size are remapped
 * (atoms_remap.h), of those that last several frames the middle one is taken. `name` stands for
 * the file in messages. UM_ERR_CONFIG for what does not fit, UM_ERR_MEMORY; then nothing is
 * changed. */
um_status umi_live_learner_add_dictionary(umi_live_learner *learner,
                                          const um_dictionary *dictionary, const char *name,
                                          um_error *error) UM_MUST_USE;

/* A source "noise", at first white, whose atoms are found anew every second in the quietest tenth
 * of what was heard within forget_seconds, until "noise" is held, renamed or removed. For speech:
 * sources "speech", of a dictionary, and "noise". UM_ERR_ARGUMENT when there is "noise" already or
 * no room, UM_ERR_MEMORY.
 */
um_status umi_live_learner_find_noise(umi_live_learner *learner, um_error *error) UM_MUST_USE;

/* Borrowed until the next call that is not const. Free atoms change at most 4 times a second. */
const umi_live_model *umi_live_learner_model(const umi_live_learner *learner);

/* All atoms as a dictionary, to be saved; free ones are labelled "rest". To be freed with
 * um_dictionary_free. UM_ERR_DATA with a message when there is no atom; UM_ERR_MEMORY. */
um_status umi_live_learner_dictionary(const umi_live_learner *learner, um_dictionary **out,
                                      um_error *error) UM_MUST_USE;

#endif
