/* How much of a part of a spectrogram each atom accounts for. */
#ifndef UMI_CORE_ATOM_SHARES_H
#define UMI_CORE_ATOM_SHARES_H

#include "unmingle/status.h"
#include "unmingle/view.h"

/* share[k] = the sum over all points of L h_k / M, by that of V h_k / M, where h_k is atom k's part
 * of the model M = H D: what of L, a part of V, would be the atom's, by that of V. 0..1 where L <=
 * V; 0 for an atom that has no part in V. V, L: n_frames x n_columns; H: n_frames x K; D: K x
 * n_columns, atoms times gains. UM_ERR_MEMORY. */
um_status umi_atom_shares(um_cview V, um_cview L, um_cview H, um_cview D,
                          double *share) UM_MUST_USE;

#endif
