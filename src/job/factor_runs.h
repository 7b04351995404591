/* Several factorisations from different first values, of which the best is kept. */
#ifndef UMI_JOB_FACTOR_RUNS_H
#define UMI_JOB_FACTOR_RUNS_H

#include "job/factorisation.h"

typedef struct umi_factor_run {
    uint64_t seed;
    size_t iterations;
    double objective; /* at the end, penalties included: what decides */
    double divergence;
    /* Cosines of its atoms with those of the best run, paired so that they fit best: their mean and
     * the least. 1 for the best run itself. */
    double alike, least_alike;
} umi_factor_run;

typedef struct umi_factor_runs {
    umi_factorisation *best; /* whose results are there to be read */
    umi_factor_run *runs;    /* in the order of their seeds */
    size_t n_runs, i_best;
} umi_factor_runs;

/* Runs n_runs times, the first time with `seed`, then with the seeds that follow it. The H of
 * `start` is freed as soon as no run will begin with it. UM_ERR_MEMORY, UM_ERR_CANCELLED. On
 * failure there is nothing to free. */
um_status umi_factor_runs_do(const umi_factorisation_config *config, const umi_factor_input *input,
                             umi_factor_start *start, uint64_t seed, size_t n_runs,
                             umi_factor_runs *runs, um_error *error) UM_MUST_USE;

/* Bytes that the runs take beside V. */
double umi_factor_runs_bytes(const umi_factorisation_config *config, umi_start start, size_t n_runs,
                             const umi_factor_input *input);

/* Runs of zeros are fine. */
void umi_factor_runs_free(umi_factor_runs *runs);

#endif
