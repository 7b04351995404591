#define _POSIX_C_SOURCE 200809L /* strdup */
/* The allocator that other tests rely on must itself count, fail and notice a leak. */
#include "core/memory.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void test_counts_library_allocations(void **state)
{
    (void)state;
    size_t calls = counting_allocator_calls();
    size_t live = counting_allocator_live();
    void *a = umi_alloc(3, 5);
    void *b = umi_alloc(1000, 4);
    assert_int_equal(counting_allocator_calls(), calls + 2);
    assert_int_equal(counting_allocator_live(), live + 2);
    umi_free(a);
    umi_free(NULL);
    assert_int_equal(counting_allocator_live(), live + 1);
    umi_free(b);
    assert_int_equal(counting_allocator_calls(), calls + 2);
    assert_int_equal(counting_allocator_live(), live);
}

static void test_counts_the_c_functions(void **state)
{
    (void)state;
    size_t calls = counting_allocator_calls();
    size_t live = counting_allocator_live();
    /* Through volatile pointers, lest the compiler leave out pairs that nobody looks at. */
    void *volatile a = malloc(8);
    void *volatile b = calloc(2, 8);
    char *volatile c = strdup("text");
    assert_non_null(a);
    assert_non_null(b);
    assert_string_equal(c, "text");
    a = realloc(a, 800);
    assert_int_equal(counting_allocator_calls(), calls + 4);
    assert_int_equal(counting_allocator_live(), live + 3);
    free(a);
    free(b);
    free(c);
    assert_int_equal(counting_allocator_live(), live);
}

static void test_fails_from_the_nth_on(void **state)
{
    (void)state;
    counting_allocator_fail_from(2);
    void *first = umi_alloc(1, 1);
    void *second = umi_alloc(1, 1);
    void *third = umi_alloc(1, 1);
    counting_allocator_fail_from(0);
    void *fourth = umi_alloc(1, 1);
    assert_non_null(first);
    assert_null(second);
    assert_null(third);
    assert_non_null(fourth);
    umi_free(first);
    umi_free(fourth);
}

/* Makes three blocks and counts how often it was asked to. */
static um_status make_three(void *context)
{
    size_t *attempts = context;
    (*attempts)++;
    um_status status = UM_OK;
    void *blocks[3] = {NULL, NULL, NULL};
    for (size_t i = 0; i < 3 && status == UM_OK; i++) {
        blocks[i] = umi_alloc(4, 4);
        status = blocks[i] == NULL ? UM_ERR_MEMORY : UM_OK;
    }
    for (size_t i = 0; i < 3; i++) {
        umi_free(blocks[i]);
    }
    return status;
}

static void test_sweep_visits_every_allocation(void **state)
{
    (void)state;
    size_t attempts = 0;
    assert_int_equal(counting_allocator_sweep(make_three, &attempts), 3);
    assert_int_equal(attempts, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_library_allocations),
        cmocka_unit_test(test_counts_the_c_functions),
        cmocka_unit_test(test_fails_from_the_nth_on),
        cmocka_unit_test(test_sweep_visits_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
