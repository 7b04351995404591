/* What W and H are before the first update. */
#ifndef UMI_JOB_FACTOR_START_H
#define UMI_JOB_FACTOR_START_H

#include "job/factor_input.h"
#include "job/model.h"

typedef struct umi_factor_start_config {
    umi_start kind;
    const char *init_W, *init_H; /* matrix files, or NULL */
    bool fix_W;                  /* W stays as init_W has it */
    double lowest, highest;      /* Hz: combs of partials, one a semitone; 0 and 0: none */
    size_t n_percussive;         /* broad bands, behind the combs */
    size_t n_components;         /* K */
    size_t atom_frames;          /* T; 0 and 1 are the same */
} umi_factor_start_config;

typedef struct umi_factor_start {
    umi_start kind; /* of what no file gives */
    bool fix_W;
    bool level_H;   /* every value of H alike, where no file gives it: for combs */
    um_view W;      /* the first atoms: K x (T columns) as the file has it, or the combs and bands;
                       no data: not given */
    um_view H;      /* rows x K, for rows of W that sum to 1; no data: not given */
    double *W_sums; /* of the rows of W in the file; NULL for combs, whose rows sum to 1 */
} umi_factor_start;

/* Reads the files and makes combs and bands. The files must have the shape that V, which is open,
 * and K ask for: UM_ERR_ARGUMENT with both shapes. So it is for combs and bands that are more than
 * K, or for a V that is no recording. UM_ERR_DATA for a row of W that is all zero, and what reading
 * says. On failure there is nothing to free. */
um_status umi_factor_start_load(const umi_factor_start_config *config,
                                const umi_factor_input *input, umi_factor_start *start,
                                um_error *error) UM_MUST_USE;

/* Whether the files give all of W and H. */
bool umi_factor_start_is_whole(const umi_factor_start *start);

/* Frees H, which is as long as V: for when no run will begin with it any more. */
void umi_factor_start_drop_H(umi_factor_start *start);

/* A start of zeros is fine. */
void umi_factor_start_free(umi_factor_start *start);

#endif
