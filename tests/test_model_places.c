/* Places of a blind model's sources: found where they were panned, and not where that tells
 * nothing.
 */
#define _DEFAULT_SOURCE
#include "job/model_places.h"

#include "core/memory.h"
#include "job/model_internal.h"
#include "job/thread_pool.h"
#include "scratch.h"
#include "sound_file.h"
#include "timbres.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { N_FRAMES = 24000, WINDOW = 256, HOP = 64, F = WINDOW / 2 + 1, N_SOURCES = 2 };

static scratch made;
static float sound[2 * N_FRAMES];

/* Gains of the low and the high source in two channels. */
typedef struct pans {
    float low[2], high[2];
} pans;

static const pans apart = {{0.8f, 0.2f}, {0.3f, 0.7f}}, together = {{0.6f, 0.4f}, {0.6f, 0.4f}};

static const char *put(const pans *p, size_t n_channels)
{
    for (size_t i = 0; i < N_FRAMES; i++) {
        for (size_t c = 0; c < n_channels; c++) {
            sound[i * n_channels + c] = (float)((double)p->low[c] * timbre_sample(TIMBRE_LOW, i) +
                                                (double)p->high[c] * timbre_sample(TIMBRE_HIGH, i));
        }
    }
    const char *path = scratch_path(&made, "mix.wav");
    sound_file_write(path, sound, N_FRAMES, n_channels, TIMBRES_RATE);
    return path;
}

/* The low source has the lower bins, the high one the others. */
static umi_model model_of(const pans *p, size_t n_channels, size_t n_sources)
{
    umi_model model = {0};
    umi_model_config config = {.n_bins = F, .n_channels = n_channels, .iterations = 1};
    um_error error;
    assert_int_equal(umi_model_allocate(&model, 2, n_sources, &config, &error), UM_OK);
    for (size_t f = 0; f < F; f++) {
        bool low = f < F / 2;
        um_row(model.W, low ? 0 : 1)[f] = 1.0f / (float)(low ? F / 2 : F - F / 2);
    }
    for (size_t c = 0; c < n_channels; c++) {
        um_row(model.G, 0)[c] = p->low[c];
        um_row(model.G, 1)[c] = p->high[c];
    }
    model.source_of[1] = 1;
    return model;
}

static um_status find(umi_model *model, const char *path, um_parallel parallel)
{
    umi_audio_reader_options options = {0};
    umi_recording recording;
    um_stft_config stft = um_stft_config_default();
    um_error error;
    stft.window.length = WINDOW;
    stft.window.hop = HOP;
    assert_int_equal(umi_recording_open(path, &options, NULL, &recording, &error), UM_OK);
    um_status status = umi_model_find_places(model, &stft, &recording, parallel, 1, NULL, &error);
    umi_recording_close(&recording);
    return status;
}

/* R[i, j] of a source at a bin is gain i times gain j over the sum of their squares. */
static void panned_sources_get_their_covariances(void **state)
{
    (void)state;
    const char *path = put(&apart, 2);
    umi_model model = model_of(&apart, 2, N_SOURCES);
    assert_int_equal(find(&model, path, um_parallel_serial()), UM_OK);
    assert_int_equal(model.R.rows, N_SOURCES);
    assert_int_equal(model.R.cols, 4 * F);
    for (size_t s = 0; s < N_SOURCES; s++) {
        const float *g = s == 0 ? apart.low : apart.high, *R = um_row(model.R, s);
        size_t bin = s == 0 ? 6 : 83; /* of the first partial */
        float power = g[0] * g[0] + g[1] * g[1];
        assert_true(fabsf(R[bin] - g[0] * g[0] / power) < 0.01f);
        assert_true(fabsf(R[F + bin] - g[0] * g[1] / power) < 0.01f);
        assert_true(fabsf(R[2 * F + bin]) < 0.01f);
        assert_true(fabsf(R[3 * F + bin] - g[1] * g[1] / power) < 0.01f);
        /* Where it is never alone its place is what it is elsewhere. */
        bin = s == 0 ? 83 : 6;
        assert_true(fabsf(R[F + bin] - g[0] * g[1] / power) < 0.01f);
    }
    umi_model_free(&model);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    const char *path = put(&apart, 2);
    umi_model one = model_of(&apart, 2, N_SOURCES), two = model_of(&apart, 2, N_SOURCES);
    assert_int_equal(find(&one, path, um_parallel_serial()), UM_OK);
    umi_thread_pool *pool;
    assert_int_equal(umi_thread_pool_new(2, &pool), UM_OK);
    assert_int_equal(find(&two, path, umi_thread_pool_parallel(pool)), UM_OK);
    umi_thread_pool_free(pool);
    assert_memory_equal(one.R.data, two.R.data, one.R.rows * one.R.cols * sizeof(float));
    umi_model_free(&one);
    umi_model_free(&two);
}

static void assert_none(const pans *p, size_t n_channels, size_t n_sources)
{
    const char *path = put(p, n_channels);
    umi_model model = model_of(p, n_channels, n_sources);
    assert_int_equal(find(&model, path, um_parallel_serial()), UM_OK);
    assert_null(model.R.data);
    umi_model_free(&model);
}

static void without_clear_places_there_are_none(void **state)
{
    (void)state;
    assert_none(&together, 2, N_SOURCES);
    assert_none(&apart, 1, N_SOURCES);
    assert_none(&apart, 2, N_SOURCES + 1); /* the last one, a residual, has no atoms */
}

/* One source is in both channels, but not as one: the two come apart, the place is wide. */
static void a_wide_source_has_no_place(void **state)
{
    (void)state;
    (void)put(&apart, 2);
    for (size_t i = 0; i < N_FRAMES; i++) {
        double late = i >= 400 ? timbre_sample(TIMBRE_LOW, i - 400) : 0.0;
        sound[2 * i + 1] = (float)(0.8 * late + 0.7 * timbre_sample(TIMBRE_HIGH, i));
    }
    const char *path = scratch_path(&made, "wide.wav");
    sound_file_write(path, sound, N_FRAMES, 2, TIMBRES_RATE);
    umi_model model = model_of(&apart, 2, N_SOURCES);
    assert_int_equal(find(&model, path, um_parallel_serial()), UM_OK);
    assert_null(model.R.data);
    umi_model_free(&model);
}

static int make_folder(void **state)
{
    (void)state;
    scratch_make(&made);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panned_sources_get_their_covariances),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(without_clear_places_there_are_none),
        cmocka_unit_test(a_wide_source_has_no_place),
    };
    return cmocka_run_group_tests_name("model_places", tests, make_folder, remove_folder);
}
