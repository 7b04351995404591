/* Frames through the separator: magnitudes, activations, models of the sources, masks, sources. */
#include "core/memory.h"
#include "core/running_minimum.h"
#include "core/separator_internal.h"
#include "unmingle/mask.h"

#include <math.h>
#include <string.h>

static float *model_of(const um_separator *s, const umi_separator_worker *w, size_t i_active,
                       size_t i_row)
{
    return w->models + (i_active * s->mask_frames + i_row) * s->V.stride;
}

static float *estimate_of(const um_separator *s, const umi_separator_worker *w, size_t i_active,
                          size_t i_row)
{
    return w->estimates + (i_active * UMI_SEPARATOR_TASK_FRAMES + i_row) * s->V.stride;
}

/* -- Activations ------------------------------------------------------------------------------- */

static um_view activations_of(const um_separator *s, size_t first, size_t rows)
{
    return (um_view){um_row(s->H, first), rows, umi_separator_n_activations(s->dictionary),
                     s->H.stride};
}

static umi_tile_problem problem_of(const um_separator *s, umi_separator_worker *w, size_t first,
                                   size_t rows)
{
    const um_separator_dictionary *d = s->dictionary;
    um_cview V = {um_row(s->V, first), rows, s->n_points, s->V.stride};
    umi_tile_problem problem = umi_tile_problem_of(V, um_const_view(d->D));
    problem.shifted = d->shifted;
    problem.moved = &w->shifted;
    problem.shrinkage = d->shrinkage;
    return problem;
}

/* Each source's own activations, for the estimate of it. */
static void refit(const um_separator *s, umi_separator_worker *w, size_t first, size_t rows)
{
    const um_separator_dictionary *d = s->dictionary;
    umi_tile_problem problem = problem_of(s, w, first, rows);
    for (size_t i = 0; i < d->n_active; i++) {
        problem.first = d->first_of[d->active[i]];
        problem.n = d->first_of[d->active[i] + 1] - problem.first;
        problem.V = (um_cview){estimate_of(s, w, i, 0), rows, s->n_points, s->V.stride};
        if (problem.n > 0) {
            umi_tile_improve(&s->kernels, &problem, s->config.refit_iterations,
                             activations_of(s, first, rows), &w->tile);
        }
    }
}

/* -- Models ------------------------------------------------------------------------------------ */

/* The models of all active sources, for at most mask_frames frames. */
static void form_models(const um_separator *s, umi_separator_worker *w, size_t first, size_t rows)
{
    const um_separator_dictionary *d = s->dictionary;
    um_cview H = um_const_view(activations_of(s, first, rows));
    for (size_t i = 0; i < d->n_active; i++) {
        size_t k = d->first_of[d->active[i]], end = d->first_of[d->active[i] + 1];
        um_view model = {model_of(s, w, i, 0), rows, d->M.cols, s->V.stride};
        if (d->atom_frames > 1) {
            umi_separator_convolutive_model(s, d->active[i], first, model);
        } else if (d->moved_M != NULL) {
            umi_shifted_model(d->moved_M, &s->kernels, H, k, end - k, model, &w->shifted);
        } else {
            s->kernels.model(rows, model.cols, end - k, H.data + k, H.stride, um_row(d->M, k),
                             d->M.stride, model.data, model.stride);
        }
    }
}

/* What the models of a frame leave of V, which both may be sums over channels; at least 0. */
static void find_unexplained(const um_separator *s, umi_separator_worker *w, size_t i_frame,
                             size_t i_row)
{
    const um_separator_dictionary *d = s->dictionary;
    size_t n = d->M.cols;
    const float *v = um_row(s->V, i_frame);
    float *left = w->unexplained;
    memcpy(left, v, n * sizeof *left);
    for (size_t first = n; first < s->n_points; first += n) {
        for (size_t i = 0; i < n; i++) {
            left[i] += v[first + i];
        }
    }
    for (size_t source = 0; source < d->n_active; source++) {
        const float *model = model_of(s, w, source, i_row);
        for (size_t i = 0; i < n; i++) {
            left[i] -= model[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        left[i] = left[i] > 0.0f ? left[i] : 0.0f;
    }
}

static void add_to_last(const um_separator *s, umi_separator_worker *w, size_t i_row)
{
    float *residual = model_of(s, w, s->dictionary->n_active - 1, i_row);
    for (size_t i = 0; i < s->dictionary->M.cols; i++) {
        residual[i] += w->unexplained[i];
    }
}

/* Of what no model explains this share is added to every one of them, where places tell the sources
 * apart: there the matrices decide whose it is, and are let. Measured on made mixtures: +2 dB. */
static const float UNEXPLAINED = 0.1f;

static void add_to_all(const um_separator *s, umi_separator_worker *w, size_t i_row)
{
    const um_separator_dictionary *d = s->dictionary;
    for (size_t source = 0; source < d->n_active; source++) {
        float *model = model_of(s, w, source, i_row);
        for (size_t f = 0; f < s->n_bins; f++) {
            model[f] += UNEXPLAINED * d->distinctness[f] * w->unexplained[f];
        }
    }
}

/* -- Masks ------------------------------------------------------------------------------------- */

/* Models to shares. */
static void share(const um_separator *s, umi_separator_worker *w, size_t i_frame, size_t i_row,
                  double exponent)
{
    const um_separator_dictionary *d = s->dictionary;
    if (d->residual || d->matrices != NULL) {
        find_unexplained(s, w, i_frame, i_row);
    }
    if (d->residual) {
        add_to_last(s, w, i_row);
    } else if (d->matrices != NULL) {
        add_to_all(s, w, i_row);
    }
    um_status status = um_mask_ratio(model_of(s, w, 0, i_row), s->mask_frames * s->V.stride,
                                     d->n_active, d->M.cols, exponent);
    (void)status; /* the arguments were checked in _new */
}

static void multiply(size_t n, const float *mask, const float *x, float *y)
{
    for (size_t f = 0; f < n; f++) {
        y[2 * f] = mask[f] * x[2 * f];
        y[2 * f + 1] = mask[f] * x[2 * f + 1];
    }
}

/* Masks the frame whose models are in row i_row, for the first n active sources: that of the i-th
 * goes to masked + i * stride. */
static void mask_frame(const um_separator *s, umi_separator_worker *w, size_t i_frame, size_t i_row,
                       double exponent, size_t n, float *masked, size_t stride)
{
    size_t F = s->n_bins, to_next = s->n_points > F ? F : 0;
    const float *x = s->X + i_frame * 2 * s->n_columns;
    share(s, w, i_frame, i_row, exponent);
    if (s->config.guide.weight > 0.0) {
        umi_separator_guide_blend(s, um_row(w->guided, i_row), model_of(s, w, 0, i_row),
                                  model_of(s, w, 1, i_row));
    }
    if (s->dictionary->matrices != NULL) {
        um_matrix_mask_apply(s->dictionary->matrices, model_of(s, w, 0, i_row),
                             s->mask_frames * s->V.stride, x, n, masked, stride);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const float *mask = model_of(s, w, i, i_row);
        for (size_t c = 0; c < s->config.n_channels; c++, mask += to_next) {
            multiply(F, mask, x + 2 * c * F, masked + i * stride + 2 * c * F);
        }
    }
}

static size_t rows_from(const um_separator *s, size_t i, size_t rows)
{
    return rows - i < s->mask_frames ? rows - i : s->mask_frames;
}

/* Magnitudes of what the models as they are make of every source. */
static void estimate(const um_separator *s, umi_separator_worker *w, size_t first, size_t rows)
{
    size_t n = s->dictionary->n_active, stride = 2 * s->n_columns;
    for (size_t i = 0; i < rows; i += s->mask_frames) {
        form_models(s, w, first + i, rows_from(s, i, rows));
        for (size_t r = 0; r < rows_from(s, i, rows); r++) {
            mask_frame(s, w, first + i + r, r, 1.0, n, w->masked, stride);
            for (size_t source = 0; source < n; source++) {
                s->kernels.magnitude(s->n_columns, w->masked + source * stride,
                                     estimate_of(s, w, source, i + r));
            }
        }
    }
}

/* -- Tasks ------------------------------------------------------------------------------------- */

void umi_separator_measure(um_separator *s, size_t first, size_t rows)
{
    size_t F = s->n_bins, C = s->config.n_channels;
    for (size_t i = first; i < first + rows; i++) {
        const float *x = s->X + i * 2 * s->n_columns;
        float *v = um_row(s->V, i);
        s->kernels.magnitude(s->n_points, x, v);
        /* The mean, where one mask is for all channels. */
        for (size_t c = 1; s->n_points == F && c < C; c++) {
            for (size_t f = 0; f < F; f++) {
                v[f] += hypotf(x[2 * (c * F + f)], x[2 * (c * F + f) + 1]);
            }
        }
        for (size_t f = 0; s->n_points == F && C > 1 && f < F; f++) {
            v[f] /= (float)C;
        }
    }
}

void umi_separator_improve(um_separator *s, umi_separator_worker *w, size_t iterations,
                           size_t first, size_t rows)
{
    umi_tile_problem problem = problem_of(s, w, first, rows);
    umi_tile_improve(&s->kernels, &problem, iterations, activations_of(s, first, rows), &w->tile);
}

void umi_separator_solve(um_separator *s, umi_separator_worker *w, size_t first, size_t rows)
{
    umi_tile_problem problem = problem_of(s, w, first, rows);
    size_t iterations =
        s->config.onset_frames > 0 ? UMI_RUNNING_MINIMUM_UPDATES : s->config.iterations;
    umi_tile_solve(&s->kernels, &problem, iterations, activations_of(s, first, rows), &w->tile);
    if (s->config.refit_iterations > 0) {
        estimate(s, w, first, rows);
        refit(s, w, first, rows);
    }
}

void umi_separator_mask(um_separator *s, umi_separator_worker *w, size_t first, size_t rows)
{
    size_t stride = 2 * s->n_columns;
    for (size_t i = 0; i < rows; i += s->mask_frames) {
        form_models(s, w, first + i, rows_from(s, i, rows));
        if (s->config.guide.weight > 0.0) {
            w->guided.rows = rows_from(s, i, rows);
            umi_separator_guide_shares(s, first + i, w->guided, w->guiding);
        }
        for (size_t r = 0; r < rows_from(s, i, rows); r++) {
            mask_frame(s, w, first + i + r, r, s->config.exponent, s->dictionary->n_active - 1,
                       s->Y + (first + i + r - s->n_before) * stride, s->n_frames * stride);
        }
    }
}
