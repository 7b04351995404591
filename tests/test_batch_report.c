/* Lines of the report, and the file that they are added to. */
#define _DEFAULT_SOURCE
#include "job/batch_report.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static scratch files;
static um_error error;

static int set_up(void **state)
{
    (void)state;
    scratch_make(&files);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

static char root[] = "out", in_a[] = "in/a\n.wav", out_a[] = "a\n.wav", in_b[] = "b", why[] = "no";
static umi_batch_item items[] = {{in_a, out_a, 5, false, UM_OK, NULL},
                                 {in_b, NULL, 0, false, UM_ERR_IO, why}};
static const umi_batch_list list = {.root = root, .items = items, .n_items = 2};

static void assert_line(size_t i, const umi_batch_entry *entry, const char *expected)
{
    char *line = umi_batch_report_line(&list, i, entry);
    assert_string_equal(line, expected);
    umi_free(line);
}

static void lines(void **state)
{
    (void)state;
    const umi_batch_entry done = {.outcome = UMI_BATCH_DONE,
                                  .figures = "{\"seconds\":1.5,\"reduction_db\":null,\"clipped\":2,"
                                             "\"not_finite\":0,\"warnings\":[\"a: x\"]}",
                                  .cpu_seconds = 0.25};
    const umi_batch_entry skipped = {
        .outcome = UMI_BATCH_SKIPPED, .figures = "{}", .cpu_seconds = NAN};
    const umi_batch_entry failed = {.outcome = UMI_BATCH_FAILED,
                                    .cpu_seconds = NAN,
                                    .reason = "b: no \"room\"",
                                    .exit_code = 74,
                                    .disk_full = true};
    assert_line(0, &done,
                "{\"item\":0,\"input\":\"in/a\\n.wav\",\"output\":\"out/a\\n.wav\",\"status\":"
                "\"done\",\"seconds\":1.5,\"cpu_seconds\":0.25,\"reduction_db\":null,\"clipped\":2,"
                "\"not_finite\":0,\"warnings\":[\"a: x\"],\"error\":null,\"exit_code\":0}");
    assert_line(0, &skipped,
                "{\"item\":0,\"input\":\"in/a\\n.wav\",\"output\":\"out/a\\n.wav\",\"status\":"
                "\"skipped\",\"seconds\":null,\"cpu_seconds\":null,\"reduction_db\":null,"
                "\"clipped\":null,\"not_finite\":null,\"warnings\":[],\"error\":null,"
                "\"exit_code\":0}");
    assert_line(
        1, &failed,
        "{\"item\":1,\"input\":\"b\",\"output\":null,\"status\":\"failed\",\"seconds\":null,"
        "\"cpu_seconds\":null,\"reduction_db\":null,\"clipped\":null,\"not_finite\":null,"
        "\"warnings\":[],\"error\":\"b: no \\\"room\\\"\",\"exit_code\":74,"
        "\"disk_full\":true}");
}

static void add(const char *path, const char *line)
{
    umi_batch_report *report;
    if (umi_batch_report_open(path, &report, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(umi_batch_report_add(report, line, strlen(line), &error), UM_OK);
    assert_int_equal(umi_batch_report_finish(report, &error), UM_OK);
    umi_batch_report_free(report);
}

static void assert_report(const char *expected)
{
    char text[1000];
    size_t n = scratch_read(scratch_path(&files, "report"), text, sizeof text);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(text, expected, n);
}

#define LINE "{\"item\":0,\"input\":\"a\",\"status\":\"done\"}"

static void lines_are_added(void **state)
{
    (void)state;
    add(scratch_path(&files, "report"), LINE);
    add(scratch_path(&files, "report"), LINE);
    assert_report(LINE "\n" LINE "\n");
    scratch_write(&files, "report", LINE "\n{\"item", strlen(LINE) + 7); /* killed in a line */
    add(scratch_path(&files, "report"), LINE);
    assert_report(LINE "\n{\"item\n" LINE "\n");
    scratch_write(&files, "report", "", 0);
    add(scratch_path(&files, "report"), LINE);
    assert_report(LINE "\n");
}

static void other_files_stay(void **state)
{
    (void)state;
    static const char *const texts[] = {"notes\n", "{}\n", "{\"item\":1,\"input\":\"a\"}\n", "\n",
                                        "x"};
    umi_batch_report *report;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        scratch_write(&files, "report", texts[i], strlen(texts[i]));
        assert_int_equal(umi_batch_report_open(files.path, &report, &error), UM_ERR_CREATE);
        assert_null(report);
        assert_report(texts[i]);
    }
    assert_int_equal(umi_batch_report_open(files.directory, &report, &error), UM_ERR_CREATE);
    assert_int_equal(umi_batch_report_open(scratch_path(&files, "none/report"), &report, &error),
                     UM_ERR_CREATE);
    umi_batch_report_free(NULL);
}

static void no_room(void **state)
{
    (void)state;
    umi_batch_report *report;
    assert_int_equal(umi_batch_report_open("/dev/full", &report, &error), UM_OK);
    assert_int_equal(umi_batch_report_add(report, LINE, strlen(LINE), &error), UM_ERR_IO);
    assert_memory_equal(error.message, "/dev/full: ", 11);
    assert_int_equal(umi_batch_report_finish(report, &error), UM_OK);
    umi_batch_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_are_added, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_files_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_room, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
