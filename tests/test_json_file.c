/* A small JSON file is read; what is none, or too large, is not. */
#define _DEFAULT_SOURCE
#include "job/json_file.h"

#include "counting_allocator.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

static void reads(void **state)
{
    (void)state;
    umi_json *json;
    int64_t value = 0;
    const char *path = scratch_write(&files, "a.json", "{\"a\": 7}\n", 9);
    assert_int_equal(umi_json_file_read(path, &json), UM_OK);
    assert_true(umi_json_get_integer(umi_json_get(json, "a"), &value));
    assert_int_equal(value, 7);
    umi_json_free(json);
}

static void what_is_none_of_ours(void **state)
{
    (void)state;
    static char large[(4 << 20) + 1];
    umi_json *json;
    memset(large, ' ', sizeof large);
    memcpy(large, "{}", 2);
    assert_int_equal(umi_json_file_read(scratch_path(&files, "none"), &json), UM_ERR_NO_INPUT);
    assert_int_equal(umi_json_file_read(files.directory, &json), UM_ERR_DATA);
    assert_int_equal(umi_json_file_read(scratch_write(&files, "b", "junk", 4), &json), UM_ERR_DATA);
    assert_int_equal(umi_json_file_read(scratch_write(&files, "b", large, sizeof large), &json),
                     UM_ERR_DATA);
    assert_null(json);
    assert_int_equal(umi_json_file_read(scratch_write(&files, "b", large, 4 << 20), &json), UM_OK);
    umi_json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(what_is_none_of_ours),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
