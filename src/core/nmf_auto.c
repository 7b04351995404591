/* The start of the solver `auto`: the dictionary is learned from some of the frames first. */
#include "core/matrix.h"
#include "core/nmf_internal.h"
#include "core/progress.h"

#include <math.h>
#include <string.h>

/* Every step-th frame, for so many iterations. */
typedef struct stage {
    size_t step, iterations;
} stage;

/* Measured on songs, speech and single instruments with K = 16 to 64. */
static const stage stages[] = {{32, 40}, {8, 40}, {4, 30}};

enum { N_STAGES = sizeof stages / sizeof stages[0] };

/* With fewer frames than that in it, a stage teaches little. */
enum { FRAMES_MIN = 64 };

/* A frame in the middle stands for each run of `step` frames. */
static size_t n_chosen(size_t n_frames, size_t step)
{
    return n_frames > step / 2 ? (n_frames - step / 2 - 1) / step + 1 : 0;
}

static size_t chosen(size_t i, size_t step)
{
    return step / 2 + i * step;
}

/* The first stage that has frames enough; N_STAGES when there is none. */
static size_t first_stage(size_t n_frames)
{
    size_t s = 0;
    while (s < N_STAGES && n_chosen(n_frames, stages[s].step) < FRAMES_MIN) {
        s++;
    }
    return s;
}

/* What the stages from this one on cost, in iterations on all frames. */
static double passes_from(size_t s)
{
    double passes = 0.0;
    for (; s < N_STAGES; s++) {
        passes += (double)stages[s].iterations / (double)stages[s].step;
    }
    return passes;
}

/* Neighbours that are drawn towards each other may not be parted, and where only H is looked for
 * there is nothing that some frames could tell of the others. */
static bool is_worth_it(const um_nmf *nmf, size_t n_frames)
{
    const um_nmf_config *c = &nmf->config;
    size_t first = first_stage(n_frames);
    return !c->sparse && c->continuity_H == 0.0 && umi_nmf_learns_dictionary(nmf) &&
           first < N_STAGES && (double)c->iterations >= 2.0 * passes_from(first);
}

/* H of the frames chosen, in its first rows, from H of all. */
static void gather(um_nmf *nmf, size_t n_frames, size_t step)
{
    for (size_t i = 0; i < n_chosen(n_frames, step); i++) {
        memmove(um_row(nmf->H, i), um_row(nmf->H, chosen(i, step)), nmf->H.cols * sizeof(float));
    }
}

/* The sum of frame n of V, as far as it may be seen: cells that are held out count as the mean of
 * the others. */
static double level_of(const um_nmf *nmf, um_cview V, size_t n)
{
    double sum = umi_matrix_sum(um_cview_of(um_crow(V, n), 1, V.cols));
    if (nmf->config.held_out == 0.0) {
        return sum;
    }
    umi_nmf_hidden_cells cells = umi_nmf_hidden_cells_of(nmf, n);
    size_t n_seen = V.cols, f;
    while (umi_nmf_next_hidden(&cells, &f)) {
        sum -= (double)um_crow(V, n)[f];
        n_seen--;
    }
    return n_seen > 0 ? fmax(sum, 0.0) * (double)V.cols / (double)n_seen : 0.0;
}

/* H of the frames of step `to`, from H of those of step `from` in its first rows: the nearest
 * one's, mixed with the same amount of a flat one so that nothing is ruled out, at the frame's own
 * level. From the last row on, so that none is read after it was written. */
static void spread(um_nmf *nmf, um_cview V, size_t from, size_t to)
{
    const size_t K = nmf->H.cols;
    size_t n_from = n_chosen(V.rows, from);
    for (size_t i = n_chosen(V.rows, to); i-- > 0;) {
        size_t n = chosen(i, to);
        size_t nearest = n / from < n_from ? n / from : n_from - 1;
        const float *source = um_row(nmf->H, nearest);
        double level = level_of(nmf, V, n);
        double sum = umi_matrix_sum(um_cview_of(source, 1, K));
        double shape = sum > 0.0 ? 0.5 * level / sum : 0.0;
        float flat = (float)(0.5 * level / (double)K);
        float *h = um_row(nmf->H, i);
        for (size_t k = 0; k < K; k++) {
            h[k] = (float)(shape * (double)source[k]) + flat;
        }
    }
}

/* The iterations of one stage. */
static um_status learn(um_nmf *nmf, um_cview V, const stage *s, double *passes,
                       const um_progress *progress)
{
    um_cview some = {um_crow(V, chosen(0, s->step)), n_chosen(V.rows, s->step), V.cols,
                     V.stride * s->step};
    nmf->n_rows = some.rows;
    nmf->frame_first = chosen(0, s->step);
    nmf->frame_step = s->step;
    nmf->sum = umi_matrix_sum(some);
    umi_nmf_pass p = umi_nmf_begin(nmf, some);
    um_status status = UM_OK;
    for (size_t i = 0; i < s->iterations && status == UM_OK; i++) {
        double objective = umi_nmf_step(&p);
        nmf->iterations++;
        *passes += 1.0 / (double)s->step;
        /* What the objective of all frames would be if the others were like these. */
        objective *= (double)V.rows / (double)some.rows;
        if (!umi_progress_report(progress, *passes, (double)nmf->config.iterations, objective)) {
            status = UM_ERR_CANCELLED;
        }
    }
    umi_nmf_end(&p);
    nmf->frame_first = 0;
    nmf->frame_step = 1;
    return status;
}

um_status umi_nmf_auto_start(um_nmf *nmf, um_cview V, const um_progress *progress)
{
    if (!is_worth_it(nmf, V.rows)) {
        return UM_OK;
    }
    um_status status = UM_OK;
    double passes = 0.0, sum = nmf->sum;
    size_t first = first_stage(V.rows);
    gather(nmf, V.rows, stages[first].step);
    for (size_t s = first; s < N_STAGES; s++) {
        if (status == UM_OK) {
            status = learn(nmf, V, &stages[s], &passes, progress);
        }
        spread(nmf, V, stages[s].step, s + 1 < N_STAGES ? stages[s + 1].step : 1);
    }
    nmf->n_rows = V.rows;
    nmf->sum = sum;
    nmf->iterations = (size_t)ceil(passes);
    return status;
}
