/* Sound through the separator, batch by batch: frames, masks, sound again. */
#include "core/parallel.h"
#include "core/separator_internal.h"
#include "unmingle/mask.h"

#include <math.h>
#include <string.h>

/* Frames a task: less than a tile, so that several threads find something to do in one batch. */
enum { TASK_FRAMES = UMI_TILE_FRAMES / 2 };

/* Input bound: keeps every power and sum that follows within float32. */
#define SAMPLE_MAX 1e6f

static void analyse_channel(void *argument, size_t c, size_t i_worker)
{
    (void)i_worker;
    um_separator *s = argument;
    size_t frame_stride = 2 * s->n_columns;
    um_analysis_push(s->analyses[c], s->in.data + c, s->in.stride, s->in.rows,
                     s->X + 2 * c * s->n_bins, frame_stride);
}

/* Y_source = mask * X for one frame, for all active sources but the last. */
static void apply_masks(um_separator *s, const umi_separator_worker *w, size_t i_frame,
                        size_t i_row)
{
    size_t M = s->n_columns;
    const float *x = s->X + i_frame * 2 * M;
    for (size_t i = 0; i + 1 < s->dictionary->n_active; i++) {
        size_t source = s->dictionary->active[i];
        const float *mask = w->models + (i * UMI_MASK_FRAMES + i_row) * s->V.stride;
        float *y = s->Y + (source * s->n_frames + i_frame) * 2 * M;
        for (size_t f = 0; f < M; f++) {
            y[2 * f] = mask[f] * x[2 * f];
            y[2 * f + 1] = mask[f] * x[2 * f + 1];
        }
    }
}

/* Adds to the last source's model what the models leave of V. */
static void add_unexplained(const um_separator *s, umi_separator_worker *w, size_t i_frame,
                            size_t i_row)
{
    size_t stride = s->V.stride;
    size_t last = s->dictionary->n_active - 1;
    const float *v = um_row(s->V, i_frame);
    float *residual = w->models + (last * UMI_MASK_FRAMES + i_row) * stride;
    for (size_t i = 0; i < s->n_columns; i++) {
        float left = v[i];
        for (size_t source = 0; source <= last; source++) {
            left -= w->models[(source * UMI_MASK_FRAMES + i_row) * stride + i];
        }
        residual[i] += left > 0.0f ? left : 0.0f;
    }
}

static void mask_frames(um_separator *s, umi_separator_worker *w, size_t first, size_t rows)
{
    size_t M = s->n_columns;
    size_t stride = s->V.stride;
    const um_separator_dictionary *d = s->dictionary;
    for (size_t i = 0; i < d->n_active; i++) {
        size_t k = d->first_of[d->active[i]], end = d->first_of[d->active[i] + 1];
        s->kernels.model(rows, M, end - k, um_row(s->H, first) + k, s->H.stride, um_row(d->D, k),
                         d->D.stride, w->models + i * UMI_MASK_FRAMES * stride, stride);
    }
    for (size_t i = 0; i < rows; i++) {
        if (d->residual) {
            add_unexplained(s, w, first + i, i);
        }
        um_status status = um_mask_ratio(w->models + i * stride, UMI_MASK_FRAMES * stride,
                                         d->n_active, M, s->config.exponent);
        (void)status; /* the arguments were checked in _new */
        apply_masks(s, w, first + i, i);
    }
}

static void solve(const um_separator *s, const umi_separator_worker *w, um_cview V, um_view H)
{
    const um_separator_dictionary *d = s->dictionary;
    um_cview D = um_const_view(d->D);
    if (d->shrinkage == NULL) {
        umi_tile_solve_activations(&s->kernels, V, D, s->config.iterations, H, &w->tile);
    } else {
        um_cview none = {NULL, 0, 0, 0};
        umi_tile_solve_penalised(&s->kernels, V, none, D, d->shrinkage, s->config.iterations, H,
                                 &w->tile);
    }
}

static void separate_task(void *argument, size_t i_task, size_t i_worker)
{
    um_separator *s = argument;
    umi_separator_worker *w = &s->workers[i_worker];
    size_t first = i_task * TASK_FRAMES;
    size_t left = s->n_batch_frames - first;
    size_t rows = left < TASK_FRAMES ? left : TASK_FRAMES;
    unsigned before = umi_flush_denormals();
    for (size_t i = first; i < first + rows; i++) {
        s->kernels.magnitude(s->n_columns, s->X + i * 2 * s->n_columns, um_row(s->V, i));
    }
    um_cview V = {um_row(s->V, first), rows, s->n_columns, s->V.stride};
    um_view H = {um_row(s->H, first), rows, s->dictionary->D.rows, s->H.stride};
    if (s->config.activations_in == NULL) {
        solve(s, w, V, H);
    }
    for (size_t i = 0; i < rows; i += UMI_MASK_FRAMES) {
        mask_frames(s, w, first + i, rows - i < UMI_MASK_FRAMES ? rows - i : UMI_MASK_FRAMES);
    }
    umi_restore_denormals(before);
}

static void synthesise_channel(void *argument, size_t i, size_t i_worker)
{
    (void)i_worker;
    um_separator *s = argument;
    size_t C = s->config.n_channels;
    size_t source = i / C;
    size_t c = i % C;
    const um_separator_dictionary *d = s->dictionary;
    bool sounds = d->first_of[source + 1] > d->first_of[source];
    const float *y =
        sounds ? s->Y + source * s->n_frames * 2 * s->n_columns + 2 * c * s->n_bins : NULL;
    float *samples = s->fifo + (source * s->fifo_size + s->fifo_first + s->fifo_n) * C + c;
    um_synthesis_push(s->syntheses[i], y, 2 * s->n_columns, s->n_batch_frames, samples, C);
}

/* Brings what waits to the front, so that a batch fits behind it. */
static void compact_fifo(um_separator *s)
{
    size_t C = s->config.n_channels;
    for (size_t source = 0; source + 1 < s->config.n_sources; source++) {
        float *samples = s->fifo + source * s->fifo_size * C;
        memmove(samples, samples + s->fifo_first * C, s->fifo_n * C * sizeof(float));
    }
    s->fifo_first = 0;
}

static um_status separate_batch(um_separator *s)
{
    const um_separator_config *config = &s->config;
    const um_parallel *parallel = &config->parallel;
    um_status status = UM_OK;
    s->n_batch_frames = um_analysis_frames_after(s->analyses[0], s->in.rows);
    umi_parallel_run(parallel, s->config.n_channels, analyse_channel, s);
    if (s->n_batch_frames == 0) {
        return UM_OK;
    }
    um_view H = {s->H.data, s->n_batch_frames, s->dictionary->D.rows, s->H.stride};
    if (config->activations_in != NULL) {
        status = config->activations_in(config->activations_user, H);
        if (status != UM_OK) {
            return status;
        }
    }
    compact_fifo(s);
    umi_parallel_run(parallel, (s->n_batch_frames + TASK_FRAMES - 1) / TASK_FRAMES, separate_task,
                     s);
    if (config->activations_out != NULL) {
        status = config->activations_out(config->activations_user, um_const_view(H));
    }
    umi_parallel_run(parallel, (config->n_sources - 1) * config->n_channels, synthesise_channel, s);
    s->fifo_n += s->n_batch_frames * s->hop;
    return status;
}

/* Gives out as many samples as came in: the masked sources from the fifo, the last as the rest. */
static void give_out(um_separator *s, const um_view *sources, size_t first)
{
    size_t C = s->config.n_channels;
    size_t n_masked = s->config.n_sources - 1;
    for (size_t i = 0; i < s->in.rows; i++) {
        const float *in = um_crow(s->in, i);
        float *rest = um_row(sources[n_masked], first + i);
        float *delayed = s->delayed + s->delayed_at * C;
        for (size_t c = 0; c < C; c++) {
            rest[c] = s->delay > 0 ? delayed[c] : in[c];
        }
        if (s->delay > 0) {
            memcpy(delayed, in, C * sizeof(float));
            s->delayed_at = s->delayed_at + 1 < s->delay ? s->delayed_at + 1 : 0;
        }
        for (size_t source = 0; source < n_masked; source++) {
            const float *from = s->fifo + (source * s->fifo_size + s->fifo_first + i) * C;
            float *to = um_row(sources[source], first + i);
            for (size_t c = 0; c < C; c++) {
                to[c] = from[c];
                rest[c] -= from[c];
            }
        }
    }
    if (n_masked > 0 || s->config.activations_out != NULL) {
        s->fifo_first += s->in.rows;
        s->fifo_n -= s->in.rows;
    }
}

static bool arguments_fit(const um_separator *s, um_cview in, const um_view *sources)
{
    if (s == NULL || in.cols != s->config.n_channels || in.stride < in.cols ||
        (in.rows > 0 && (in.data == NULL || sources == NULL))) {
        return false;
    }
    for (size_t i = 0; in.rows > 0 && i < s->config.n_sources; i++) {
        if (sources[i].data == NULL || sources[i].rows != in.rows || sources[i].cols != in.cols ||
            sources[i].stride < in.cols) {
            return false;
        }
    }
    for (size_t i = 0; i < in.rows; i++) {
        for (size_t c = 0; c < in.cols; c++) {
            if (!(fabsf(um_crow(in, i)[c]) <= SAMPLE_MAX)) {
                return false;
            }
        }
    }
    return true;
}

um_status um_separator_push(um_separator *s, um_cview in, const um_view *sources)
{
    if (!arguments_fit(s, in, sources)) {
        return UM_ERR_ARGUMENT;
    }
    size_t done = 0;
    s->n_batch_frames = 0;
    while (done < in.rows) {
        size_t room = s->n_frames * s->hop; /* completes n_frames frames, wherever it starts */
        size_t n = in.rows - done < room ? in.rows - done : room;
        s->in = (um_cview){um_crow(in, done), n, in.cols, in.stride};
        /* One source is the whole sound: nothing to do. */
        if (s->config.n_sources > 1 || s->config.activations_out != NULL) {
            um_status status = separate_batch(s);
            if (status != UM_OK) {
                return status;
            }
        }
        give_out(s, sources, done);
        done += n;
    }
    return UM_OK;
}
