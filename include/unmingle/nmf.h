/* Non-negative matrix factorisation by multiplicative updates.
 *
 *     V ~ H W      V  n_frames x n_columns       magnitude spectrogram, given
 *                  H  n_frames x n_components    activations
 *                  W  n_components x n_bins      dictionary: one atom (spectrum) a row
 *
 * The letters are those of Lee and Seung (Nature 401, 1999; NIPS 13, 2001), transposed: time runs
 * down the rows, so that a frame and an atom are contiguous. K is n_components. Rows of W sum to 1
 * and the scale is in H, which leaves V ~ H W as it is.
 *
 * With C = n_channels > 1, a row of V holds C spectra of n_bins, channel after channel, and every
 * atom has a gain a channel: V_c ~ H diag(G_c) W, with the gains of an atom summing to 1. H and W
 * are shared, so that an atom stays one thing that has a place among the channels.
 *
 * Divergences of V from the model M (0 log 0 = 0), all members of one family (Fevotte, Idier 2011):
 *     beta              sum (V^b + (b - 1) M^b - b V M^(b-1)) / (b (b - 1))
 *     Kullback-Leibler  sum V log(V / M) - V + M              b = 1
 *     Euclidean         1/2 sum (V - M)^2                     b = 2
 *     Itakura-Saito     sum V / M - log(V / M) - 1            b = 0
 * Updates multiply by ratios, so what starts at 0 stays 0; start values are above 0.
 *
 * Penalties may be added to the divergence; what is lowered then is the objective
 *
 *     D(V | M) + s_H u^(b-1) sum_k o_k sum_n H_nk                                    sparsity_H
 *              + c u^(b-1) / l sum_k o_k sum_n 1/2 (H_nk - H_(n-1)k)^2               continuity_H
 *              + s_W u^b n_cells / K sum_k o_k log(|W_k|_1 / |W_k|_2)                sparsity_W
 *
 * with o_k the weight of component k, u the mean of V, and l = u n_columns / K, the level of the
 * activations: so the same figure means the same for a V that is louder. Rows of W sum to 1 all
 * along. That is why W's L1 norm is taken of atoms scaled to the Euclidean norm 1: the norm of
 * unscaled atoms could be lowered by mere scaling, H growing as W shrinks.
 *
 * V may be sparse (sparse.h; term counts, for instance), for Kullback-Leibler only: of a cell of 0
 * this divergence asks for M alone, and the sum of M is that of H, as rows of W sum to 1. So the
 * cells that are not 0 are all that time and memory go by. Other divergences need every cell.
 *
 * Results do not depend on the number of threads: sums are formed over fixed blocks of frames, in
 * a fixed order. */
#ifndef UNMINGLE_NMF_H
#define UNMINGLE_NMF_H

#include "unmingle/export.h"
#include "unmingle/parallel.h"
#include "unmingle/progress.h"
#include "unmingle/sparse.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum um_divergence {
    UM_DIVERGENCE_KULLBACK_LEIBLER,
    UM_DIVERGENCE_EUCLIDEAN,
    UM_DIVERGENCE_ITAKURA_SAITO,
    UM_DIVERGENCE_BETA /* that of config.beta */
} um_divergence;

typedef enum um_solver {
    UM_SOLVER_MU,           /* H, then W from the model with the new H (Lee, Seung 2001) */
    UM_SOLVER_JOINT,        /* H and W from one model; Kullback-Leibler only, where it is the exact
                               EM step of PLCA (Smaragdis, Raj 2007): 3/4 of the work of an
                               iteration */
    UM_SOLVER_EXTRAPOLATED, /* iterations from extrapolated values (below) */
    UM_SOLVER_AUTO          /* the same, after some of the frames were learned from (below) */
} um_solver;

/* UM_SOLVER_EXTRAPOLATED. With x any value of H or W (or of the gains), x_t what it is after t
 * iterations, and u an iteration of UM_SOLVER_JOINT (Kullback-Leibler) or UM_SOLVER_MU,
 *
 *     y = x_t (x_t / x_(t-1))^(t / (t + 3))      x_(t+1) = u(y)
 *
 * where the power is taken by its rational approximation ((1 + s) r + 1 - s) / ((1 - s) r + 1 + s),
 * r being the base and s the exponent. This is the block majorisation-minimisation with
 * extrapolation of Hien, Leplat, Gillis (2024), but of log x in place of x, and of both blocks at
 * once. A value whose u(y) went back on its extrapolation is not extrapolated the next time; and
 * where the objective is higher at y than it was at the y before, the iteration is taken back and t
 * begins at 0 (O'Donoghue, Candes 2015). So the objective falls from one iteration that counts to
 * the next, as it does without extrapolation, and it takes a third to a half of the iterations. A
 * second H is held, and every iteration measures the objective: for Kullback-Leibler that costs
 * little, for the Euclidean divergence half an iteration, for others most of what it gains.
 *
 * UM_SOLVER_AUTO learns from every 32nd frame first, from every 8th, from every 4th, and then from
 * all of them, each time by extrapolated iterations. The frames that a step brings in begin with
 * the activations of the nearest frame that was there before it, half mixed with flat ones, at
 * their own level. An iteration on some of the frames counts as that share of one. Steps with fewer
 * than 64 frames are left out; all are, where the dictionary is fixed, with continuity_H, for a
 * sparse V, and where `iterations` are fewer than twice what they count. Of the activations that
 * were given, those of the first step's frames are all that matters then. For Kullback-Leibler it
 * is where 200 iterations of UM_SOLVER_MU lead in the time of 20 to 45 of them. */

typedef enum um_precision {
    UM_PRECISION_FP32,
    UM_PRECISION_BF16 /* the products' operands in bfloat16, their sums in float32: faster on
                         processors with AVX512_BF16 or AMX, and less exact */
} um_precision;

typedef struct um_nmf_config {
    size_t n_frames;          /* rows of the largest V to come, 1.. */
    size_t n_bins;            /* columns of W, 1..1048576 */
    size_t n_channels;        /* V has n_channels * n_bins columns; 1..64, default 1 */
    size_t n_components;      /* K, 1..4096 */
    um_divergence divergence; /* default Kullback-Leibler */
    double beta;              /* for UM_DIVERGENCE_BETA, -2..4 */
    um_solver solver;         /* default UM_SOLVER_MU */
    um_precision precision;   /* default UM_PRECISION_FP32; see um_nmf_precision */
    double sparsity_H;        /* s_H, 0..1000000; default 0 */
    double sparsity_W;        /* s_W, 0..1000000; default 0 */
    double continuity_H;      /* c, 0..1000000; default 0 */
    double held_out;          /* share of V's cells that the updates do not see, below 0.9; default
                                 0. Kullback-Leibler only, for um_nmf_held_out */
    uint64_t held_out_seed;   /* which cells these are */
    bool sparse;              /* V will be a um_csparse; Kullback-Leibler and one channel only.
                                 Every cell that is held out then costs what an entry does */
    size_t n_values;          /* entries of the largest sparse V to come, below 2^32 together with
                                 the cells that are held out */
    bool update_gains;        /* learn the atoms' gains; default true, no matter with 1 channel */
    size_t iterations;        /* at most so many, 0..1000000; default 200 */
    double tolerance;         /* stop when the divergence fell by less than this share of its first
                                 value between two checks; with UM_SOLVER_EXTRAPOLATED and _AUTO,
                                 whose first value says little, of its value at the first of the
                                 two (2e-3 with check_every = 5 suits them). 0 (default): never */
    size_t check_every;       /* iterations between two values of the divergence curve, 1..;
                                 default 10 */
    um_parallel parallel;     /* default the caller's thread */
} um_nmf_config;

UM_API um_nmf_config um_nmf_config_default(void);

typedef struct um_nmf um_nmf;

/* Checks every field (UM_ERR_ARGUMENT) and allocates all that the object will ever need
 * (UM_ERR_MEMORY). On failure *out is NULL. W starts flat, gains at 1 / n_channels, H at 0. */
UM_API UM_MUST_USE um_status um_nmf_new(const um_nmf_config *config, um_nmf **out);
UM_API void um_nmf_free(um_nmf *nmf);

/* -- Start values ------------------------------------------------------------------------------ */

/* Components first .. first + W.rows - 1 get the atoms W (>= 0, finite, no atom all zero; scaled
 * here to sum to 1) and, where `fixed`, keep them in um_nmf_run. */
UM_API UM_MUST_USE um_status um_nmf_set_atoms(um_nmf *nmf, size_t first, um_cview W, bool fixed);

/* Gains, n_components x n_channels, >= 0, each row with a sum above 0 (scaled here to 1). */
UM_API UM_MUST_USE um_status um_nmf_set_gains(um_nmf *nmf, um_cview gains);

/* Activations for the frames of the next run, n_frames x n_components, >= 0, finite. */
UM_API UM_MUST_USE um_status um_nmf_set_activations(um_nmf *nmf, um_cview H);

/* Uniform random activations and atoms (of components that are not fixed), none below a tenth of
 * the largest, scaled so that the model has the mean of V. The same seed gives the same values. */
UM_API UM_MUST_USE um_status um_nmf_start_random(um_nmf *nmf, um_cview V, uint64_t seed);

/* The same for an object with config.sparse. */
UM_API UM_MUST_USE um_status um_nmf_start_random_sparse(um_nmf *nmf, const um_csparse *V,
                                                        uint64_t seed);

/* Non-negative double singular value decomposition (Boutsidis, Gallopoulos 2008) of V's mean over
 * channels, the zeros of each factor raised to 1e-4 of its mean so that they can grow. The singular
 * vectors come from a randomised range finder (Halko, Martinsson, Tropp 2011) with this seed.
 * Components past the smaller side of V, and fixed ones' activations, start random. Allocates while
 * it works. UM_ERR_ARGUMENT with config.sparse. */
UM_API UM_MUST_USE um_status um_nmf_start_nndsvd(um_nmf *nmf, um_cview V, uint64_t seed);

/* What each component's penalties are multiplied by, `weights` being n_components values, finite
 * and
 * >= 0; 1 until this is called. UM_ERR_ARGUMENT. */
UM_API UM_MUST_USE um_status um_nmf_set_weights(um_nmf *nmf, const double *weights);

/* -- Work -------------------------------------------------------------------------------------- */

/* Runs the updates on V from the values that were set or left by the run before. V is within
 * 0..1e12, V.rows <= config.n_frames, V.cols = n_channels * n_bins. Frames of zeros get zero
 * activations; where the divergence has a logarithm or a quotient of V (b <= 0), smaller values of
 * V than 1e-6 of the largest count as that. UM_ERR_ARGUMENT; UM_ERR_CANCELLED by progress, called
 * after every iteration with the last value of the curve; the values are then those of the last
 * whole iteration. */
UM_API UM_MUST_USE um_status um_nmf_run(um_nmf *nmf, um_cview V, const um_progress *progress);

/* The same for an object with config.sparse: V.cols = n_bins, at most config.n_values entries. */
UM_API UM_MUST_USE um_status um_nmf_run_sparse(um_nmf *nmf, const um_csparse *V,
                                               const um_progress *progress);

/* What the updates of this object are done in: UM_PRECISION_BF16 where that was asked for, the
 * divergence is Kullback-Leibler, V dense, no cells are held out, and the processor has the
 * instructions (not held back by um_cpu_limit); else UM_PRECISION_FP32. Objectives and divergences
 * are computed in float32 in any case. */
UM_API um_precision um_nmf_precision(const um_nmf *nmf);

/* -- Results: borrowed until the next call that is not const, or _free ---------------------------
 */

UM_API um_cview um_nmf_activations(const um_nmf *nmf); /* rows of the last V x n_components */
UM_API um_cview um_nmf_atoms(const um_nmf *nmf);       /* n_components x n_bins, rows sum to 1 */
UM_API um_cview um_nmf_gains(const um_nmf *nmf);       /* n_components x n_channels */

/* Objectives (without penalties: divergences) at iterations 0, check_every, 2 check_every, ... and
 * after the last one. Of the cells that are not held out. UM_SOLVER_EXTRAPOLATED: where the last
 * iteration that counts started from. UM_SOLVER_AUTO: the same from the first iteration on all
 * frames on. */
UM_API const double *um_nmf_curve(const um_nmf *nmf, size_t *n_values);

/* How many iterations had been done when value i of the curve, below n_values, was measured. */
UM_API size_t um_nmf_curve_iteration(const um_nmf *nmf, size_t i);

UM_API size_t um_nmf_iterations(const um_nmf *nmf); /* done by the last run */

/* The divergence without penalties after the last run, of the cells that it saw. */
UM_API double um_nmf_divergence(const um_nmf *nmf);

/* The divergence of the cells that the last run did not see, and how many these are. */
UM_API double um_nmf_held_out(const um_nmf *nmf, size_t *n_cells);

#ifdef __cplusplus
}
#endif

#endif
