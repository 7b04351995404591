/* How many components? The divergence of V always falls with more of them; that of cells which the
 * factorisation has not seen falls only as long as the new components stand for something that is
 * there, and rises when they learn V's noise by heart.
 *
 * Every number of components is judged by the same few random masks of hidden cells (Owen, Perry
 * 2009; Kanagal, Sindhwani 2010): Kullback-Leibler divergence of the hidden cells from the model of
 * the others. The suggestion is the smallest number that is not clearly worse than the best: whose
 * mean surplus over the best, mask by mask, is below the standard error of that mean. */
#ifndef UNMINGLE_RANK_SURVEY_H
#define UNMINGLE_RANK_SURVEY_H

#include "unmingle/export.h"
#include "unmingle/parallel.h"
#include "unmingle/progress.h"
#include "unmingle/sparse.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { UM_RANK_SURVEY_MASKS_MAX = 32, UM_RANK_SURVEY_SCORES_MAX = 48 };

typedef struct um_rank_survey_config {
    size_t first, last;   /* numbers of components, 1..4096; last >= first */
    double held_out;      /* share of the cells that a mask hides, 0.01..0.5; default 0.1; of a
                             sparse V no more than it has entries, because each costs as much */
    size_t n_masks;       /* 2..UM_RANK_SURVEY_MASKS_MAX; default 4 */
    size_t iterations;    /* of a factorisation, at most, 1..100000; default 200 */
    double tolerance;     /* its end, as in nmf.h; default 1e-4 */
    uint64_t seed;        /* of masks and starts; default 1 */
    um_parallel parallel; /* default the caller's thread */
} um_rank_survey_config;

UM_API um_rank_survey_config um_rank_survey_config_default(void);

typedef struct um_rank_score {
    size_t n_components;
    double held_out; /* divergence a hidden cell, mean over the masks */
    double seen;     /* divergence a cell that was seen */
    double surplus;  /* held_out above that of the best number */
    double error;    /* standard error of the surplus; 0 for the best */
} um_rank_score;

typedef struct um_rank_survey {
    um_rank_score scores[UM_RANK_SURVEY_SCORES_MAX]; /* by rising n_components */
    size_t n_scores;
    size_t best;      /* place of the lowest held_out */
    size_t suggested; /* place of the suggestion */
} um_rank_survey;

/* Scores numbers of components first..last: all, when these are few, else some that are spread by a
 * constant factor, and then more of them round the best and below the suggestion, until their
 * neighbours are next to them or within 5 %. V is within 0..1e12. Allocates while it works; time
 * grows with the sum of the numbers. UM_ERR_ARGUMENT, UM_ERR_MEMORY, UM_ERR_CANCELLED by progress,
 * which counts factorisations done of those known to be needed. */
UM_API UM_MUST_USE um_status um_rank_survey_run(const um_rank_survey_config *config, um_cview V,
                                                const um_progress *progress,
                                                um_rank_survey *survey);

/* The same for a sparse V. */
UM_API UM_MUST_USE um_status um_rank_survey_run_sparse(const um_rank_survey_config *config,
                                                       const um_csparse *V,
                                                       const um_progress *progress,
                                                       um_rank_survey *survey);

#ifdef __cplusplus
}
#endif

#endif
