/* How well stems were separated: every file of one folder against the true one in another.
 *
 * A folder holds one sound file a stem, named after it; see stem_folder.h for what counts. The
 * mixture, mix.* or mixture.*, is no stem. Stems belong together when their files have the same
 * name without the extension, or, for blind separation whose stems have no names, in the one-to-one
 * way with the greatest sum of SDR. All files must have the same rate, channels and length. */
#ifndef UMI_JOB_SCORE_H
#define UMI_JOB_SCORE_H

#include "unmingle/progress.h"
#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

/* See unmingle/bss_eval.h and unmingle/si_sdr.h, all dB, and job/intelligibility.h. */
typedef enum umi_figure {
    UMI_FIGURE_SDR,
    UMI_FIGURE_ISR,
    UMI_FIGURE_SIR,
    UMI_FIGURE_SAR,
    UMI_FIGURE_SDR_V3,
    UMI_FIGURE_SI_SDR,
    UMI_FIGURE_STOI,
    UMI_FIGURE_ESTOI,
    UMI_N_FIGURES,
    UMI_N_DECIBELS = UMI_FIGURE_STOI /* figures before this one are in dB, the others in -1..1 */
} umi_figure;

/* "SDR", "ISR", "SIR", "SAR", "SDRv3", "SI-SDR", "STOI", "ESTOI". */
const char *umi_figure_name(umi_figure figure);

typedef struct umi_score_config {
    const char *reference; /* folder of the true stems */
    const char *estimate;  /* folder of the stems to be judged */
    bool permute;          /* pair them by what they hold, not by name */
} umi_score_config;

typedef struct umi_stem_score {
    char *name;                    /* of the true stem */
    char *estimate;                /* of the stem judged; NULL: there was none, by permute alone */
    double figures[UMI_N_FIGURES]; /* 0 without an estimate; STOI and ESTOI are NaN for sound that
                                      holds too little to tell */
} umi_stem_score;

typedef struct umi_score {
    umi_stem_score *stems; /* every true stem, sorted by name */
    size_t n_stems;
    size_t n_scored; /* those with an estimate, at least 1 */
    double
        mean[UMI_N_FIGURES]; /* over them; of STOI and ESTOI over those that have one, else NaN */
    char **notes;            /* lines for people: estimates without a true stem, true stems
                                without an estimate, silent or too short for STOI, and what the
                                readers say */
    size_t n_notes;
} umi_score;

/* Reads both folders to the end, twice or, to permute, three times; progress counts seconds of
 * sound over all of it. *out is NULL on failure, and the message names the files:
 * UM_ERR_DATA when a stem has no estimate (unless permute), there is nothing to score, there are
 * more than 64 stems, or files differ in rate, channels or length; UM_ERR_MEMORY, UM_ERR_CANCELLED,
 * and what umi_stem_folder_read and umi_audio_reader_open say. */
um_status umi_score_run(const umi_score_config *config, const um_progress *progress,
                        umi_score **out, um_error *error) UM_MUST_USE;
void umi_score_free(umi_score *score); /* NULL is fine */

#endif
