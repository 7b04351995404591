/* Training: a dictionary with every label's atoms, from any number of files, or nothing at all. */
#define _DEFAULT_SOURCE
#include "job/learn.h"

#include "counting_allocator.h"
#include "scratch.h"
#include "sound_file.h"
#include "timbres.h"

#include <setjmp.h>

#include <cmocka.h>

enum { N_FRAMES = 8000, N_ATOMS = 3 };

static scratch made;
static char low[PATH_MAX], high[PATH_MAX], high_stereo[PATH_MAX], silent[PATH_MAX], fast[PATH_MAX];
static char output[PATH_MAX];
static size_t n_made; /* files in the folder before any dictionary */

static void put(char *path, const char *name, timbre which, double gain, size_t n_channels,
                double rate)
{
    static float sound[N_FRAMES * 2];
    for (size_t i = 0; i < N_FRAMES * n_channels; i++) {
        sound[i] = (float)(gain * timbre_sample(which, i / n_channels));
    }
    snprintf(path, PATH_MAX, "%s/%s", made.directory, name);
    sound_file_write(path, sound, N_FRAMES, n_channels, rate);
}

static int make_files(void **state)
{
    (void)state;
    scratch_make(&made);
    put(low, "low.wav", TIMBRE_LOW, 1.0, 1, TIMBRES_RATE);
    put(high, "high.wav", TIMBRE_HIGH, 1.0, 1, TIMBRES_RATE);
    put(high_stereo, "high-stereo.wav", TIMBRE_HIGH, 0.5, 2, TIMBRES_RATE);
    put(silent, "silent.wav", TIMBRE_LOW, 0.0, 1, TIMBRES_RATE);
    put(fast, "fast.wav", TIMBRE_LOW, 1.0, 1, 2 * TIMBRES_RATE);
    snprintf(output, sizeof output, "%s/out.safetensors", made.directory);
    n_made = scratch_count(made.directory);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

static umi_learn_config config_of(const umi_training_file *files, size_t n_files)
{
    umi_learn_config config = {.files = files,
                               .n_files = n_files,
                               .output = output,
                               .n_atoms = N_ATOMS,
                               .atom_frames = 1,
                               .window = 256,
                               .iterations = 20,
                               .start = UMI_START_RANDOM,
                               .seed = 5,
                               .memory = (size_t)144 << 20,
                               .parallel = um_parallel_serial()};
    return config;
}

/* The share of an atom's magnitude below 1500 Hz. */
static double share_below(const float *atom, size_t n_bins)
{
    double below = 0.0, all = 0.0;
    for (size_t f = 0; f < n_bins; f++) {
        all += (double)atom[f];
        below +=
            (double)f * TIMBRES_RATE / 2.0 / (double)(n_bins - 1) < 1500.0 ? (double)atom[f] : 0.0;
    }
    return below / all;
}

static void learns_every_label(void **state)
{
    (void)state;
    /* Labels come back: "high" has two files, of another number of channels. */
    const umi_training_file files[] = {{high, "high"}, {low, "low"}, {high_stereo, "high"}};
    umi_learn_config config = config_of(files, 3);
    umi_learn_result result;
    um_dictionary *dictionary;
    um_error error;
    assert_int_equal(umi_learn(&config, &result, &error), UM_OK);
    assert_int_equal(result.n_labels, 2);
    assert_int_equal(result.n_components, 2 * N_ATOMS);
    assert_true(result.sample_rate == TIMBRES_RATE);
    assert_true(result.n_available_frames == 3 * (N_FRAMES / 64));
    assert_true(result.n_learned_frames > 300);
    assert_int_equal(scratch_count(made.directory), n_made + 1);
    assert_int_equal(um_dictionary_load(output, &dictionary, &error), UM_OK);
    assert_int_equal(dictionary->W.rows, 2 * N_ATOMS);
    assert_int_equal(dictionary->W.cols, 129);
    for (size_t k = 0; k < 2 * N_ATOMS; k++) {
        double below = share_below(um_row(dictionary->W, k), 129);
        assert_string_equal(dictionary->labels[k], k < N_ATOMS ? "high" : "low");
        assert_true(k < N_ATOMS ? below < 0.1 : below > 0.9);
    }
    assert_true(dictionary->sample_rate == TIMBRES_RATE && dictionary->exponent == 1.0);
    assert_true(dictionary->seed == 5);
    assert_int_equal(dictionary->stft.window.length, 256);
    assert_int_equal(dictionary->stft.window.hop, 64);
    assert_string_equal(dictionary->trained_from, "high.wav, low.wav, high-stereo.wav");
    assert_string_equal(dictionary->program, "unmingle " UNMINGLE_VERSION);
    um_dictionary_free(dictionary);
}

/* One atom a label, that lasts. */
static void learns_strokes(void **state)
{
    (void)state;
    const umi_training_file files[] = {{high, "high"}, {low, "low"}, {high_stereo, "high"}};
    umi_learn_config config = config_of(files, 3);
    umi_learn_result result;
    um_dictionary *dictionary;
    um_error error;
    config.atom_frames = 4;
    config.n_atoms = 1;
    config.force = true;
    assert_int_equal(umi_learn(&config, &result, &error), UM_OK);
    assert_int_equal(result.n_components, 2);
    assert_true(result.n_strokes >= 3);
    assert_int_equal(um_dictionary_load(output, &dictionary, &error), UM_OK);
    assert_int_equal(dictionary->n_frames, 4);
    assert_int_equal(dictionary->W.cols, 4 * 129);
    for (size_t k = 0; k < 2; k++) {
        assert_string_equal(dictionary->labels[k], k == 0 ? "high" : "low");
        for (size_t t = 0; t < 4; t++) {
            double below = share_below(um_row(dictionary->W, k) + t * 129, 129);
            assert_true(k == 0 ? below < 0.2 : below > 0.8);
        }
    }
    um_dictionary_free(dictionary);
    assert_int_equal(unlink(output), 0);
    const umi_training_file quiet[] = {{low, "low"}, {silent, "rest"}};
    config.files = quiet;
    config.n_files = 2;
    assert_int_equal(umi_learn(&config, &result, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "rest"));
    config.atom_frames = UM_DICTIONARY_FRAMES_MAX;
    config.window = 65536;
    assert_int_equal(umi_learn(&config, &result, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "64 frames of 32769 bins"));
    assert_int_equal(scratch_count(made.directory), n_made);
}

/* Frames more than 60 dB below the loudest have no part: with them and without, the same bytes. */
static void pauses_are_left_out(void **state)
{
    (void)state;
    enum { LOUD = 64 * 60, SOFT = 64 * 40 };
    static float sound[LOUD + SOFT];
    static char first[1 << 16], second[1 << 16];
    char path[PATH_MAX];
    const umi_training_file files[] = {{path, "low"}};
    umi_learn_config config = config_of(files, 1);
    umi_learn_result result;
    um_error error;
    size_t n = 0;
    config.force = true;
    snprintf(path, sizeof path, "%s/paused.wav", made.directory);
    for (size_t i = 0; i < LOUD; i++) {
        sound[i] = (float)timbre_sample(TIMBRE_LOW, i);
    }
    for (size_t i = LOUD - 256; i < LOUD; i++) { /* no frame that is half of each */
        sound[i] = 0.0F;
    }
    for (size_t round = 0; round < 3; round++) {
        double gain = round == 0 ? 0.0 : round == 1 ? 3e-4 : 3e-2;
        for (size_t i = LOUD; i < LOUD + SOFT; i++) {
            sound[i] = (float)(gain * timbre_sample(TIMBRE_HIGH, i));
        }
        sound_file_write(path, sound, LOUD + SOFT, 1, TIMBRES_RATE);
        assert_int_equal(umi_learn(&config, &result, &error), UM_OK);
        assert_int_equal(result.n_available_frames, 100);
        assert_true(round < 2 ? result.n_learned_frames <= 60 : result.n_learned_frames > 90);
        n = scratch_read(output, round == 0 ? first : second, sizeof first);
        assert_true(round != 1 || memcmp(first, second, n) == 0);
    }
    assert_memory_not_equal(first, second, n);
    assert_int_equal(unlink(output), 0);
    assert_int_equal(unlink(path), 0);
}

static void the_same_bytes_again_and_force(void **state)
{
    (void)state;
    static char first[1 << 16], second[1 << 16];
    const umi_training_file files[] = {{low, "low"}};
    umi_learn_config config = config_of(files, 1);
    umi_learn_result result;
    um_error error;
    (void)unlink(output);
    assert_int_equal(umi_learn(&config, &result, &error), UM_OK);
    size_t n = scratch_read(output, first, sizeof first);
    assert_int_equal(umi_learn(&config, &result, &error), UM_ERR_CREATE);
    assert_non_null(strstr(error.message, "out.safetensors"));
    config.force = true;
    assert_int_equal(umi_learn(&config, &result, &error), UM_OK);
    assert_int_equal(scratch_read(output, second, sizeof second), n);
    assert_memory_equal(first, second, n);
    config.seed = 6;
    assert_int_equal(umi_learn(&config, &result, &error), UM_OK);
    assert_int_equal(scratch_read(output, second, sizeof second), n);
    assert_memory_not_equal(first, second, n);
    assert_int_equal(scratch_count(made.directory), n_made + 1);
    assert_int_equal(unlink(output), 0);
}

/* Names that are too many for the origin, and one that is not UTF-8. */
static void many_names(void **state)
{
    (void)state;
    enum { N = 100 };
    char odd[PATH_MAX];
    umi_training_file files[N];
    umi_learn_config config = config_of(files, N);
    umi_learn_result result;
    um_dictionary *dictionary;
    um_error error;
    put(odd, "a-\xFF-name-of-some-length.wav", TIMBRE_LOW, 1.0, 1, TIMBRES_RATE);
    for (size_t i = 0; i < N; i++) {
        files[i] = (umi_training_file){odd, "low"};
    }
    config.iterations = 1;
    assert_int_equal(umi_learn(&config, &result, &error), UM_OK);
    assert_int_equal(um_dictionary_load(output, &dictionary, &error), UM_OK);
    size_t length = strlen(dictionary->trained_from);
    assert_true(length > 900);
    assert_string_equal(dictionary->trained_from + length - 5, ", ...");
    assert_non_null(strstr(dictionary->trained_from, "a-\xEF\xBF\xBD-name"));
    um_dictionary_free(dictionary);
    assert_int_equal(unlink(output), 0);
    assert_int_equal(unlink(odd), 0);
}

static void refuses_and_leaves_nothing(void **state)
{
    (void)state;
    char none[PATH_MAX];
    snprintf(none, sizeof none, "%s/none.wav", made.directory);
    const struct {
        umi_training_file files[2];
        size_t n_atoms;
        um_status status;
        const char *named;
    } cases[] = {
        {{{low, "low"}, {fast, "low"}}, 3, UM_ERR_DATA, "fast.wav"},
        {{{low, "low"}, {fast, "fast"}}, 3, UM_ERR_DATA, "fast.wav"},
        {{{low, "low"}, {silent, "rest"}}, 3, UM_ERR_DATA, "rest"},
        {{{low, "low"}, {none, "none"}}, 3, UM_ERR_NO_INPUT, "none.wav"},
        {{{none, "none"}, {low, "low"}}, 3, UM_ERR_NO_INPUT, "none.wav"},
        {{{low, "low"}, {high, "high"}}, 2049, UM_ERR_ARGUMENT, "2049"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_learn_config config = config_of(cases[i].files, 2);
        umi_learn_result result;
        um_error error;
        config.n_atoms = cases[i].n_atoms;
        assert_int_equal(umi_learn(&config, &result, &error), cases[i].status);
        assert_non_null(strstr(error.message, cases[i].named));
        assert_int_equal(scratch_count(made.directory), n_made);
    }
}

static bool stop(void *user, double done, double total, double divergence)
{
    (void)divergence;
    size_t *calls_left = user;
    assert_true(done >= 0.0 && done <= total);
    return --*calls_left > 0;
}

static void cancelled_anywhere_leaves_nothing(void **state)
{
    (void)state;
    const umi_training_file files[] = {{low, "low"}, {high, "high"}};
    umi_learn_config config = config_of(files, 2);
    config.iterations = 3;
    um_status status = UM_ERR_CANCELLED;
    size_t n = 0;
    while (status == UM_ERR_CANCELLED) {
        size_t calls_left = ++n;
        um_progress progress = {stop, &calls_left};
        umi_learn_result result;
        um_error error;
        config.watch.progress = &progress;
        status = umi_learn(&config, &result, &error);
        assert_int_equal(scratch_count(made.directory), n_made + (status == UM_OK));
    }
    assert_int_equal(status, UM_OK);
    assert_true(n > 8);
    assert_int_equal(unlink(output), 0);
}

static um_status learn_and_remove(void *context)
{
    const umi_training_file files[] = {{low, "low"}, {high, "high"}};
    umi_learn_config config = config_of(files, 2);
    umi_learn_result result;
    config.iterations = 1;
    um_status status = umi_learn(&config, &result, context);
    assert_int_equal(scratch_count(made.directory), n_made + (status == UM_OK));
    (void)unlink(output);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    um_error error;
    assert_true(counting_allocator_sweep(learn_and_remove, &error) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_every_label),
        cmocka_unit_test(learns_strokes),
        cmocka_unit_test(pauses_are_left_out),
        cmocka_unit_test(the_same_bytes_again_and_force),
        cmocka_unit_test(many_names),
        cmocka_unit_test(refuses_and_leaves_nothing),
        cmocka_unit_test(cancelled_anywhere_leaves_nothing),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("learn", tests, make_files, remove_files);
}
