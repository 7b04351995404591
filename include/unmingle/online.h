/* Online factorisation: a dictionary from frames that pass by once, in constant memory.
 *
 * V, H, W and K are those of nmf.h; the divergence is Kullback-Leibler. Frames are gathered into
 * batches. Batch t gets activations H_t by multiplicative updates with W as it is, from flat. What
 * it says about the dictionary is added to a running mean, whose rows are the next dictionary:
 *
 *     R_t = V_t / (H_t W)                             element by element
 *     A_t = (1 - s_t) A_(t-1) + s_t W o (H_t^T R_t)   o: element by element
 *     W   = rows of A_t, scaled to sum to 1
 *     s_t = max(min(1, fresh_batches / t), 1 - forgetting)
 *
 * This is stochastic approximation of the EM algorithm (Neal, Hinton 1998; Cappe, Moulines 2009)
 * for the model that Kullback-Leibler NMF is (PLCA; Smaragdis, Raj 2007), in the arrangement of
 * Lefevre, Bach, Fevotte ("Online algorithms for nonnegative matrix factorization with the
 * Itakura-Saito divergence", WASPAA 2011). H is not kept: activations come from um_activations with
 * the dictionary at the end. Frames of zeros are left out. Values of an atom that is learned do not
 * fall below a millionth of a flat atom's, so that it can come back to a bin that was silent for a
 * while. V may be scaled by any factor without effect on W.
 *
 * The order of the frames matters, and it is the caller's. Each batch should be a fair sample of
 * the whole: read blocks of about 32 frames from places in random order, and read the whole more
 * than once, each time in a new order, until there were some 200 batches. In the order of time
 * atoms follow the passage that was heard last. Measured on music of 1025 bins, with the defaults:
 * divergence, W fixed and H solved for, above that of 200 iterations of um_nmf from random values:
 *
 *     frames    K   frames a block   2 readings   4 readings
 *     155,000   32        32            -0.1 %       -0.7 %
 *     155,000   32       128            +2.9 %       +1.7 %
 *      50,000   16        32            +1.2 %       +0.3 %
 *      50,000   32        32            -1.8 %       -2.4 %
 *      50,000   64        32            +0.5 %       -2.2 %
 *
 * For recordings of 30 instruments, one after the other, it was +0.0, +0.1 and +3.9 % after 4
 * readings for three seeds. With half the updates it was as good at K = 32, but 3.8 % worse at
 * K = 64; in the order of time 4 to 8 % worse than in blocks of 128. A reading costs as much as 11
 * iterations of um_nmf.
 *
 * Memory: batch_frames frames, 10 dictionaries, and a little a worker. The bits of the result do
 * not depend on the number of threads, nor on how the frames are cut into pushes. */
#ifndef UNMINGLE_ONLINE_H
#define UNMINGLE_ONLINE_H

#include "unmingle/export.h"
#include "unmingle/parallel.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_online_config {
    size_t n_bins;        /* columns of V and W, 1..1048576 */
    size_t n_components;  /* K, 1..4096 */
    size_t batch_frames;  /* 1..1048576; default 1024 */
    size_t updates;       /* of a batch's H, 1..100000; default 20 */
    size_t fresh_batches; /* so many batches, 1..1000000, in which only the last one counts, so that
                             the dictionary moves fast; after that s_t falls as 1 / t, so that it
                             settles. Default 50 */
    double forgetting;    /* 0..1: however many batches there were, the last one replaces at least
                             the share 1 - forgetting of what is known. Below 1 the dictionary goes
                             on following a sound that changes. Default 1: the mean settles */
    uint64_t seed;        /* of the random start; default 0 */
    um_parallel parallel; /* default the caller's thread */
} um_online_config;

UM_API um_online_config um_online_config_default(void);

typedef struct um_online um_online;

/* Checks every field (UM_ERR_ARGUMENT) and allocates all that the object will ever need
 * (UM_ERR_MEMORY). On failure *out is NULL. Atoms start uniformly random, none of their values
 * below a tenth of the largest possible. */
UM_API UM_MUST_USE um_status um_online_new(const um_online_config *config, um_online **out);
UM_API void um_online_free(um_online *online);

/* Components first .. first + W.rows - 1 get the atoms W (>= 0, finite, no atom all zero; scaled
 * here to sum to 1). `fixed` ones stay as they are; others start from there, and what the batches
 * so far said about them is forgotten. UM_ERR_ARGUMENT, and then nothing is changed. */
UM_API UM_MUST_USE um_status um_online_set_atoms(um_online *online, size_t first, um_cview W,
                                                 bool fixed);

/* Takes any number of frames, V.cols = n_bins, 0..1e12, and learns from every batch that they
 * complete. UM_ERR_ARGUMENT, and then none of them is taken. */
UM_API UM_MUST_USE um_status um_online_push(um_online *online, um_cview V);

/* Learns from the frames that wait for a batch to be full; to be called at the end. A batch that is
 * not full keeps more of A_(t-1), 1 - s_t times its share of batch_frames. */
UM_API void um_online_flush(um_online *online);

/* n_components x n_bins, rows sum to 1; borrowed until the next call that is not const. */
UM_API um_cview um_online_atoms(const um_online *online);

/* The divergence of all frames learned from so far, each from the dictionary that it met. What a
 * whole reading of the material added to it falls from one reading to the next while there is
 * something to learn. */
UM_API double um_online_divergence(const um_online *online);

/* How many batches were learned from. */
UM_API size_t um_online_batches(const um_online *online);

#ifdef __cplusplus
}
#endif

#endif
