/* Every setting that may change an output changes the text; figures say what JSON can. */
#define _DEFAULT_SOURCE
#include "job/denoise_settings.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "scratch_group.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { TEXT = 1024 };

static void settings_text(const umi_denoise_config *config, bool residue, char text[TEXT])
{
    umi_json *json;
    um_error error;
    assert_int_equal(umi_denoise_settings(config, residue, &json, &error), UM_OK);
    char *line = umi_json_to_line(json);
    snprintf(text, TEXT, "%s", line);
    umi_free(line);
    umi_json_free(json);
}

static void every_setting_counts(void **state)
{
    (void)state;
    static char texts[12][TEXT];
    char one[PATH_MAX], other[PATH_MAX];
    snprintf(one, sizeof one, "%s", scratch_write(&files, "one", "1", 1));
    snprintf(other, sizeof other, "%s", scratch_write(&files, "other", "2", 1));
    umi_denoise_config c = {.dictionary = one, .strength = 1.0, .max_reduction = 40.0};
    size_t n = 0;
    settings_text(&c, false, texts[n++]);
    settings_text(&c, true, texts[n++]);
    c.strength = 0.5;
    settings_text(&c, false, texts[n++]);
    c.max_reduction = 20.0;
    settings_text(&c, false, texts[n++]);
    c.keep_channels = true;
    settings_text(&c, false, texts[n++]);
    c.reader.strict = true;
    settings_text(&c, false, texts[n++]);
    c.fast = true;
    settings_text(&c, false, texts[n++]);
    c.dictionary = other;
    settings_text(&c, false, texts[n++]);
    c.profile = UMI_PROFILE_FILE;
    c.profile_path = one;
    settings_text(&c, false, texts[n++]);
    c.profile_path = other;
    settings_text(&c, false, texts[n++]);
    c.profile = UMI_PROFILE_RANGE;
    c.profile_end = 1.0;
    settings_text(&c, false, texts[n++]);
    c.profile_end = INFINITY;
    settings_text(&c, false, texts[n++]);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(texts[i], texts[j]);
        }
    }
}

static void what_changes_no_output_does_not_count(void **state)
{
    (void)state;
    char one[TEXT], other[TEXT], path[PATH_MAX];
    snprintf(path, sizeof path, "%s", scratch_write(&files, "one", "1", 1));
    umi_denoise_config c = {.strength = 1.0, .dictionary = path};
    settings_text(&c, false, one);
    c.reader.allow_truncated = true;
    c.dictionary = scratch_write(&files, "same", "1", 1); /* its bytes count, not its name */
    settings_text(&c, false, other);
    assert_string_equal(one, other);
    assert_non_null(strstr(one, "\"program\":\"unmingle "));
}

static void files_that_are_not_there(void **state)
{
    (void)state;
    umi_json *json;
    um_error error;
    umi_denoise_config c = {.dictionary = scratch_path(&files, "none")};
    assert_int_equal(umi_denoise_settings(&c, false, &json, &error), UM_ERR_NO_INPUT);
    assert_null(json);
    assert_non_null(strstr(error.message, "/none: "));
}

static void figures(void **state)
{
    (void)state;
    static char warning[] = "a: \"x\"";
    umi_denoise_result result = {.seconds = 1.5,
                                 .n_frames = 12,
                                 .reduction_db = INFINITY,
                                 .clipped = 3,
                                 .not_finite = 4,
                                 .warnings = {warning},
                                 .n_warnings = 1};
    umi_json *json = umi_denoise_figures(&result);
    char *line = umi_json_to_line(json);
    assert_string_equal(line, "{\"seconds\":1.5,\"frames\":12,\"reduction_db\":null,\"clipped\":3,"
                              "\"not_finite\":4,\"warnings\":[\"a: \\\"x\\\"\"]}");
    umi_free(line);
    umi_json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_counts),
        cmocka_unit_test(what_changes_no_output_does_not_count),
        cmocka_unit_test(files_that_are_not_there),
        cmocka_unit_test(figures),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
