/* Sparsity of H and W, and continuity of H: coefficients, the penalty itself, and the update of H
 * that takes them into account. */
#include "core/nmf_internal.h"

#include <math.h>

bool umi_nmf_penalises_activations(const um_nmf *nmf)
{
    return nmf->config.sparsity_H > 0.0 || nmf->config.continuity_H > 0.0;
}

/* What brings a gradient from the units in which the family works into those of the objective. */
static double gradient_unit(const um_nmf *nmf)
{
    return nmf->family == &umi_nmf_beta ? pow(nmf->mean, nmf->beta - 1.0) : 1.0;
}

/* u^(b-1) in the units of the family: what makes a penalty of H's mean something of the same
 * weight for every level of V. */
static double activation_unit(const um_nmf *nmf)
{
    return pow(nmf->mean, nmf->beta - 1.0) / gradient_unit(nmf);
}

static double sparsity_of_activations(const um_nmf *nmf, size_t k)
{
    return nmf->config.sparsity_H * nmf->weights[k] * activation_unit(nmf);
}

static double continuity_of_activations(const um_nmf *nmf, size_t k)
{
    double level = nmf->mean * (double)nmf->n_columns / (double)nmf->config.n_components;
    return nmf->config.continuity_H * nmf->weights[k] * activation_unit(nmf) / level;
}

double umi_nmf_sparsity_of_atom(const um_nmf *nmf, size_t k)
{
    double n_cells = (double)nmf->n_rows * (double)nmf->n_columns;
    return nmf->config.sparsity_W * nmf->weights[k] * activation_unit(nmf) * nmf->mean * n_cells /
           (double)nmf->config.n_components;
}

/* -- The penalty ------------------------------------------------------------------------------- */

double umi_nmf_activations_penalty(const um_nmf *nmf, size_t first, um_cview H)
{
    double total = 0.0;
    for (size_t k = 0; umi_nmf_penalises_activations(nmf) && k < H.cols; k++) {
        double sum = 0.0, squares = 0.0;
        for (size_t n = 0; n < H.rows; n++) {
            sum += (double)um_crow(H, n)[k];
            if (nmf->config.continuity_H > 0.0 && first + n > 0) {
                double step = (double)um_row(nmf->H_before, first + n)[k] -
                              (double)um_row(nmf->H_before, first + n - 1)[k];
                squares += 0.5 * step * step;
            }
        }
        total +=
            sparsity_of_activations(nmf, k) * sum + continuity_of_activations(nmf, k) * squares;
    }
    return total * gradient_unit(nmf);
}

double umi_nmf_atoms_penalty(const um_nmf *nmf)
{
    double total = 0.0;
    for (size_t k = 0; nmf->config.sparsity_W > 0.0 && k < nmf->W.rows; k++) {
        const float *w = um_row(nmf->W, k);
        double sum = 0.0, squares = 0.0;
        for (size_t f = 0; f < nmf->W.cols; f++) {
            sum += (double)w[f];
            squares += (double)w[f] * (double)w[f];
        }
        total += umi_nmf_sparsity_of_atom(nmf, k) * log(sum / sqrt(squares));
    }
    return total * gradient_unit(nmf);
}

/* -- The update of H --------------------------------------------------------------------------- */

/* What continuity adds to the surrogate of one activation h. With m the mean of two neighbours as
 * they were, (a - b)^2 <= 2 (a - m)^2 + 2 (b - m)^2, and equal where both are as they were: so the
 * neighbours part, and every activation has a parabola of its own, pull / 2 sum (h - m)^2 over its
 * neighbours. */
typedef struct pull {
    double strength; /* times the number of neighbours */
    double towards;  /* times the sum of the m */
} pull;

static pull continuity_pull(const um_nmf *nmf, size_t n, size_t k)
{
    double strength = 2.0 * continuity_of_activations(nmf, k);
    double h = (double)um_row(nmf->H_before, n)[k];
    pull p = {0.0, 0.0};
    if (n > 0) {
        p.strength += strength;
        p.towards += strength * 0.5 * (h + (double)um_row(nmf->H_before, n - 1)[k]);
    }
    if (n + 1 < nmf->n_rows) {
        p.strength += strength;
        p.towards += strength * 0.5 * (h + (double)um_row(nmf->H_before, n + 1)[k]);
    }
    return p;
}

/* Where -mass log h + slope h + strength / 2 h^2 - towards h is least: the root above 0 of its
 * derivative, in the form that does not cancel. */
static double least(double mass, double slope, pull p)
{
    double b = slope - p.towards;
    double root = sqrt(b * b + 4.0 * p.strength * mass);
    if (b >= 0.0) {
        return mass > 0.0 ? 2.0 * mass / (b + root) : 0.0;
    }
    return (root - b) / (2.0 * p.strength);
}

static void update_row(const um_nmf *nmf, size_t n, float *h, const float *P, const float *Q,
                       double power)
{
    pull pull_k = {0.0, 0.0};
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        double sparsity = sparsity_of_activations(nmf, k);
        if (nmf->config.continuity_H > 0.0) {
            pull_k = continuity_pull(nmf, n, k);
        }
        if (Q == NULL) {
            h[k] = (float)least((double)h[k] * (double)P[k], 1.0 + sparsity, pull_k);
            continue;
        }
        double down = (double)Q[k] + sparsity + pull_k.strength * (double)h[k];
        double ratio = down > 0.0 ? ((double)P[k] + pull_k.towards) / down : 0.0;
        h[k] = (float)((double)h[k] * (power == 1.0 ? ratio : pow(ratio, power)));
    }
}

void umi_nmf_update_activations(const um_nmf *nmf, size_t first, um_view H, const float *P,
                                const float *Q, size_t stride, double power)
{
    bool plain = !umi_nmf_penalises_activations(nmf);
    for (size_t n = 0; n < H.rows; n++) {
        float *h = um_row(H, n);
        const float *p = P + n * stride;
        const float *q = Q == NULL ? NULL : Q + n * stride;
        if (!plain || power != 1.0) {
            update_row(nmf, first + n, h, p, q, power);
        } else if (q == NULL) {
            for (size_t k = 0; k < H.cols; k++) {
                h[k] *= p[k];
            }
        } else {
            for (size_t k = 0; k < H.cols; k++) {
                h[k] *= p[k] / (q[k] > UMI_MODEL_FLOOR ? q[k] : UMI_MODEL_FLOOR);
            }
        }
    }
}
