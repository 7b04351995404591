/* The atoms of one transform as atoms of another: what counts is where they have their partials, in
 * Hz. */
#ifndef UMI_JOB_ATOMS_REMAP_H
#define UMI_JOB_ATOMS_REMAP_H

#include "unmingle/status.h"
#include "unmingle/view.h"

/* Fills the rows of `to` with those of `from`, which have bins from_hz and to_hz apart. Bins that
 * are wider are means over what they cover, narrower ones lie between their neighbours; what the
 * old ones do not reach gets a millionth of an atom's mean, for zeros could never grow. Rows then
 * sum to
 * 1. UM_ERR_CONFIG when the distances differ more than UMI_REMAP_MAX times. */
um_status umi_atoms_remap(um_cview from, double from_hz, um_view to, double to_hz,
                          um_error *error) UM_MUST_USE;

enum { UMI_REMAP_MAX = 16 };

#endif
