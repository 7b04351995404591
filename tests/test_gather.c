/* Frames to learn from: the very ones of the passages, in order, and no more than were granted. */
#define _DEFAULT_SOURCE
#include "job/gather.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "matrices.h"
#include "scratch.h"
#include "sound_file.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { RATE = 8000, WINDOW = 256, HOP = 64, N_BINS = WINDOW / 2 + 1, C = 2 };
enum { N_FRAMES = 20011, COLS_MAX = C * N_BINS };

static scratch made;
static char path_a[PATH_MAX], path_b[PATH_MAX];
static float sound_a[N_FRAMES * C], sound_b[N_FRAMES * C];
static char warned[256];

static void take_warning(void *user, const char *message)
{
    (void)user;
    snprintf(warned, sizeof warned, "%s", message);
}

static umi_watch watch = {NULL, NULL, take_warning, NULL};

static int make_files(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    scratch_make(&made);
    for (size_t i = 0; i < N_FRAMES * C; i++) {
        sound_a[i] = (float)(umi_random_uniform(&random) - 0.5);
        sound_b[i] = (float)(umi_random_uniform(&random) - 0.5);
    }
    snprintf(path_a, sizeof path_a, "%s/a.wav", made.directory);
    snprintf(path_b, sizeof path_b, "%s/b.wav", made.directory);
    sound_file_write(path_a, sound_a, N_FRAMES, C, RATE);
    sound_file_write(path_b, sound_b, N_FRAMES, C, RATE);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

static umi_gather_config config_of(size_t window, size_t hop)
{
    umi_gather_config config = {0};
    config.stft = um_stft_config_default();
    config.stft.window.length = window;
    config.stft.window.hop = hop;
    config.memory = SIZE_MAX;
    config.parallel = um_parallel_serial();
    config.watch = &watch;
    return config;
}

/* Magnitudes of all frames of samples first .. first + n - 1, completed with silence. */
static um_view spectra_of(const umi_gather_config *config, const float *sound, size_t n)
{
    um_stft *stft;
    um_error error;
    assert_int_equal(um_stft_new(&config->stft, &stft, &error), UM_OK);
    size_t F = um_stft_n_bins(stft);
    size_t n_frames = (n + um_stft_hop(stft) - 1) / um_stft_hop(stft);
    size_t n_padded = n_frames * um_stft_hop(stft);
    um_view V = matrix_new(n_frames, C * F);
    float *padded = umi_alloc(n_padded * C, sizeof *padded);
    float *spectra = umi_alloc(n_frames * 2 * F + 1, sizeof *spectra);
    memcpy(padded, sound, n * C * sizeof *sound);
    for (size_t c = 0; c < C; c++) {
        um_analysis *analysis;
        assert_int_equal(um_analysis_new(stft, &analysis), UM_OK);
        assert_int_equal(um_analysis_push(analysis, padded + c, C, n_padded, spectra, 2 * F),
                         n_frames);
        for (size_t i = 0; i < n_frames * F; i++) {
            um_row(V, i / F)[c * F + i % F] = hypotf(spectra[2 * i], spectra[2 * i + 1]);
        }
        um_analysis_free(analysis);
    }
    um_stft_free(stft);
    umi_free(padded);
    umi_free(spectra);
    return V;
}

static bool same_frame(const float *a, const float *b, size_t n)
{
    double largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)a[i] - (double)b[i]));
    }
    return largest < 1e-4; /* of values around 10 */
}

/* Rows `first` .. of V are all rows of `expected`. */
static void assert_rows(um_view V, size_t first, um_view expected)
{
    assert_true(V.cols == expected.cols && first + expected.rows <= V.rows);
    for (size_t r = 0; r < expected.rows; r++) {
        assert_true(same_frame(um_row(V, first + r), um_row(expected, r), V.cols));
    }
}

static void frames_are_those_of_the_passages(void **state)
{
    (void)state;
    static const size_t transforms[][2] = {{WINDOW, HOP}, {1024, 500}, {20000, 9000}};
    for (size_t t = 0; t < 3; t++) {
        umi_gather_config config = config_of(transforms[t][0], transforms[t][1]);
        config.stft.window.window = UM_WINDOW_SINE;
        umi_passage passages[] = {{path_a, 0.0, INFINITY, NULL},
                                  {path_b, 0.5, 1.25, NULL},
                                  {path_a, 1.0 / RATE, 2.0 / RATE, NULL},
                                  {path_b, 2.0, 100.0, NULL}};
        um_view expected[] = {spectra_of(&config, sound_a, N_FRAMES),
                              spectra_of(&config, sound_b + C * RATE / 2, RATE * 3 / 4),
                              spectra_of(&config, sound_a + C, 1),
                              spectra_of(&config, sound_b + C * RATE * 2, N_FRAMES - RATE * 2)};
        umi_material material;
        um_error error;
        assert_int_equal(umi_gather(&config, passages, 4, &material, &error), UM_OK);
        size_t n = 0;
        for (size_t i = 0; i < 4; i++) {
            assert_rows(material.V, n, expected[i]);
            n += expected[i].rows;
            umi_free(expected[i].data);
        }
        assert_int_equal(material.V.rows, n);
        assert_true(material.n_available == n);
        assert_true(material.sample_rate == RATE && material.n_channels == C);
        umi_material_free(&material);
        umi_material_free(&material);
    }
}

/* The rows of the whole that a drawn V holds; asserts that they are in order. */
static void find_rows(um_view V, um_view whole, size_t *found)
{
    size_t next = 0;
    for (size_t r = 0; r < V.rows; r++) {
        while (next < whole.rows && !same_frame(um_row(V, r), um_row(whole, next), V.cols)) {
            next++;
        }
        assert_true(next < whole.rows);
        found[r] = next++;
    }
}

static void as_many_as_memory_allows_and_spread(void **state)
{
    (void)state;
    static size_t found[400], again[400];
    umi_gather_config config = config_of(WINDOW, HOP);
    umi_passage passage = {path_a, 0.0, INFINITY, NULL};
    um_view whole = spectra_of(&config, sound_a, N_FRAMES);
    size_t row_bytes = umi_padded(COLS_MAX) * sizeof(float);
    static const size_t counts[] = {1, 2, 3, 17, 100, 156, 157, 200, 311, 312};
    assert_int_equal(whole.rows, 313);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        umi_material material;
        um_error error;
        size_t n = counts[i];
        bool seeds_differ = false;
        for (uint64_t seed = 0; seed < 3; seed++) {
            config.seed = seed;
            config.memory = n * row_bytes + (i % 2 == 0 ? row_bytes - 1 : 0);
            assert_int_equal(umi_gather(&config, &passage, 1, &material, &error), UM_OK);
            assert_int_equal(material.V.rows, n);
            assert_true(material.n_available == whole.rows);
            find_rows(material.V, whole, found);
            for (size_t r = 0; r < n; r++) {
                /* One from each nth of the whole, cut at whole frames. */
                assert_true(found[r] >= r * whole.rows / n);
                assert_true(found[r] < (r + 1) * whole.rows / n);
            }
            umi_material_free(&material);
            assert_int_equal(umi_gather(&config, &passage, 1, &material, &error), UM_OK);
            find_rows(material.V, whole, again);
            assert_memory_equal(found, again, n * sizeof *found);
            umi_material_free(&material);
            config.seed = seed + 100;
            assert_int_equal(umi_gather(&config, &passage, 1, &material, &error), UM_OK);
            find_rows(material.V, whole, again);
            seeds_differ |= memcmp(found, again, n * sizeof *found) != 0;
            umi_material_free(&material);
        }
        assert_true(seeds_differ);
    }
    umi_free(whole.data);
}

static void too_little_memory_for_one_frame(void **state)
{
    (void)state;
    umi_gather_config config = config_of(WINDOW, HOP);
    umi_passage passage = {path_a, 0.0, INFINITY, NULL};
    umi_material material;
    um_error error;
    config.memory = 100;
    assert_int_equal(umi_gather(&config, &passage, 1, &material, &error), UM_ERR_MEMORY);
    assert_non_null(strstr(error.message, "100"));
    assert_null(material.V.data);
}

static void silence_is_left_out(void **state)
{
    (void)state;
    static float sound[50 * HOP * C];
    umi_gather_config config = config_of(WINDOW, HOP);
    umi_passage passage = {scratch_path(&made, "gap.wav"), 0.0, INFINITY, NULL};
    umi_material material;
    um_error error;
    sound_file_write(made.path, sound, 50 * HOP, C, RATE);
    assert_int_equal(umi_gather(&config, &passage, 1, &material, &error), UM_OK);
    assert_int_equal(material.V.rows, 0);
    assert_true(material.n_available == 50);
    umi_material_free(&material);
    memcpy(sound, sound_a, 3 * HOP * C * sizeof *sound);
    sound[C * 40 * HOP + 1] = 0.5F; /* one sample of one channel */
    sound_file_write(made.path, sound, 50 * HOP, C, RATE);
    assert_int_equal(umi_gather(&config, &passage, 1, &material, &error), UM_OK);
    /* A frame is four hops long; the Hann window is 0 at its very first sample, so the fourth
     * frame with the one sample, where that comes first, is silent. */
    assert_int_equal(material.V.rows, 6 + 3);
    umi_material_free(&material);
    sound_file_write(made.path, sound, 0, C, RATE);
    assert_int_equal(umi_gather(&config, &passage, 1, &material, &error), UM_OK);
    assert_true(material.V.rows == 0 && material.n_available == 0);
    umi_material_free(&material);
}

/* One spectrum a frame from any number of channels, in one material. */
static void mean_over_channels(void **state)
{
    (void)state;
    umi_gather_config config = config_of(WINDOW, HOP);
    float *left = umi_alloc(N_FRAMES, sizeof *left);
    for (size_t i = 0; i < N_FRAMES; i++) {
        left[i] = sound_b[C * i];
    }
    sound_file_write(scratch_path(&made, "mono.wav"), left, N_FRAMES, 1, RATE);
    umi_passage passages[] = {{path_a, 0.0, INFINITY, NULL}, {made.path, 0.0, INFINITY, NULL}};
    um_view a = spectra_of(&config, sound_a, N_FRAMES);
    um_view b = spectra_of(&config, sound_b, N_FRAMES);
    umi_material material;
    um_error error;
    assert_int_equal(umi_gather(&config, passages, 2, &material, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "mono.wav: 1 channels"));
    config.mean_channels = true;
    assert_int_equal(umi_gather(&config, passages, 2, &material, &error), UM_OK);
    assert_int_equal(material.n_channels, 1);
    assert_int_equal(material.V.rows, a.rows + b.rows);
    assert_int_equal(material.V.cols, N_BINS);
    for (size_t r = 0; r < a.rows; r++) {
        for (size_t f = 0; f < N_BINS; f++) {
            float mean = (um_row(a, r)[f] + um_row(a, r)[N_BINS + f]) / 2;
            assert_true(fabsf(um_row(material.V, r)[f] - mean) < 1e-4F);
        }
        assert_true(same_frame(um_row(material.V, a.rows + r), um_row(b, r), N_BINS));
    }
    umi_material_free(&material);
    umi_free(a.data);
    umi_free(b.data);
    umi_free(left);
}

static void what_does_not_fit_is_named(void **state)
{
    (void)state;
    umi_gather_config config = config_of(WINDOW, HOP);
    umi_material material;
    um_error error;
    sound_file_write(scratch_path(&made, "fast.wav"), sound_a, 100, C, 2 * RATE);
    umi_passage rates[] = {{path_a, 0.0, INFINITY, NULL}, {made.path, 0.0, INFINITY, NULL}};
    assert_int_equal(umi_gather(&config, rates, 2, &material, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "fast.wav: 16000 Hz"));
    assert_non_null(strstr(error.message, "8000 Hz"));
    umi_passage late = {path_a, (double)N_FRAMES / RATE, INFINITY, NULL};
    assert_int_equal(umi_gather(&config, &late, 1, &material, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "a.wav"));
    sound_file_write(scratch_path(&made, "empty.wav"), sound_a, 0, C, RATE);
    umi_passage nothing = {made.path, 1.0, 2.0, NULL};
    assert_int_equal(umi_gather(&config, &nothing, 1, &material, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "empty.wav"));
    umi_passage missing = {scratch_path(&made, "none.wav"), 0.0, INFINITY, NULL};
    assert_int_equal(umi_gather(&config, &missing, 1, &material, &error), UM_ERR_NO_INPUT);
    assert_true(material.V.data == NULL && material.n_available == 0);
    config.stft.window.hop = 1000;
    umi_passage good = {path_a, 0.0, INFINITY, NULL};
    assert_int_equal(umi_gather(&config, &good, 1, &material, &error), UM_ERR_ARGUMENT);
}

static void an_open_recording_and_threads_change_no_bit(void **state)
{
    (void)state;
    size_t n_workers = 3;
    umi_gather_config config = config_of(WINDOW, HOP);
    umi_passage passage = {path_a, 0.1, 2.0, NULL};
    umi_material one, other;
    umi_recording recording;
    um_error error;
    config.memory = 40 * umi_padded(COLS_MAX) * sizeof(float);
    assert_int_equal(umi_gather(&config, &passage, 1, &one, &error), UM_OK);
    assert_int_equal(umi_recording_open(path_a, &config.reader, NULL, &recording, &error), UM_OK);
    passage.recording = &recording;
    config.parallel = backwards_parallel(&n_workers);
    assert_int_equal(umi_gather(&config, &passage, 1, &other, &error), UM_OK);
    assert_true(same_bits(um_const_view(one.V), um_const_view(other.V)));
    umi_recording_close(&recording);
    umi_material_free(&one);
    umi_material_free(&other);
}

typedef struct listener {
    size_t n_calls, stop_at;
    double done;
} listener;

static bool listen(void *user, double done, double total, double divergence)
{
    listener *l = user;
    assert_true(done >= l->done && done <= total && isnan(divergence));
    l->done = done;
    return ++l->n_calls != l->stop_at;
}

static void progress_cancel_and_warnings(void **state)
{
    (void)state;
    static const float odd[] = {0.5F, NAN, 0.25F, INFINITY};
    umi_gather_config config = config_of(WINDOW, HOP);
    sound_file_write(scratch_path(&made, "odd.wav"), odd, 2, C, RATE);
    umi_passage passages[] = {{path_a, 0.0, 2.0, NULL}, {made.path, 0.0, INFINITY, NULL}};
    listener l = {0};
    um_progress progress = {listen, &l};
    umi_material material;
    um_error error;
    watch.progress = &progress;
    assert_int_equal(umi_gather(&config, passages, 2, &material, &error), UM_OK);
    assert_true(l.done == 2 * RATE + 2);
    assert_non_null(strstr(warned, "odd.wav"));
    umi_material_free(&material);
    size_t n_calls = l.n_calls;
    for (size_t n = 1; n <= n_calls; n++) {
        l = (listener){.stop_at = n};
        assert_int_equal(umi_gather(&config, passages, 2, &material, &error), UM_ERR_CANCELLED);
        assert_true(l.n_calls == n && material.V.data == NULL);
    }
    watch.progress = NULL;
}

static um_status gather_and_free(void *context)
{
    umi_gather_config config = config_of(WINDOW, HOP);
    umi_passage passages[] = {{path_a, 0.0, 0.1, NULL}, {path_b, 0.0, 0.1, NULL}};
    umi_material material;
    um_status status = umi_gather(&config, passages, 2, &material, context);
    umi_material_free(&material);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    um_error error;
    assert_true(counting_allocator_sweep(gather_and_free, &error) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_those_of_the_passages),
        cmocka_unit_test(as_many_as_memory_allows_and_spread),
        cmocka_unit_test(too_little_memory_for_one_frame),
        cmocka_unit_test(silence_is_left_out),
        cmocka_unit_test(mean_over_channels),
        cmocka_unit_test(what_does_not_fit_is_named),
        cmocka_unit_test(an_open_recording_and_threads_change_no_bit),
        cmocka_unit_test(progress_cancel_and_warnings),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("gather", tests, make_files, remove_files);
}
