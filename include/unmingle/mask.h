/* Ratio masks: which share of every time-frequency point belongs to which source.
 *
 *     m_s = v_s^p / sum over sources j of v_j^p
 *
 * v_s is the model of source s, p the exponent: 1 shares out magnitudes as they are, 2 is the
 * Wiener filter's form, higher values decide more sharply. Masks are >= 0 and sum to 1 for every
 * p, so that masked sources sum to the mix. Where every model is 0 the sources share equally. */
#ifndef UNMINGLE_MASK_H
#define UNMINGLE_MASK_H

#include "unmingle/export.h"
#include "unmingle/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Turns n model values (>= 0, finite) of each of n_sources sources into masks, in place: value i
 * of source s is models[s * stride + i], stride >= n. exponent 0.1..10.
 * Each point is a problem of its own: cutting n into pieces changes no bit. UM_ERR_ARGUMENT. */
UM_API UM_MUST_USE um_status um_mask_ratio(float *models, size_t stride, size_t n_sources, size_t n,
                                           double exponent);

#ifdef __cplusplus
}
#endif

#endif
