/* The draw: one frame from each stratum, by chance within it, and all when all are wanted. */
#include "job/frame_draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { N = 313 };

static void one_from_each_stratum(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= N; n++) {
        umi_frame_draw draw = umi_frame_draw_start(N, n, 1, n);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t frame = umi_frame_draw_next(&draw);
            assert_true(frame >= i * N / n && frame < (i + 1) * N / n);
        }
        assert_true(umi_frame_draw_next(&draw) == UINT64_MAX);
        assert_true(umi_frame_draw_next(&draw) == UINT64_MAX);
    }
    umi_frame_draw none = umi_frame_draw_start(0, 0, 1, 1);
    assert_true(umi_frame_draw_next(&none) == UINT64_MAX);
}

/* Runs stay in their strata, so that none meets the next one but by chance. */
static void runs(void **state)
{
    (void)state;
    enum { RUN = 10 };
    for (uint64_t n = 1; n <= N / RUN; n++) {
        umi_frame_draw draw = umi_frame_draw_start(N, n * RUN, RUN, n);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t first = umi_frame_draw_next(&draw);
            assert_true(first >= i * N / n && first + RUN <= (i + 1) * N / n);
            for (uint64_t k = 1; k < RUN; k++) {
                assert_true(umi_frame_draw_next(&draw) == first + k);
            }
        }
        assert_true(umi_frame_draw_next(&draw) == UINT64_MAX);
    }
    umi_frame_draw all = umi_frame_draw_start(N, N, RUN, 1);
    for (uint64_t i = 0; i < N; i++) {
        assert_true(umi_frame_draw_next(&all) == i);
    }
    assert_true(umi_frame_draw_next(&all) == UINT64_MAX);
}

/* Every frame has its chance, and another seed draws others. */
static void by_chance(void **state)
{
    (void)state;
    size_t n_times[N] = {0};
    for (uint64_t seed = 0; seed < 2000; seed++) {
        umi_frame_draw draw = umi_frame_draw_start(N, 31, 1, seed);
        umi_frame_draw again = umi_frame_draw_start(N, 31, 1, seed);
        for (size_t i = 0; i < 31; i++) {
            uint64_t frame = umi_frame_draw_next(&draw);
            assert_true(umi_frame_draw_next(&again) == frame);
            n_times[frame]++;
        }
    }
    for (size_t i = 0; i < N; i++) {
        assert_in_range(n_times[i], 120, 280); /* 182 or 200 +- 14 */
    }
}

/* Strata of a length that is no whole number do not drift, however many frames there are. */
static void huge_numbers(void **state)
{
    (void)state;
    const uint64_t available = UINT64_C(1) << 52, wanted = 1000003;
    umi_frame_draw draw = umi_frame_draw_start(available, wanted, 1, 1);
    uint64_t last = 0;
    for (uint64_t i = 0; i < wanted; i++) {
        uint64_t frame = umi_frame_draw_next(&draw);
        assert_true(i == 0 || frame > last);
        last = frame;
    }
    assert_true(last < available && last >= available - available / wanted - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_from_each_stratum),
        cmocka_unit_test(runs),
        cmocka_unit_test(by_chance),
        cmocka_unit_test(huge_numbers),
    };
    return cmocka_run_group_tests_name("frame_draw", tests, NULL, NULL);
}
