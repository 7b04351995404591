/* A recording is found again by what is kept of it, and told from others. */
#define _DEFAULT_SOURCE
#include "job/recording_origin.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

static um_error error;

static umi_recording_origin origin_of(const char *path)
{
    umi_recording_origin origin;
    assert_int_equal(umi_recording_origin_of(path, &origin, &error), UM_OK);
    return origin;
}

static void names_the_file_from_the_root(void **state)
{
    (void)state;
    char path[PATH_MAX], before[PATH_MAX];
    snprintf(path, sizeof path, "%s", scratch_write(&files, "a.wav", "abc", 3));
    umi_recording_origin origin = origin_of(path);
    assert_int_equal(origin.path[0], '/');
    assert_int_equal(origin.n_bytes, 3);
    assert_string_equal(origin.hash, "06b05ab6733a618578af5f94892f3950"); /* xxhsum -H2 */
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(files.directory), 0);
    umi_recording_origin other = origin_of("./a.wav");
    assert_int_equal(chdir(before), 0);
    assert_string_equal(other.path, origin.path);
    assert_true(umi_recording_origin_same_bytes(&origin, &other));
    umi_recording_origin_free(&other);
    for (size_t i = 0; i < 2; i++) {
        other = origin_of(scratch_write(&files, "b.wav", i == 0 ? "abd" : "abcd", 3 + i));
        assert_false(umi_recording_origin_same_bytes(&origin, &other));
        umi_recording_origin_free(&other);
    }
    umi_recording_origin_free(&origin);
    assert_null(origin.path);
    assert_int_equal(umi_recording_origin_of(scratch_path(&files, "none"), &origin, &error),
                     UM_ERR_NO_INPUT);
    assert_null(origin.path);
}

static void json_and_back(void **state)
{
    (void)state;
    umi_recording_origin origin = origin_of(scratch_write(&files, "a.wav", "abc", 3)), read;
    umi_json *json = umi_json_object();
    assert_true(umi_recording_origin_put(&origin, json));
    assert_int_equal(umi_json_length(json), 3);
    assert_int_equal(umi_recording_origin_get(json, &read), UM_OK);
    assert_string_equal(read.path, origin.path);
    assert_true(umi_recording_origin_same_bytes(&read, &origin));
    umi_recording_origin_free(&read);
    umi_recording_origin_free(&origin);
    umi_json_free(json);
}

static void standard_input_is_nothing(void **state)
{
    (void)state;
    umi_recording_origin origin = origin_of("-"), read;
    umi_json *json = umi_json_object();
    assert_null(origin.path);
    assert_true(umi_recording_origin_put(&origin, json));
    assert_int_equal(umi_json_length(json), 0);
    assert_int_equal(umi_recording_origin_get(json, &read), UM_OK);
    assert_null(read.path);
    umi_json_free(json);
}

static void parts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"path\": \"a\"}",
        "{\"bytes\": 3}",
        "{\"path\": \"a\", \"bytes\": 3}",
        "{\"path\": \"a\", \"bytes\": 3, \"xxh3\": \"06b0\"}",
        "{\"path\": \"a\", \"bytes\": -3, \"xxh3\": \"06b05ab6733a618578af5f94892f3950\"}",
        "{\"path\": \"a\", \"bytes\": 3.5, \"xxh3\": \"06b05ab6733a618578af5f94892f3950\"}",
        "{\"path\": 7, \"bytes\": 3, \"xxh3\": \"06b05ab6733a618578af5f94892f3950\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        umi_json *json;
        umi_recording_origin read;
        assert_int_equal(umi_json_parse(texts[i], strlen(texts[i]), "t", &json, &error), UM_OK);
        assert_int_equal(umi_recording_origin_get(json, &read), UM_ERR_DATA);
        assert_null(read.path);
        umi_json_free(json);
    }
}

static um_status find_and_free(void *path)
{
    umi_recording_origin origin;
    um_status status = umi_recording_origin_of(path, &origin, &error);
    assert_int_equal(status == UM_OK, origin.path != NULL);
    umi_recording_origin_free(&origin);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", scratch_write(&files, "a.wav", "abc", 3));
    assert_true(counting_allocator_sweep(find_and_free, path) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_file_from_the_root), cmocka_unit_test(json_and_back),
        cmocka_unit_test(standard_input_is_nothing),    cmocka_unit_test(parts_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("recording_origin", tests, scratch_set_up,
                                       scratch_tear_down);
}
