/* A lead against an accompaniment that repeats: a singer over a band, a melody over chords. */
#ifndef UMI_JOB_MODEL_LEAD_H
#define UMI_JOB_MODEL_LEAD_H

#include "job/model_known.h"
#include "unmingle/repetition.h"

/* Learns n_atoms from V and groups them into two sources, "voice" and "accompaniment": by timbre
 * and place, and by how much of each atom is left when the background, by `repetition` over the
 * same V, is taken away. Below bin `lowest_bin` nothing is the voice's. Errors as of
 * umi_model_learn_blind. */
um_status umi_model_learn_lead(const umi_model_config *config, um_cview V, size_t n_atoms,
                               const um_repetition *repetition, size_t lowest_bin,
                               const um_progress *progress, umi_model *model,
                               um_error *error) UM_MUST_USE;

/* The same where the lead is known by its atoms, the first of `known`, and n_free atoms, 1 or more,
 * learn what else there is: the "accompaniment", and what the known atoms lack of the lead.
 * *repeats_less tells whether the lead's atoms, by their energy, repeat less than
 * the others: if not, what repeats does not tell the two apart, as with a melody that comes again
 * over chords that change. Errors as of umi_model_learn_known. */
um_status umi_model_learn_known_lead(const umi_model_config *config, um_cview V,
                                     const umi_known_source *known, size_t n_known, size_t n_free,
                                     const um_repetition *repetition, size_t lowest_bin,
                                     const um_progress *progress, umi_model *model,
                                     bool *repeats_less, um_error *error) UM_MUST_USE;

extern const char umi_lead_label[];          /* "voice" */
extern const char umi_accompaniment_label[]; /* "accompaniment" */

#endif
