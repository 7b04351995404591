/* BSS Eval: how close estimated sources are to the true ones, and what the difference is made of.
 *
 * The estimate e of source q is split by projections in the sense of least squares:
 *     own = its part in the span of the true source's channels, each delayed by 0 .. n_taps - 1
 *           samples: what filters of n_taps can make of the true source;
 *     all = its part in the span of all sources' channels with the same delays.
 * With s the true source, and energies over all samples and channels, the n_taps - 1 samples that
 * the filters ring on included, version 4 (Stoeter, Liutkus, Ito, "The 2018 signal separation
 * evaluation campaign", LVA/ICA 2018; images, one set of filters for the whole recording) says
 *     SDR   10 log10(|s|^2 / |s - e|^2)           all errors together
 *     ISR   10 log10(|s|^2 / |own - s|^2)         colour and place in the image
 *     SIR   10 log10(|own|^2 / |all - own|^2)     other sources that can be heard
 *     SAR   10 log10(|all|^2 / |e - all|^2)       artefacts: what no filtering of sources explains
 * and version 3 (Vincent, Gribonval, Fevotte, IEEE TASLP 14(4), 2006) forgives filters of n_taps:
 *     SDRv3 10 log10(|own|^2 / |e - own|^2).
 * Ratios are formed by um_energy_ratio, so silence gives finite figures. The systems of equations
 * are kept solvable by 1e-9 of their mean diagonal, added to it.
 *
 * Sound comes in blocks of any size, in two passes, so that memory does not grow with its length,
 * and the size of the blocks changes no bit of the figures. */
#ifndef UNMINGLE_BSS_EVAL_H
#define UNMINGLE_BSS_EVAL_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_bss_eval_config {
    size_t n_sources;  /* 1..64; default 1 */
    size_t n_channels; /* of every source and estimate, 1..64; default 1 */
    size_t n_taps;     /* length of the filters, even, 2..4096; default 512, BSS Eval's */
    size_t max_memory; /* bytes that may be allocated; default 4 GiB. Most goes to a triangle of
                          4 (n_sources n_channels n_taps)^2 bytes. */
} um_bss_eval_config;

UM_API um_bss_eval_config um_bss_eval_config_default(void);

typedef struct um_bss_eval um_bss_eval;

/* UM_ERR_ARGUMENT for a field out of range, UM_ERR_MEMORY past max_memory or when there is no more;
 * `error` (may be NULL) then tells the figure. On failure *out is NULL. */
UM_API UM_MUST_USE um_status um_bss_eval_new(const um_bss_eval_config *config, um_bss_eval **out,
                                             um_error *error);
UM_API void um_bss_eval_free(um_bss_eval *bss);

/* First pass, block by block: n_sources references and as many estimates, estimates[q] being of
 * references[q]. One row a sample frame, n_channels columns, all with the same rows. A view whose
 * data is NULL stands for silence. UM_ERR_ARGUMENT for another shape, or once solved. */
UM_API UM_MUST_USE um_status um_bss_eval_correlate(um_bss_eval *bss, const um_cview *references,
                                                   const um_cview *estimates);

/* Between the passes: finds the filters. When all references are silent, so are the projections.
 * UM_ERR_ARGUMENT when called twice; UM_ERR_DATA when the sound is not finite. */
UM_API UM_MUST_USE um_status um_bss_eval_solve(um_bss_eval *bss);

/* Second pass, over the same sound. UM_ERR_ARGUMENT as above, or before _solve. */
UM_API UM_MUST_USE um_status um_bss_eval_measure(um_bss_eval *bss, const um_cview *references,
                                                 const um_cview *estimates);

typedef struct um_bss_figures {
    double sdr; /* dB, as all */
    double isr;
    double sir;
    double sar;
    double sdr_v3;
} um_bss_figures;

/* Ends the second pass and fills figures[n_sources]. UM_ERR_ARGUMENT before _solve. */
UM_API UM_MUST_USE um_status um_bss_eval_finish(um_bss_eval *bss, um_bss_figures *figures);

#ifdef __cplusplus
}
#endif

#endif
