/* What repeats: a pattern of four frames, over which something sounds once. */
#include "unmingle/repetition.h"

#include "counting_allocator.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { F = 50, PERIOD = 4, N = 8 * PERIOD, ONCE = 13 };

static um_view song_new(bool with_lead)
{
    umi_random random = umi_random_seeded(1);
    um_view pattern = matrix_random(PERIOD, F, 0.5, &random), V = matrix_new(N, F);
    for (size_t t = 0; t < N; t++) {
        memcpy(um_row(V, t), um_row(pattern, t % PERIOD), F * sizeof(float));
    }
    for (size_t f = 10; f < 20 && with_lead; f++) {
        um_row(V, ONCE)[f] += 3.0F;
    }
    umi_free(pattern.data);
    return V;
}

static void the_lead_is_left_out(void **state)
{
    (void)state;
    um_view V = song_new(true), alone = song_new(false), B = matrix_new(N, F);
    const um_repetition_config config = {5, 2};
    um_repetition *repetition;
    assert_int_equal(um_repetition_new(&config, um_const_view(V), &repetition), UM_OK);
    float *scratch = umi_alloc(um_repetition_scratch(repetition, N), sizeof(float));
    um_repetition_background(repetition, um_const_view(V), B, scratch);
    for (size_t t = 0; t < N; t++) {
        for (size_t f = 0; f < F; f++) {
            bool sings = t == ONCE && um_row(V, t)[f] != um_row(alone, t)[f];
            assert_true(um_row(B, t)[f] <= um_row(V, t)[f]);
            assert_true(sings || um_row(B, t)[f] == um_row(alone, t)[f]);
            assert_true(!sings || um_row(B, t)[f] < 1.01F);
        }
    }
    um_view one = {um_row(B, 7), 1, F, F}, again = matrix_new(1, F);
    um_cview frame = {um_row(V, 7), 1, F, F};
    um_repetition_background(repetition, frame, again, scratch); /* a frame by itself */
    assert_memory_equal(one.data, again.data, F * sizeof(float));
    umi_free(again.data);
    umi_free(scratch);
    um_repetition_free(repetition);
    umi_free(V.data);
    umi_free(alone.data);
    umi_free(B.data);
}

static void nothing_comes_again_in_silence(void **state)
{
    (void)state;
    um_view V = song_new(true), B = song_new(true);
    const um_repetition_config config = {5, 2};
    um_repetition *repetition;
    assert_int_equal(um_repetition_new(&config, (um_cview){NULL, 0, F, F}, &repetition), UM_OK);
    um_repetition_background(repetition, um_const_view(V), B, NULL);
    for (size_t t = 0; t < N; t++) {
        for (size_t f = 0; f < F; f++) {
            assert_true(um_row(B, t)[f] == 0.0F);
        }
    }
    um_repetition_free(repetition);
    umi_free(V.data);
    umi_free(B.data);
}

static um_status attempt(void *context)
{
    const um_repetition_config config = {5, 2};
    um_repetition *repetition;
    um_status status = um_repetition_new(&config, *(const um_cview *)context, &repetition);
    um_repetition_free(repetition);
    return status;
}

static void arguments_are_checked(void **state)
{
    (void)state;
    um_view V = song_new(false);
    um_cview U = um_const_view(V);
    um_repetition *r;
    const um_repetition_config none = {0, 1}, many = {129, 1}, near = {1, 0}, good = {1, 1};
    assert_int_equal(um_repetition_new(NULL, U, &r), UM_ERR_ARGUMENT);
    assert_int_equal(um_repetition_new(&none, U, &r), UM_ERR_ARGUMENT);
    assert_int_equal(um_repetition_new(&many, U, &r), UM_ERR_ARGUMENT);
    assert_int_equal(um_repetition_new(&near, U, &r), UM_ERR_ARGUMENT);
    assert_int_equal(um_repetition_new(&good, U, NULL), UM_ERR_ARGUMENT);
    um_row(V, 1)[1] = -1.0F;
    assert_int_equal(um_repetition_new(&good, U, &r), UM_ERR_ARGUMENT);
    um_row(V, 1)[1] = 1.0F;
    assert_true(counting_allocator_sweep(attempt, &U) > 0);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_lead_is_left_out),
                                       cmocka_unit_test(nothing_comes_again_in_silence),
                                       cmocka_unit_test(arguments_are_checked)};
    return cmocka_run_group_tests_name("repetition", tests, NULL, NULL);
}
