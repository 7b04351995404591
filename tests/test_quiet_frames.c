#include "core/quiet_frames.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { FRAMES = 40, BINS = 20 };

static void the_quietest_come_first(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(FRAMES, BINS, 0.0, &random);
    umi_quiet_frame frames[FRAMES];
    double levels[BINS];
    for (size_t t = 0; t < FRAMES; t++) {
        for (size_t f = 0; f < BINS; f++) {
            /* Frame t is the ((7 t) mod 40)-th in loudness. */
            um_row(V, t)[f] = (0.9f + 0.1f * um_row(V, t)[f]) * powf(1.3f, (float)(7 * t % FRAMES));
        }
    }
    assert_int_equal(umi_quiet_frames(um_const_view(V), frames, levels), FRAMES);
    for (size_t i = 0; i < FRAMES; i++) {
        assert_int_equal(7 * frames[i].t % FRAMES, i);
    }
    umi_free(V.data);
}

/* A bin that is always loud must not decide alone. */
static void a_rumble_does_not_hide_a_voice(void **state)
{
    (void)state;
    um_view V = matrix_new(FRAMES, BINS);
    umi_quiet_frame frames[FRAMES];
    double levels[BINS];
    for (size_t t = 0; t < FRAMES; t++) {
        for (size_t f = 0; f < BINS; f++) {
            um_row(V, t)[f] = 0.05f;
        }
        um_row(V, t)[0] = t % 2 == 0 ? 40.0f : 50.0f; /* the rumble, softer in even frames */
        for (size_t f = 5; f < BINS && t % 2 == 0; f++) {
            um_row(V, t)[f] = 5.0f; /* in which the voice is */
        }
    }
    assert_int_equal(umi_quiet_frames(um_const_view(V), frames, levels), FRAMES);
    for (size_t i = 0; i < FRAMES / 2; i++) {
        assert_int_equal(frames[i].t % 2, 1);
    }
    umi_free(V.data);
}

static void silence_does_not_count(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    um_view V = matrix_random(FRAMES, BINS, 0.0, &random);
    umi_quiet_frame frames[FRAMES];
    double levels[BINS];
    for (size_t t = 0; t < 10; t++) {
        memset(um_row(V, t), 0, BINS * sizeof(float));
    }
    um_row(V, 3)[4] = 1e-7f;
    assert_int_equal(umi_quiet_frames(um_const_view(V), frames, levels), FRAMES - 10);
    for (size_t i = 0; i < FRAMES - 10; i++) {
        assert_true(frames[i].t >= 10);
    }
    memset(V.data, 0, V.rows * V.stride * sizeof(float));
    assert_int_equal(umi_quiet_frames(um_const_view(V), frames, levels), 0);
    V.rows = 0;
    assert_int_equal(umi_quiet_frames(um_const_view(V), frames, levels), 0);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_quietest_come_first),
        cmocka_unit_test(a_rumble_does_not_hide_a_voice),
        cmocka_unit_test(silence_does_not_count),
    };
    return cmocka_run_group_tests_name("quiet_frames", tests, NULL, NULL);
}
