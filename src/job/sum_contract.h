/* Stems that add up: from the separated sound to the numbers that are written.
 *
 * In whole numbers the stems add up to the input exactly, sample by sample: all but the last are
 * rounded, the last is the rest. A stem may swing wider than the mix (take the fundamental out of
 * a full-scale square and it is 27 % taller than the square); where a stem would pass the format's
 * range it is held at the end of the range, and what it could not hold goes to its neighbours, so
 * that the sum stays exact and nothing is rescaled. Such samples are counted, to be told. */
#ifndef UMI_JOB_SUM_CONTRACT_H
#define UMI_JOB_SUM_CONTRACT_H

#include <stddef.h>
#include <stdint.h>

/* stems[s] (n values, full scale 1, for s < n_stems - 1; the last is not read) and mix (n values
 * of `bits` bits, 2..32, right-justified) become whole[s], which sum to mix exactly.
 * A stem's value may be anything: infinities are held at the end of the range, NaN counts as 0.
 * Returns how many values of the mix have a stem that had to be held. */
size_t umi_sum_whole(const float *const *stems, size_t n_stems, const int32_t *mix, size_t n,
                     unsigned bits, int32_t *const *whole);

/* The same in float: stems[n_stems - 1] = mix - the others, summed in double and held within the
 * range of float. All values are finite. */
void umi_sum_float(float *const *stems, size_t n_stems, const float *mix, size_t n);

#endif
