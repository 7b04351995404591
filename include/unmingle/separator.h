/* Sound in, sources out: the flow of every job.
 *
 *     sound --> STFT --> X, V = |X| --> activations --> masks --> inverse STFT --> sources
 *
 * Blocks of any size go in; as many samples of every source come out, um_separator_delay samples
 * late. Every frame is a problem of its own, so the block size, the number of threads, and what
 * was separated before change no bit. Where neighbouring frames couple they are worked on in blocks
 * at fixed places, with what lies around: so the same holds. The sources sum to the (delayed)
 * input: all but the last are masked, the last is the rest. */
#ifndef UNMINGLE_SEPARATOR_H
#define UNMINGLE_SEPARATOR_H

#include "unmingle/export.h"
#include "unmingle/parallel.h"
#include "unmingle/repetition.h"
#include "unmingle/status.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What tells two sources apart besides their atoms: the share of the first one at every point is
 * blended, by the odds, with what its atoms say, guide^weight * atoms^(1 - weight). */
typedef struct um_separator_guide {
    double weight;                     /* 0 (default): none; at most 1, where atoms have no say */
    const um_repetition *repetition;   /* the first source does not repeat, see repetition.h;
                                          borrowed. NULL: the first source is struck, the second
                                          sounds on, by medians (Fitzgerald, DAFx 2010) ... */
    size_t median_frames, median_bins; /* ... over so many frames and bins, odd numbers up to 127 */
    size_t lowest_bin;                 /* below it all is the second source's; default 0 */
} um_separator_guide;

typedef struct um_separator_config {
    um_stft_config stft;     /* see stft.h; the dictionary must have been learned with the same */
    size_t n_channels;       /* of the sound, 1..64; default 1 */
    size_t iterations;       /* updates of a frame's activations, 1..100000; default 50 */
    double exponent;         /* of the masks, 0.1..10; default 1.5 */
    size_t refit_iterations; /* 0..100000, default 0. Else the first masks, of exponent 1, only
                                estimate the sources; each one's activations get so many updates
                                more for the estimate of it, and make the masks that count */
    size_t onset_frames; /* 0 (default). Else the activations of the first source are onsets: after
                            every 5 updates their minimum over so many frames, an odd number up to
                            65, is taken away */
    um_separator_guide guide; /* for two sources and ratio masks only */
    size_t n_components_max; /* that a dictionary put in later may have, up to 4096; 0 (default): as
                                many as the first one has */
    um_parallel parallel;    /* default the caller's thread */

    /* Activations out and in; NULL (default): neither. Called on the thread that pushes, for one
     * batch of frames after the other, all frames of the run in their order, however it is cut into
     * blocks. H is n_frames of the batch x n_components, as of um_separator_frames. What they
     * return but UM_OK ends the push, which returns it; only _reset and _free may follow then. */
    um_status (*activations_out)(void *user, um_cview H); /* those that the masks are made of */
    um_status (*activations_in)(void *user, um_view H);   /* fills H, >= 0 and finite, all of it,
                                                             which is then not solved for;
                                                             one source alone needs none */
    void *activations_user;
} um_separator_config;

UM_API um_separator_config um_separator_config_default(void);

enum { UM_SEPARATOR_SHIFTS_MAX = 49 };

/* The sources, and how each is told from the others. */
typedef struct um_separator_dictionary_config {
    um_cview atoms;     /* n_components x n_bins (of the STFT), >= 0, finite, no row all zero */
    um_cview gains;     /* n_components x n_channels, likewise: the share of each channel in
                           each atom */
    size_t atom_frames; /* 0 or 1: every frame is a problem of its own. Up to 64: atoms last so
                           many frames, as nmfd.h has it, and have atom_frames * n_bins values.
                           There are no gains then (no data): one mask, from the mean of the
                           channels' magnitudes, serves all channels. No sparsity, shifts,
                           covariances or refit either, nor another dictionary later */
    const size_t *source_of; /* n_components: the source 0..n_sources-1 of each atom */
    size_t n_sources;        /* 1..4096; those without atoms are silent, but for the last */
    bool residual;           /* the last source also takes what no atom explains: to its model is
                                added max(V - sum of all models, 0), with covariances of the
                                sums over channels */
    const double *sparsity;  /* n_sources: weight of a penalty on the L1 norm of each one's
                                activations, 0..100; NULL: none. What other atoms explain nearly as
                                well is then theirs */
    const double *shifts;    /* n_shifts: semitones, -24..24, at which every atom may sound besides
                                as it is; NULL: none. It is moved along the frequencies then,
                                W(f / 2^(shift / 12)), and has activations of its own */
    size_t n_shifts;         /* 0..UM_SEPARATOR_SHIFTS_MAX - 1 */
    double shift_penalty;    /* per semitone, 0..100: adds to the weight of the penalty, so that an
                                atom moves only where that explains much more */
    um_cview covariances;    /* where each source is: n_sources rows, see matrix_mask.h, and the
                                masks are matrices, their shares by the models' sums over channels;
                                no data: ratio masks */
} um_separator_dictionary_config;

typedef struct um_separator um_separator;

/* Copies the dictionary. Every source but the last needs an atom here. Allocates all that the
 * object will need. UM_ERR_ARGUMENT (`error`, may be NULL, says which), UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_separator_new(const um_separator_config *config,
                                              const um_separator_dictionary_config *dictionary,
                                              um_separator **out, um_error *error);
UM_API void um_separator_free(um_separator *separator);

/* Samples by which the sources lag the input: the length of the synthesis window less one; where
 * atoms last several frames many more, as frames are worked on in blocks. */
UM_API size_t um_separator_delay(const um_separator *separator);

/* in: n samples x n_channels, finite, within +-1e6 (full scale is 1). sources: n_sources views of
 * the same size, overwritten with the sources of the input that came um_separator_delay samples
 * earlier (zeros before the first). May not overlap `in`. UM_ERR_ARGUMENT. */
UM_API UM_MUST_USE um_status um_separator_push(um_separator *separator, um_cview in,
                                               const um_view *sources);

/* -- Another dictionary, while the sound goes on ------------------------------------------------
 * It is made on one thread, and used on another between two pushes, which takes no time: the sound
 * goes on without a seam, as the frames before and after overlap. */

typedef struct um_separator_dictionary um_separator_dictionary;

/* UM_ERR_ARGUMENT with a message, UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_separator_dictionary_new(
    const um_separator_dictionary_config *config, um_separator_dictionary **out, um_error *error);
UM_API void um_separator_dictionary_free(um_separator_dictionary *dictionary); /* NULL is fine */

/* From the next push on; borrowed until another one is used, or the separator freed.
 * UM_ERR_ARGUMENT when bins, channels or sources are not the separator's, there are more than
 * n_components_max atoms, it has shifts or covariances and the first one had not, or atoms of
 * either last several frames; then the one before stays. */
UM_API UM_MUST_USE um_status um_separator_use(um_separator *separator,
                                              const um_separator_dictionary *dictionary);

/* The frames that the last push completed, the latest of them where there were very many: V, each
 * n_channels * n_bins magnitudes, and their activations H for the atoms of the dictionary, source
 * after source, within each in the order in which they were given; then for the atoms at the first
 * of the shifts, and so on. Returns how many; 0 where there is one source only, which needs no
 * frames unless activations go out. Borrowed until the next push. */
UM_API size_t um_separator_frames(const um_separator *separator, um_cview *V, um_cview *H);

/* Forgets all sound, as new. */
UM_API void um_separator_reset(um_separator *separator);

#ifdef __cplusplus
}
#endif

#endif
