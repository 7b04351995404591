/* Start values for the atoms of percussive sounds: broad bands of noise.
 *
 * The atoms' centres c lie evenly on a scale of octaves, from the lowest to the highest frequency,
 * and each is smooth, so that it has no pitch:
 *
 *     W[k, f] = 1/2 + 1/2 cos(pi d / width)    d = |log2(f / c_k)| octaves, where d < width
 *
 * and 0 elsewhere. That is a family as plain as could be: thuds, cracks and hisses, which the
 * updates of nmf.h then shape. Rows are scaled to sum to 1, as nmf.h has it. What is 0 stays 0 in
 * the updates, unless a floor raises it. */
#ifndef UNMINGLE_PERCUSSIVE_ATOMS_H
#define UNMINGLE_PERCUSSIVE_ATOMS_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_percussive_atoms_config {
    double sample_rate;       /* Hz, above 0 */
    double lowest_frequency;  /* centre of the first atom in Hz, 0.1..; default 60 */
    double highest_frequency; /* of the last one, lowest_frequency..sample_rate / 2; default 8000 */
    double width;             /* octaves from the centre to either end, 0.1..20; default 2 */
    double floor;             /* share of the atom's mean that is added to every bin, 0..1;
                                 default 0.001 */
} um_percussive_atoms_config;

UM_API um_percussive_atoms_config um_percussive_atoms_config_default(void);

/* Fills W, with as many atoms as it has rows, and for the spectra of a transform of 2 (W.cols - 1)
 * samples; W.cols >= 2. A single atom lies in the middle of the range. A band in which there is no
 * bin becomes the bin that is nearest to its centre. Allocates nothing. UM_ERR_ARGUMENT when a
 * field or a size is wrong. */
UM_API UM_MUST_USE um_status um_percussive_atoms_fill(const um_percussive_atoms_config *config,
                                                      um_view W);

#ifdef __cplusplus
}
#endif

#endif
