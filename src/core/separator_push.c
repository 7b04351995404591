/* Sound through the separator, batch by batch: frames, masks, sound again. */
#include "core/parallel.h"
#include "core/running_minimum.h"
#include "core/separator_internal.h"

#include <math.h>
#include <string.h>

/* Input bound: keeps every power and sum that follows within float32. */
#define SAMPLE_MAX 1e6f

static void analyse_channel(void *argument, size_t c, size_t i_worker)
{
    (void)i_worker;
    um_separator *s = argument;
    size_t frame_stride = 2 * s->n_columns;
    um_analysis_push(s->analyses[c], s->in.data + c, s->in.stride, s->in.rows,
                     s->X + s->n_held * frame_stride + 2 * c * s->n_bins, frame_stride);
}

/* The frames of one task: those of the batch, or all that are held. */
static size_t task_rows(size_t n, size_t i_task, size_t *first)
{
    *first = i_task * UMI_SEPARATOR_TASK_FRAMES;
    size_t left = n - *first;
    return left < UMI_SEPARATOR_TASK_FRAMES ? left : UMI_SEPARATOR_TASK_FRAMES;
}

static size_t n_tasks(size_t n_frames)
{
    return (n_frames + UMI_SEPARATOR_TASK_FRAMES - 1) / UMI_SEPARATOR_TASK_FRAMES;
}

static void solve_task(void *argument, size_t i_task, size_t i_worker)
{
    um_separator *s = argument;
    size_t first, rows = task_rows(s->n_held, i_task, &first);
    unsigned before = umi_flush_denormals();
    umi_separator_measure(s, first, rows);
    if (s->config.activations_in == NULL && s->nmfd == NULL) {
        umi_separator_solve(s, &s->workers[i_worker], first, rows);
    }
    umi_restore_denormals(before);
}

static void improve_task(void *argument, size_t i_task, size_t i_worker)
{
    um_separator *s = argument;
    size_t first, rows = task_rows(s->n_held, i_task, &first);
    unsigned before = umi_flush_denormals();
    umi_separator_improve(s, &s->workers[i_worker], UMI_RUNNING_MINIMUM_UPDATES, first, rows);
    umi_restore_denormals(before);
}

/* Of the first source only onsets. */
static void find_onsets(um_separator *s)
{
    const um_separator_dictionary *d = s->dictionary;
    um_view H = {s->H.data, s->n_held, umi_separator_n_activations(d), s->H.stride};
    for (size_t i = UMI_RUNNING_MINIMUM_UPDATES; i < s->config.iterations;
         i += UMI_RUNNING_MINIMUM_UPDATES) {
        umi_running_minimum_subtract(H, d->first_of[0], d->first_of[1] - d->first_of[0],
                                     s->config.onset_frames / 2, s->column);
        umi_parallel_run(&s->config.parallel, n_tasks(s->n_held), improve_task, s);
    }
}

static void mask_task(void *argument, size_t i_task, size_t i_worker)
{
    um_separator *s = argument;
    size_t first, rows = task_rows(s->n_batch_frames, i_task, &first);
    unsigned before = umi_flush_denormals();
    umi_separator_mask(s, &s->workers[i_worker], s->n_before + first, rows);
    umi_restore_denormals(before);
}

/* What the masks made of `source`; NULL for one without atoms, which is silent. */
static const float *masked_spectra(const um_separator *s, size_t source)
{
    const um_separator_dictionary *d = s->dictionary;
    for (size_t i = 0; i + 1 < d->n_active; i++) {
        if (d->active[i] == source) {
            return s->Y + i * s->n_frames * 2 * s->n_columns;
        }
    }
    return NULL;
}

static void synthesise_channel(void *argument, size_t i, size_t i_worker)
{
    (void)i_worker;
    um_separator *s = argument;
    size_t C = s->config.n_channels;
    size_t source = i / C;
    size_t c = i % C;
    const float *spectra = masked_spectra(s, source);
    const float *y = spectra != NULL ? spectra + 2 * c * s->n_bins : NULL;
    float *samples = s->fifo + (source * s->fifo_size + s->fifo_first + s->fifo_n) * C + c;
    um_synthesis_push(s->syntheses[i], y, 2 * s->n_columns, s->n_batch_frames, samples, C);
}

/* Brings what waits to the front, so that a batch fits behind it. */
static void compact_fifo(um_separator *s)
{
    size_t C = s->config.n_channels;
    for (size_t source = 0; source + 1 < s->n_sources; source++) {
        float *samples = s->fifo + source * s->fifo_size * C;
        memmove(samples, samples + s->fifo_first * C, s->fifo_n * C * sizeof(float));
    }
    s->fifo_first = 0;
}

/* Frames that must be held for a batch to be whole; without a halo any will do. */
static size_t frames_of_batch(const um_separator *s)
{
    return s->n_before + s->n_frames + s->halo;
}

/* H of the batch: solved for, or given. */
static um_status find_activations(um_separator *s)
{
    const um_separator_config *config = &s->config;
    um_view H = {um_row(s->H, s->n_before), s->n_batch_frames,
                 umi_separator_n_activations(s->dictionary), s->H.stride};
    um_status status = UM_OK;
    if (config->activations_in != NULL) {
        status = config->activations_in(config->activations_user, H);
    }
    if (status == UM_OK) {
        umi_parallel_run(&config->parallel, n_tasks(s->n_held), solve_task, s);
    }
    if (status == UM_OK && config->onset_frames > 0 && config->activations_in == NULL) {
        find_onsets(s);
    }
    if (status == UM_OK && s->nmfd != NULL && config->activations_in == NULL) {
        status = umi_separator_convolutive_solve(s);
    }
    if (status == UM_OK && s->nmfd != NULL) {
        umi_separator_convolutive_window(s);
    }
    if (status == UM_OK && config->activations_out != NULL) {
        status = config->activations_out(config->activations_user, um_const_view(H));
    }
    return status;
}

/* Drops the frames that the batches to come do not depend on. */
static void move_on(um_separator *s)
{
    size_t done = s->n_before + s->n_batch_frames;
    size_t n_before = done < s->halo ? done : s->halo;
    size_t first = done - n_before, n = s->n_held - first, frame = 2 * s->n_columns;
    memmove(s->X, s->X + first * frame, n * frame * sizeof(float));
    if (n > 0) {
        memmove(s->H.data, um_row(s->H, first), n * s->H.stride * sizeof(float));
    }
    s->n_before = n_before;
    s->n_held = n;
}

static um_status separate_batch(um_separator *s)
{
    const um_parallel *parallel = &s->config.parallel;
    size_t n_new = um_analysis_frames_after(s->analyses[0], s->in.rows);
    umi_parallel_run(parallel, s->config.n_channels, analyse_channel, s);
    s->n_held += n_new;
    if (n_new == 0 || (s->halo > 0 && s->n_held < frames_of_batch(s))) {
        return UM_OK;
    }
    s->n_batch_frames = s->halo > 0 ? s->n_frames : s->n_held;
    um_status status = find_activations(s);
    if (status != UM_OK) {
        return status;
    }
    compact_fifo(s);
    umi_parallel_run(parallel, n_tasks(s->n_batch_frames), mask_task, s);
    umi_parallel_run(parallel, (s->n_sources - 1) * s->config.n_channels, synthesise_channel, s);
    s->fifo_n += s->n_batch_frames * s->hop;
    move_on(s);
    return UM_OK;
}

/* Loops over rows that lie one after the other go over all values at once. */
static bool is_dense(const um_separator *s, um_cview in, const um_view *sources)
{
    bool dense = in.stride == in.cols;
    for (size_t i = 0; i < s->n_sources; i++) {
        dense = dense && sources[i].stride == in.cols;
    }
    return dense;
}

/* n values: `rest` becomes what came `delay` samples before `in`. */
static void delay_values(float *delayed, const float *in, float *rest, size_t n)
{
    memcpy(rest, delayed, n * sizeof *rest);
    memcpy(delayed, in, n * sizeof *delayed);
}

/* n values go to a source, and the rest loses them. */
static void take_values(const float *from, float *to, float *rest, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i];
        rest[i] -= from[i];
    }
}

/* n samples of the sources from sample `at` on: the last one's are what came in, delayed, less all
 * others', which are in the fifo. The delay line must not end within them. */
static void give_run(um_separator *s, const um_view *sources, size_t first, size_t at, size_t n)
{
    size_t C = s->config.n_channels, last = s->n_sources - 1;
    bool dense = is_dense(s, s->in, sources);
    size_t rows = dense ? 1 : n, width = dense ? n * C : C;
    for (size_t i = 0; i < rows; i++) {
        const float *in = um_crow(s->in, at + i);
        float *rest = um_row(sources[last], first + at + i);
        if (s->delay > 0) {
            delay_values(s->delayed + (s->delayed_at + i) * C, in, rest, width);
        } else {
            memcpy(rest, in, width * sizeof *rest);
        }
        for (size_t source = 0; source < last; source++) {
            take_values(s->fifo + (source * s->fifo_size + s->fifo_first + at + i) * C,
                        um_row(sources[source], first + at + i), rest, width);
        }
    }
}

/* Gives out as many samples as came in. */
static void give_out(um_separator *s, const um_view *sources, size_t first)
{
    for (size_t at = 0, n; at < s->in.rows; at += n) {
        n = s->in.rows - at;
        if (s->delay > 0 && n > s->delay - s->delayed_at) {
            n = s->delay - s->delayed_at;
        }
        give_run(s, sources, first, at, n);
        s->delayed_at = s->delay > 0 ? (s->delayed_at + n) % s->delay : 0;
    }
    if (s->n_sources > 1 || s->config.activations_out != NULL) {
        s->fifo_first += s->in.rows;
        s->fifo_n -= s->in.rows;
    }
}

static bool samples_fit(um_cview in)
{
    bool dense = in.stride == in.cols, fit = true;
    size_t rows = dense && in.rows > 0 ? 1 : in.rows, width = dense ? in.rows * in.cols : in.cols;
    for (size_t i = 0; i < rows; i++) {
        const float *samples = um_crow(in, i);
        for (size_t k = 0; k < width; k++) {
            fit &= fabsf(samples[k]) <= SAMPLE_MAX;
        }
    }
    return fit;
}

static bool arguments_fit(const um_separator *s, um_cview in, const um_view *sources)
{
    if (s == NULL || in.cols != s->config.n_channels || in.stride < in.cols ||
        (in.rows > 0 && (in.data == NULL || sources == NULL))) {
        return false;
    }
    for (size_t i = 0; in.rows > 0 && i < s->n_sources; i++) {
        if (sources[i].data == NULL || sources[i].rows != in.rows || sources[i].cols != in.cols ||
            sources[i].stride < in.cols) {
            return false;
        }
    }
    return samples_fit(in);
}

um_status um_separator_push(um_separator *s, um_cview in, const um_view *sources)
{
    if (!arguments_fit(s, in, sources)) {
        return UM_ERR_ARGUMENT;
    }
    size_t done = 0;
    s->n_batch_frames = 0;
    while (done < in.rows) {
        /* Completes a batch at most, wherever it starts. */
        size_t room = (frames_of_batch(s) - s->n_held) * s->hop;
        size_t n = in.rows - done < room ? in.rows - done : room;
        s->in = (um_cview){um_crow(in, done), n, in.cols, in.stride};
        /* One source is the whole sound: nothing to do. */
        if (s->n_sources > 1 || s->config.activations_out != NULL) {
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
