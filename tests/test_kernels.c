/* Every row that this processor has, through the cases that every row has to pass. */
#include "core/kernels/kernels.h"

#include "kernel_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A case for one row. */
typedef struct run {
    const umi_kernels *kernels;
    const kernel_case *test;
    char name[80];
} run;

void kernel_case_failed(const char *message)
{
    fail_msg("%s", message);
}

static void run_case(void **state)
{
    const run *r = *state;
    r->test->check(r->kernels);
}

static void denormals_are_flushed_and_restored(void **state)
{
    (void)state;
    check_denormals();
}

static void levels_of_other_processors_give_the_best_row_below(void **state)
{
    (void)state;
    umi_kernels kernels;
#if defined(__x86_64__)
    umi_kernels_select(&kernels, "neon");
    assert_string_equal(kernels.name, "sse2");
#elif defined(__aarch64__)
    umi_kernels_select(&kernels, "sse2");
    assert_string_equal(kernels.name, "neon");
    umi_kernels_select(&kernels, "avx512");
    assert_string_equal(kernels.name, "neon");
#endif
    umi_kernels_select(&kernels, "scalar");
    assert_string_equal(kernels.name, "scalar");
}

int main(void)
{
    static umi_kernels rows[KERNEL_ROWS_MAX];
    static run runs[KERNEL_ROWS_MAX * N_KERNEL_CASES];
    static struct CMUnitTest tests[KERNEL_ROWS_MAX * N_KERNEL_CASES + 2] = {
        cmocka_unit_test(denormals_are_flushed_and_restored),
        cmocka_unit_test(levels_of_other_processors_give_the_best_row_below),
    };
    size_t n_rows = kernel_rows(rows);
    for (size_t i = 0; i < n_rows * N_KERNEL_CASES; i++) {
        run *r = &runs[i];
        r->kernels = &rows[i / N_KERNEL_CASES];
        r->test = &kernel_cases[i % N_KERNEL_CASES];
        (void)snprintf(r->name, sizeof r->name, "%s: %s", r->kernels->name, r->test->name);
        struct CMUnitTest *test = &tests[i + 2];
        test->name = r->name;
        test->test_func = run_case;
        test->initial_state = r;
    }
    /* What is left of the array has no name, and cmocka passes over it. */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
