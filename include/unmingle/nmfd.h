/* Non-negative matrix factor deconvolution: atoms that last several frames.
 *
 *     V[n] ~ sum over tau < T, k of H[n - tau, k] W[k, tau]
 *
 *     V  n_frames x n_bins            magnitude spectrogram, given
 *     H  n_frames x n_components      activations: H[n, k] is an onset of atom k in frame n
 *     W  n_components x (T n_bins)    dictionary: row k is atom k, its T frames one after another
 *
 * (Smaragdis, ICA 2004.) An atom is a small spectrogram, so that what starts loud and dies away,
 * as a drum does, is one component and not several. T is atom_frames; T = 1 is the factorisation of
 * nmf.h. Each atom sums to 1 over all of its frames, and the scale is in H. H is 0 before the first
 * frame; of an atom that starts near the end of V only the frames inside V count.
 *
 * The divergence of V from the model M is Kullback and Leibler's, sum V log(V / M) - V + M. An
 * iteration takes one ratio R = V / M, and from it, with N[k, tau] the sum over n of H[n, k] R[n +
 * tau] and P[n, k] that over tau and bins of W[k, tau] R[n + tau] (all n + tau inside V):
 *
 *     W[k, tau] = W[k, tau] N[k, tau] / (sum over n, n + tau inside V, of H[n, k]), scaled to sum 1
 *     H[n, k]   = H[n, k] P[n, k] / (sum of the frames of the new W[k] that lie inside V)
 *
 * These are the factors of Schmidt and Morup (ICA 2006), but from the same R for both: each of the
 * two steps minimises one bound of the divergence, that of Lee and Seung, over one factor. So the
 * divergence does not rise, at three quarters of the cost of taking the steps in turns.
 *
 * The bits of a result do not depend on the number of threads. Several channels go side by side
 * into n_bins columns: an atom then has a gain of its own for every channel, bin and frame.
 *
 * For activations alone, set all atoms as fixed, and any activations above 0 to start from: that
 * problem is convex. */
#ifndef UNMINGLE_NMFD_H
#define UNMINGLE_NMFD_H

#include "unmingle/export.h"
#include "unmingle/parallel.h"
#include "unmingle/progress.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_nmfd_config {
    size_t n_frames;              /* rows of the largest V to come, 1.. */
    size_t n_bins;                /* columns of V, 1..1048576 */
    size_t n_components;          /* K, 1..4096 */
    size_t atom_frames;           /* T, 1..64; default 8 */
    size_t activation_iterations; /* first so many iterations change H alone, 0..1000000: for atoms
                                     that are good already, while H is not; default 0 */
    size_t iterations;            /* then at most so many change H and W, 0..1000000; default 100 */
    double tolerance;             /* stop when the divergence fell by less than this share of its
                                     first value between two checks, both past the iterations of H
                                     alone; 0 (default): never */
    size_t check_every;           /* iterations between two values of the divergence curve, 1..;
                                     default 10 */
    um_parallel parallel;         /* default the caller's thread */
} um_nmfd_config;

UM_API um_nmfd_config um_nmfd_config_default(void);

typedef struct um_nmfd um_nmfd;

/* Checks every field (UM_ERR_ARGUMENT) and allocates all that the object will ever need
 * (UM_ERR_MEMORY): twice H, and up to ten times W. On failure *out is NULL. W starts flat, H at 0.
 */
UM_API UM_MUST_USE um_status um_nmfd_new(const um_nmfd_config *config, um_nmfd **out);
UM_API void um_nmfd_free(um_nmfd *nmfd); /* NULL is fine */

/* -- Start values ------------------------------------------------------------------------------ */

/* Components first .. first + W.rows - 1 get the atoms W, W.rows x (T n_bins) (>= 0, finite, no
 * atom all zero; scaled here to sum to 1) and, where `fixed`, keep them in um_nmfd_run.
 * UM_ERR_ARGUMENT, and no atom changed. */
UM_API UM_MUST_USE um_status um_nmfd_set_atoms(um_nmfd *nmfd, size_t first, um_cview W, bool fixed);

/* Activations for the frames of the next run, n_frames x n_components, >= 0, finite. */
UM_API UM_MUST_USE um_status um_nmfd_set_activations(um_nmfd *nmfd, um_cview H);

/* Uniform random activations and atoms (of components that are not fixed), from a tenth of the
 * largest up, scaled so that the model has the mean of V. The same seed gives the same values.
 *
 * Frame tau of an atom is exp(-3 tau / T) times lower than its first. From level atoms many runs
 * end with an atom that begins some frames late and lacks its end, because any such shift fits
 * almost as well; with this slope, of 30 planted templates that die away 29 were found in place
 * of 16. */
UM_API UM_MUST_USE um_status um_nmfd_start_random(um_nmfd *nmfd, um_cview V, uint64_t seed);

/* -- Work -------------------------------------------------------------------------------------- */

/* Runs the updates on V from the values that were set or left by the run before. V is within
 * 0..1e12, V.rows <= config.n_frames, V.cols = n_bins. Where T frames from n on are all zero, H[n]
 * gets zero. UM_ERR_ARGUMENT; UM_ERR_CANCELLED by progress, called after every iteration with the
 * last value of the curve; the values are then those of the last whole iteration. */
UM_API UM_MUST_USE um_status um_nmfd_run(um_nmfd *nmfd, um_cview V, const um_progress *progress);

/* -- Results: borrowed until the next call that is not const, or _free ---------------------------
 */

UM_API um_cview um_nmfd_activations(const um_nmfd *nmfd); /* rows of the last V x n_components */
UM_API um_cview um_nmfd_atoms(const um_nmfd *nmfd); /* n_components x (T n_bins), rows sum to 1 */

/* Divergences at iterations 0, check_every, 2 check_every, ... and after the last one. */
UM_API const double *um_nmfd_curve(const um_nmfd *nmfd, size_t *n_values);
UM_API size_t um_nmfd_iterations(const um_nmfd *nmfd); /* done by the last run, of both kinds */

#ifdef __cplusplus
}
#endif

#endif
