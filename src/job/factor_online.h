/* Factorising an input that memory does not hold: W from samples of its rows, by online updates
 * (see unmingle/online.h), then H row by row for the W that was found. */
#ifndef UMI_JOB_FACTOR_ONLINE_H
#define UMI_JOB_FACTOR_ONLINE_H

#include "job/factor_rows.h"

typedef struct umi_factor_online_config {
    size_t n_components;
    size_t batches; /* updates of W, 1.. */
    size_t updates; /* of a row's H once W is found, 1.. */
    double memory;  /* bytes that a sample may take */
    uint64_t seed;
    um_cview W; /* to start from; no data: random */
    bool fix_W;
    um_parallel parallel;
} umi_factor_online_config;

typedef struct umi_factor_online {
    um_view W;
    /* Divergence of all rows as the batches up to there told it, on the way: each row's from the W
     * that it met. curve_batches[i] updates of W had been done. */
    double *curve;
    size_t *curve_batches;
    size_t n_curve;
    size_t batches;    /* done */
    size_t n_drawn;    /* rows learned from, again and again those that were drawn again */
    double divergence; /* of the result, all rows; after umi_factor_online_activations */
} umi_factor_online;

/* Finds W. The input is open, not loaded, and dense. UM_ERR_MEMORY when a sample of one batch does
 * not fit; UM_ERR_CANCELLED, and what reading says. On failure there is nothing to free. */
um_status umi_factor_online_learn(const umi_factor_online_config *config, umi_factor_input *input,
                                  umi_factor_online *online, um_error *error) UM_MUST_USE;

/* H for all rows, in order, block by block, to `take`; sets online->divergence. */
um_status umi_factor_online_activations(const umi_factor_online_config *config,
                                        umi_factor_input *input, umi_factor_online *online,
                                        umi_factor_rows_take take, void *user,
                                        um_error *error) UM_MUST_USE;

/* Bytes that both take, beside the sample. */
double umi_factor_online_bytes(const umi_factor_online_config *config,
                               const umi_factor_input *input);

/* Zeros are fine. */
void umi_factor_online_free(umi_factor_online *online);

#endif
