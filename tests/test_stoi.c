/* STOI and ESTOI on sound whose figures follow from the definition. checks/check_stoi.py compares
 * them with another computation and with published values. */
#include "unmingle/stoi.h"

#include "core/random.h"
#include "counting_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_SAMPLES = 30000, HOP = 128 };

/* 31 frames, and the sample after them without which the last is not one. */
enum { LEAST = 31 * HOP + HOP + 1 };

static struct {
    float clean[N_SAMPLES], processed[N_SAMPLES];
} room;

/* Noise that comes and goes, and the same with `level` times other noise. */
static void make_room(double level)
{
    umi_random random = umi_random_seeded(5);
    for (size_t t = 0; t < N_SAMPLES; t++) {
        double syllable = 0.1 + fabs(sin((double)t / 700));
        double sound = 0.1 * syllable * umi_random_normal(&random);
        room.clean[t] = (float)sound;
        room.processed[t] = (float)(sound + 0.1 * level * umi_random_normal(&random));
    }
}

static um_stoi_figures measure(size_t n, size_t block)
{
    um_stoi *stoi;
    assert_int_equal(um_stoi_new(&stoi), UM_OK);
    size_t before = counting_allocator_calls();
    for (int pass = 0; pass < 2; pass++) {
        for (size_t t = 0, rows; t < n; t += rows) {
            rows = n - t < block ? n - t : block;
            um_cview clean = um_cview_of(room.clean + t, rows, 1);
            um_cview processed = um_cview_of(room.processed + t, rows, 1);
            assert_int_equal(pass == 0 ? um_stoi_survey(stoi, clean)
                                       : um_stoi_measure(stoi, clean, processed),
                             UM_OK);
        }
    }
    um_stoi_figures figures = um_stoi_result(stoi);
    assert_int_equal(counting_allocator_calls(), before);
    um_stoi_free(stoi);
    return figures;
}

static void assert_same(um_stoi_figures a, um_stoi_figures b)
{
    assert_true(a.stoi == b.stoi && a.estoi == b.estoi);
}

static void assert_none(um_stoi_figures figures)
{
    assert_true(isnan(figures.stoi) && isnan(figures.estoi));
}

static void clean_sound_is_1(void **state)
{
    (void)state;
    make_room(0);
    um_stoi_figures figures = measure(N_SAMPLES, N_SAMPLES);
    assert_true(fabs(figures.stoi - 1) < 1e-12 && fabs(figures.estoi - 1) < 1e-12);
}

static void noise_lowers_both(void **state)
{
    (void)state;
    um_stoi_figures last = {1, 1};
    for (double level = 0.1; level < 20; level *= 2) {
        make_room(level);
        um_stoi_figures figures = measure(N_SAMPLES, N_SAMPLES);
        assert_true(figures.stoi < last.stoi && figures.estoi < last.estoi);
        last = figures;
    }
    assert_true(fabs(last.stoi) < 0.1 && fabs(last.estoi) < 0.1);
}

static void level_is_forgiven(void **state)
{
    (void)state;
    make_room(1);
    um_stoi_figures figures = measure(N_SAMPLES, N_SAMPLES);
    for (size_t t = 0; t < N_SAMPLES; t++) {
        room.processed[t] *= 0.125F;
    }
    assert_same(measure(N_SAMPLES, N_SAMPLES), figures);
}

static void blocks_give_the_same_bits(void **state)
{
    (void)state;
    make_room(1);
    um_stoi_figures figures = measure(N_SAMPLES, N_SAMPLES);
    assert_same(measure(N_SAMPLES, 1), figures);
    assert_same(measure(N_SAMPLES, 100), figures);
    assert_same(measure(N_SAMPLES, 257), figures);
}

/* Too few loud frames for a segment, and many that are so many dB down; all else is equal. */
static bool counts(double decibels)
{
    make_room(0);
    for (size_t t = 0; t < N_SAMPLES; t++) {
        double level = t < LEAST / 2 ? 1 : pow(10, -decibels / 20);
        room.clean[t] = (float)(t % 2 == 0 ? level : -level);
    }
    return !isnan(measure(N_SAMPLES, N_SAMPLES).stoi);
}

static void what_is_40_dB_down_is_silence(void **state)
{
    (void)state;
    assert_true(counts(39.99));
    assert_false(counts(40.01));
}

/* In a pause anything may be heard, if it reaches into no frame of speech. */
static void silence_is_cut_out(void **state)
{
    (void)state;
    make_room(0.5);
    size_t first = N_SAMPLES / 3, end = 2 * first;
    for (size_t t = first; t < end; t++) {
        room.clean[t] *= 1e-4F;
    }
    um_stoi_figures figures = measure(N_SAMPLES, N_SAMPLES);
    for (size_t t = first + 2 * HOP; t < end - 2 * HOP; t++) {
        room.processed[t] = (float)(t % 7);
    }
    assert_same(measure(N_SAMPLES, N_SAMPLES), figures);
    room.processed[first]++;
    assert_true(measure(N_SAMPLES, N_SAMPLES).stoi != figures.stoi);
}

/* From here on frames are counted, to the sample. */
static void short_sound_has_no_figures(void **state)
{
    (void)state;
    make_room(0);
    assert_none(measure(0, 1));
    assert_none(measure(1, 1));
    assert_none(measure(LEAST - 1, N_SAMPLES));
    assert_true(fabs(measure(LEAST, N_SAMPLES).stoi - 1) < 1e-12);
}

static void silence_has_no_figures(void **state)
{
    (void)state;
    make_room(1);
    for (size_t t = 0; t < N_SAMPLES; t++) {
        room.clean[t] = 0;
    }
    assert_none(measure(N_SAMPLES, N_SAMPLES));
    make_room(1);
    for (size_t t = 0; t < N_SAMPLES; t++) {
        room.processed[t] = 0;
    }
    assert_same(measure(N_SAMPLES, N_SAMPLES), (um_stoi_figures){0, 0});
}

static void what_is_not_finite_is_seen(void **state)
{
    (void)state;
    const float wrong[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        make_room(1);
        room.processed[10000] = wrong[i];
        assert_none(measure(N_SAMPLES, N_SAMPLES));
        make_room(1);
        room.clean[10000] = wrong[i];
        assert_none(measure(N_SAMPLES, N_SAMPLES));
    }
}

/* Columns of a matrix are sound as good as any. */
static void strides(void **state)
{
    (void)state;
    static float both[2 * N_SAMPLES];
    make_room(1);
    for (size_t t = 0; t < N_SAMPLES; t++) {
        both[2 * t] = room.clean[t];
        both[2 * t + 1] = room.processed[t];
    }
    um_stoi *stoi;
    um_cview clean = {both, N_SAMPLES, 1, 2}, processed = {both + 1, N_SAMPLES, 1, 2};
    assert_int_equal(um_stoi_new(&stoi), UM_OK);
    assert_int_equal(um_stoi_survey(stoi, clean), UM_OK);
    assert_int_equal(um_stoi_measure(stoi, clean, processed), UM_OK);
    assert_same(um_stoi_result(stoi), measure(N_SAMPLES, N_SAMPLES));
    um_stoi_free(stoi);
}

static void wrong_calls(void **state)
{
    (void)state;
    um_stoi *stoi;
    um_cview one = um_cview_of(room.clean, 10, 1), two = um_cview_of(room.clean, 5, 2);
    um_cview less = um_cview_of(room.clean, 9, 1), half = um_cview_of(room.clean, 5, 1);
    assert_int_equal(um_stoi_new(&stoi), UM_OK);
    assert_int_equal(um_stoi_survey(stoi, two), UM_ERR_ARGUMENT);
    assert_int_equal(um_stoi_measure(stoi, two, half), UM_ERR_ARGUMENT);
    assert_int_equal(um_stoi_measure(stoi, half, two), UM_ERR_ARGUMENT);
    assert_int_equal(um_stoi_measure(stoi, one, less), UM_ERR_ARGUMENT);
    assert_int_equal(um_stoi_survey(stoi, one), UM_OK);
    assert_int_equal(um_stoi_measure(stoi, one, one), UM_OK);
    assert_int_equal(um_stoi_survey(stoi, one), UM_ERR_ARGUMENT);
    um_stoi_free(stoi);
    um_stoi_free(NULL);
}

static um_status make_and_free(void *context)
{
    (void)context;
    um_stoi *stoi;
    um_status status = um_stoi_new(&stoi);
    assert_true((status == UM_OK) == (stoi != NULL));
    um_stoi_free(stoi);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(make_and_free, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_sound_is_1),
        cmocka_unit_test(noise_lowers_both),
        cmocka_unit_test(level_is_forgiven),
        cmocka_unit_test(blocks_give_the_same_bits),
        cmocka_unit_test(what_is_40_dB_down_is_silence),
        cmocka_unit_test(silence_is_cut_out),
        cmocka_unit_test(short_sound_has_no_figures),
        cmocka_unit_test(silence_has_no_figures),
        cmocka_unit_test(what_is_not_finite_is_seen),
        cmocka_unit_test(strides),
        cmocka_unit_test(wrong_calls),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("stoi", tests, NULL, NULL);
}
