#include "cli/clip.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_clips(void **state)
{
    (void)state;
    static const struct {
        const char *text, *label, *path;
        double start, end;
    } cases[] = {
        {"drums=loop.wav", "drums", "loop.wav", 0, INFINITY},
        {"drums=song.wav@0:10-0:14", "drums", "song.wav", 10, 14},
        {"drums=@0:10-0:14", "drums", "", 10, 14},
        {"bass=a=b.wav", "bass", "a=b.wav", 0, INFINITY},
        {"x=me@home/a.wav", "x", "me@home/a.wav", 0, INFINITY},
        {"x=me@home/a@1-", "x", "me@home/a", 1, INFINITY},
        {"x=take@2", "x", "take@2", 0, INFINITY}, /* no '-', so it is a name */
        {"x=take@1-2@-3", "x", "take@1-2", 0, 3},
        {"ű é=-.wav", "ű é", "-.wav", 0, INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        umi_clip clip;
        um_error error = {UM_OK, ""};
        um_status status = umi_clip_parse(cases[i].text, &clip, &error);
        assert_string_equal(error.message, "");
        assert_int_equal(status, UM_OK);
        assert_string_equal(clip.label, cases[i].label);
        assert_string_equal(clip.path, cases[i].path);
        assert_true(clip.range.start == cases[i].start && clip.range.end == cases[i].end);
    }
}

static void test_mistakes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",        "drums",      "=loop.wav", "drums=",     "a/b=loop.wav", ".a=loop.wav",
        "a=b@5-3", "a=b@1:60-2", "a=b@-",     "a\nb=c.wav",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        umi_clip clip;
        um_error error = {UM_OK, ""};
        assert_int_equal(umi_clip_parse(texts[i], &clip, &error), UM_ERR_ARGUMENT);
        assert_true(strlen(error.message) > 0);
    }
}

/* A label of the greatest length, one byte more, and paths at their limit. */
static void test_lengths(void **state)
{
    (void)state;
    static char text[UM_LABEL_MAX + UMI_PATH_MAX + 16];
    umi_clip clip;
    memset(text, 'a', sizeof text);
    strcpy(text + UM_LABEL_MAX, "=b");
    assert_int_equal(umi_clip_parse(text, &clip, NULL), UM_OK);
    assert_int_equal(strlen(clip.label), UM_LABEL_MAX);
    memset(text, 'a', sizeof text);
    strcpy(text + UM_LABEL_MAX + 1, "=b");
    assert_int_equal(umi_clip_parse(text, &clip, NULL), UM_ERR_ARGUMENT);

    memset(text, 'p', sizeof text);
    text[1] = '=';
    text[2 + UMI_PATH_MAX - 1] = '\0';
    assert_int_equal(umi_clip_parse(text, &clip, NULL), UM_OK);
    assert_int_equal(strlen(clip.path), UMI_PATH_MAX - 1);
    text[2 + UMI_PATH_MAX - 1] = 'p';
    text[2 + UMI_PATH_MAX] = '\0';
    assert_int_equal(umi_clip_parse(text, &clip, NULL), UM_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clips),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
