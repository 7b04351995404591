/* The allocator: aligned, zeroed, checked. */
#include "core/memory.h"

#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* Around a cache line, and around the size from which huge pages are asked for. */
static const size_t sizes[] = {1, 63, 64, 65, 4096, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 5 << 20};

static void blocks_are_aligned_and_zeroed(void **state)
{
    (void)state;
    /* The second round gets back what the first one filled with other bytes. */
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *block = umi_alloc(sizes[i], 1);
            assert_non_null(block);
            assert_int_equal((uintptr_t)block % UMI_ALIGNMENT, 0);
            unsigned char any = 0;
            for (size_t j = 0; j < sizes[i]; j++) {
                any |= block[j];
            }
            assert_int_equal(any, 0);
            memset(block, 0xA5, sizes[i]);
            umi_free(block);
        }
    }
}

static void overflow_is_refused(void **state)
{
    (void)state;
    size_t calls = counting_allocator_calls();
    /* The product of the first two wraps round to 0 and to 16. */
    assert_null(umi_alloc(SIZE_MAX / 2 + 1, 2));
    assert_null(umi_alloc(SIZE_MAX / 16 + 2, 16));
    assert_null(umi_alloc(SIZE_MAX, 1));
    assert_null(umi_alloc(1, SIZE_MAX / 2 + 1));
    assert_int_equal(counting_allocator_calls(), calls);
}

static void nothing_can_be_had_and_freed(void **state)
{
    (void)state;
    size_t live = counting_allocator_live();
    umi_free(NULL);
    void *a = umi_alloc(0, 8);
    void *b = umi_alloc(8, 0);
    assert_non_null(a);
    assert_non_null(b);
    umi_free(a);
    umi_free(b);
    assert_int_equal(counting_allocator_live(), live);
}

static void failure_is_null(void **state)
{
    (void)state;
    counting_allocator_fail_from(1);
    void *block = umi_alloc(16, 4);
    counting_allocator_fail_from(0);
    assert_null(block);
}

static void products_are_checked(void **state)
{
    (void)state;
    size_t product = 0;
    assert_true(umi_multiply(6, 7, &product));
    assert_int_equal(product, 42);
    assert_true(umi_multiply(SIZE_MAX, 0, &product));
    assert_int_equal(product, 0);
    assert_true(umi_multiply(SIZE_MAX / 5, 5, &product));
    assert_int_equal(product, SIZE_MAX); /* 2^64 - 1 is a multiple of 5 */
    assert_false(umi_multiply(SIZE_MAX / 5 + 1, 5, &product));
}

static void padding_reaches_the_next_vector(void **state)
{
    (void)state;
    assert_int_equal(umi_padded(0), 0);
    assert_int_equal(umi_padded(1), 16);
    assert_int_equal(umi_padded(16), 16);
    assert_int_equal(umi_padded(17), 32);
}

static void arrays_grow_and_keep_what_they_hold(void **state)
{
    (void)state;
    size_t room = 0, n_moves = 0;
    size_t *array = NULL;
    for (size_t n = 0; n < 1000; n++) {
        size_t *grown = umi_grown(array, n, &room, sizeof *array);
        assert_non_null(grown);
        n_moves += grown != array;
        array = grown;
        array[n] = n * n;
        assert_true(room > n);
    }
    assert_true(n_moves < 10);
    for (size_t n = 0; n < 1000; n++) {
        assert_int_equal(array[n], n * n);
    }
    size_t before = room;
    counting_allocator_fail_from(1);
    assert_null(umi_grown(array, room, &room, sizeof *array));
    counting_allocator_fail_from(0);
    assert_int_equal(room, before);
    assert_int_equal(array[999], 999 * 999);
    umi_free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_zeroed),
        cmocka_unit_test(overflow_is_refused),
        cmocka_unit_test(nothing_can_be_had_and_freed),
        cmocka_unit_test(failure_is_null),
        cmocka_unit_test(products_are_checked),
        cmocka_unit_test(padding_reaches_the_next_vector),
        cmocka_unit_test(arrays_grow_and_keep_what_they_hold),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
