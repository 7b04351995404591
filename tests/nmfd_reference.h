/* The deconvolution in double, term by term as unmingle/nmfd.h has it. */
#ifndef NMFD_REFERENCE_H
#define NMFD_REFERENCE_H

#include "core/memory.h"
#include "unmingle/nmfd.h"

#include <math.h>

typedef struct model {
    size_t N, F, K, T;
    double *H; /* N x K */
    double *W; /* K x T x F */
} model;

static inline model model_of(const um_nmfd *nmfd, size_t atom_frames)
{
    um_cview H = um_nmfd_activations(nmfd), W = um_nmfd_atoms(nmfd);
    model m = {H.rows, W.cols / atom_frames, W.rows, atom_frames, NULL, NULL};
    m.H = umi_alloc(m.N * m.K, sizeof(double));
    m.W = umi_alloc(m.K * m.T * m.F, sizeof(double));
    for (size_t k = 0; k < m.K; k++) {
        for (size_t n = 0; n < m.N; n++) {
            m.H[n * m.K + k] = (double)um_crow(H, n)[k];
        }
        for (size_t i = 0; i < m.T * m.F; i++) {
            m.W[k * m.T * m.F + i] = (double)um_crow(W, k)[i];
        }
    }
    return m;
}

static inline void model_free(model *m)
{
    umi_free(m->H);
    umi_free(m->W);
}

/* The model, N x F. */
static inline double *convolution(const model *m)
{
    double *X = umi_alloc(m->N * m->F, sizeof(double));
    for (size_t n = 0; n < m->N; n++) {
        for (size_t tau = 0; tau < m->T && tau <= n; tau++) {
            for (size_t k = 0; k < m->K; k++) {
                for (size_t f = 0; f < m->F; f++) {
                    X[n * m->F + f] +=
                        m->H[(n - tau) * m->K + k] * m->W[(k * m->T + tau) * m->F + f];
                }
            }
        }
    }
    return X;
}

static inline double divergence_of(const model *m, um_cview V)
{
    double *X = convolution(m), total = 0.0;
    for (size_t n = 0; n < m->N; n++) {
        for (size_t f = 0; f < m->F; f++) {
            double v = (double)um_crow(V, n)[f], x = X[n * m->F + f];
            total += x - v + (v > 0 ? v * log(v / x) : 0);
        }
    }
    umi_free(X);
    return total;
}

/* The parts of the gradient: that in H is H_down - H_up, N x K, that in W is W_down - W_up,
 * K x T x F. */
typedef struct gradient {
    double *H_up, *H_down, *W_up, *W_down;
} gradient;

static inline gradient gradient_of(const model *m, um_cview V)
{
    size_t H_size = m->N * m->K, W_size = m->K * m->T * m->F;
    gradient g = {umi_alloc(H_size, sizeof(double)), umi_alloc(H_size, sizeof(double)),
                  umi_alloc(W_size, sizeof(double)), umi_alloc(W_size, sizeof(double))};
    double *X = convolution(m);
    for (size_t n = 0; n < m->N; n++) {
        for (size_t tau = 0; tau < m->T && n + tau < m->N; tau++) {
            for (size_t k = 0; k < m->K; k++) {
                size_t i = n * m->K + k;
                for (size_t f = 0; f < m->F; f++) {
                    size_t j = (k * m->T + tau) * m->F + f;
                    double v = (double)um_crow(V, n + tau)[f];
                    double r = v > 0 ? v / X[(n + tau) * m->F + f] : 0;
                    g.H_up[i] += m->W[j] * r;
                    g.H_down[i] += m->W[j];
                    g.W_up[j] += m->H[i] * r;
                    g.W_down[j] += m->H[i];
                }
            }
        }
    }
    umi_free(X);
    return g;
}

static inline void gradient_free(gradient *g)
{
    umi_free(g->H_up);
    umi_free(g->H_down);
    umi_free(g->W_up);
    umi_free(g->W_down);
}

/* One iteration as nmfd.h has it. */
static inline void iterate(model *m, um_cview V, size_t first_free, bool learn_atoms)
{
    gradient g = gradient_of(m, V);
    size_t size = m->T * m->F;
    for (size_t k = first_free; learn_atoms && k < m->K; k++) {
        double *w = m->W + k * size, sum = 0.0;
        for (size_t i = 0; i < size; i++) {
            double down = g.W_down[k * size + i];
            w[i] *= down > 0.0 ? g.W_up[k * size + i] / down : 1.0;
            sum += w[i];
        }
        for (size_t i = 0; i < size; i++) {
            w[i] /= sum;
        }
    }
    gradient of_new_atoms = gradient_of(m, V);
    for (size_t i = 0; i < m->N * m->K; i++) {
        m->H[i] *= of_new_atoms.H_down[i] > 0.0 ? g.H_up[i] / of_new_atoms.H_down[i] : 1.0;
    }
    gradient_free(&g);
    gradient_free(&of_new_atoms);
}

#endif
