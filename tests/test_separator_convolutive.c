/* Atoms that last several frames, in the separator. */
#include "job/thread_pool.h"
#include "separated.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { LENGTH = 64, F = LENGTH / 2 + 1, T = 4, K = 3, S = 2, N = 40000 };

static const size_t source_of[K] = {1, 0, 1};

static um_separator *make(um_cview atoms, size_t n_channels, um_parallel parallel)
{
    um_separator_config config = um_separator_config_default();
    config.stft.window.length = LENGTH;
    config.stft.window.hop = LENGTH / 4;
    config.n_channels = n_channels;
    config.iterations = 10;
    config.parallel = parallel;
    um_separator_dictionary_config dictionary = {
        .atoms = atoms, .atom_frames = T, .source_of = source_of, .n_sources = S};
    um_separator *separator;
    assert_int_equal(um_separator_new(&config, &dictionary, &separator, NULL), UM_OK);
    return separator;
}

/* Several batches long, mono and stereo. */
static void any_way_of_cutting_gives_the_same(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view atoms = matrix_random(K, (size_t)T * F, 0.2, &random);
    umi_thread_pool *pool;
    assert_int_equal(umi_thread_pool_new(2, &pool), UM_OK);
    for (size_t C = 1; C <= 2; C++) {
        um_view sound = separated_sound(N, C);
        um_separator *first = make(um_const_view(atoms), C, um_parallel_serial());
        size_t delay = um_separator_delay(first);
        um_view whole = separated_new(first, um_const_view(sound), S, N);
        um_view blocks = separated_new(make(um_const_view(atoms), C, um_parallel_serial()),
                                       um_const_view(sound), S, 0);
        um_view threads =
            separated_new(make(um_const_view(atoms), C, umi_thread_pool_parallel(pool)),
                          um_const_view(sound), S, 700);
        assert_true(delay < N / 2);
        assert_true(separated_null(whole, um_const_view(sound), delay) < 1e-6);
        assert_true(same_bits(um_const_view(whole), um_const_view(blocks)));
        assert_true(same_bits(um_const_view(whole), um_const_view(threads)));
        umi_free(whole.data);
        umi_free(blocks.data);
        umi_free(threads.data);
        umi_free(sound.data);
    }
    umi_thread_pool_free(pool);
    umi_free(atoms.data);
}

/* A high tone that always follows a low one is part of one atom; the same high tone alone is the
 * other source's. */
static void what_follows_belongs_to_what_was_before(void **state)
{
    (void)state;
    enum { HOP = LENGTH / 4, LOW = 4, HIGH = 20, PERIOD = 24 * HOP };
    um_view atoms = matrix_new(K, (size_t)T * F), sound = matrix_new(N, 1);
    for (size_t k = 0; k < K; k++) {
        for (size_t t = 0; t < T; t++) {
            for (size_t f = 0; f < F; f++) {
                um_row(atoms, k)[t * F + f] = 1e-4F;
            }
            /* Source 0, atom 1: low, then high. Source 1: high from the first frame on. */
            um_row(atoms, k)[t * F + (k == 1 && t < 2 ? LOW : HIGH)] = 1.0F;
        }
    }
    for (size_t t = 0; t < N; t++) {
        size_t frame = t % PERIOD / HOP;
        double low = frame >= 4 && frame < 6 ? 1.0 : 0.0;
        double high = (frame >= 6 && frame < 8) || (frame >= 16 && frame < 20) ? 1.0 : 0.0;
        double phase = 6.283185307179586 / LENGTH * (double)t;
        um_row(sound, t)[0] = (float)(0.3 * (low * sin(LOW * phase) + high * sin(HIGH * phase)));
    }
    um_separator *separator = make(um_const_view(atoms), 1, um_parallel_serial());
    size_t delay = um_separator_delay(separator);
    um_view all = separated_new(separator, um_const_view(sound), S, N);
    double energy[2][2] = {{0.0}}; /* source, second half of the period */
    for (size_t t = delay + (size_t)4 * PERIOD; t < N; t++) {
        size_t half = (t - delay) % PERIOD >= PERIOD / 2;
        for (size_t s = 0; s < S; s++) {
            energy[s][half] += pow((double)um_row(all, t)[s], 2.0);
        }
    }
    assert_true(energy[0][0] > 5.0 * energy[1][0]);
    assert_true(energy[1][1] > 5.0 * energy[0][1]);
    umi_free(all.data);
    umi_free(sound.data);
    umi_free(atoms.data);
}

static void what_does_not_go_together(void **state)
{
    (void)state;
    um_separator_config config = um_separator_config_default();
    config.stft.window.length = LENGTH;
    config.stft.window.hop = LENGTH / 4;
    umi_random random = umi_random_seeded(1);
    um_view atoms = matrix_random(K, (size_t)T * F, 0.2, &random), gains = matrix_new(K, 1);
    const double shift = 1.0, sparsity[S] = {0.0, 0.1};
    um_separator_dictionary_config good = {
        .atoms = um_const_view(atoms), .atom_frames = T, .source_of = source_of, .n_sources = S};
    um_separator_dictionary_config bad[4] = {good, good, good, good};
    um_separator *separator;
    bad[0].gains = um_const_view(gains);
    bad[1].shifts = &shift;
    bad[1].n_shifts = 1;
    bad[2].sparsity = sparsity;
    bad[3].atom_frames = 65;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(um_separator_new(&config, &bad[i], &separator, NULL), UM_ERR_ARGUMENT);
    }
    config.refit_iterations = 1;
    assert_int_equal(um_separator_new(&config, &good, &separator, NULL), UM_ERR_ARGUMENT);
    umi_free(atoms.data);
    umi_free(gains.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_way_of_cutting_gives_the_same),
        cmocka_unit_test(what_follows_belongs_to_what_was_before),
        cmocka_unit_test(what_does_not_go_together),
    };
    return cmocka_run_group_tests_name("separator_convolutive", tests, NULL, NULL);
}
