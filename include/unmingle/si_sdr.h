/* Scale-invariant signal-to-distortion ratio, and the plain one.
 *
 *     SI-SDR = 10 log10(|a s|^2 / |e - a s|^2),  a = <s, e> / |s|^2
 *
 * of an estimate e of a source s (Le Roux, Wisdom, Erdogan, Hershey, "SDR - half-baked or well
 * done?", ICASSP 2019). All channels count together, as one long vector with one gain a, so that a
 * wrong place in the stereo image is a distortion. Sums are in double, sample after sample: blocks
 * of any size give the same bits. */
#ifndef UNMINGLE_SI_SDR_H
#define UNMINGLE_SI_SDR_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 10 log10((signal + 1e-12) / (error + 1e-12)) of two energies (sums of squares of samples that are
 * 1 at full scale), in dB. The small number keeps silence finite; all figures here are told so. */
UM_API double um_energy_ratio(double signal, double error);

/* Whole signals in memory, one row a sample frame, one column a channel; the shapes must agree.
 * Writes dB to *result; UM_ERR_ARGUMENT when the shapes differ. um_sdr is 10 log10(|s|^2 / |s -
 * e|^2), which is BSS Eval v4's image SDR. */
UM_API UM_MUST_USE um_status um_sdr(um_cview reference, um_cview estimate, double *result);
UM_API UM_MUST_USE um_status um_si_sdr(um_cview reference, um_cview estimate, double *result);

/* Sound of any length, in blocks and two passes: start from zeros ({0}), give every block to
 * _correlate, then every block again to _measure. Blocks are as above; UM_ERR_ARGUMENT likewise. */
typedef struct um_si_sdr_sums {
    double reference_energy; /* |s|^2 */
    double correlation;      /* <s, e> */
    double target_energy;    /* |a s|^2 */
    double error_energy;     /* |e - a s|^2 */
} um_si_sdr_sums;

UM_API UM_MUST_USE um_status um_si_sdr_correlate(um_si_sdr_sums *sums, um_cview reference,
                                                 um_cview estimate);
UM_API UM_MUST_USE um_status um_si_sdr_measure(um_si_sdr_sums *sums, um_cview reference,
                                               um_cview estimate);
UM_API double um_si_sdr_result(const um_si_sdr_sums *sums); /* dB */

#ifdef __cplusplus
}
#endif

#endif
