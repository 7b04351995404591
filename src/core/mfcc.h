/* Mel-frequency cepstral coefficients: the timbre of a spectrum in a few numbers. */
#ifndef UMI_CORE_MFCC_H
#define UMI_CORE_MFCC_H

#include "unmingle/status.h"

#include <stddef.h>

typedef struct umi_mfcc umi_mfcc;

/* n_bands triangles of height 1, evenly spaced in mel (2595 log10(1 + f / 700), O'Shaughnessy)
 * from low_hz to high_hz (cut to the highest frequency of the spectra, which must be above low_hz),
 * for spectra of n_bins from 0 Hz to sample_rate / 2. n_coefficients <= n_bands. UM_ERR_ARGUMENT,
 * UM_ERR_MEMORY. */
um_status umi_mfcc_new(size_t n_bins, double sample_rate, size_t n_bands, double low_hz,
                       double high_hz, size_t n_coefficients, umi_mfcc **out) UM_MUST_USE;
void umi_mfcc_free(umi_mfcc *mfcc);

/* coefficients[0..n_coefficients-1]: the orthonormal DCT-II of ln(scale * B spectrum + floor), with
 * B the bands; its first value is the level. */
void umi_mfcc_compute(const umi_mfcc *mfcc, const float *spectrum, double scale, double floor,
                      double *coefficients);

#endif
