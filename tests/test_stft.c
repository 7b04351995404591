/* The object that streams share: its fields, its refusals, and its life on many threads. */
#include "counting_allocator.h"
#include "unmingle/stft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

static um_stft_config config_of(um_window window, size_t length, size_t hop, size_t fft_size)
{
    um_stft_config config = um_stft_config_default();
    config.window.window = window;
    config.window.length = length;
    config.window.hop = hop;
    config.fft_size = fft_size;
    return config;
}

static void test_sizes(void **state)
{
    (void)state;
    const struct {
        um_stft_config config;
        size_t fft_size;
        size_t synthesis_length;
    } rows[] = {
        {um_stft_config_default(), 4096, 4096},
        {config_of(UM_WINDOW_SINE, 1024, 300, 0), 1024, 1024},
        {config_of(UM_WINDOW_HANN, 1024, 256, 2000), 2000, 1024},
        {config_of(UM_WINDOW_HANN, 2046, 1000, 0), 2048, 2046}, /* 2046 = 2 * 3 * 11 * 31 */
        {config_of(UM_WINDOW_ASYMMETRIC, 2048, 128, 0), 2048, 256},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        um_stft *stft = NULL;
        assert_int_equal(um_stft_new(&rows[i].config, &stft, NULL), UM_OK);
        assert_int_equal(um_stft_fft_size(stft), rows[i].fft_size);
        assert_int_equal(um_stft_n_bins(stft), rows[i].fft_size / 2 + 1);
        assert_int_equal(um_stft_length(stft), rows[i].config.window.length);
        assert_int_equal(um_stft_hop(stft), rows[i].config.window.hop);
        assert_int_equal(um_stft_synthesis_length(stft), rows[i].synthesis_length);
        um_stft_free(stft);
    }
}

static void test_refused_fields_are_named(void **state)
{
    (void)state;
    const struct {
        const char *message; /* begins with this */
        um_stft_config config;
    } rows[] = {
        {"length:", config_of(UM_WINDOW_HANN, SIZE_MAX - 1, 256, 0)},
        {"hop:", config_of(UM_WINDOW_HANN, 1024, 0, 0)},
        {"hop:", config_of(UM_WINDOW_HANN, 1024, 1024, 0)},
        {"fft_size: 1022 is outside 1024", config_of(UM_WINDOW_HANN, 1024, 256, 1022)},
        {"fft_size: 1048578 is outside", config_of(UM_WINDOW_HANN, 1024, 256, (1 << 20) + 2)},
        {"fft_size: 1025 is not", config_of(UM_WINDOW_HANN, 1024, 256, 1025)},
        {"fft_size: 1034 is not", config_of(UM_WINDOW_HANN, 1024, 256, 1034)}, /* 2 * 11 * 47 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        um_stft *stft = (um_stft *)&stft;
        um_error error;
        assert_int_equal(um_stft_new(&rows[i].config, &stft, &error), UM_ERR_ARGUMENT);
        assert_null(stft);
        assert_int_equal(error.status, UM_ERR_ARGUMENT);
        assert_memory_equal(error.message, rows[i].message, strlen(rows[i].message));
    }
    um_stft_config bad = config_of(UM_WINDOW_HANN, 1024, 256, 1034);
    um_stft *stft = NULL;
    um_error error;
    assert_int_equal(um_stft_new(&bad, &stft, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "1040 would do")); /* 2^4 * 5 * 13 */
}

static void test_null_arguments(void **state)
{
    (void)state;
    um_stft_config config = um_stft_config_default();
    um_stft *stft = (um_stft *)&config;
    um_analysis *analysis = (um_analysis *)&config;
    um_synthesis *synthesis = (um_synthesis *)&config;
    assert_int_equal(um_stft_new(&config, NULL, NULL), UM_ERR_ARGUMENT);
    assert_int_equal(um_stft_new(NULL, &stft, NULL), UM_ERR_ARGUMENT);
    assert_null(stft);
    assert_int_equal(um_analysis_new(NULL, &analysis), UM_ERR_ARGUMENT);
    assert_null(analysis);
    assert_int_equal(um_synthesis_new(NULL, &synthesis), UM_ERR_ARGUMENT);
    assert_null(synthesis);
    um_stft_free(NULL);
    um_analysis_free(NULL);
    um_synthesis_free(NULL);
}

static um_status make_stft(void *context)
{
    um_stft *stft = NULL;
    um_error error = {UM_OK, ""};
    um_status status = um_stft_new(context, &stft, &error);
    assert_true((status == UM_OK) == (stft != NULL));
    assert_int_equal(error.status, status);
    um_stft_free(stft);
    return status;
}

static um_status make_analysis(void *context)
{
    um_analysis *analysis = NULL;
    um_status status = um_analysis_new(context, &analysis);
    assert_true((status == UM_OK) == (analysis != NULL));
    um_analysis_free(analysis);
    return status;
}

static um_status make_synthesis(void *context)
{
    um_synthesis *synthesis = NULL;
    um_status status = um_synthesis_new(context, &synthesis);
    assert_true((status == UM_OK) == (synthesis != NULL));
    um_synthesis_free(synthesis);
    return status;
}

static void test_survives_failing_allocations(void **state)
{
    (void)state;
    um_stft_config config = config_of(UM_WINDOW_HANN, 480, 120, 0);
    assert_true(counting_allocator_sweep(make_stft, &config) > 0);
    um_stft *stft = NULL;
    assert_int_equal(um_stft_new(&config, &stft, NULL), UM_OK);
    assert_true(counting_allocator_sweep(make_analysis, stft) > 0);
    assert_true(counting_allocator_sweep(make_synthesis, stft) > 0);
    um_stft_free(stft);
}

/* -- Many threads ------------------------------------------------------------------------------ */

enum { N_THREADS = 8, N_ROUNDS = 40, N_SAMPLES = 1024, ROW = 2 * 513 };

typedef struct worker {
    const um_stft *shared;
    size_t number;
    bool failed;            /* cmocka's assertions are for the main thread */
    float spectra[ROW * 4]; /* of the shared object */
} worker;

static float sample_at(size_t i)
{
    return (float)(i * 7919 % 1000) / 1000.0F - 0.5F;
}

/* One stream on the shared object: 4 frames of 513 bins. */
static bool analyse_shared(worker *w)
{
    float samples[N_SAMPLES];
    for (size_t i = 0; i < N_SAMPLES; i++) {
        samples[i] = sample_at(i);
    }
    um_analysis *analysis = NULL;
    if (um_analysis_new(w->shared, &analysis) != UM_OK) {
        return false;
    }
    size_t n_frames = um_analysis_push(analysis, samples, 1, N_SAMPLES, w->spectra, ROW);
    um_analysis_free(analysis);
    return n_frames == 4;
}

static void *work(void *argument)
{
    worker *w = argument;
    for (size_t i = 0; i < N_ROUNDS && !w->failed; i++) {
        /* Other sizes on each thread, so that the planner has work to do. */
        size_t length = 64 * (1 + (w->number + i) % 12);
        um_stft_config config = config_of(UM_WINDOW_SINE, length, length / 4, 0);
        um_stft *stft = NULL;
        w->failed = um_stft_new(&config, &stft, NULL) != UM_OK || !analyse_shared(w);
        um_stft_free(stft);
    }
    return NULL;
}

static void test_threads_at_once(void **state)
{
    (void)state;
    um_stft_config config = config_of(UM_WINDOW_HANN, 1024, 256, 0);
    um_stft *shared = NULL;
    assert_int_equal(um_stft_new(&config, &shared, NULL), UM_OK);
    static worker alone;
    static worker workers[N_THREADS];
    pthread_t threads[N_THREADS];
    alone.shared = shared;
    assert_true(analyse_shared(&alone));
    for (size_t i = 0; i < N_THREADS; i++) {
        workers[i].shared = shared;
        workers[i].number = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        assert_false(workers[i].failed);
        assert_memory_equal(workers[i].spectra, alone.spectra, sizeof alone.spectra);
    }
    um_stft_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),           cmocka_unit_test(test_refused_fields_are_named),
        cmocka_unit_test(test_null_arguments),  cmocka_unit_test(test_survives_failing_allocations),
        cmocka_unit_test(test_threads_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
