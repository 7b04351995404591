/* The factorisation in double, written as the formulas stand in the literature: what nmf*.c is
 * compared with. */
#ifndef NMF_IN_DOUBLE_H
#define NMF_IN_DOUBLE_H

#include "unmingle/nmf.h"

/* A problem for um_nmf: the sizes and what is learned. */
typedef struct nmf_shape {
    size_t n_frames, n_bins, n_channels, n_components;
    size_t n_fixed; /* the first so many atoms are fixed */
    bool update_gains;
    double beta;
    um_solver solver;
} nmf_shape;

um_nmf_config nmf_shape_config(const nmf_shape *shape, size_t iterations);

/* Uniform values, a share of them zero. umi_free the data. */
um_view nmf_shape_spectrogram(const nmf_shape *shape, double zeros, uint64_t seed);

/* A factorisation at its start: random values, the same for the same seed. Fails the test when it
 * cannot be made. */
um_nmf *nmf_shape_start(const nmf_shape *shape, um_nmf_config config, um_cview V, uint64_t seed);

typedef struct double_model {
    size_t N, F, C, K;
    double *H, *W, *G; /* N x K, K x F, K x C */
} double_model;

/* What nmf holds; double_model_free. */
double_model double_model_of(const um_nmf *nmf);
void double_model_free(double_model *m);

/* One term of the beta-divergence of v from x. */
double beta_divergence(double beta, double v, double x);

double double_model_divergence(const double_model *m, um_cview V, double beta);

/* One iteration as the shape asks for; i_iteration counts from 0. */
void double_model_iterate(double_model *m, um_cview V, const nmf_shape *shape, size_t i_iteration);

/* Every value of actual within a share of 2e-5 of expected, row after row. */
void assert_matrix_close(const double *expected, um_cview actual);

/* Runs some iterations both ways from the same start. */
void assert_iterations_equal_those_in_double(const nmf_shape *shape, double zeros, uint64_t seed);

#endif
