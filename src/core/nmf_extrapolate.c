/* Iterations from extrapolated values. */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/nmf_internal.h"
#include "core/parallel.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Between two iterations the sign bit of a value of H, W or G says that its momentum ended. The
 * values themselves are never negative, so it is free, and a mark elsewhere would cost memory. */

struct umi_nmf_momentum {
    um_view H, W, G;          /* the accepted values one iteration before those in nmf */
    um_view W_start, G_start; /* the extrapolated ones, which the iteration started from */
    float **H_start;          /* the same for the tile that each worker is at */
    double *growth;           /* K: what D's rows had to be divided by after extrapolation */
    size_t n_steps;           /* iterations accepted since the last restart */
    double objective;         /* before the last one accepted */
};

/* -- Memory ------------------------------------------------------------------------------------ */

bool umi_nmf_momentum_init(um_nmf *nmf)
{
    const um_nmf_config *c = &nmf->config;
    size_t K = c->n_components;
    umi_nmf_momentum *m = umi_alloc(1, sizeof *m);
    nmf->momentum = m;
    if (m == NULL) {
        return false;
    }
    m->H = umi_matrix_new(c->n_frames, K);
    m->W = umi_matrix_new(K, c->n_bins);
    m->G = umi_matrix_new(K, c->n_channels);
    m->W_start = umi_matrix_new(K, c->n_bins);
    m->G_start = umi_matrix_new(K, c->n_channels);
    m->growth = umi_alloc(K, sizeof *m->growth);
    m->H_start = umi_alloc(c->parallel.n_workers, sizeof *m->H_start);
    if (m->H.data == NULL || m->W.data == NULL || m->G.data == NULL || m->W_start.data == NULL ||
        m->G_start.data == NULL || m->growth == NULL || m->H_start == NULL) {
        return false;
    }
    for (size_t w = 0; w < c->parallel.n_workers; w++) {
        m->H_start[w] = umi_alloc(UMI_TILE_FRAMES * m->H.stride, sizeof(float));
        if (m->H_start[w] == NULL) {
            return false;
        }
    }
    return true;
}

void umi_nmf_momentum_free(um_nmf *nmf)
{
    umi_nmf_momentum *m = nmf->momentum;
    if (m == NULL) {
        return;
    }
    for (size_t w = 0; m->H_start != NULL && w < nmf->config.parallel.n_workers; w++) {
        umi_free(m->H_start[w]);
    }
    umi_free(m->H_start);
    umi_free(m->growth);
    umi_free(m->H.data);
    umi_free(m->W.data);
    umi_free(m->G.data);
    umi_free(m->W_start.data);
    umi_free(m->G_start.data);
    umi_free(m);
}

/* -- One row ----------------------------------------------------------------------------------- */

/* value * (value / last)^t for t in 0..1, by the rational function of ((1 + t) r + 1 - t) over
 * ((1 - t) r + 1 + t): the same to third order in log r, and bounded where r is not near 1. `last`
 * then holds the value. */
static void extrapolate_row(float *value, float *last, size_t n, float t)
{
    const float more = 1.0f + t, less = 1.0f - t;
    for (size_t i = 0; i < n; i++) {
        float now = fabsf(value[i]);
        /* Without momentum both sums are of the same two terms, so that the quotient is 1. */
        float before = value[i] < 0.0f ? now : last[i];
        float up = more * now + less * before;
        float down = more * before + less * now;
        last[i] = now;
        value[i] = now * (up / (down > FLT_MIN ? down : FLT_MIN));
    }
}

/* Ends the momentum of a value whose update went back on its extrapolation. */
static void settle_row(float *value, const float *start, const float *last, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool back = (value[i] - start[i]) * (start[i] - last[i]) < 0.0f;
        value[i] = back ? -value[i] : value[i];
    }
}

static void end_row(float *value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        value[i] = fabsf(value[i]);
    }
}

/* -- The dictionary ---------------------------------------------------------------------------- */

/* Returns the sum that the row had before it was brought to 1. */
static double extrapolate_learned(um_view now, um_view last, um_view start, size_t k, float t)
{
    float *row = um_row(now, k);
    extrapolate_row(row, um_row(last, k), now.cols, t);
    double sum = umi_matrix_sum(um_cview_of(row, 1, now.cols));
    if (!(sum > 0.0)) {
        sum = 1.0;
    }
    float scale = (float)(1.0 / sum);
    for (size_t i = 0; i < now.cols; i++) {
        row[i] *= scale;
    }
    memcpy(um_row(start, k), row, now.cols * sizeof *row);
    return sum;
}

typedef struct sweep {
    um_nmf *nmf;
    size_t n_rows, n_parts;
    float t;
} sweep;

static void extrapolate_atom(void *argument, size_t k, size_t i_worker)
{
    (void)i_worker;
    const sweep *s = argument;
    um_nmf *nmf = s->nmf;
    umi_nmf_momentum *m = nmf->momentum;
    unsigned before = umi_flush_denormals();
    m->growth[k] = 1.0;
    if (!nmf->fixed[k]) {
        m->growth[k] *= extrapolate_learned(nmf->W, m->W, m->W_start, k, s->t);
    }
    if (umi_nmf_learns_gains(nmf)) {
        m->growth[k] *= extrapolate_learned(nmf->G, m->G, m->G_start, k, s->t);
    }
    umi_restore_denormals(before);
}

static void settle_atom(void *argument, size_t k, size_t i_worker)
{
    (void)i_worker;
    um_nmf *nmf = argument;
    const umi_nmf_momentum *m = nmf->momentum;
    if (!nmf->fixed[k]) {
        settle_row(um_row(nmf->W, k), um_row(m->W_start, k), um_row(m->W, k), nmf->W.cols);
    }
    if (umi_nmf_learns_gains(nmf)) {
        settle_row(um_row(nmf->G, k), um_row(m->G_start, k), um_row(m->G, k), nmf->G.cols);
    }
}

/* -- The activations --------------------------------------------------------------------------- */

static void extrapolate_part(void *argument, size_t i_part, size_t i_worker)
{
    (void)i_worker;
    const sweep *s = argument;
    um_nmf *nmf = s->nmf;
    size_t K = nmf->H.cols;
    unsigned before = umi_flush_denormals();
    size_t end = (i_part + 1) * s->n_rows / s->n_parts;
    for (size_t n = i_part * s->n_rows / s->n_parts; n < end; n++) {
        float *h = um_row(nmf->H, n);
        for (size_t k = 0; k < K; k++) {
            h[k] = (float)((double)h[k] * nmf->scale[k]);
        }
        extrapolate_row(h, um_row(nmf->momentum->H, n), K, s->t);
        for (size_t k = 0; k < K; k++) {
            h[k] = (float)((double)h[k] * nmf->momentum->growth[k]);
        }
    }
    umi_restore_denormals(before);
}

/* After a restart there is none, and what differs from the values before does so by rounding. */
static bool has_momentum(const um_nmf *nmf)
{
    return nmf->momentum != NULL && nmf->momentum->n_steps > 0;
}

void umi_nmf_momentum_enter(const um_nmf *nmf, um_cview H, size_t i_worker)
{
    if (has_momentum(nmf)) {
        memcpy(nmf->momentum->H_start[i_worker], H.data, H.rows * H.stride * sizeof(float));
    }
}

void umi_nmf_momentum_leave(const um_nmf *nmf, size_t first, um_view H, size_t i_worker)
{
    for (size_t n = 0; has_momentum(nmf) && n < H.rows; n++) {
        settle_row(um_row(H, n), nmf->momentum->H_start[i_worker] + n * H.stride,
                   um_row(nmf->momentum->H, first + n), H.cols);
    }
}

/* -- The iteration ----------------------------------------------------------------------------- */

static void extrapolate(um_nmf *nmf, size_t n_rows)
{
    /* Nesterov's weights, in the form that needs no more than a count. */
    double n = (double)nmf->momentum->n_steps;
    sweep s = {nmf, n_rows, umi_nmf_n_parts(n_rows), (float)(n / (n + 3.0))};
    umi_parallel_run(&nmf->config.parallel, nmf->config.n_components, extrapolate_atom, &s);
    umi_parallel_run(&nmf->config.parallel, s.n_parts, extrapolate_part, &s);
    umi_nmf_expand(nmf);
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        nmf->scale[k] = 1.0;
    }
}

static void copy_rows(um_view to, um_view from, size_t n_rows)
{
    memcpy(to.data, from.data, n_rows * from.stride * sizeof(float));
}

/* Takes the last iteration back, which leaves the values that it was extrapolated from. */
static void restart(um_nmf *nmf, size_t n_rows)
{
    umi_nmf_momentum *m = nmf->momentum;
    copy_rows(nmf->H, m->H, n_rows);
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        if (!nmf->fixed[k]) {
            memcpy(um_row(nmf->W, k), um_row(m->W, k), nmf->W.cols * sizeof(float));
        }
    }
    if (umi_nmf_learns_gains(nmf)) {
        copy_rows(nmf->G, m->G, nmf->G.rows);
    }
    umi_nmf_expand(nmf);
    m->n_steps = 0;
}

void umi_nmf_momentum_begin(um_nmf *nmf)
{
    nmf->momentum->n_steps = 0;
}

double umi_nmf_momentum_step(umi_nmf_pass *p)
{
    um_nmf *nmf = p->nmf;
    umi_nmf_momentum *m = nmf->momentum;
    extrapolate(nmf, p->V.rows);
    p->measure = true;
    double objective = umi_nmf_pass_run(p);
    /* Without momentum it is where the iteration before led: higher by rounding, if at all. */
    if (m->n_steps > 0 && !(objective <= m->objective)) {
        restart(nmf, p->V.rows);
        return m->objective;
    }
    if (p->learn) {
        nmf->family->dictionary(p);
        if (has_momentum(nmf)) {
            umi_parallel_run(&nmf->config.parallel, nmf->config.n_components, settle_atom, nmf);
        }
    }
    m->objective = objective;
    m->n_steps++;
    return objective;
}

void umi_nmf_momentum_end(um_nmf *nmf, size_t n_rows)
{
    for (size_t n = 0; n < n_rows; n++) {
        end_row(um_row(nmf->H, n), nmf->H.cols);
    }
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        end_row(um_row(nmf->W, k), nmf->W.cols);
        end_row(um_row(nmf->G, k), nmf->G.cols);
    }
    umi_nmf_expand(nmf);
}
