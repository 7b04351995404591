/* What all reports of stems tell, in words that JSON can carry. */
#define _DEFAULT_SOURCE
#include "job/stem_report.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "scratch_group.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

static char labels[3][UM_LABEL_MAX + 1] = {"drums", "voice", "residual"};
static const size_t source_of[] = {0, 1, 1, 0};
static double shares[] = {0.25, 0.75, 0.0};
static char path[] = "/songs/a.wav";
static um_error error;

static umi_stem_set stems_of(double null_peak)
{
    return (umi_stem_set){.input_format = {UMI_CONTAINER_MP3, UMI_SAMPLE_LOSSY, 44100.0, 2},
                          .output_format = {UMI_CONTAINER_FLAC, UMI_SAMPLE_S24, 44100.0, 2},
                          .n_frames = 12345,
                          .labels = labels,
                          .n_stems = 3,
                          .source_of = source_of,
                          .n_atoms = 4,
                          .shares = shares,
                          .held = 3,
                          .null_peak = null_peak};
}

static bool fill(umi_json *json, const umi_stem_set *stems, const umi_recording_origin *origin)
{
    return umi_stem_report_begin(json, "render", "a.wav", origin, stems) &&
           umi_stem_report_end(json, stems);
}

/* All of it at once, as the line that it makes. */
static void tells_input_stems_and_null(void **state)
{
    (void)state;
    umi_recording_origin origin = {path, 99, "0123456789abcdef0123456789abcdef"};
    umi_stem_set stems = stems_of(0.5);
    umi_json *json = umi_json_object();
    assert_true(fill(json, &stems, &origin));
    char *line = umi_json_to_line(json);
    static const char *const parts[] = {
        "\"program\":\"unmingle " UNMINGLE_VERSION "\",\"command\":\"render\"",
        "\"input\":{\"container\":\"MP3\"",
        "\"file\":\"a.wav\",\"frames\":12345,\"path\":\"/songs/a.wav\",\"bytes\":99,"
        "\"xxh3\":\"0123456789abcdef0123456789abcdef\"}",
        "\"output_format\":{\"container\":\"FLAC\",\"sample_format\":\"24-bit\"",
        "{\"label\":\"drums\",\"file\":\"drums.flac\",\"atoms\":[1,4],\"share\":0.25}",
        "{\"label\":\"voice\",\"file\":\"voice.flac\",\"atoms\":[2,3],\"share\":0.75}",
        "{\"label\":\"residual\",\"file\":\"residual.flac\",\"atoms\":[],\"share\":0}",
        "\"null_exact\":false,\"null_db\":-6.02",
        "\"samples_held\":3"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strstr(line, parts[i]) == NULL) {
            fail_msg("no %s in %s", parts[i], line);
        }
    }
    umi_free(line);
    umi_json_free(json);
}

/* The null that is exact has no number, and standard input no place. */
static void what_there_is_no_word_for(void **state)
{
    (void)state;
    umi_recording_origin none = {NULL, 0, ""};
    umi_stem_set stems = stems_of(0.0);
    umi_json *json = umi_json_object();
    assert_true(fill(json, &stems, &none));
    char *line = umi_json_to_line(json);
    assert_non_null(strstr(line, "\"null_exact\":true,\"null_db\":null"));
    assert_null(strstr(line, "\"path\""));
    umi_free(line);
    umi_json_free(json);
    assert_false(fill(NULL, &stems, &none));
}

static void names_what_was_kept(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b"};
    umi_json *json = umi_json_object();
    assert_true(umi_stem_report_kept(json, names, 2));
    char *line = umi_json_to_line(json);
    assert_string_equal(line, "{\"kept\":[{\"file\":\"a\"},{\"file\":\"b\"}]}");
    umi_free(line);
    umi_json_free(json);
    assert_false(umi_stem_report_kept(NULL, names, 2));
}

static void null_in_decibels(void **state)
{
    (void)state;
    assert_true(umi_null_db(1.0) == 0.0);
    assert_true(fabs(umi_null_db(0.001) + 60.0) < 1e-9);
    assert_true(umi_null_db(0.0) == -INFINITY);
}

static void is_written_into_the_set(void **state)
{
    (void)state;
    char folder[PATH_MAX], text[100];
    umi_output_set *set;
    umi_json *json = umi_json_object();
    snprintf(folder, sizeof folder, "%s", scratch_path(&files, "out"));
    assert_int_equal(umi_output_set_begin(folder, false, &set, &error), UM_OK);
    assert_int_equal(umi_stem_report_write(NULL, set, &error), UM_ERR_MEMORY);
    assert_non_null(strstr(error.message, "unmingle.json: "));
    assert_true(umi_json_set(json, "a", umi_json_integer(7)));
    assert_int_equal(umi_stem_report_write(json, set, &error), UM_OK);
    assert_int_equal(umi_output_set_commit(set, NULL, 0, &error), UM_OK);
    umi_output_set_free(set);
    umi_json_free(json);
    size_t n = scratch_read(scratch_path(&files, "out/unmingle.json"), text, sizeof text);
    assert_int_equal(n, strlen("{\n  \"a\": 7\n}\n"));
    assert_memory_equal(text, "{\n  \"a\": 7\n}\n", n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_input_stems_and_null), cmocka_unit_test(what_there_is_no_word_for),
        cmocka_unit_test(names_what_was_kept),        cmocka_unit_test(null_in_decibels),
        cmocka_unit_test(is_written_into_the_set),
    };
    return cmocka_run_group_tests_name("stem_report", tests, scratch_set_up, scratch_tear_down);
}
