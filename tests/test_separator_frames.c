/* Shifts, places and a refit in the separator: sums, blocks, threads, and what they are for. */
#include "job/thread_pool.h"
#include "separated.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { LENGTH = 128, F = LENGTH / 2 + 1, C = 2, K = 6, S = 3, N = 9000 };

static const double shifts[] = {2.0, -2.0};
static const size_t source_of[K] = {0, 0, 1, 1, 2, 2};

typedef struct parts {
    um_view atoms, gains, covariances;
} parts;

static parts parts_new(void)
{
    umi_random random = umi_random_seeded(1);
    parts p = {matrix_random(K, F, 0.2, &random), matrix_random(K, C, 0.0, &random),
               matrix_new(S, C * C * F)};
    for (size_t s = 0; s < S; s++) {
        double left = 0.1 + 0.4 * (double)s, right = 1.0 - left;
        for (size_t f = 0; f < F; f++) {
            float *R = um_row(p.covariances, s) + f;
            R[0] = (float)(left * left + 1e-4);
            R[F] = (float)(left * right);
            R[(size_t)3 * F] = (float)(right * right + 1e-4);
        }
    }
    return p;
}

static void parts_free(parts *p)
{
    umi_free(p->atoms.data);
    umi_free(p->gains.data);
    umi_free(p->covariances.data);
}

static um_separator *make(const parts *p, bool shifted, bool placed, size_t refit,
                          um_parallel parallel)
{
    um_separator_config config = um_separator_config_default();
    config.stft.window.length = LENGTH;
    config.stft.window.hop = LENGTH / 4;
    config.n_channels = C;
    config.iterations = 6;
    config.refit_iterations = refit;
    config.parallel = parallel;
    um_separator_dictionary_config dictionary = {.atoms = um_const_view(p->atoms),
                                                 .gains = um_const_view(p->gains),
                                                 .source_of = source_of,
                                                 .n_sources = S,
                                                 .shifts = shifts,
                                                 .n_shifts = shifted ? 2 : 0,
                                                 .shift_penalty = 0.1};
    if (placed) {
        dictionary.covariances = um_const_view(p->covariances);
    }
    um_separator *separator;
    assert_int_equal(um_separator_new(&config, &dictionary, &separator, NULL), UM_OK);
    return separator;
}

/* In all combinations the sources add up, and neither blocks nor threads change a bit. */
static void any_way_of_cutting_gives_the_same(void **state)
{
    (void)state;
    parts p = parts_new();
    um_view sound = separated_sound(N, C);
    umi_thread_pool *pool;
    assert_int_equal(umi_thread_pool_new(3, &pool), UM_OK);
    for (unsigned i = 0; i < 8; i++) {
        bool shifted = i & 1u, placed = i & 2u;
        size_t refit = i & 4u ? 3 : 0;
        um_separator *separator = make(&p, shifted, placed, refit, um_parallel_serial());
        size_t delay = um_separator_delay(separator);
        um_view whole = separated_new(separator, um_const_view(sound), S, N);
        um_view blocks = separated_new(make(&p, shifted, placed, refit, um_parallel_serial()),
                                       um_const_view(sound), S, 0);
        um_view threads =
            separated_new(make(&p, shifted, placed, refit, umi_thread_pool_parallel(pool)),
                          um_const_view(sound), S, 1000);
        assert_true(separated_null(whole, um_const_view(sound), delay) < 1e-6);
        assert_true(same_bits(um_const_view(whole), um_const_view(blocks)));
        assert_true(same_bits(um_const_view(whole), um_const_view(threads)));
        umi_free(whole.data);
        umi_free(blocks.data);
        umi_free(threads.data);
    }
    umi_thread_pool_free(pool);
    umi_free(sound.data);
    parts_free(&p);
}

/* One source left, one right, of the same colour: only where they are tells them apart. */
static void places_tell_apart(void **state)
{
    (void)state;
    parts p = parts_new();
    um_view sound = matrix_new(N, C);
    umi_random random = umi_random_seeded(2);
    static float alone[N];
    for (size_t t = 0; t < N; t++) {
        float a = (float)umi_random_uniform(&random) - 0.5F;
        float b = (float)umi_random_uniform(&random) - 0.5F;
        alone[t] = a; /* of source 0, which is on the right: .1 and .9 */
        um_row(sound, t)[0] = 0.1F * a + 0.9F * b;
        um_row(sound, t)[1] = 0.9F * a + 0.1F * b;
    }
    for (size_t k = 0; k < K; k++) {
        for (size_t f = 0; f < F; f++) {
            um_row(p.atoms, k)[f] = 1.0F;
        }
    }
    double error[2] = {0.0, 0.0}, signal = 0.0;
    for (unsigned placed = 0; placed < 2; placed++) {
        um_separator *separator = make(&p, false, placed == 1, 0, um_parallel_serial());
        size_t delay = um_separator_delay(separator);
        um_view all = separated_new(separator, um_const_view(sound), S, N);
        for (size_t t = (size_t)2 * LENGTH; t < N; t++) {
            double wanted = 0.9 * (double)alone[t - delay];
            error[placed] += pow((double)um_row(all, t)[1] - wanted, 2.0);
            signal += placed == 0 ? wanted * wanted : 0.0;
        }
        umi_free(all.data);
    }
    assert_true(10.0 * log10(signal / error[0]) < 6.0);
    assert_true(10.0 * log10(signal / error[1]) > 10.0 * log10(signal / error[0]) + 2.0);
    umi_free(sound.data);
    parts_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_way_of_cutting_gives_the_same),
        cmocka_unit_test(places_tell_apart),
    };
    return cmocka_run_group_tests_name("separator_frames", tests, NULL, NULL);
}
