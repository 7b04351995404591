/* Notes of two timbres, and a recording of them, for the tests of models. */
#ifndef MODEL_NOTES_H
#define MODEL_NOTES_H

#include "core/memory.h"
#include "core/random.h"
#include "job/model.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

/* Two timbres of three notes each: combs of another spacing under a dark and a bright envelope. */
enum { N_BINS = 129, N_NOTES = 6, N_FRAMES = 240 };

static um_view notes; /* N_NOTES x N_BINS, rows sum to 1; even ones are dark, odd ones bright */

static inline int make_notes(void **state)
{
    (void)state;
    notes = matrix_new(N_NOTES, N_BINS);
    for (size_t k = 0; k < N_NOTES; k++) {
        size_t spacing = 6 + 2 * (k / 2);
        double centre = k % 2 == 0 ? 15.0 : 90.0;
        double sum = 0.0;
        for (size_t f = spacing; f < N_BINS; f += spacing) {
            double distance = ((double)f - centre) / 20.0;
            um_row(notes, k)[f] = (float)(exp(-distance * distance) + 1e-6);
            sum += (double)um_row(notes, k)[f];
        }
        for (size_t f = 0; f < N_BINS; f++) {
            um_row(notes, k)[f] = (float)((double)um_row(notes, k)[f] / sum);
        }
    }
    return 0;
}

static inline int free_notes(void **state)
{
    (void)state;
    umi_free(notes.data);
    return 0;
}

/* Notes come and go by chance; the bright ones are twice as loud. With two channels, dark is left
 * and bright is right. */
static inline um_view play(size_t n_channels)
{
    umi_random random = umi_random_seeded(7);
    um_view V = matrix_new(N_FRAMES, n_channels * N_BINS);
    for (size_t t = 0; t < N_FRAMES; t++) {
        for (size_t k = 0; k < N_NOTES; k++) {
            size_t timbre = k % 2;
            double loudness = (1.0 + (double)timbre) * (0.5 + umi_random_uniform(&random));
            bool sounds = umi_random_uniform(&random) < 0.35;
            float *row = um_row(V, t) + (n_channels > 1 ? timbre * N_BINS : 0);
            for (size_t f = 0; sounds && f < N_BINS; f++) {
                row[f] += (float)(loudness * (double)um_row(notes, k)[f]);
            }
        }
    }
    return V;
}

static inline umi_model_config config_of(size_t n_channels)
{
    umi_model_config config = {.n_bins = N_BINS,
                               .n_channels = n_channels,
                               .sample_rate = 16000.0,
                               .iterations = 200,
                               .start = UMI_START_RANDOM,
                               .seed = 1,
                               .parallel = um_parallel_serial()};
    return config;
}

static inline um_cview note(size_t k)
{
    um_cview one = {um_row(notes, k), 1, N_BINS, notes.stride};
    return one;
}

static inline double sum_of(const float *values, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)values[i];
    }
    return sum;
}

/* The note that an atom is most like. */
static inline size_t nearest_note(const float *atom)
{
    size_t best = 0;
    for (size_t k = 1; k < N_NOTES; k++) {
        if (row_cosine(atom, um_row(notes, k), N_BINS) >
            row_cosine(atom, um_row(notes, best), N_BINS)) {
            best = k;
        }
    }
    assert_true(row_cosine(atom, um_row(notes, best), N_BINS) > 0.9);
    return best;
}

static inline void check_curve(const umi_model *model)
{
    assert_int_equal(model->iterations, 200);
    assert_true(model->n_curve >= 2);
    assert_true(model->curve[model->n_curve - 1] < 0.1 * model->curve[0]);
}

/* Goes on as often as *user says. */
static inline bool stop_after(void *user, double done, double total, double divergence)
{
    size_t *calls_left = user;
    assert_true(done <= total && !(divergence < 0.0));
    return --*calls_left > 0;
}

static inline void fill_few_frames(float values[4 * N_BINS])
{
    for (size_t i = 0; i < 4 * N_BINS; i++) {
        values[i] = (float)(i % 7);
    }
}

#endif
