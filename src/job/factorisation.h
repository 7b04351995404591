/* One factorisation V ~ H W by any of the library's solvers, behind one set of calls. */
#ifndef UMI_JOB_FACTORISATION_H
#define UMI_JOB_FACTORISATION_H

#include "job/factor_input.h"
#include "job/factor_start.h"
#include "unmingle/nmf.h"
#include "unmingle/progress.h"

/* In the order of the program's words for them. */
typedef enum umi_solver {
    UMI_SOLVER_AUTO,         /* UM_SOLVER_AUTO */
    UMI_SOLVER_MU,           /* UM_SOLVER_MU */
    UMI_SOLVER_JOINT,        /* UM_SOLVER_JOINT */
    UMI_SOLVER_EXTRAPOLATED, /* UM_SOLVER_EXTRAPOLATED */
    UMI_SOLVER_ONLINE,       /* factor_online.h: V is not held; not one of this file's */
    UMI_SOLVER_VQ,           /* vq.h: one active atom a row, Euclidean */
    UMI_SOLVER_PCA,          /* pca.h: orthogonal and signed, Euclidean */
    UMI_SOLVER_NMFD          /* nmfd.h: atoms of several frames; never asked for by name */
} umi_solver;

typedef struct umi_factorisation_config {
    size_t n_components; /* K */
    size_t atom_frames;  /* T; 0 and 1 are the same */
    um_divergence divergence;
    double beta; /* of UM_DIVERGENCE_BETA */
    umi_solver solver;
    um_precision precision; /* where the processor has it */
    size_t iterations;
    double tolerance; /* see nmf.h: it means more where the solver extrapolates */
    double sparsity_H, sparsity_W, continuity_H; /* see nmf.h */
    const double *weights;                       /* K, of the penalties; NULL: 1 each */
    um_parallel parallel;
} umi_factorisation_config;

/* "mu": the word for --solver; and the solver that does it: atoms of several frames have their own,
 * and `auto` is itself for Kullback-Leibler, `mu` for other divergences. */
const char *umi_solver_name(umi_solver solver);
umi_solver umi_solver_chosen(const umi_factorisation_config *config);

/* Whether that one extrapolates. Then config.tolerance is of the divergence at the first of two
 * checks, else of its first value (see nmf.h). */
bool umi_solver_extrapolates(const umi_factorisation_config *config);

/* "Kullback-Leibler", "kl"; its place in the family of beta-divergences. */
const char *umi_divergence_title(um_divergence divergence);
const char *umi_divergence_name(um_divergence divergence);
double umi_divergence_beta(const umi_factorisation_config *config);

/* Bytes that a factorisation takes beside V. */
double umi_factorisation_bytes(const umi_factorisation_config *config, umi_start start,
                               const umi_factor_input *input);

typedef struct umi_factorisation umi_factorisation;

/* For settings that factor_check.h takes, and an input that is open; it need not be loaded yet, and
 * is borrowed. UM_ERR_MEMORY. */
um_status umi_factorisation_new(const umi_factorisation_config *config,
                                const umi_factor_input *input, umi_factorisation **out,
                                um_error *error) UM_MUST_USE;
void umi_factorisation_free(umi_factorisation *factorisation); /* NULL is fine */

/* First values for the next run. From here on the input is loaded. UM_ERR_MEMORY. */
um_status umi_factorisation_start(umi_factorisation *factorisation, const umi_factor_start *start,
                                  uint64_t seed, um_error *error) UM_MUST_USE;

/* UM_ERR_CANCELLED. */
um_status umi_factorisation_run(umi_factorisation *factorisation, const um_progress *progress,
                                um_error *error) UM_MUST_USE;

/* What the last run found; borrowed until the next call that is not const. */
um_cview umi_factorisation_W(const umi_factorisation *factorisation); /* scaled as its
                                                                           solver has it */
um_cview umi_factorisation_H(const umi_factorisation *factorisation);
size_t umi_factorisation_iterations(const umi_factorisation *factorisation);
um_precision umi_factorisation_precision(const umi_factorisation *factorisation);
double umi_factorisation_divergence(const umi_factorisation *factorisation); /* no penalties */

/* What was lowered, penalties included: n_values values, the first of the first values of W and H,
 * the last of the result. */
const double *umi_factorisation_curve(const umi_factorisation *factorisation, size_t *n_values);

/* The number of iterations that were done before value i of the curve. */
size_t umi_factorisation_curve_iteration(const umi_factorisation *factorisation, size_t i);

#endif
