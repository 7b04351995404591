#define _POSIX_C_SOURCE 200809L

#include "cli/progress.h"

#include "cli/signals.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static umi_progress at_zero(umi_progress_mode mode)
{
    umi_progress progress = {.mode = mode, .name = "song.wav", .shown = -INFINITY};
    umi_progress_phase(&progress, "learning", 0, 0.5);
    return progress;
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {0, "0:00"},       {9.4, "0:09"},       {59.6, "1:00"},    {754, "12:34"},
        {3599.4, "59:59"}, {3599.6, "1:00:00"}, {3723, "1:02:03"}, {360000, "100:00:00"},
        {NAN, "?"},        {-1, "?"},           {INFINITY, "?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        umi_format_duration(cases[i].seconds, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_line(void **state)
{
    (void)state;
    char line[UMI_PROGRESS_LINE];
    umi_progress progress = at_zero(UMI_PROGRESS_IN_PLACE);
    assert_true(umi_progress_line(&progress, 0, 100, NAN, 0, line));
    assert_string_equal(line, "  0 %, ? left, 0:00 gone: song.wav: learning");
    /* Half of a phase that is the first half of all: a quarter; 10 s gone are 30 s left. */
    assert_true(umi_progress_line(&progress, 50, 100, 12340, 10, line));
    assert_string_equal(line,
                        " 25 %, 0:30 left, 0:10 gone: song.wav: learning, divergence 1.234e+04");
    /* The divergence stays known between reports that do not know it. */
    assert_true(umi_progress_line(&progress, 100, 100, NAN, 20, line));
    assert_string_equal(line,
                        " 50 %, 0:20 left, 0:20 gone: song.wav: learning, divergence 1.234e+04");
    umi_progress_phase(&progress, "separating", 0.5, 1);
    assert_true(umi_progress_line(&progress, 7, 7, NAN, 40, line));
    assert_string_equal(line, "100 %, 0:00 left, 0:40 gone: song.wav: separating");
}

/* Of many files it tells how many are through, and no phase. */
static void test_without_a_phase(void **state)
{
    (void)state;
    char line[UMI_PROGRESS_LINE];
    umi_progress progress = at_zero(UMI_PROGRESS_IN_PLACE);
    umi_progress_phase(&progress, NULL, 0, 1);
    umi_progress_rename(&progress, "129 of 300 files,\n2 failed");
    assert_true(umi_progress_line(&progress, 43, 100, NAN, 12, line));
    assert_string_equal(line, " 43 %, 0:16 left, 0:12 gone: 129 of 300 files,?2 failed");
}

/* What a recording of unknown or wrong length can bring. */
static void test_odd_totals(void **state)
{
    (void)state;
    char line[UMI_PROGRESS_LINE];
    umi_progress progress = at_zero(UMI_PROGRESS_IN_PLACE);
    assert_true(umi_progress_line(&progress, 3, 0, NAN, 1, line));
    assert_non_null(strstr(line, "  0 %"));
    assert_true(umi_progress_line(&progress, 30, 10, NAN, 2, line));
    assert_non_null(strstr(line, " 50 %"));
}

static size_t count_lines(umi_progress_mode mode)
{
    char line[UMI_PROGRESS_LINE];
    umi_progress progress = at_zero(mode);
    size_t n = 0;
    for (int i = 0; i < 4000; i++) { /* a report a millisecond, for 4 seconds */
        n += umi_progress_line(&progress, i, 4000, NAN, 0.001 * i, line);
    }
    return n;
}

static void test_rate(void **state)
{
    (void)state;
    assert_in_range(count_lines(UMI_PROGRESS_IN_PLACE), 35, 40);
    assert_int_equal(count_lines(UMI_PROGRESS_LINES), 4);
    assert_int_equal(count_lines(UMI_PROGRESS_HIDDEN), 0);
}

/* A signal cancels the work even when nothing is shown. */
static void test_signal_cancels(void **state)
{
    (void)state;
    umi_progress progress = at_zero(UMI_PROGRESS_HIDDEN);
    um_progress callback = umi_progress_callback(&progress);
    umi_signals_install();
    assert_int_equal(umi_signals_caught(), 0);
    assert_true(callback.report(callback.user, 1, 2, NAN));
    raise(SIGTERM);
    assert_int_equal(umi_signals_caught(), SIGTERM);
    assert_false(callback.report(callback.user, 1, 2, NAN));
    alarm(0);
    umi_signals_install();
    assert_int_equal(umi_signals_caught(), 0);
}

/* What was ignored from the start stays so, and writing to nobody is an error, not death. */
static void test_ignored_signals(void **state)
{
    (void)state;
    signal(SIGHUP, SIG_IGN);
    umi_signals_install();
    raise(SIGHUP);
    assert_int_equal(umi_signals_caught(), 0);
    signal(SIGHUP, SIG_DFL);
    raise(SIGPIPE);
    raise(SIGXFSZ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_without_a_phase),
        cmocka_unit_test(test_odd_totals),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_signal_cancels),
        cmocka_unit_test(test_ignored_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
