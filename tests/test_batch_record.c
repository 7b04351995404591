/* A record is the same for the same work, and tells whether the work would be another now. */
#define _DEFAULT_SOURCE
#include "job/batch_record.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

static const umi_batch_key key = {1234, 1700000000123456789,
                                  "{\"strength\":0.5,\"profile\":\"auto\"}"};
static const umi_batch_made made[] = {{"a.wav", 44}, {"\xFF.residue.wav", 45}};

static umi_json *figures(void)
{
    umi_json *json = umi_json_object();
    assert_true(umi_json_set(json, "seconds", umi_json_number(1.5)));
    return json;
}

/* Writes a record of the key and reads it. */
static umi_json *record_of(const umi_batch_key *k)
{
    umi_json *record;
    um_error error;
    char *text = umi_batch_record_text(k, made, 2, figures());
    const char *path = scratch_write(&files, "a.json", text, strlen(text));
    assert_int_equal(umi_batch_record_read(path, &record, &error), UM_OK);
    umi_free(text);
    return record;
}

static void lies_in_a_hidden_tree(void **state)
{
    (void)state;
    char *path = umi_batch_record_path("out/", "x/a.wav");
    assert_string_equal(path, "out/.unmingle/x/a.wav.json");
    umi_free(path);
}

static void tells_what_it_is_made_from(void **state)
{
    (void)state;
    umi_json *record = record_of(&key);
    double seconds = 0;
    assert_true(umi_batch_record_matches(record, &key));
    umi_batch_key other = key;
    other.n_bytes++;
    assert_false(umi_batch_record_matches(record, &other));
    other = key;
    other.modified++;
    assert_false(umi_batch_record_matches(record, &other));
    other = key;
    other.settings = "{\"strength\":0.5,\"profile\":\"auto \"}";
    assert_false(umi_batch_record_matches(record, &other));
    assert_true(
        umi_json_get_number(umi_json_get(umi_batch_record_figures(record), "seconds"), &seconds));
    assert_true(seconds == 1.5);
    umi_json_free(record);
}

static void tells_its_files(void **state)
{
    (void)state;
    umi_json *record = record_of(&key);
    assert_true(umi_batch_record_lists(record, "a.wav", 44));
    assert_false(umi_batch_record_lists(record, "a.wav", 45));
    assert_false(umi_batch_record_lists(record, "b.wav", 44));
    assert_true(umi_batch_record_lists(record, "\xFF.residue.wav", 45)); /* no UTF-8 */
    umi_json_free(record);
}

static void what_is_no_record_tells_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "junk", "[]", "{}",
        "{\"input\":{\"bytes\":1234,\"modified_ns\":1700000000123456789},"
        "\"settings\":{\"strength\":0.5,\"profile\":\"auto\"},\"outputs\":7}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        umi_json *record;
        um_error error;
        const char *path = scratch_write(&files, "b.json", texts[i], strlen(texts[i]));
        assert_int_equal(umi_batch_record_read(path, &record, &error), UM_OK);
        assert_false(umi_batch_record_matches(record, &key));
        assert_false(umi_batch_record_lists(record, "a.wav", 44));
        umi_json_free(record);
    }
}

static void the_same_work_gives_the_same_text(void **state)
{
    (void)state;
    char *one = umi_batch_record_text(&key, made, 2, figures());
    umi_json *record = record_of(&key);
    char *again = umi_json_to_text(record); /* which is how two records are compared */
    assert_string_equal(one, again);
    umi_free(one);
    umi_free(again);
    umi_json_free(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lies_in_a_hidden_tree),
        cmocka_unit_test(tells_what_it_is_made_from),
        cmocka_unit_test(tells_its_files),
        cmocka_unit_test(what_is_no_record_tells_nothing),
        cmocka_unit_test(the_same_work_gives_the_same_text),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
