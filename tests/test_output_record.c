/* The record of a run before names our files; what is no record names none. */
#define _DEFAULT_SOURCE
#include "job/output_record.h"

#include "counting_allocator.h"
#include "scratch.h"

#include <setjmp.h>

#include <cmocka.h>

static const char record_text[] =
    "{\"program\": \"unmingle 0.1.0\", \"stems\": [{\"label\": \"drums\", \"file\": \"drums.wav\"},"
    " {\"file\": \"- \xC5\xB1.flac\"}, {\"label\": \"no file\"}, {\"file\": 7}, 3],"
    " \"kept\": [{\"file\": \"atoms.safetensors\"}, {}]}";

static scratch made;

static int make_folder(void **state)
{
    (void)state;
    scratch_make(&made);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

static umi_output_record read_folder(const char *directory)
{
    umi_output_record record;
    um_error error;
    assert_int_equal(umi_output_record_read(directory, "unmingle.json", "stems", &record, &error),
                     UM_OK);
    return record;
}

static void names_the_files(void **state)
{
    (void)state;
    (void)scratch_write(&made, "unmingle.json", record_text, sizeof record_text - 1);
    umi_output_record record = read_folder(made.directory);
    assert_int_equal(record.n_names, 4);
    assert_string_equal(record.names[0], "unmingle.json");
    assert_string_equal(record.names[1], "drums.wav");
    assert_string_equal(record.names[2], "- \xC5\xB1.flac");
    assert_string_equal(record.names[3], "atoms.safetensors");
    umi_output_record_free(&record);
    umi_output_record_free(&record);
}

static void record_without_stems(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "{\"stems\": 3}", "{\"stems\": {\"file\": \"a\"}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        (void)scratch_write(&made, "unmingle.json", texts[i], strlen(texts[i]));
        umi_output_record record = read_folder(made.directory);
        assert_int_equal(record.n_names, 1);
        assert_string_equal(record.names[0], "unmingle.json");
        umi_output_record_free(&record);
    }
}

static void what_is_no_record(void **state)
{
    (void)state;
    static const char *const junk[] = {"",
                                       "\n",
                                       "{",
                                       "drums.wav",
                                       "{\"stems\": [}",
                                       "\"stems\"",
                                       "{\"stems\": [], \"stems\": []}",
                                       "\xFF\xFE",
                                       "nul\0l"};
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        (void)scratch_write(&made, "unmingle.json", junk[i], i == 8 ? 5 : strlen(junk[i]));
        umi_output_record record = read_folder(made.directory);
        assert_true(record.n_names == 0 && record.names == NULL && record.json == NULL);
    }
    /* Valid, but larger than any record of ours. */
    enum { N = 5 << 20 };
    char *blanks = malloc(N);
    assert_non_null(blanks);
    memset(blanks, ' ', N);
    memcpy(blanks, record_text, sizeof record_text - 1);
    (void)scratch_write(&made, "unmingle.json", blanks, N);
    free(blanks);
    assert_int_equal(read_folder(made.directory).n_names, 0);
}

static void nothing_there(void **state)
{
    (void)state;
    (void)unlink(scratch_path(&made, "unmingle.json"));
    assert_int_equal(read_folder(made.directory).n_names, 0);
    assert_int_equal(read_folder(scratch_path(&made, "none")).n_names, 0);
    assert_int_equal(mkdir(scratch_path(&made, "unmingle.json"), 0700), 0);
    assert_int_equal(read_folder(made.directory).n_names, 0);
    assert_int_equal(rmdir(made.path), 0);
    assert_int_equal(mkfifo(scratch_path(&made, "unmingle.json"), 0600), 0);
    assert_int_equal(read_folder(made.directory).n_names, 0);
    assert_int_equal(unlink(made.path), 0);
    static char long_name[2 * PATH_MAX];
    memset(long_name, 'x', sizeof long_name - 1);
    assert_int_equal(read_folder(long_name).n_names, 0);
}

static um_status read_and_free(void *directory)
{
    umi_output_record record;
    um_error error;
    um_status status = umi_output_record_read(directory, "unmingle.json", "stems", &record, &error);
    assert_true(status == UM_OK || record.n_names == 0);
    umi_output_record_free(&record);
    return status;
}

/* Short memory is told as such: taken for "no record", it would leave the old stems there. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    (void)scratch_write(&made, "unmingle.json", record_text, sizeof record_text - 1);
    assert_true(counting_allocator_sweep(read_and_free, made.directory) >= 3);
}

/* Ours makes room, also what was kept; the user's stays. */
static void commit_takes_the_place_of_ours(void **state)
{
    (void)state;
    char folder[PATH_MAX];
    umi_output_set *set;
    um_error error;
    snprintf(folder, sizeof folder, "%s", scratch_path(&made, "out"));
    assert_int_equal(mkdir(folder, 0700), 0);
    (void)scratch_write(&made, "out/unmingle.json", record_text, sizeof record_text - 1);
    (void)scratch_write(&made, "out/drums.wav", "old", 3);
    (void)scratch_write(&made, "out/atoms.safetensors", "old", 3);
    (void)scratch_write(&made, "out/mine", "mine", 4);
    assert_int_equal(umi_output_set_begin(folder, true, &set, &error), UM_OK);
    assert_int_equal(umi_output_set_write(set, "new", "new", 3, &error), UM_OK);
    assert_int_equal(umi_output_record_commit(set, folder, "unmingle.json", "stems", &error),
                     UM_OK);
    umi_output_set_free(set);
    assert_int_equal(scratch_count(folder), 2);
    assert_true(scratch_exists(scratch_path(&made, "out/new")));
    assert_true(scratch_exists(scratch_path(&made, "out/mine")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_files),
        cmocka_unit_test(record_without_stems),
        cmocka_unit_test(what_is_no_record),
        cmocka_unit_test(nothing_there),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(commit_takes_the_place_of_ours),
    };
    return cmocka_run_group_tests_name("output_record", tests, make_folder, remove_folder);
}
