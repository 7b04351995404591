/* How much of a part of a spectrogram each atom accounts for. */
#ifndef UMI_CORE_ATOM_SHARES_H
#define UMI_CORE_ATOM_SHARES_H

#include "unmingle/parallel.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

/* A part L of a spectrogram V, 0 <= L <= V, found a few frames at a time, as it would take as much
 * memory as V. */
typedef struct umi_part {
    /* Fills L with the rows of the part from row `first` on. */
    void (*fill)(const void *user, um_cview V, size_t first, um_view L, float *scratch);
    const void *user;
    size_t n_scratch; /* floats that `fill` needs */
} umi_part;

enum { UMI_PART_FRAMES = 32 }; /* rows that `fill` is asked for at most */

/* share[k] = the sum over all points of L h_k / M, by that of V h_k / M, where h_k is atom k's part
 * of the model M = H D: what of L would be the atom's, by that of V. 0..1; 0 for an atom that has
 * no part in V. V: n_frames x n_columns; H: n_frames x K; D: K x n_columns, atoms times gains.
 * UM_ERR_MEMORY. */
um_status umi_atom_shares(const um_parallel *parallel, um_cview V, const umi_part *part, um_cview H,
                          um_cview D, double *share) UM_MUST_USE;

#endif
