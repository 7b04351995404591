/* What a waveform shows is what the sound holds, whatever its length and its blocks. */
#define _DEFAULT_SOURCE
#include "job/waveform.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { N_FRAMES = 5000, N_CHANNELS = 2, N_COLUMNS = 64, COLUMN_FRAMES = 128 };

static float sound[N_FRAMES * N_CHANNELS];

static void make_sound(void)
{
    umi_random random = umi_random_seeded(5);
    for (size_t i = 0; i < N_FRAMES * N_CHANNELS; i++) {
        sound[i] = (float)(umi_random_uniform(&random) - 0.3) * (i % 700 < 90 ? 0.5F : 0.1F);
    }
}

static umi_waveform *new_waveform(size_t n_columns, size_t n_channels)
{
    umi_waveform *waveform;
    assert_int_equal(umi_waveform_new(n_columns, n_channels, &waveform), UM_OK);
    return waveform;
}

/* The text by its definition, from all of the sound at once. */
static void describe(char *text)
{
    double peak = 0.0;
    for (size_t i = 0; i < N_FRAMES * N_CHANNELS; i++) {
        peak = fmax(peak, fabs((double)sound[i]));
    }
    for (size_t first = 0; first < N_FRAMES; first += COLUMN_FRAMES) {
        size_t end = first + COLUMN_FRAMES < N_FRAMES ? first + COLUMN_FRAMES : N_FRAMES;
        double low = 1.0, high = -1.0, squares = 0.0;
        for (size_t i = first * N_CHANNELS; i < end * N_CHANNELS; i++) {
            double value = (double)sound[i] / peak;
            low = fmin(low, value);
            high = fmax(high, value);
            squares += value * value;
        }
        text += sprintf(text, "%02x%02x%02x", (unsigned)lrint(127 * low) & 0xFFU,
                        (unsigned)lrint(127 * high) & 0xFFU,
                        (unsigned)lrint(127 * sqrt(squares / (double)((end - first) * 2))));
    }
}

static void check_text(umi_waveform *waveform, const char *expected)
{
    char *text = umi_waveform_text(waveform);
    assert_string_equal(text, expected);
    umi_free(text);
    umi_waveform_free(waveform);
}

static void any_blocks_make_the_same(void **state)
{
    (void)state;
    static const size_t blocks[] = {1, 7, 128, 999, N_FRAMES};
    char expected[6 * N_COLUMNS + 1];
    make_sound();
    describe(expected);
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
        umi_waveform *waveform = new_waveform(N_COLUMNS, N_CHANNELS);
        for (size_t at = 0, n; at < N_FRAMES; at += n) {
            n = blocks[b] < N_FRAMES - at ? blocks[b] : N_FRAMES - at;
            umi_waveform_add(waveform, sound + at * N_CHANNELS, n);
        }
        assert_int_equal(umi_waveform_column_frames(waveform), COLUMN_FRAMES);
        check_text(waveform, expected);
    }
}

static void whole_numbers(void **state)
{
    (void)state;
    static const int32_t samples[] = {-32768, 16384, 0, -16384};
    umi_waveform *waveform = new_waveform(2, 1);
    umi_waveform_add_whole(waveform, samples, 4, 16);
    assert_true(umi_waveform_peak(waveform) == 1.0);
    assert_int_equal(umi_waveform_column_frames(waveform), 2);
    /* -1 and .5, their root mean square .79; -.5 and 0. */
    check_text(waveform, "814064"
                         "c0002d");
}

static void what_is_above_zero_stays_there(void **state)
{
    (void)state;
    static const float samples[] = {0.5F, 0.5F, 0.25F, 0.5F};
    umi_waveform *waveform = new_waveform(2, 1);
    umi_waveform_add(waveform, samples, 4);
    check_text(waveform, "7f7f7f"
                         "407f64");
}

static void silence_and_nothing(void **state)
{
    (void)state;
    static const float zeros[3] = {0};
    umi_waveform *waveform = new_waveform(8, 1);
    assert_true(umi_waveform_peak(waveform) == 0.0);
    check_text(waveform, "");
    waveform = new_waveform(8, 1);
    umi_waveform_add(waveform, zeros, 3);
    assert_true(umi_waveform_peak(waveform) == 0.0);
    check_text(waveform, "000000000000000000");
    umi_waveform_free(NULL);
}

static um_status attempt(void *context)
{
    (void)context;
    umi_waveform *waveform;
    um_status status = umi_waveform_new(8, 1, &waveform);
    if (status != UM_OK) {
        assert_null(waveform);
    }
    umi_waveform_free(waveform);
    return status;
}

static void memory_that_is_short(void **state)
{
    (void)state;
    assert_int_equal(counting_allocator_sweep(attempt, NULL), 1);
    umi_waveform *waveform = new_waveform(N_COLUMNS, 1);
    umi_waveform_add(waveform, sound, N_COLUMNS);
    counting_allocator_fail_from(1);
    char *text = umi_waveform_text(waveform);
    counting_allocator_fail_from(0);
    assert_null(text);
    umi_waveform_free(waveform);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_blocks_make_the_same),       cmocka_unit_test(whole_numbers),
        cmocka_unit_test(what_is_above_zero_stays_there), cmocka_unit_test(silence_and_nothing),
        cmocka_unit_test(memory_that_is_short),
    };
    return cmocka_run_group_tests_name("waveform", tests, NULL, NULL);
}
