#include "unmingle/bss_eval.h"

#include "core/blas.h"
#include "core/bss_eval_internal.h"
#include "core/error.h"
#include "core/memory.h"
#include "unmingle/si_sdr.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

um_bss_eval_config um_bss_eval_config_default(void)
{
    um_bss_eval_config config = {1, 1, 512, (size_t)4 << 30};
    return config;
}

/* One of the object's arrays: where its pointer lies and how many doubles it wants. */
typedef struct array {
    double **place;
    size_t n_doubles;
} array;

enum { N_ARRAYS = 14 };

/* The sizes of everything that grows with the configuration, whose ranges keep every product here
 * below 2^55. */
static void list_arrays(um_bss_eval *bss, array arrays[N_ARRAYS])
{
    size_t lines = bss->n_lines, channels = bss->config.n_channels, taps = bss->config.n_taps;
    size_t samples = bss->fft_size, spectrum = bss->spectrum_size;
    size_t n_all, n_own;
    (void)umi_cholesky_size(lines * taps, &n_all);
    (void)umi_cholesky_size(channels * taps, &n_own);
    const array list[N_ARRAYS] = {
        {&bss->references, lines * samples},
        {&bss->estimates, lines * samples},
        {&bss->spectra, lines * spectrum},
        {&bss->spectrum, spectrum},
        {&bss->own, samples},
        {&bss->all, samples},
        {&bss->reference_pairs, lines * lines * spectrum},
        {&bss->estimate_pairs, lines * lines * spectrum},
        {&bss->own_filters, lines * channels * spectrum},
        {&bss->reference_lags, lines * lines * taps},
        {&bss->all_sides, lines * lines * taps},
        {&bss->own_sides, channels * channels * taps},
        {&bss->all_matrix, n_all},
        {&bss->own_matrix, n_own},
    };
    memcpy(arrays, list, sizeof list);
}

static um_status memory_error(const um_bss_eval *bss, double bytes, const char *why,
                              um_error *error)
{
    return umi_error_set(
        error, UM_ERR_MEMORY,
        "BSS Eval of %zu sources with %zu channels and %zu taps needs %.0f MiB, %s",
        bss->config.n_sources, bss->config.n_channels, bss->config.n_taps, ceil(bytes / 1048576),
        why);
}

static um_status allocate(um_bss_eval *bss, um_error *error)
{
    array arrays[N_ARRAYS];
    list_arrays(bss, arrays);
    double bytes = 0;
    for (size_t i = 0; i < N_ARRAYS; i++) {
        bytes += (double)arrays[i].n_doubles * sizeof(double);
    }
    if (bytes > (double)bss->config.max_memory) {
        return memory_error(bss, bytes, "more than is allowed", error);
    }
    /* LAPACK counts in int. */
    if (bss->n_lines * bss->config.n_taps > INT_MAX) {
        return memory_error(bss, bytes, "more than can be solved for", error);
    }
    for (size_t i = 0; i < N_ARRAYS; i++) {
        *arrays[i].place = umi_alloc(arrays[i].n_doubles, sizeof(double));
        if (*arrays[i].place == NULL) {
            return memory_error(bss, bytes, "more than there is", error);
        }
    }
    bss->sums = umi_alloc(bss->config.n_sources, sizeof *bss->sums);
    if (bss->sums == NULL || umi_fft_double_new(bss->fft_size, &bss->fft) != UM_OK) {
        return memory_error(bss, bytes, "more than there is", error);
    }
    return UM_OK;
}

um_status um_bss_eval_new(const um_bss_eval_config *config, um_bss_eval **out, um_error *error)
{
    *out = NULL;
    if (config->n_sources < 1 || config->n_sources > 64) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "n_sources: %zu is outside 1..64",
                             config->n_sources);
    }
    if (config->n_channels < 1 || config->n_channels > 64) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "n_channels: %zu is outside 1..64",
                             config->n_channels);
    }
    if (config->n_taps < 2 || config->n_taps > 4096 || config->n_taps % 2 != 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "n_taps: %zu is not an even number of 2..4096",
                             config->n_taps);
    }
    um_bss_eval *bss = umi_alloc(1, sizeof *bss);
    if (bss == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s", um_status_string(UM_ERR_MEMORY));
    }
    bss->config = *config;
    bss->n_lines = config->n_sources * config->n_channels;
    /* Eight times the taps: one eighth of the work is overlap, and the sums still fit a cache. */
    bss->fft_size = 1024;
    while (bss->fft_size < 8 * config->n_taps) {
        bss->fft_size *= 2;
    }
    bss->spectrum_size = umi_padded(bss->fft_size + 2);
    bss->block_length = bss->fft_size - (config->n_taps - 1);
    um_status status = allocate(bss, error);
    if (status != UM_OK) {
        um_bss_eval_free(bss);
        return status;
    }
    *out = bss;
    return UM_OK;
}

void um_bss_eval_free(um_bss_eval *bss)
{
    if (bss == NULL) {
        return;
    }
    array arrays[N_ARRAYS];
    list_arrays(bss, arrays);
    for (size_t i = 0; i < N_ARRAYS; i++) {
        umi_free(*arrays[i].place);
    }
    umi_free(bss->sums);
    umi_fft_double_free(bss->fft);
    umi_free(bss);
}

/* -- Blocks ----------------------------------------------------------------------------------- */

/* Makes the end of this block the past of the next. */
static void next_block(um_bss_eval *bss)
{
    size_t n_old = bss->config.n_taps - 1;
    for (size_t line = 0; line < bss->n_lines; line++) {
        double *reference = bss->references + line * bss->fft_size;
        double *estimate = bss->estimates + line * bss->fft_size;
        memmove(reference, reference + bss->block_length, n_old * sizeof(double));
        memmove(estimate, estimate + bss->block_length, n_old * sizeof(double));
    }
    bss->fill = 0;
}

static void work_on_block(um_bss_eval *bss)
{
    if (bss->stage == UMI_CORRELATING) {
        umi_bss_correlate_block(bss);
    } else {
        umi_bss_measure_block(bss);
    }
    next_block(bss);
}

/* Copies one channel of `sound` behind what has come of the block. */
static void copy_line(const um_bss_eval *bss, um_cview sound, size_t channel, size_t first,
                      size_t n_frames, double *line)
{
    double *to = line + bss->config.n_taps - 1 + bss->fill;
    for (size_t t = 0; t < n_frames; t++) {
        to[t] = sound.data == NULL ? 0 : (double)um_crow(sound, first + t)[channel];
    }
}

static void push(um_bss_eval *bss, const um_cview *references, const um_cview *estimates)
{
    size_t n_frames = references[0].rows, channels = bss->config.n_channels;
    for (size_t done = 0, n; done < n_frames; done += n) {
        size_t room = bss->block_length - bss->fill;
        n = n_frames - done < room ? n_frames - done : room;
        for (size_t line = 0; line < bss->n_lines; line++) {
            size_t source = line / channels, channel = line % channels;
            copy_line(bss, references[source], channel, done, n,
                      bss->references + line * bss->fft_size);
            copy_line(bss, estimates[source], channel, done, n,
                      bss->estimates + line * bss->fft_size);
        }
        bss->fill += n;
        if (bss->fill == bss->block_length) {
            work_on_block(bss);
        }
    }
}

/* Works on what is left, followed by the silence into which the filters ring. That silence is also
 * the past from which another pass starts. */
static void finish_pass(um_bss_eval *bss)
{
    size_t left = bss->fill + bss->config.n_taps - 1;
    for (size_t done = 0; done < left; done += bss->block_length) {
        for (size_t line = 0; line < bss->n_lines; line++) {
            size_t end = bss->config.n_taps - 1 + bss->fill;
            size_t n_silent = bss->fft_size - end;
            memset(bss->references + line * bss->fft_size + end, 0, n_silent * sizeof(double));
            memset(bss->estimates + line * bss->fft_size + end, 0, n_silent * sizeof(double));
        }
        work_on_block(bss);
    }
}

static bool shapes_agree(const um_bss_eval *bss, const um_cview *references,
                         const um_cview *estimates)
{
    for (size_t i = 0; i < bss->config.n_sources; i++) {
        if (references[i].rows != references[0].rows || estimates[i].rows != references[0].rows ||
            references[i].cols != bss->config.n_channels ||
            estimates[i].cols != bss->config.n_channels) {
            return false;
        }
    }
    return true;
}

um_status um_bss_eval_correlate(um_bss_eval *bss, const um_cview *references,
                                const um_cview *estimates)
{
    if (bss->stage != UMI_CORRELATING || !shapes_agree(bss, references, estimates)) {
        return UM_ERR_ARGUMENT;
    }
    push(bss, references, estimates);
    return UM_OK;
}

um_status um_bss_eval_measure(um_bss_eval *bss, const um_cview *references,
                              const um_cview *estimates)
{
    if (bss->stage != UMI_MEASURING || !shapes_agree(bss, references, estimates)) {
        return UM_ERR_ARGUMENT;
    }
    push(bss, references, estimates);
    return UM_OK;
}

um_status um_bss_eval_solve(um_bss_eval *bss)
{
    if (bss->stage != UMI_CORRELATING) {
        return UM_ERR_ARGUMENT;
    }
    finish_pass(bss);
    bss->stage = UMI_MEASURING;
    return umi_bss_find_filters(bss);
}

um_status um_bss_eval_finish(um_bss_eval *bss, um_bss_figures *figures)
{
    if (bss->stage == UMI_CORRELATING) {
        return UM_ERR_ARGUMENT;
    }
    if (bss->stage == UMI_MEASURING) {
        finish_pass(bss);
        bss->stage = UMI_FINISHED;
    }
    for (size_t i = 0; i < bss->config.n_sources; i++) {
        const umi_bss_energies *sums = &bss->sums[i];
        figures[i].sdr = um_energy_ratio(sums->reference, sums->reference_less_estimate);
        figures[i].isr = um_energy_ratio(sums->reference, sums->own_less_reference);
        figures[i].sir = um_energy_ratio(sums->own, sums->all_less_own);
        figures[i].sar = um_energy_ratio(sums->all, sums->estimate_less_all);
        figures[i].sdr_v3 = um_energy_ratio(sums->own, sums->estimate_less_own);
    }
    return UM_OK;
}
