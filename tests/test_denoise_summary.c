/* The table at the end of a run. */
#define _POSIX_C_SOURCE 200809L
#include "cli/denoise_summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void add(umi_denoise_summary *summary, const char *line)
{
    umi_json *json;
    assert_int_equal(umi_json_parse(line, strlen(line), "line", &json, NULL), UM_OK);
    umi_denoise_summary_add(summary, json);
    umi_json_free(json);
}

static void assert_prints(umi_denoise_summary *summary, const char *expected)
{
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    umi_denoise_summary_print(summary, "out\n/", out);
    fclose(out);
    assert_string_equal(text, expected);
    umi_denoise_summary_free(summary);
}

static void all_kinds(void **state)
{
    (void)state;
    umi_denoise_summary summary = {0};
    add(&summary, "{\"status\":\"done\",\"seconds\":3600,\"cpu_seconds\":30,\"reduction_db\":12}");
    add(&summary, "{\"status\":\"done\",\"seconds\":1400,\"cpu_seconds\":20,\"reduction_db\":3.5}");
    add(&summary, "{\"status\":\"skipped\",\"seconds\":61,\"cpu_seconds\":null,"
                  "\"reduction_db\":null}");
    add(&summary, "{\"status\":\"failed\",\"error\":\"a\\nb: junk\",\"exit_code\":65}");
    assert_int_equal(summary.first_exit_code, 65);
    assert_prints(&summary, "out?/\n"
                            "  done             2 files    1:23:20 of sound\n"
                            "  skipped          1 file        1:01 of sound, finished before\n"
                            "  failed           1 file\n"
                            "  reduction      7.8 dB on average, from 3.5 to 12.0\n"
                            "  speed       0.0100 CPU seconds a second of sound\n"
                            "failed\n"
                            "   65  a?b: junk\n");
}

static void nothing_and_one(void **state)
{
    (void)state;
    umi_denoise_summary summary = {0};
    assert_prints(&summary, "out?/\n  done             0 files       0:00 of sound\n");
    add(&summary, "{\"status\":\"skipped\",\"seconds\":5,\"reduction_db\":0}");
    assert_prints(&summary, "out?/\n"
                            "  skipped          1 file        0:05 of sound, finished before\n"
                            "  reduction      0.0 dB\n");
}

static void a_list_of_failures_ends(void **state)
{
    (void)state;
    umi_denoise_summary summary = {0};
    char expected[1000];
    int n = snprintf(expected, sizeof expected, "out?/\n  failed          12 files\nfailed\n");
    for (int i = 0; i < 12; i++) {
        add(&summary, "{\"status\":\"failed\",\"error\":\"x\",\"exit_code\":66}");
        if (i < UMI_SUMMARY_FAILURES) {
            n += snprintf(expected + n, sizeof expected - (size_t)n, "   66  x\n");
        }
    }
    (void)snprintf(expected + n, sizeof expected - (size_t)n,
                   "       and 2 more; --report FILE tells all\n");
    assert_prints(&summary, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds),
        cmocka_unit_test(nothing_and_one),
        cmocka_unit_test(a_list_of_failures_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
