/* How alike the atoms of two runs are. */
#ifndef UMI_JOB_MATCHED_ATOMS_H
#define UMI_JOB_MATCHED_ATOMS_H

#include "unmingle/status.h"
#include "unmingle/view.h"

/* Pairs the rows of A one to one with those of B so that the sum of the cosines between them is
 * greatest, for the order in which atoms are found says nothing. cosine[k] gets that of row k of A
 * with its partner; that of a row of zeros is 0. A and B are of one shape. UM_ERR_ARGUMENT when
 * they are not, UM_ERR_MEMORY. */
um_status umi_match_atoms(um_cview A, um_cview B, double *cosine) UM_MUST_USE;

#endif
