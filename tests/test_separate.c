/* Separation from file to folder: blind, by example, by dictionary; whole or not at all. */
#define _DEFAULT_SOURCE
#include "job/separate.h"

#include "counting_allocator.h"
#include "format/json.h"
#include "job/learn.h"
#include "scratch.h"
#include "sound_file.h"
#include "timbres.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

/* "High" alone for the first half second, then both; low is left of the middle, high is right. */
enum { N_FRAMES = 16000, ALONE = 4000, C = 2 };

static scratch made;
static char mix_path[PATH_MAX], low_path[PATH_MAX], dictionary_path[PATH_MAX], output[PATH_MAX];
static char warned[256];

static void take_warning(void *user, const char *message)
{
    (void)user;
    snprintf(warned, sizeof warned, "%s", message);
}

static const double places[2][C] = {{0.9, 0.4}, {0.3, 0.8}};

static double true_sample(timbre which, size_t i, size_t c)
{
    return which == TIMBRE_LOW && i < ALONE ? 0.0 : places[which][c] * timbre_sample(which, i);
}

static const char *in_folder(char *path, const char *name)
{
    snprintf(path, PATH_MAX, "%s/%s", made.directory, name);
    return path;
}

static void learn_dictionary(void)
{
    umi_training_file file = {low_path, "low"};
    umi_learn_config config = {.files = &file,
                               .n_files = 1,
                               .output = in_folder(dictionary_path, "low.safetensors"),
                               .n_atoms = 3,
                               .atom_frames = 1,
                               .window = 512,
                               .iterations = 30,
                               .seed = 1,
                               .memory = (size_t)144 << 20,
                               .parallel = um_parallel_serial()};
    umi_learn_result result;
    um_error error;
    assert_int_equal(umi_learn(&config, &result, &error), UM_OK);
}

static int make_files(void **state)
{
    (void)state;
    static int32_t mix[N_FRAMES * C];
    static float low[N_FRAMES];
    scratch_make(&made);
    for (size_t i = 0; i < N_FRAMES * C; i++) {
        double value =
            true_sample(TIMBRE_LOW, i / C, i % C) + true_sample(TIMBRE_HIGH, i / C, i % C);
        mix[i] = (int32_t)lrint(32767.0 * value);
        low[i / C] = (float)timbre_sample(TIMBRE_LOW, i / C);
    }
    sound_file_write_int(in_folder(mix_path, "mix.wav"), UMI_SAMPLE_S16, mix, N_FRAMES, C,
                         TIMBRES_RATE);
    sound_file_write(in_folder(low_path, "low.wav"), low, N_FRAMES, 1, TIMBRES_RATE);
    (void)in_folder(output, "stems");
    learn_dictionary();
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

static int remove_output(void **state)
{
    (void)state;
    scratch_remove_tree(AT_FDCWD, output);
    return 0;
}

static umi_separate_config blind_config(void)
{
    umi_separate_config config = {.input = mix_path,
                                  .output = output,
                                  .n_sources = 2,
                                  .n_atoms = 6,
                                  .n_clip_atoms = 3,
                                  .window = 512,
                                  .iterations = 60,
                                  .exponent = 1.5,
                                  .seed = 1,
                                  .memory = (size_t)144 << 20,
                                  .format = {UMI_CONTAINER_WAV, true, UMI_SAMPLE_S16},
                                  .parallel = um_parallel_serial()};
    config.watch.warn = take_warning;
    return config;
}

static umi_example example_of(const char *label, const char *path, double start, double end)
{
    umi_example example = {.path = path, .start = start, .end = end};
    snprintf(example.label, sizeof example.label, "%s", label);
    return example;
}

static const char *stem_path(const char *name)
{
    static char path[PATH_MAX + 80];
    snprintf(path, sizeof path, "%s/%s", output, name);
    return path;
}

/* SDR of a stem against the true source, in dB, over both channels. */
static double sdr(const char *name, timbre which)
{
    static float stem[(N_FRAMES + 1) * C];
    umi_audio_format format;
    double source = 0.0, error = 0.0;
    assert_int_equal(sound_file_read(stem_path(name), stem, NULL, N_FRAMES + 1, &format), N_FRAMES);
    assert_true(format.sample_rate == TIMBRES_RATE && format.channels == C);
    for (size_t i = 0; i < N_FRAMES * C; i++) {
        double value = true_sample(which, i / C, i % C);
        source += value * value;
        error += (value - (double)stem[i]) * (value - (double)stem[i]);
    }
    return 10.0 * log10(source / error);
}

/* The stems' whole numbers add up to the mix's. */
static void assert_exact(const char *const *names, size_t n_names)
{
    static int32_t mix[N_FRAMES * C], stem[N_FRAMES * C];
    assert_int_equal(sound_file_read(mix_path, NULL, mix, N_FRAMES, NULL), N_FRAMES);
    for (size_t s = 0; s < n_names; s++) {
        assert_int_equal(sound_file_read(stem_path(names[s]), NULL, stem, N_FRAMES, NULL),
                         N_FRAMES);
        for (size_t i = 0; i < N_FRAMES * C; i++) {
            mix[i] -= stem[i];
        }
    }
    for (size_t i = 0; i < N_FRAMES * C; i++) {
        assert_int_equal(mix[i], 0);
    }
}

static void blind(void **state)
{
    (void)state;
    static const char *const names[] = {"source-1.wav", "source-2.wav"};
    umi_separate_config config = blind_config();
    umi_separate_result result;
    um_error error;
    assert_int_equal(umi_separate(&config, &result, &error), UM_OK);
    assert_int_equal(scratch_count(output), 6);
    assert_exact(names, 2);
    timbre first =
        sdr(names[0], TIMBRE_LOW) > sdr(names[0], TIMBRE_HIGH) ? TIMBRE_LOW : TIMBRE_HIGH;
    assert_true(sdr(names[0], first) > 12.0);
    assert_true(sdr(names[1], first == TIMBRE_LOW ? TIMBRE_HIGH : TIMBRE_LOW) > 12.0);
    assert_true(result.blind && result.stems.null_peak == 0.0 && result.stems.n_frames == N_FRAMES);
    assert_true(fabs(result.stems.shares[0] + result.stems.shares[1] - 1.0) < 1e-9);
    assert_true(result.n_learned_frames > 0);
    assert_true(result.n_available_frames == N_FRAMES / 128);
    umi_separate_result_free(&result);
    umi_separate_result_free(&result);
}

/* One label from another file, one from where it is alone in the recording, and a residual. */
static void by_example(void **state)
{
    (void)state;
    static const char *const names[] = {"low.wav", "high.wav", "residual.wav"};
    const umi_example examples[] = {example_of("low", low_path, 0.5, INFINITY),
                                    example_of("high", NULL, 0.0, 0.2),
                                    example_of("high", NULL, 0.2, (double)ALONE / TIMBRES_RATE)};
    umi_separate_config config = blind_config();
    umi_separate_result result;
    um_error error;
    config.examples = examples;
    config.n_examples = 3;
    for (int residual = 0; residual < 2; residual++) {
        config.residual = residual;
        config.force = residual;
        assert_int_equal(umi_separate(&config, &result, &error), UM_OK);
        assert_int_equal(result.model.n_sources, 2 + residual);
        assert_exact(names, 2 + (size_t)residual);
        assert_true(sdr("low.wav", TIMBRE_LOW) > 12.0);
        assert_true(sdr("high.wav", TIMBRE_HIGH) > 12.0);
        assert_false(result.blind);
        umi_separate_result_free(&result);
    }
}

/* Who names one source gets it and the rest. */
static void by_dictionary(void **state)
{
    (void)state;
    static const char *const names[] = {"low.wav", "residual.wav"};
    const char *const dictionaries[] = {dictionary_path};
    umi_separate_config config = blind_config();
    umi_separate_result result;
    um_error error;
    config.dictionaries = dictionaries;
    config.n_dictionaries = 1;
    config.window = 0; /* the dictionary's */
    assert_int_equal(umi_separate(&config, &result, &error), UM_OK);
    assert_int_equal(result.stft.window.length, 512);
    assert_exact(names, 2);
    assert_true(sdr("low.wav", TIMBRE_LOW) > 12.0);
    assert_true(sdr("residual.wav", TIMBRE_HIGH) > 12.0);
    umi_separate_result_free(&result);
}

static void force_keeps_what_is_not_ours(void **state)
{
    (void)state;
    umi_separate_config config = blind_config();
    umi_separate_result result;
    um_error error;
    config.n_sources = 3;
    config.iterations = 3;
    assert_int_equal(umi_separate(&config, &result, &error), UM_OK);
    umi_separate_result_free(&result);
    char notes[PATH_MAX];
    (void)scratch_write(&made, "stems/notes.txt", "mine", 4);
    snprintf(notes, sizeof notes, "%s", made.path);
    assert_int_equal(umi_separate(&config, &result, &error), UM_ERR_CREATE);
    assert_int_equal(scratch_count(output), 8);
    config.force = true;
    config.n_sources = 2;
    assert_int_equal(umi_separate(&config, &result, &error), UM_OK);
    umi_separate_result_free(&result);
    assert_true(scratch_exists(notes));
    assert_false(scratch_exists(stem_path("source-3.wav")));
    assert_int_equal(scratch_count(output), 7);
}

static double number_at(const umi_json *json, const char *key)
{
    double value = NAN;
    assert_true(umi_json_get_number(umi_json_get(json, key), &value));
    return value;
}

static void leaves_a_report(void **state)
{
    (void)state;
    static char text[1 << 16];
    umi_separate_config config = blind_config();
    umi_separate_result result;
    umi_json *json;
    um_error error;
    config.format.container = UMI_CONTAINER_FLAC;
    assert_int_equal(umi_separate(&config, &result, &error), UM_OK);
    size_t n = scratch_read(stem_path("unmingle.json"), text, sizeof text);
    assert_true(n < sizeof text);
    assert_int_equal(umi_json_parse(text, n, "report", &json, &error), UM_OK);
    const umi_json *stems = umi_json_get(json, "stems");
    assert_int_equal(umi_json_length(stems), 2);
    double n_atoms = 0.0, share = 0.0;
    for (size_t s = 0; s < 2; s++) {
        const umi_json *stem = umi_json_at(stems, s);
        const char *file = umi_json_get_string(umi_json_get(stem, "file"));
        assert_string_equal(file, s == 0 ? "source-1.flac" : "source-2.flac");
        assert_true(scratch_exists(stem_path(file)));
        n_atoms += (double)umi_json_length(umi_json_get(stem, "atoms"));
        share += number_at(stem, "share");
    }
    assert_true(n_atoms == 6.0 && fabs(share - 1.0) < 1e-9);
    assert_true(umi_json_length(umi_json_get(json, "divergence")) == result.model.n_curve);
    assert_true(number_at(json, "seed") == 1.0);
    umi_json_free(json);
    umi_separate_result_free(&result);
}

static void silence_and_nothing(void **state)
{
    (void)state;
    static float silence[5000];
    umi_separate_config config = blind_config();
    umi_separate_result result;
    um_error error;
    char path[PATH_MAX];
    config.input = in_folder(path, "silence.wav");
    config.force = true;
    for (size_t n = 0; n <= 5000; n += 2500) {
        sound_file_write(path, silence, n, 1, TIMBRES_RATE);
        assert_int_equal(umi_separate(&config, &result, &error), UM_OK);
        assert_true(result.stems.null_peak == 0.0 && result.n_learned_frames == 0);
        assert_int_equal(sound_file_read(stem_path("source-1.wav"), silence, NULL, 5000, NULL), n);
        assert_int_equal(sound_file_read(stem_path("source-2.wav"), silence, NULL, 5000, NULL), n);
        for (size_t i = 0; i < n; i++) {
            assert_true(silence[i] == 0.0F);
        }
        umi_separate_result_free(&result);
    }
    assert_int_equal(unlink(path), 0);
}

static void formats_of_stems(void **state)
{
    (void)state;
    static float sound[9000];
    umi_separate_config config = blind_config();
    umi_separate_result result;
    um_error error;
    char path[PATH_MAX];
    config.input = in_folder(path, "wide.wav");
    config.format.container = UMI_CONTAINER_FLAC;
    config.force = true;
    config.iterations = 2;
    sound[0] = 0.5F;
    sound_file_write(path, sound, 1000, 8, TIMBRES_RATE);
    assert_int_equal(umi_separate(&config, &result, &error), UM_OK);
    assert_int_equal(result.stems.output_format.sample, UMI_SAMPLE_S24);
    assert_non_null(strstr(warned, "24"));
    umi_separate_result_free(&result);
    sound_file_write(path, sound, 1000, 9, TIMBRES_RATE);
    assert_int_equal(umi_separate(&config, &result, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "wide.wav"));
    config.format.container = UMI_CONTAINER_WAV;
    config.format.keep_sample = false;
    config.format.sample = UMI_SAMPLE_S32;
    assert_int_equal(umi_separate(&config, &result, &error), UM_OK);
    assert_int_equal(result.stems.output_format.sample, UMI_SAMPLE_S32);
    assert_int_equal(result.stems.input_format.sample, UMI_SAMPLE_FLOAT);
    assert_true(result.stems.null_peak == 0.0);
    umi_separate_result_free(&result);
    assert_int_equal(unlink(path), 0);
}

static void refuses_and_leaves_nothing(void **state)
{
    (void)state;
    static float silence[8000];
    char quiet[PATH_MAX], fast[PATH_MAX], none[PATH_MAX];
    const char *const dictionaries[] = {dictionary_path};
    sound_file_write(in_folder(quiet, "quiet.wav"), silence, 8000, 1, TIMBRES_RATE);
    sound_file_write(in_folder(fast, "fast.wav"), silence, 8000, 1, 2 * TIMBRES_RATE);
    (void)in_folder(none, "none.wav");
    const struct {
        const char *input;
        umi_example example; /* with an empty label: none */
        bool dictionary;
        size_t window, n_sources;
        um_status status;
        const char *named;
    } cases[] = {
        {none, {.label = ""}, false, 512, 2, UM_ERR_NO_INPUT, "none.wav"},
        {mix_path, {.label = ""}, false, 512, 7, UM_ERR_ARGUMENT, "7"},
        {mix_path, {.label = ""}, false, 513, 2, UM_ERR_ARGUMENT, "513"},
        {mix_path, {"a", quiet, 0.0, 1.0}, false, 512, 2, UM_ERR_DATA, "quiet.wav"},
        {mix_path, {"a", fast, 0.0, 1.0}, false, 512, 2, UM_ERR_DATA, "fast.wav"},
        {mix_path, {"a", none, 0.0, 1.0}, false, 512, 2, UM_ERR_NO_INPUT, "none.wav"},
        {mix_path, {"a", NULL, 2.0, 3.0}, false, 512, 2, UM_ERR_DATA, "mix.wav"},
        {fast, {.label = ""}, true, 512, 2, UM_ERR_CONFIG, "fast.wav"},
        {mix_path, {.label = ""}, true, 1024, 2, UM_ERR_CONFIG, "low.safetensors"},
    };
    size_t n_before = scratch_count(made.directory);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_separate_config config = blind_config();
        umi_separate_result result;
        um_error error;
        config.input = cases[i].input;
        config.examples = &cases[i].example;
        config.n_examples = cases[i].example.label[0] != '\0';
        config.dictionaries = dictionaries;
        config.n_dictionaries = cases[i].dictionary;
        config.window = cases[i].window;
        config.window_given = true;
        config.n_sources = cases[i].n_sources;
        assert_int_equal(umi_separate(&config, &result, &error), cases[i].status);
        assert_non_null(strstr(error.message, cases[i].named));
        assert_true(result.model.W.data == NULL && result.stems.shares == NULL);
        assert_int_equal(scratch_count(made.directory), n_before);
    }
    assert_int_equal(unlink(quiet), 0);
    assert_int_equal(unlink(fast), 0);
}

static bool stop(void *user, double done, double total, double divergence)
{
    (void)divergence;
    size_t *calls_left = user;
    assert_true(done >= 0.0 && done <= total);
    return --*calls_left > 0;
}

static umi_separate_config short_config(const umi_example *example, const char *const *dictionary)
{
    umi_separate_config config = blind_config();
    config.iterations = 3;
    config.examples = example;
    config.n_examples = 1;
    config.dictionaries = dictionary;
    config.n_dictionaries = 1;
    return config;
}

/* Stopped at the first call of progress, at the second, and so forth to the last. */
static void cancelled_anywhere_leaves_nothing(void **state)
{
    (void)state;
    const umi_example example = example_of("high", NULL, 0.0, 0.5);
    const char *const dictionaries[] = {dictionary_path};
    umi_separate_config config = short_config(&example, dictionaries);
    size_t n_before = scratch_count(made.directory);
    size_t n = 0;
    um_status status = UM_ERR_CANCELLED;
    while (status == UM_ERR_CANCELLED) {
        size_t calls_left = ++n;
        um_progress progress = {stop, &calls_left};
        umi_separate_result result;
        um_error error;
        config.watch.progress = &progress;
        status = umi_separate(&config, &result, &error);
        assert_int_equal(scratch_count(made.directory), n_before + (status == UM_OK));
        assert_true((status == UM_OK) == (result.model.W.data != NULL));
        umi_separate_result_free(&result);
    }
    assert_int_equal(status, UM_OK);
    assert_true(n > 10);
}

static um_status separate_and_remove(void *context)
{
    const umi_example example = example_of("high", NULL, 0.0, 0.5);
    const char *const dictionaries[] = {dictionary_path};
    umi_separate_config config = short_config(&example, dictionaries);
    size_t *n_before = context;
    umi_separate_result result;
    um_error error;
    config.iterations = 1;
    um_status status = umi_separate(&config, &result, &error);
    assert_int_equal(scratch_count(made.directory), *n_before + (status == UM_OK));
    umi_separate_result_free(&result);
    (void)remove_output(NULL);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    size_t n_before = scratch_count(made.directory);
    assert_true(counting_allocator_sweep(separate_and_remove, &n_before) > 100);
}

#define THEN_CLEAN(test) cmocka_unit_test_teardown(test, remove_output)

int main(void)
{
    const struct CMUnitTest tests[] = {
        THEN_CLEAN(blind),
        THEN_CLEAN(by_example),
        THEN_CLEAN(by_dictionary),
        THEN_CLEAN(force_keeps_what_is_not_ours),
        THEN_CLEAN(leaves_a_report),
        THEN_CLEAN(silence_and_nothing),
        THEN_CLEAN(formats_of_stems),
        THEN_CLEAN(refuses_and_leaves_nothing),
        THEN_CLEAN(cancelled_anywhere_leaves_nothing),
        THEN_CLEAN(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("separate", tests, make_files, remove_files);
}
