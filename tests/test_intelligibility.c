/* STOI of stems of any rate and channels, against um_stoi and against what is known of them. */
#include "job/intelligibility.h"

#include "core/random.h"
#include "counting_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

/* So many that at 44.1 kHz the last frame of STOI reaches to the end. */
enum { N_FRAMES = 40082, MOST_CHANNELS = 2 };

static float reference[N_FRAMES * MOST_CHANNELS], estimate[N_FRAMES * MOST_CHANNELS];

/* Noise that comes and goes in the reference, with more noise in the estimate; both repeated in
 * every channel times its gain. */
static void make_stems(size_t n_channels, const float *gains, double level)
{
    umi_random random = umi_random_seeded(11);
    for (size_t t = 0; t < N_FRAMES; t++) {
        float sound = (float)(0.2 * fabs(sin((double)t / 900)) * umi_random_normal(&random));
        float noise = (float)(level * umi_random_normal(&random));
        for (size_t c = 0; c < n_channels; c++) {
            reference[t * n_channels + c] = gains[c] * sound;
            estimate[t * n_channels + c] = gains[c] * (sound + noise);
        }
    }
}

static um_stoi_figures measure(double rate, size_t n_channels, size_t block)
{
    umi_intelligibility *job;
    um_stoi_figures figures;
    assert_int_equal(umi_intelligibility_new(rate, &job), UM_OK);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t t = 0, n; t < N_FRAMES; t += n) {
            n = N_FRAMES - t < block ? N_FRAMES - t : block;
            um_cview s = um_cview_of(reference + t * n_channels, n, n_channels);
            um_cview e = um_cview_of(estimate + t * n_channels, n, n_channels);
            assert_int_equal(pass == 0 ? umi_intelligibility_survey(job, s)
                                       : umi_intelligibility_measure(job, s, e),
                             UM_OK);
        }
    }
    assert_int_equal(umi_intelligibility_finish(job, &figures), UM_OK);
    umi_intelligibility_free(job);
    return figures;
}

static void assert_same(um_stoi_figures a, um_stoi_figures b)
{
    assert_true(a.stoi == b.stoi && a.estoi == b.estoi);
}

static void at_10_kHz_it_is_the_library_alone(void **state)
{
    (void)state;
    make_stems(1, (const float[]){1}, 0.1);
    um_cview s = um_cview_of(reference, N_FRAMES, 1), e = um_cview_of(estimate, N_FRAMES, 1);
    um_stoi *stoi;
    assert_int_equal(um_stoi_new(&stoi), UM_OK);
    assert_int_equal(um_stoi_survey(stoi, s), UM_OK);
    assert_int_equal(um_stoi_measure(stoi, s, e), UM_OK);
    assert_same(measure(UM_STOI_RATE, 1, 1000), um_stoi_result(stoi));
    um_stoi_free(stoi);
}

static void channels_are_averaged(void **state)
{
    (void)state;
    make_stems(1, (const float[]){1}, 0.1);
    um_stoi_figures mono = measure(44100, 1, 5000);
    assert_true(mono.stoi > 0.1 && mono.stoi < 0.99);
    make_stems(2, (const float[]){1, 1}, 0.1);
    assert_same(measure(44100, 2, 5000), mono);
    make_stems(2, (const float[]){0, 2}, 0.1);
    assert_same(measure(44100, 2, 5000), mono);
    make_stems(2, (const float[]){1, -1}, 0.1);
    assert_true(isnan(measure(44100, 2, 5000).stoi));
}

static void blocks_give_the_same_bits(void **state)
{
    (void)state;
    make_stems(1, (const float[]){1}, 0.1);
    um_stoi_figures whole = measure(16000, 1, N_FRAMES);
    assert_same(measure(16000, 1, 1), whole);
    assert_same(measure(16000, 1, 1023), whole);
}

/* The end of the signal counts, on both sides: in both passes the filter is emptied. */
static void what_the_filter_holds_counts(void **state)
{
    (void)state;
    make_stems(1, (const float[]){1}, 0.1);
    um_stoi_figures before = measure(44100, 1, N_FRAMES);
    for (size_t t = N_FRAMES - 400; t < N_FRAMES; t++) {
        estimate[t] = 0;
    }
    assert_true(measure(44100, 1, N_FRAMES).stoi != before.stoi);
    /* Loudest in its last 9 ms, less than the filter's delay and 3 hops: without them all before
     * would be as loud as it is, with them it is 60 dB down. */
    for (size_t t = N_FRAMES - 400; t < N_FRAMES; t++) {
        reference[t] *= 1000;
    }
    assert_true(isnan(measure(44100, 1, N_FRAMES).stoi));
}

/* 31 frames and one sample take 0.4097 s, at any rate. */
static void nothing_is_made_up_for_short_sound(void **state)
{
    (void)state;
    const double rates[] = {8000, 16000, 44100, 48000, 96000};
    make_stems(1, (const float[]){1}, 0.1);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        for (int enough = 0; enough < 2; enough++) {
            size_t n = (size_t)(rates[i] * (enough ? 0.4105 : 0.4090));
            um_cview s = um_cview_of(reference, n, 1), e = um_cview_of(estimate, n, 1);
            umi_intelligibility *job;
            um_stoi_figures figures;
            assert_int_equal(umi_intelligibility_new(rates[i], &job), UM_OK);
            assert_int_equal(umi_intelligibility_survey(job, s), UM_OK);
            assert_int_equal(umi_intelligibility_measure(job, s, e), UM_OK);
            assert_int_equal(umi_intelligibility_finish(job, &figures), UM_OK);
            assert_int_equal(!isnan(figures.stoi), enough);
            umi_intelligibility_free(job);
        }
    }
}

static um_status make_and_free(void *context)
{
    (void)context;
    umi_intelligibility *job;
    um_status status = umi_intelligibility_new(44100, &job);
    assert_true((status == UM_OK) == (job != NULL));
    umi_intelligibility_free(job);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(make_and_free, NULL) > 0);
    umi_intelligibility_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_10_kHz_it_is_the_library_alone),
        cmocka_unit_test(channels_are_averaged),
        cmocka_unit_test(blocks_give_the_same_bits),
        cmocka_unit_test(what_the_filter_holds_counts),
        cmocka_unit_test(nothing_is_made_up_for_short_sound),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("intelligibility", tests, NULL, NULL);
}
