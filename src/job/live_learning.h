/* The learner at work: a thread that feeds it with what is heard, and gives the atoms on.
 *
 * Atoms reach the thread that works on the sound as whole dictionaries, by one atomic pointer;
 * those that it has done with come back by another, and are freed here. */
#ifndef UMI_JOB_LIVE_LEARNING_H
#define UMI_JOB_LIVE_LEARNING_H

#include "job/live_display.h"
#include "job/live_learner.h"
#include "unmingle/separator.h"

typedef struct umi_live_learning_config {
    umi_live_learner_config learner;
    size_t n_bins;                   /* of the transform */
    size_t n_channels;               /* of the separator */
    const umi_live_display *display; /* how atoms are shown */
} umi_live_learning_config;

/* What the separator works with. Source i with a label is its source i, the rest its last one. */
typedef struct umi_live_atom_set {
    um_separator_dictionary *dictionary;
    size_t n_sources;                                    /* with the rest */
    char labels[UMI_LIVE_SOURCES_MAX][UM_LABEL_MAX + 1]; /* of these, the rest last */
} umi_live_atom_set;

typedef struct umi_live_learning umi_live_learning;

/* Errors as umi_live_learner_new. On failure *out is NULL. */
um_status umi_live_learning_new(const umi_live_learning_config *config, umi_live_learning **out,
                                um_error *error) UM_MUST_USE;
void umi_live_learning_free(umi_live_learning *learning); /* stopped; NULL is fine */

/* The thread. UM_ERR_MEMORY when the system gives none. */
um_status umi_live_learning_start(umi_live_learning *learning, um_error *error) UM_MUST_USE;
void umi_live_learning_stop(umi_live_learning *learning);

/* -- By the thread that works on the sound: never waits. --------------------------------------- */

/* A frame of n_bins magnitudes that was heard. Lost when the learner is far behind. */
void umi_live_learning_hear(umi_live_learning *learning, const float *frame);

/* The atoms to go on with, instead of `current` (NULL at first), which may be `current` itself.
 * They stay until the next call. */
const umi_live_atom_set *umi_live_learning_latest(umi_live_learning *learning,
                                                  const umi_live_atom_set *current);

/* -- By any thread ------------------------------------------------------------------------------
 * Errors as in live_learner.h, and UM_ERR_ARGUMENT when atoms are just being learned from a hold,
 * which takes up to a second. */

um_status umi_live_learning_add_dictionary(umi_live_learning *learning,
                                           const um_dictionary *dictionary, const char *name,
                                           um_error *error) UM_MUST_USE;
um_status umi_live_learning_find_noise(umi_live_learning *learning, um_error *error) UM_MUST_USE;
um_status umi_live_learning_hold(umi_live_learning *learning, const char *label,
                                 um_error *error) UM_MUST_USE;

/* The atoms come a little later; what went wrong is in the state's message. */
um_status umi_live_learning_release(umi_live_learning *learning, um_error *error) UM_MUST_USE;
um_status umi_live_learning_learn(umi_live_learning *learning, bool on,
                                  um_error *error) UM_MUST_USE;
um_status umi_live_learning_freeze(umi_live_learning *learning, bool on,
                                   um_error *error) UM_MUST_USE;
um_status umi_live_learning_rename(umi_live_learning *learning, size_t source, const char *label,
                                   um_error *error) UM_MUST_USE;
um_status umi_live_learning_remove(umi_live_learning *learning, size_t source,
                                   um_error *error) UM_MUST_USE;

/* The atoms as a dictionary, to be freed. */
um_status umi_live_learning_dictionary(umi_live_learning *learning, um_dictionary **out,
                                       um_error *error) UM_MUST_USE;

/* Fills in what is learned, held and known of the sources, and a message if there is one. */
void umi_live_learning_state(umi_live_learning *learning, umi_live_state *state);

void umi_live_learning_atoms(umi_live_learning *learning, umi_live_atoms *atoms);

#endif
