/* What learning may hold of the memory that the program may take. */
#include "job/memory_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { MIB = 1 << 20 };

/* V and all that the atoms need stay within the whole. */
static void all_fits(void **state)
{
    (void)state;
    for (size_t memory = 100; memory <= 4000; memory += 100) {
        for (size_t K = 2; K <= 64; K *= 2) {
            size_t V = umi_memory_for_frames(memory * MIB, K, 4098, 2049);
            double rows = (double)V / (4.0 * 4112.0);
            double parts = 8.0 * 4.0 * 4098.0 * (double)K; /* one row of N a part and atom */
            double H = rows * 4.0 * (double)K;
            assert_true((double)V + parts + H + 24.0 * MIB < (double)memory * MIB);
            assert_true((double)V > 0.3 * (double)memory * MIB);
        }
    }
}

static void grows_with_memory_and_shrinks_with_atoms(void **state)
{
    (void)state;
    for (size_t memory = 16; memory <= 1024; memory *= 2) {
        size_t V = umi_memory_for_frames(memory * MIB, 20, 4098, 2049);
        assert_true(V < umi_memory_for_frames(2 * memory * MIB, 20, 4098, 2049));
        assert_true(V >= umi_memory_for_frames(memory * MIB, 200, 4098, 2049));
    }
}

/* However little there is, some frames are learned from; however much, nothing overflows. */
static void extremes(void **state)
{
    (void)state;
    assert_int_equal(umi_memory_for_frames(16 * MIB, 20, 2049, 2049), 256 * 2064 * 4);
    assert_int_equal(umi_memory_for_frames(16 * MIB, 4096, 64 * 2049, 2049), 256 * 131136 * 4);
    assert_true(umi_memory_for_frames((size_t)1 << 40, 20, 2049, 2049) > (size_t)1 << 39);
    assert_true(umi_memory_for_frames((size_t)1 << 40, 20, 2049, 2049) < (size_t)1 << 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fits),
        cmocka_unit_test(grows_with_memory_and_shrinks_with_atoms),
        cmocka_unit_test(extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
