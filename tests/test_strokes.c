/* Atoms that last: the mean spectrogram of strokes, against one computed here in double. */
#define _DEFAULT_SOURCE
#include "job/strokes.h"

#include "counting_allocator.h"
#include "scratch.h"
#include "sound_file.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { RATE = 8000, WINDOW = 256, HOP = 64, N_BINS = 129, N_FRAMES = 5, N_SAMPLES = 12000 };

static const double PI = 3.14159265358979323846;

static scratch made;
static um_stft *stft;
static umi_watch watch;
static float sound[2 * N_SAMPLES];
static float atom[N_FRAMES * N_BINS];

static int start(void **state)
{
    (void)state;
    um_stft_config config = um_stft_config_default();
    config.window.length = WINDOW;
    config.window.hop = HOP;
    scratch_make(&made);
    return um_stft_new(&config, &stft, NULL) == UM_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    um_stft_free(stft);
    scratch_remove(&made);
    return 0;
}

/* Sample i of a stroke: at full level from the first one on, then falling. */
static double stroke(double pitch, double i)
{
    return i < 0.0 ? 0.0 : cos(2.0 * PI * pitch * i / RATE) * exp(-i / 300.0);
}

static void clear(void)
{
    memset(sound, 0, sizeof sound);
}

static void strike(size_t at, double pitch, double gain, size_t channel, size_t n_channels)
{
    for (size_t i = at; i < N_SAMPLES; i++) {
        sound[i * n_channels + channel] += (float)(gain * stroke(pitch, (double)(i - at)));
    }
}

static const char *put(char *path, const char *name, size_t n_channels)
{
    snprintf(path, PATH_MAX, "%s/%s", made.directory, name);
    sound_file_write(path, sound, N_SAMPLES, n_channels, RATE);
    return path;
}

static umi_strokes_config config_of(void)
{
    umi_strokes_config config = {
        .stft = stft, .n_frames = N_FRAMES, .watch = &watch, .from = 0.0, .to = 1.0};
    return config;
}

static size_t learn(const char *const *paths, size_t n_paths)
{
    umi_strokes_config config = config_of();
    size_t n_strokes;
    um_error error = {UM_OK, ""};
    assert_int_equal(umi_strokes_learn(&config, paths, n_paths, atom, &n_strokes, &error), UM_OK);
    return n_strokes;
}

/* Adds the spectrogram of a stroke, scaled to sum to 1, by the definition alone: frame t at place p
 * begins t hops minus a quarter of the window and (2 p + 1) / 8 of a hop after the onset. */
static void add_spectrogram(double pitch, double weight, double *sum)
{
    static double one[N_FRAMES * N_BINS];
    double all = 0.0;
    memset(one, 0, sizeof one);
    for (size_t v = 0; v < N_FRAMES * 4 * N_BINS; v++) {
        size_t f = v % N_BINS, t = v / N_BINS / 4;
        double begin =
            (double)(t * HOP) - WINDOW / 4.0 - HOP * (2.0 * (double)(v / N_BINS % 4) + 1) / 8;
        double re = 0.0, im = 0.0;
        for (size_t i = 0; i < WINDOW; i++) {
            double hann = 0.5 - 0.5 * cos(2.0 * PI * (double)i / WINDOW);
            double x = hann * stroke(pitch, begin + (double)i);
            double phase = 2.0 * PI * (double)(f * i % WINDOW) / WINDOW;
            re += x * cos(phase);
            im -= x * sin(phase);
        }
        one[t * N_BINS + f] += hypot(re, im);
        all += hypot(re, im);
    }
    for (size_t i = 0; i < N_FRAMES * N_BINS; i++) {
        sum[i] += weight * one[i] / all;
    }
}

static void expect(const double *expected, double tolerance)
{
    double peak = 0.0, sum = 0.0;
    for (size_t i = 0; i < N_FRAMES * N_BINS; i++) {
        peak = fmax(peak, expected[i]);
        sum += (double)atom[i];
    }
    assert_true(fabs(sum - 1.0) < 1e-5);
    for (size_t i = 0; i < N_FRAMES * N_BINS; i++) {
        double wanted = (expected[i] + 1e-4 / (N_FRAMES * N_BINS)) / 1.0001;
        assert_true(fabs((double)atom[i] - wanted) <= tolerance * peak);
        assert_true(atom[i] > 0.0F);
    }
}

/* Wherever it begins, and however loud it is. */
static void one_stroke_is_the_atom(void **state)
{
    (void)state;
    static const size_t at[] = {0, 777, 5003};
    static const double gain[] = {0.9, 0.02, 0.3};
    for (size_t i = 0; i < 3; i++) {
        double expected[N_FRAMES * N_BINS] = {0};
        char path[PATH_MAX];
        clear();
        strike(at[i], 700.0, gain[i], 0, 1);
        const char *paths[] = {put(path, "one.wav", 1)};
        assert_int_equal(learn(paths, 1), 1);
        add_spectrogram(700.0, 1.0, expected);
        expect(expected, 1e-4);
    }
}

/* Three strokes in one file and one in another: each file is half. */
static void strokes_count_within_their_file(void **state)
{
    (void)state;
    double expected[N_FRAMES * N_BINS] = {0};
    char many[PATH_MAX], one[PATH_MAX];
    clear();
    strike(100, 500.0, 0.2, 0, 1);
    strike(4100, 900.0, 0.9, 0, 1);
    strike(8100, 500.0, 0.5, 0, 1);
    (void)put(many, "many.wav", 1);
    clear();
    strike(50, 2000.0, 0.1, 0, 1);
    (void)put(one, "one.wav", 1);
    const char *paths[] = {many, one};
    assert_int_equal(learn(paths, 2), 4);
    add_spectrogram(500.0, 2.0 / 6, expected);
    add_spectrogram(900.0, 1.0 / 6, expected);
    add_spectrogram(2000.0, 1.0 / 2, expected);
    expect(expected, 1e-3); /* each lies over the end of the one before */
}

/* Channels that would cancel as a sum. */
static void channels_are_heard_by_themselves(void **state)
{
    (void)state;
    double expected[N_FRAMES * N_BINS] = {0};
    char path[PATH_MAX];
    clear();
    strike(300, 700.0, 0.5, 0, 2);
    strike(300, 700.0, -0.5, 1, 2);
    const char *paths[] = {put(path, "two.wav", 2)};
    assert_int_equal(learn(paths, 1), 1);
    add_spectrogram(700.0, 1.0, expected);
    expect(expected, 1e-4);
    clear();
    strike(300, 700.0, 0.5, 1, 2);
    (void)put(path, "two.wav", 2);
    assert_int_equal(learn(paths, 1), 1);
    expect(expected, 1e-4);
}

/* A twentieth of the peak, less is not the stroke yet. */
static void it_begins_where_it_is_heard(void **state)
{
    (void)state;
    double late[N_FRAMES * N_BINS] = {0};
    char path[PATH_MAX];
    for (size_t i = 0; i < 2; i++) {
        clear();
        strike(1000, 700.0, 0.5, 0, 1);
        sound[960] = i == 0 ? 0.024F : 0.026F;
        const char *paths[] = {put(path, "one.wav", 1)};
        assert_int_equal(learn(paths, 1), 1);
        if (i == 0) {
            add_spectrogram(700.0, 1.0, late);
            expect(late, 1e-4);
        }
    }
    double of_early = 0.0, of_late = 0.0;
    for (size_t f = 0; f < N_BINS; f++) { /* 40 samples later in the first frame: less of it */
        of_early += (double)atom[f];
        of_late += late[f];
    }
    assert_true(of_early < 0.9 * of_late);
}

static void silence_is_no_stroke(void **state)
{
    (void)state;
    char path[PATH_MAX], empty[PATH_MAX];
    clear();
    atom[0] = 7.0F;
    snprintf(empty, sizeof empty, "%s/empty.wav", made.directory);
    sound_file_write(empty, sound, 0, 1, RATE);
    const char *paths[] = {put(path, "silent.wav", 1), empty};
    assert_int_equal(learn(paths, 2), 0);
    assert_true(atom[0] == 7.0F);
}

/* A stroke that ends with its file is followed by silence. */
static void short_files(void **state)
{
    (void)state;
    char path[PATH_MAX];
    clear();
    strike(0, 700.0, 0.5, 0, 1);
    snprintf(path, sizeof path, "%s/short.wav", made.directory);
    sound_file_write(path, sound, 5, 1, RATE);
    const char *paths[] = {path};
    assert_int_equal(learn(paths, 1), 1);
    for (size_t i = 0; i < N_FRAMES * N_BINS; i++) {
        assert_true(atom[i] > 0.0F && isfinite(atom[i]));
    }
}

static bool stop_after(void *user, double done, double total, double divergence)
{
    (void)done;
    (void)total;
    (void)divergence;
    size_t *left = user;
    return --*left > 0;
}

static void cancelled_anywhere(void **state)
{
    (void)state;
    char path[PATH_MAX];
    clear();
    strike(0, 700.0, 0.5, 0, 1);
    strike(6000, 700.0, 0.5, 0, 1);
    const char *paths[] = {put(path, "two.wav", 1)};
    um_status status = UM_ERR_CANCELLED;
    size_t n = 0;
    while (status == UM_ERR_CANCELLED) {
        size_t left = ++n, n_strokes;
        um_progress progress = {stop_after, &left};
        umi_watch listening = {.progress = &progress};
        umi_strokes_config config = config_of();
        um_error error;
        config.watch = &listening;
        status = umi_strokes_learn(&config, paths, 1, atom, &n_strokes, &error);
    }
    assert_int_equal(status, UM_OK);
    assert_true(n > 3);
}

static um_status learn_once(void *paths)
{
    umi_strokes_config config = config_of();
    size_t n_strokes;
    um_error error;
    return umi_strokes_learn(&config, paths, 1, atom, &n_strokes, &error);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char path[PATH_MAX];
    clear();
    strike(0, 700.0, 0.5, 0, 1);
    const char *paths[] = {put(path, "one.wav", 1)};
    assert_true(counting_allocator_sweep(learn_once, paths) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_stroke_is_the_atom),
        cmocka_unit_test(strokes_count_within_their_file),
        cmocka_unit_test(channels_are_heard_by_themselves),
        cmocka_unit_test(it_begins_where_it_is_heard),
        cmocka_unit_test(silence_is_no_stroke),
        cmocka_unit_test(short_files),
        cmocka_unit_test(cancelled_anywhere),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("strokes", tests, start, stop);
}
