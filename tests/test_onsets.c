/* Onsets: where the power of a sound jumps. */
#include "core/onsets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 200 };

static float power[N];
static size_t onsets[N / UMI_ONSETS_APART + 1];

/* A stroke that falls by 3 dB a step, over what is there. */
static void strike(size_t at, float loud)
{
    for (size_t i = at; i < N; i++, loud *= 0.5F) {
        power[i] += loud;
    }
}

static void expect(const size_t *expected, size_t n)
{
    assert_int_equal(umi_onsets_find(power, N, onsets), n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(onsets[i], expected[i]);
    }
}

static int clear(void **state)
{
    (void)state;
    memset(power, 0, sizeof power);
    return 0;
}

static void strokes_are_found(void **state)
{
    (void)state;
    strike(0, 0.2F);
    strike(50, 1.0F);
    strike(66, 0.01F);
    expect((const size_t[]){0, 50, 66}, 3);
}

/* The second is too soon after the first, the third more than 30 dB below it. */
static void what_is_too_near_or_too_soft_is_none(void **state)
{
    (void)state;
    strike(20, 1.0F);
    strike(35, 1.0F);
    strike(100, 0.0009F);
    expect((const size_t[]){20}, 1);
    strike(100, 0.0002F);
    expect((const size_t[]){20, 100}, 2);
}

/* 9 dB above what was there, not less. */
static void a_jump_is_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++) {
        power[i] = i < 100 ? 1.0F : 7.9F;
    }
    power[50] = 0.01F; /* a step by itself does not make what follows a jump */
    expect((const size_t[]){0}, 1);
    for (size_t i = 100; i < N; i++) {
        power[i] = 8.1F;
    }
    expect((const size_t[]){0, 100}, 2);
}

/* How loud all of it is does not count. */
static void level_does_not_count(void **state)
{
    (void)state;
    strike(10, 1e-20F);
    strike(90, 1e-21F);
    expect((const size_t[]){10, 90}, 2);
}

static void a_swell_is_one_sound(void **state)
{
    (void)state;
    float level = 1e-9F;
    for (size_t i = 0; i < N; i++, level *= 1.1F) {
        power[i] = level;
    }
    expect((const size_t[]){0}, 1);
}

static void silence_has_none(void **state)
{
    (void)state;
    expect(NULL, 0);
    assert_int_equal(umi_onsets_find(power, 0, onsets), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(strokes_are_found, clear),
        cmocka_unit_test_setup(what_is_too_near_or_too_soft_is_none, clear),
        cmocka_unit_test_setup(a_jump_is_needed, clear),
        cmocka_unit_test_setup(level_does_not_count, clear),
        cmocka_unit_test_setup(a_swell_is_one_sound, clear),
        cmocka_unit_test_setup(silence_has_none, clear),
    };
    return cmocka_run_group_tests_name("onsets", tests, NULL, NULL);
}
