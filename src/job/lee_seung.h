/* The objective of the paper that gave this kind of factorisation its name.
 *
 * Lee and Seung (Nature 401, 1999) maximise, with M = H W,
 *
 *     F = sum V log M - M
 *
 * over all cells: the logarithm of the probability of V when it is drawn from Poisson variables of
 * the means M, but for what M does not change. The Kullback-Leibler divergence is that with the
 * sign turned and with what V alone gives, so that it is 0 for M = V:
 *
 *     D = sum V log(V / M) - V + M = (sum V log V - V) - F. */
#ifndef UMI_JOB_LEE_SEUNG_H
#define UMI_JOB_LEE_SEUNG_H

#include "unmingle/sparse.h"
#include "unmingle/view.h"

/* F for a V whose Kullback-Leibler divergence from the model is `divergence`; 0 log 0 = 0. */
double umi_lee_seung(um_cview V, double divergence);
double umi_lee_seung_sparse(um_csparse V, double divergence);

#endif
