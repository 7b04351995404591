/* Whether a source comes from one place, and from which: the direction that most of its power has
 * among the channels. */
#ifndef UMI_CORE_PLACE_H
#define UMI_CORE_PLACE_H

#include <complex.h>
#include <stddef.h>

enum { UMI_PLACE_CHANNELS_MAX = 64 };

typedef struct umi_place {
    double complex direction[UMI_PLACE_CHANNELS_MAX]; /* of length 1 */
    double share; /* of the power that has this direction: 1 for a source that was panned, 1 /
                     n_channels for one that is everywhere; 0 when nothing was heard */
} umi_place;

/* The place of what the covariance sums, see matrix_mask.h, are of: the eigenvector with the
 * largest eigenvalue of their sum over the bins. n_channels 1..UMI_PLACE_CHANNELS_MAX. */
umi_place umi_place_of(const double *sums, size_t n_channels, size_t n_bins);

/* Between two directions, degrees 0..90. */
double umi_place_angle(const umi_place *a, const umi_place *b, size_t n_channels);

/* How much better than no place at all a source's covariance tells where its points are. */
typedef struct umi_place_fit {
    double sum, weight; /* the mean, sum / weight, is above 0 for what is there, far below for what
                           is elsewhere */
} umi_place_fit;

/* Adds the points of a frame, zeros left out. covariance and spectrum as in matrix_mask.h. A point
 * x adds |x| times the logarithm of the likelihood of its direction when x is Gaussian with a
 * covariance in proportion to R (complex angular central Gaussian: Kent, JRSS B 1997), over that
 * when all directions are alike: -log det R - C log(x^H R^-1 x / |x|^2). */
void umi_place_fit_add(umi_place_fit *fit, const float *covariance, const float *spectrum,
                       size_t n_channels, size_t n_bins);

#endif
