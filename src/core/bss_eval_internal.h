/* What the two halves of BSS Eval share: bss_eval.c, which holds the object and cuts the sound into
 * blocks, and bss_eval_block.c, the mathematics of a block and the filters. */
#ifndef UMI_CORE_BSS_EVAL_INTERNAL_H
#define UMI_CORE_BSS_EVAL_INTERNAL_H

#include "core/fft.h"
#include "unmingle/bss_eval.h"

typedef enum umi_bss_stage { UMI_CORRELATING, UMI_MEASURING, UMI_FINISHED } umi_bss_stage;

/* The sums of squares that the figures are ratios of, over a source's channels. */
typedef struct umi_bss_energies {
    double reference, own, all;
    double reference_less_estimate, own_less_reference, all_less_own;
    double estimate_less_own, estimate_less_all;
} umi_bss_energies;

/* Both passes cut the sound into blocks of block_length samples and transform each with the
 * n_taps - 1 samples before it, fft_size in all: from there on correlations at the lags of the
 * filters, and the filters' output, come out of products of spectra without wrapping round.
 * "Line" is one channel of one source; there are n_lines of references and of estimates. */
struct um_bss_eval {
    um_bss_eval_config config;
    umi_bss_stage stage;
    size_t n_lines;
    size_t fft_size, block_length;
    size_t spectrum_size; /* doubles a spectrum takes: fft_size / 2 + 1 pairs (re, im), padded */
    size_t fill;          /* samples of the block at hand that have come */
    umi_fft_double *fft;
    double *references; /* [line][fft_size]: n_taps - 1 old samples, then the block */
    double *estimates;  /* likewise */
    double *spectra;    /* [line]: of `references` */
    double *spectrum;   /* scratch */
    double *own, *all;  /* [fft_size], scratch: projections */
    /* First pass: sums of cross-spectra over the blocks, [later line][earlier line]; the
     * earlier ones are references. From the sums of the estimates on, the second pass keeps its
     * filters' spectra there. */
    double *reference_pairs;
    double *estimate_pairs;
    double *own_filters;    /* [estimate line][channel]: spectra */
    double *reference_lags; /* [later line][earlier line][n_taps]: correlations */
    double *all_sides;      /* [estimate line][reference line][n_taps]: correlations, then taps */
    double *own_sides;      /* [channel][channel][n_taps] of one source */
    double *all_matrix;     /* the systems, packed as in blas.h */
    double *own_matrix;
    umi_bss_energies *sums; /* [source] */
};

/* The work on a whole block: adds it to the sums of the first pass, or of the second. */
void umi_bss_correlate_block(um_bss_eval *bss);
void umi_bss_measure_block(um_bss_eval *bss);

/* Turns the sums of the first pass into filters. UM_ERR_DATA when they are not finite. */
UM_MUST_USE um_status umi_bss_find_filters(um_bss_eval *bss);

#endif
