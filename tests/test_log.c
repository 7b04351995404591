#define _POSIX_C_SOURCE 200809L

#include "cli/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What `say` writes to standard error. */
static void capture(void (*say)(void), char *text, size_t size)
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    say();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void say_all(void)
{
    umi_log(UMI_LOG_ERROR, "%s: no", "a\nb\033[2J\xFFű");
    umi_log(UMI_LOG_WARNING, "look");
    umi_log(UMI_LOG_INFO, "done");
    umi_log(UMI_LOG_DETAIL, "so");
}

static void test_levels(void **state)
{
    (void)state;
    char text[256];
    umi_log_set_level(UMI_LOG_DETAIL);
    capture(say_all, text, sizeof text);
    assert_string_equal(text, "unmingle: a?b?[2J?ű: no\nunmingle: warning: look\nunmingle: done\n"
                              "unmingle: so\n");
    umi_log_set_level(UMI_LOG_INFO);
    capture(say_all, text, sizeof text);
    assert_string_equal(text, "unmingle: a?b?[2J?ű: no\nunmingle: warning: look\nunmingle: done\n");
    umi_log_set_level(UMI_LOG_ERROR);
    capture(say_all, text, sizeof text);
    assert_string_equal(text, "unmingle: a?b?[2J?ű: no\n");
    umi_log_set_level(UMI_LOG_INFO);
}

static void say_over_status_line(void)
{
    umi_log_status_line("");
    umi_log_status_line(" 10 %");
    umi_log_status_line(" 20 %");
    umi_log(UMI_LOG_WARNING, "look");
    umi_log_status_line("");
}

/* A message takes the changing line away, and nothing is cleared that is not there. */
static void test_status_line(void **state)
{
    (void)state;
    char text[256];
    capture(say_over_status_line, text, sizeof text);
    assert_string_equal(text, "\r\033[K 10 %\r\033[K 20 %\r\033[Kunmingle: warning: look\n");
}

static void say_much(void)
{
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    umi_log(UMI_LOG_ERROR, "%s", text);
}

static void test_long_message(void **state)
{
    (void)state;
    static char text[8000];
    capture(say_much, text, sizeof text);
    assert_true(strlen(text) > 1000 && text[strlen(text) - 1] == '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_status_line),
        cmocka_unit_test(test_long_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
