/* The report says what was done, in words that JSON can carry. */
#define _DEFAULT_SOURCE
#include "job/separate_report.h"

#include "core/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const umi_example examples[] = {{"drums", NULL, 1.5, 4.0},
                                       {"voice", "v.wav", 0.0, INFINITY}};
static const char *const dictionaries[] = {"a.safetensors", "b.safetensors"};
static char labels[2][UM_LABEL_MAX + 1] = {"drums", "voice"};
static size_t source_of[] = {0, 1, 1};
static double shares[] = {0.25, 0.75};
static double curve[] = {8.0, 4.5, 4.25};

static umi_separate_config config_of(void)
{
    umi_separate_config config = {.input = "so\xFFng.wav",
                                  .examples = examples,
                                  .n_examples = 2,
                                  .dictionaries = dictionaries,
                                  .n_dictionaries = 2,
                                  .adapt = true,
                                  .n_clip_atoms = 24,
                                  .n_sources = 4,
                                  .iterations = 100,
                                  .tolerance = 1e-5,
                                  .start = UMI_START_NNDSVD,
                                  .exponent = 1.5,
                                  .seed = 42,
                                  .memory = 1000000};
    return config;
}

static umi_separate_result result_of(void)
{
    umi_separate_result result = {0};
    result.model.W = (um_view){NULL, 3, 5, 5};
    result.model.source_of = source_of;
    result.model.n_sources = 2;
    result.model.labels = labels;
    result.model.curve = curve;
    result.model.n_curve = 3;
    result.model.iterations = 20;
    result.stems = (umi_stem_set){
        .input_format = {UMI_CONTAINER_MP3, UMI_SAMPLE_LOSSY, 44100.0, 2},
        .output_format = {UMI_CONTAINER_FLAC, UMI_SAMPLE_S24, 44100.0, 2},
        .n_frames = 12345,
        .labels = labels,
        .n_stems = 2,
        .source_of = source_of,
        .n_atoms = 3,
        .shares = shares,
        .held = 3,
        .null_peak = 0x1p-23,
    };
    result.stft = um_stft_config_default();
    result.n_learned_frames = 10;
    result.shifts = 4;
    result.clip_iterations = 40;
    result.n_available_frames = 12;
    return result;
}

/* The value at a path of keys and indices: "stems.1.label". */
static const umi_json *at(const umi_json *json, const char *path)
{
    char copy[128];
    char *rest = copy;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *key; (key = strsep(&rest, ".")) != NULL;) {
        json = key[0] >= '0' && key[0] <= '9' ? umi_json_at(json, (size_t)(key[0] - '0'))
                                              : umi_json_get(json, key);
    }
    return json;
}

static void assert_text(const umi_json *json, const char *path, const char *expected)
{
    const char *text = umi_json_get_string(at(json, path));
    assert_non_null(text);
    assert_string_equal(text, expected);
}

static void assert_number(const umi_json *json, const char *path, double expected)
{
    double value;
    assert_true(umi_json_get_number(at(json, path), &value));
    assert_true(value == expected);
}

static void assert_null_value(const umi_json *json, const char *path)
{
    double value;
    assert_non_null(at(json, path));
    assert_false(umi_json_get_number(at(json, path), &value));
}

static bool is_set(const umi_json *json, const char *path)
{
    bool value = false;
    assert_true(umi_json_get_boolean(at(json, path), &value));
    return value;
}

/* The report as somebody else reads it. */
static umi_json *read_back(const umi_separate_config *config, const umi_separate_result *result)
{
    umi_json *json = umi_separate_report(config, result);
    umi_json *read;
    um_error error;
    assert_non_null(json);
    char *text = umi_json_to_text(json);
    assert_non_null(text);
    assert_int_equal(umi_json_parse(text, strlen(text), "report", &read, &error), UM_OK);
    umi_free(text);
    umi_json_free(json);
    return read;
}

static void says_what_was_done(void **state)
{
    (void)state;
    umi_separate_config config = config_of();
    umi_separate_result result = result_of();
    umi_json *json = read_back(&config, &result);
    assert_text(json, "program", "unmingle " UNMINGLE_VERSION);
    assert_text(json, "command", "separate");
    assert_text(json, "input.file", "so\xEF\xBF\xBDng.wav");
    assert_text(json, "input.container", "MP3");
    assert_number(json, "input.frames", 12345);
    assert_number(json, "input.sample_rate", 44100);
    assert_text(json, "output_format.container", "FLAC");
    assert_text(json, "output_format.sample_format", "24-bit");
    assert_number(json, "output_format.channels", 2);
    assert_int_equal(umi_json_length(at(json, "stems")), 2);
    assert_text(json, "stems.0.label", "drums");
    assert_text(json, "stems.0.file", "drums.flac");
    assert_int_equal(umi_json_length(at(json, "stems.0.atoms")), 1);
    assert_number(json, "stems.0.atoms.0", 1);
    assert_number(json, "stems.0.share", 0.25);
    assert_text(json, "stems.1.file", "voice.flac");
    assert_int_equal(umi_json_length(at(json, "stems.1.atoms")), 2);
    assert_number(json, "stems.1.atoms.0", 2);
    assert_number(json, "stems.1.atoms.1", 3);
    assert_text(json, "kept.0.file", "atoms.safetensors");
    assert_text(json, "kept.1.file", "activations.npy");
    assert_text(json, "kept.2.file", "index.html");
    assert_number(json, "settings.window", 4096);
    assert_number(json, "settings.hop", 1024);
    assert_text(json, "settings.window_shape", "hann");
    assert_number(json, "settings.atoms", 3);
    assert_text(json, "settings.start", "random"); /* known atoms: the free ones start random */
    assert_number(json, "settings.iterations", 100);
    assert_text(json, "settings.split", "sources");
    assert_null_value(json, "settings.sources"); /* they are known */
    assert_true(is_set(json, "settings.adapt") && !is_set(json, "settings.fast"));
    assert_number(json, "settings.shifts", 4);
    assert_number(json, "settings.clip_atoms", 24);
    assert_number(json, "settings.clip_iterations", 40);
    assert_number(json, "settings.tolerance", 1e-5);
    assert_number(json, "settings.exponent", 1.5);
    assert_number(json, "settings.memory", 1000000);
    assert_text(json, "settings.dictionaries.1", "b.safetensors");
    assert_text(json, "settings.examples.0.label", "drums");
    assert_text(json, "settings.examples.0.clip", "so\xEF\xBF\xBDng.wav");
    assert_number(json, "settings.examples.0.from", 1.5);
    assert_number(json, "settings.examples.0.to", 4.0);
    assert_text(json, "settings.examples.1.clip", "v.wav");
    assert_number(json, "seed", 42);
    assert_number(json, "learned_frames", 10);
    assert_number(json, "available_frames", 12);
    assert_number(json, "iterations", 20);
    assert_int_equal(umi_json_length(at(json, "divergence")), 3);
    assert_number(json, "divergence.1", 4.5);
    assert_number(json, "null_db", umi_null_db(0x1p-23));
    assert_number(json, "samples_held", 3);
    umi_json_free(json);
}

/* What JSON has no word for is null: the end of a clip that has none, the null that is exact. */
static void infinities_are_null(void **state)
{
    (void)state;
    umi_separate_config config = config_of();
    umi_separate_result result = result_of();
    result.stems.null_peak = 0.0;
    result.blind = true;
    umi_json *json = read_back(&config, &result);
    assert_null_value(json, "null_db");
    assert_null_value(json, "settings.examples.1.to");
    umi_json_free(json);
}

/* Settings of what did not take part are not told. */
static void says_what_took_part(void **state)
{
    (void)state;
    umi_separate_config config = config_of();
    umi_separate_result result = result_of();
    config.n_examples = 0;
    config.n_dictionaries = 0;
    result.blind = true;
    umi_json *json = read_back(&config, &result);
    assert_text(json, "settings.start", "nndsvd");
    assert_number(json, "settings.sources", 4);
    assert_null(at(json, "settings.clip_atoms"));
    umi_json_free(json);
    config.split = UMI_SPLIT_LEAD;
    json = read_back(&config, &result);
    assert_text(json, "settings.split", "lead");
    assert_null_value(json, "settings.sources");
    umi_json_free(json);
    config.split = UMI_SPLIT_PERCUSSIVE;
    config.fast = true;
    json = read_back(&config, &result);
    assert_text(json, "settings.split", "percussive");
    assert_text(json, "settings.start", "random");
    assert_number(json, "settings.iterations", 0);
    assert_number(json, "settings.tolerance", 0);
    umi_json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_was_done),
        cmocka_unit_test(infinities_are_null),
        cmocka_unit_test(says_what_took_part),
    };
    return cmocka_run_group_tests_name("separate_report", tests, NULL, NULL);
}
