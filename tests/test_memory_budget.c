/* What learning may hold of the memory that the program may take. */
#include "job/memory_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MIB = 1 << 20 };

static umi_memory_plan plan_for(size_t n_components, size_t n_channels)
{
    umi_memory_plan plan = {.n_components = n_components,
                            .n_bins = 2049,
                            .n_channels = n_channels,
                            .n_sources = 4,
                            .hop = 1024,
                            .n_workers = 1};
    return plan;
}

/* V and all that the atoms need stay within the whole. */
static void all_fits(void **state)
{
    (void)state;
    for (size_t memory = 100; memory <= 4000; memory += 100) {
        for (size_t K = 2; K <= 64; K *= 2) {
            umi_memory_plan plan = plan_for(K, 2);
            size_t V = umi_memory_for_frames(&plan, memory * MIB);
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
        umi_memory_plan few = plan_for(20, 2), many = plan_for(200, 2);
        size_t V = umi_memory_for_frames(&few, memory * MIB);
        assert_true(V <= umi_memory_for_frames(&few, 2 * memory * MIB));
        assert_true(V >= umi_memory_for_frames(&many, memory * MIB));
    }
}

static unsigned needed_by(const umi_memory_plan *plan)
{
    um_error error = {UM_OK, ""};
    unsigned mebibytes = 0;
    assert_int_equal(umi_memory_check(plan, MIB, &error), UM_ERR_MEMORY);
    assert_int_equal(sscanf(error.message, "--memory: %u MiB", &mebibytes), 1);
    return mebibytes;
}

/* Beside frames that stay there must be room for taking apart. */
static void frames_that_stay_are_fewer(void **state)
{
    (void)state;
    umi_memory_plan plan = plan_for(20, 2);
    plan.n_sources = 16;
    size_t V = umi_memory_for_frames(&plan, 80 * MIB);
    plan.frames_stay = true;
    assert_true(umi_memory_for_frames(&plan, 80 * MIB) < V);
    plan.n_workers = 64; /* threads make no difference to what is learned from */
    size_t again = umi_memory_for_frames(&plan, 80 * MIB);
    plan.n_workers = 1;
    assert_int_equal(umi_memory_for_frames(&plan, 80 * MIB), again);
    unsigned needed = needed_by(&plan);
    plan.frames_stay = false;
    assert_true(needed > needed_by(&plan));
}

/* Measured with 16 channels, at 1 to 8 threads: what the program took at most, in MiB. */
static void many_channels(void **state)
{
    (void)state;
    const struct {
        umi_memory_plan plan;
        unsigned peak;
    } cases[] = {
        {{.n_components = 2, .n_sources = 2, .coupled = true}, 225},
        {{.n_components = 72, .n_sources = 2, .coupled = true, .hop = 512}, 206},
        {{.n_components = 3, .atom_frames = 10, .n_bins = 1025, .n_sources = 3, .hop = 512}, 126},
        {{.n_components = 32, .n_sources = 2, .n_shifts = 8, .frames_stay = true}, 195},
        {{.n_components = 48, .n_sources = 3, .n_shifts = 8, .refits = true, .placed = true}, 113},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_memory_plan plan = cases[i].plan;
        plan.n_channels = 16;
        plan.n_workers = 8;
        plan.n_bins = plan.n_bins > 0 ? plan.n_bins : 2049;
        plan.hop = plan.hop > 0 ? plan.hop : 1024;
        unsigned needed = needed_by(&plan);
        assert_in_range(needed, cases[i].peak, cases[i].peak * 4 / 3);
        size_t memory = (size_t)needed * MIB;
        assert_true(umi_memory_workers(&plan, 256, memory) < 8);
        assert_int_equal(umi_memory_workers(&plan, 256, 8 * memory), 8);
        size_t last = 1;
        for (size_t n = 1; n <= 32; n++, memory += 8 * (size_t)MIB) {
            size_t now = umi_memory_workers(&plan, 256, memory);
            assert_true(now >= last);
            last = now;
        }
    }
}

/* However little there is, 256 frames are learned from; however much, nothing overflows. */
static void extremes(void **state)
{
    (void)state;
    umi_memory_plan mono = plan_for(20, 1), wide = plan_for(4096, 64);
    assert_int_equal(umi_memory_for_frames(&mono, 16 * MIB), 256 * 2064 * 4);
    assert_int_equal(umi_memory_for_frames(&wide, 16 * MIB), 256 * 131136 * 4);
    assert_true(umi_memory_for_frames(&mono, (size_t)1 << 40) > (size_t)1 << 39);
    assert_true(umi_memory_for_frames(&mono, (size_t)1 << 40) < (size_t)1 << 40);
}

/* The usual fits 64 MiB; what does not is told with a figure that does. */
static void too_little_is_told(void **state)
{
    (void)state;
    um_error error = {UM_OK, ""};
    umi_memory_plan plan = plan_for(32, 2);
    assert_int_equal(umi_memory_check(&plan, 64 * MIB, &error), UM_OK);
    assert_int_equal(umi_memory_check(&plan, 16 * MIB, &error), UM_ERR_MEMORY);
    assert_non_null(strstr(error.message, "16 MiB are allowed"));
    plan = plan_for(20, 64);
    assert_int_equal(umi_memory_check(&plan, 80 * MIB, &error), UM_ERR_MEMORY);
    unsigned needed = 0;
    assert_int_equal(sscanf(error.message, "--memory: %u MiB", &needed), 1);
    assert_int_equal(umi_memory_check(&plan, (size_t)needed * MIB, &error), UM_OK);
    plan.n_sources = 0; /* learning alone needs less, or as much */
    assert_int_equal(umi_memory_check(&plan, (size_t)needed * MIB, &error), UM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fits),
        cmocka_unit_test(grows_with_memory_and_shrinks_with_atoms),
        cmocka_unit_test(frames_that_stay_are_fewer),
        cmocka_unit_test(many_channels),
        cmocka_unit_test(extremes),
        cmocka_unit_test(too_little_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
