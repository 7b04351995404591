/* The pitches at which atoms are tried. */
#include "job/shift_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Up and down in whole tones, nearest first, and never past what was asked for. */
static void whole_tones_both_ways(void **state)
{
    (void)state;
    for (size_t semitones = 0; semitones <= UMI_SHIFT_SEMITONES_MAX; semitones++) {
        double shifts[UMI_SHIFT_LIST_MAX];
        size_t n = umi_shift_list_fill(semitones, shifts);
        assert_int_equal(n, semitones / 2 * 2);
        for (size_t i = 0; i < n; i++) {
            double tones = 2.0 * (double)(i / 2 + 1);
            assert_true(shifts[i] == (i % 2 == 0 ? tones : -tones));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole_tones_both_ways)};
    return cmocka_run_group_tests_name("shift_list", tests, NULL, NULL);
}
