/* BSS Eval on signals whose figures follow from their making; test_bss_eval_block.c has the others.
 */
#include "counting_allocator.h"

#include "core/random.h"
#include "unmingle/bss_eval.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N_FRAMES = 6000 };

/* Two sources, each of up to two channels, and their estimates. */
typedef struct scene {
    size_t n_sources, n_channels, n_taps, n_frames;
    float references[2][2 * N_FRAMES];
    float estimates[2][2 * N_FRAMES];
} scene;

static scene room; /* too large for some stacks */

static void make_room(size_t n_sources, size_t n_channels, size_t n_taps, size_t n_frames)
{
    memset(&room, 0, sizeof room);
    room.n_sources = n_sources;
    room.n_channels = n_channels;
    room.n_taps = n_taps;
    room.n_frames = n_frames;
}

static void add_noise(float *samples, size_t first, size_t n, double level, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    for (size_t i = first; i < first + n; i++) {
        samples[i] += (float)(level * umi_random_normal(&random));
    }
}

static double energy(const float *samples, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)samples[i] * (double)samples[i];
    }
    return sum;
}

static void assert_dB(double value, double expected, double within)
{
    if (!(fabs(value - expected) <= within)) {
        fail_msg("%.9g dB, expected %.9g", value, expected);
    }
}

/* Scores the room in blocks of `block` frames. */
static void score(size_t block, um_bss_figures *figures)
{
    um_bss_eval_config config = um_bss_eval_config_default();
    config.n_sources = room.n_sources;
    config.n_channels = room.n_channels;
    config.n_taps = room.n_taps;
    um_bss_eval *bss;
    assert_int_equal(um_bss_eval_new(&config, &bss, NULL), UM_OK);
    size_t before = counting_allocator_calls();
    for (int pass = 0; pass < 2; pass++) {
        for (size_t t = 0, n; t < room.n_frames; t += n) {
            n = room.n_frames - t < block ? room.n_frames - t : block;
            um_cview references[2], estimates[2];
            for (size_t q = 0; q < room.n_sources; q++) {
                size_t at = t * room.n_channels;
                references[q] = um_cview_of(room.references[q] + at, n, room.n_channels);
                estimates[q] = um_cview_of(room.estimates[q] + at, n, room.n_channels);
            }
            assert_int_equal(pass == 0 ? um_bss_eval_correlate(bss, references, estimates)
                                       : um_bss_eval_measure(bss, references, estimates),
                             UM_OK);
        }
        if (pass == 0) {
            assert_int_equal(um_bss_eval_solve(bss), UM_OK);
        }
    }
    assert_int_equal(um_bss_eval_finish(bss, figures), UM_OK);
    assert_int_equal(counting_allocator_calls(), before);
    um_bss_eval_free(bss);
}

/* -- Closed forms ------------------------------------------------------------ */

/* A gain is a filter: only SDR and ISR mind it. */
static void gain(void **state)
{
    (void)state;
    make_room(1, 1, 512, N_FRAMES);
    add_noise(room.references[0], 0, N_FRAMES, 0.1, 1);
    for (size_t i = 0; i < N_FRAMES; i++) {
        room.estimates[0][i] = 0.75F * room.references[0][i];
    }
    um_bss_figures figures;
    score(N_FRAMES, &figures);
    assert_dB(figures.sdr, 20 * log10(1 / 0.25), 1e-6);
    assert_dB(figures.isr, 20 * log10(1 / 0.25), 1e-6);
    assert_true(figures.sir > 100 && figures.sar > 100 && figures.sdr_v3 > 100);
}

/* So is a filter of as many taps; one tap more is not. */
static void filter(void **state)
{
    (void)state;
    enum { TAPS = 512 };
    um_bss_figures figures;
    for (size_t too_long = 0; too_long < 2; too_long++) {
        make_room(1, 1, TAPS, N_FRAMES);
        add_noise(room.references[0], 0, N_FRAMES - TAPS, 0.1, 2);
        double error = 0;
        for (size_t i = 0; i < N_FRAMES; i++) {
            double sum = 0.5 * (double)room.references[0][i];
            if (i >= TAPS - 1 + too_long) {
                sum += 0.25 * (double)room.references[0][i - (TAPS - 1 + too_long)];
            }
            room.estimates[0][i] = (float)sum;
            double difference = (double)room.references[0][i] - (double)room.estimates[0][i];
            error += difference * difference;
        }
        score(N_FRAMES, &figures);
        assert_dB(figures.sdr, 10 * log10(energy(room.references[0], N_FRAMES) / error), 1e-6);
        assert_true(too_long ? figures.sdr_v3 < 10 : figures.sdr_v3 > 100);
    }
}

/* Signals that never sound within the filters' reach of each other are orthogonal. An estimate of
 * such a source, with known shares of the other one and of noise, has known figures. */
static void known_shares(void **state)
{
    (void)state;
    enum { PART = 1000, GAP = 1000 };
    const double other_share = 0.3, noise_level = 0.02;
    make_room(2, 1, 512, N_FRAMES);
    add_noise(room.references[0], 0, PART, 0.1, 3);
    add_noise(room.references[1], PART + GAP, PART, 0.1, 4);
    float noise[N_FRAMES] = {0};
    add_noise(noise, 2 * (PART + GAP), PART, noise_level, 5);
    for (size_t i = 0; i < N_FRAMES; i++) {
        room.estimates[0][i] =
            (float)((double)room.references[0][i] + other_share * (double)room.references[1][i]) +
            noise[i];
        room.estimates[1][i] = room.references[1][i];
    }
    double s = energy(room.references[0], N_FRAMES), n = energy(noise, N_FRAMES);
    double other = other_share * other_share * energy(room.references[1], N_FRAMES);
    um_bss_figures figures[2];
    score(N_FRAMES, figures);
    assert_dB(figures[0].sdr, 10 * log10(s / (other + n)), 1e-5);
    assert_true(figures[0].isr > 100);
    assert_dB(figures[0].sir, 10 * log10(s / other), 1e-5);
    assert_dB(figures[0].sar, 10 * log10((s + other) / n), 1e-5);
    assert_dB(figures[0].sdr_v3, 10 * log10(s / (other + n)), 1e-5);
    assert_true(figures[1].sdr > 100 && figures[1].sdr_v3 > 100);
}

static void silence_stays_finite(void **state)
{
    (void)state;
    um_bss_figures figures[2];
    make_room(2, 1, 32, 500);
    score(100, figures);
    assert_dB(figures[0].sdr, 0, 1e-9);
    assert_dB(figures[1].sar, 0, 1e-9);
    room.estimates[0][7] = 1;
    score(100, figures);
    assert_dB(figures[0].sdr, -120, 1e-6);
    add_noise(room.references[1], 0, 500, 0.1, 6);
    score(100, figures);
    assert_true(isfinite(figures[0].isr) && isfinite(figures[0].sir) && isfinite(figures[0].sar));
    assert_dB(figures[0].sdr_v3, -120, 1e-6);
}

/* -- Manners ------------------------------------------------------------ */

static void fill_room_with_mixtures(void)
{
    size_t n = room.n_frames * room.n_channels;
    for (size_t q = 0; q < room.n_sources; q++) {
        add_noise(room.references[q], 0, n, 0.1 * (double)(q + 1), 10 + q);
        add_noise(room.estimates[q], 0, n, 0.03, 20 + q);
    }
    for (size_t q = 0; q < room.n_sources; q++) {
        for (size_t i = 3; i < n; i++) {
            /* Shares of this sample and of neighbours in time and between the channels. */
            room.estimates[q][i] += 0.8F * room.references[q][i] +
                                    0.2F * room.references[q][i - 3] +
                                    0.1F * room.references[room.n_sources - 1 - q][i - 2];
        }
    }
}

static void blocks_give_the_same_bits(void **state)
{
    (void)state;
    make_room(2, 2, 64, N_FRAMES);
    fill_room_with_mixtures();
    um_bss_figures whole[2], pieces[2];
    score(N_FRAMES, whole);
    const size_t blocks[] = {1, 997, 961, 4096};
    for (size_t i = 0; i < 4; i++) {
        score(blocks[i], pieces);
        assert_memory_equal(whole, pieces, sizeof whole);
    }
}

static void arguments_are_checked(void **state)
{
    (void)state;
    um_bss_eval *bss;
    um_error error;
    const um_bss_eval_config wrong[] = {
        {0, 1, 512, SIZE_MAX},  {65, 1, 512, SIZE_MAX}, {1, 0, 512, SIZE_MAX},
        {1, 65, 512, SIZE_MAX}, {1, 1, 0, SIZE_MAX},    {1, 1, 4098, SIZE_MAX},
        {1, 1, 511, SIZE_MAX},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(um_bss_eval_new(&wrong[i], &bss, &error), UM_ERR_ARGUMENT);
        assert_null(bss);
    }
    /* 40 channels of 512 taps: a triangle of 20480^2 / 2 doubles, 1.56 GiB. */
    um_bss_eval_config large = {20, 2, 512, (size_t)1 << 30};
    assert_int_equal(um_bss_eval_new(&large, &bss, &error), UM_ERR_MEMORY);
    assert_null(bss);
    assert_non_null(strstr(error.message, "MiB"));

    um_bss_eval_config config = {1, 1, 32, SIZE_MAX};
    const float sound[4] = {1, 2, 3, 4}, broken[4] = {1, NAN, 3, 4};
    um_cview one = um_cview_of(sound, 4, 1), shorter = um_cview_of(sound, 3, 1);
    um_cview stereo = um_cview_of(sound, 2, 2), hole = um_cview_of(broken, 4, 1);
    um_bss_figures figures;
    assert_int_equal(um_bss_eval_new(&config, &bss, NULL), UM_OK);
    assert_int_equal(um_bss_eval_correlate(bss, &one, &shorter), UM_ERR_ARGUMENT);
    assert_int_equal(um_bss_eval_correlate(bss, &stereo, &stereo), UM_ERR_ARGUMENT);
    assert_int_equal(um_bss_eval_measure(bss, &one, &one), UM_ERR_ARGUMENT);
    assert_int_equal(um_bss_eval_finish(bss, &figures), UM_ERR_ARGUMENT);
    assert_int_equal(um_bss_eval_correlate(bss, &one, &hole), UM_OK);
    assert_int_equal(um_bss_eval_solve(bss), UM_ERR_DATA);
    assert_int_equal(um_bss_eval_solve(bss), UM_ERR_ARGUMENT);
    assert_int_equal(um_bss_eval_correlate(bss, &one, &one), UM_ERR_ARGUMENT);
    um_bss_eval_free(bss);
    um_bss_eval_free(NULL);
}

static um_status make_and_free(void *context)
{
    um_bss_eval_config config = {2, 2, 32, SIZE_MAX};
    um_bss_eval *bss;
    um_status status = um_bss_eval_new(&config, &bss, context);
    assert_true((bss == NULL) == (status != UM_OK));
    um_bss_eval_free(bss);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    um_error error;
    assert_true(counting_allocator_sweep(make_and_free, &error) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gain),
        cmocka_unit_test(filter),
        cmocka_unit_test(known_shares),
        cmocka_unit_test(silence_stays_finite),
        cmocka_unit_test(blocks_give_the_same_bits),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("bss_eval", tests, NULL, NULL);
}
