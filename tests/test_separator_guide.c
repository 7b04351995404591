/* Guides and onsets in the separator. */
#include "job/thread_pool.h"
#include "separated.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { LENGTH = 256, HOP = 64, F = LENGTH / 2 + 1, K = 4, S = 2, N = 30000 };

static const size_t source_of[K] = {0, 0, 1, 1};

static um_separator_config config_of(size_t n_channels)
{
    um_separator_config config = um_separator_config_default();
    config.stft.window.length = LENGTH;
    config.stft.window.hop = HOP;
    config.n_channels = n_channels;
    config.iterations = 12;
    return config;
}

static um_separator *make(const um_separator_config *config, um_cview atoms)
{
    um_view gains = matrix_new(K, config->n_channels);
    for (size_t k = 0; k < K; k++) {
        for (size_t c = 0; c < gains.cols; c++) {
            um_row(gains, k)[c] = 1.0F;
        }
    }
    um_separator_dictionary_config dictionary = {
        .atoms = atoms, .gains = um_const_view(gains), .source_of = source_of, .n_sources = S};
    um_separator *separator;
    assert_int_equal(um_separator_new(config, &dictionary, &separator, NULL), UM_OK);
    umi_free(gains.data);
    return separator;
}

static um_view flat_atoms(void)
{
    um_view atoms = matrix_new(K, F);
    for (size_t i = 0; i < (size_t)K * F; i++) {
        um_row(atoms, i / F)[i % F] = 1.0F;
    }
    return atoms;
}

static void any_way_of_cutting_gives_the_same(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view atoms = matrix_random(K, F, 0.2, &random),
            held = matrix_random(40, 2 * F, 0.1, &random);
    um_view sound = separated_sound(N, 2);
    const um_repetition_config repeats = {5, 2};
    um_repetition *repetition;
    umi_thread_pool *pool;
    assert_int_equal(um_repetition_new(&repeats, um_const_view(held), &repetition), UM_OK);
    assert_int_equal(umi_thread_pool_new(2, &pool), UM_OK);
    for (size_t i = 0; i < 3; i++) {
        um_separator_config config = config_of(2);
        config.onset_frames = i == 0 ? 0 : 5;
        config.guide =
            (um_separator_guide){i == 1 ? 0.0 : 0.4, i == 2 ? NULL : repetition, 7, 9, 3};
        um_separator *first = make(&config, um_const_view(atoms));
        size_t delay = um_separator_delay(first);
        um_view whole = separated_new(first, um_const_view(sound), S, N);
        um_view blocks =
            separated_new(make(&config, um_const_view(atoms)), um_const_view(sound), S, 0);
        config.parallel = umi_thread_pool_parallel(pool);
        um_view threads =
            separated_new(make(&config, um_const_view(atoms)), um_const_view(sound), S, 900);
        assert_true(separated_null(whole, um_const_view(sound), delay) < 1e-6);
        assert_true(same_bits(um_const_view(whole), um_const_view(blocks)));
        assert_true(same_bits(um_const_view(whole), um_const_view(threads)));
        umi_free(whole.data);
        umi_free(blocks.data);
        umi_free(threads.data);
    }
    umi_thread_pool_free(pool);
    um_repetition_free(repetition);
    umi_free(atoms.data);
    umi_free(held.data);
    umi_free(sound.data);
}

/* A tone and clicks, with atoms that know nothing: medians tell them apart. */
static void medians_know_clicks(void **state)
{
    (void)state;
    um_view atoms = flat_atoms(), sound = matrix_new(N, 1);
    static float clicks[N];
    for (size_t t = 0; t < N; t++) {
        clicks[t] = t % 3000 == 1500 ? 1.0F : 0.0F;
        um_row(sound, t)[0] =
            (float)(0.05 * sin(6.283185307179586 * 20.0 / LENGTH * (double)t)) + clicks[t];
    }
    um_separator_config config = config_of(1);
    config.guide = (um_separator_guide){.weight = 1.0, .median_frames = 9, .median_bins = 9};
    um_separator *separator = make(&config, um_const_view(atoms));
    size_t delay = um_separator_delay(separator);
    um_view all = separated_new(separator, um_const_view(sound), S, N);
    double error = 0.0, signal = 0.0;
    for (size_t t = delay + 3000; t < N; t++) {
        double wanted = (double)clicks[t - delay];
        signal += wanted * wanted;
        error += pow((double)um_row(all, t)[0] - wanted, 2.0);
    }
    assert_true(10.0 * log10(signal / error) > 10.0);
    umi_free(all.data);
    umi_free(sound.data);
    umi_free(atoms.data);
}

static void what_does_not_go_together(void **state)
{
    (void)state;
    um_view atoms = flat_atoms(), gains = matrix_new(K, 1);
    um_separator_config good = config_of(1), bad[6] = {good, good, good, good, good, good};
    um_separator_dictionary_config dictionary = {.atoms = um_const_view(atoms),
                                                 .gains = um_const_view(gains),
                                                 .source_of = source_of,
                                                 .n_sources = S};
    um_separator *separator;
    for (size_t k = 0; k < K; k++) {
        um_row(gains, k)[0] = 1.0F;
    }
    bad[0].guide.weight = 1.1;
    bad[1].guide.weight = -0.1;
    bad[2].guide = (um_separator_guide){.weight = 0.5, .median_frames = 128};
    bad[3].onset_frames = 4;
    bad[4].onset_frames = 67;
    bad[5].onset_frames = 5;
    bad[5].refit_iterations = 2;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(um_separator_new(&bad[i], &dictionary, &separator, NULL), UM_ERR_ARGUMENT);
    }
    dictionary.n_sources = 3; /* the last one has no atoms */
    good.guide.weight = 0.5;
    assert_int_equal(um_separator_new(&good, &dictionary, &separator, NULL), UM_ERR_ARGUMENT);
    umi_free(atoms.data);
    umi_free(gains.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_way_of_cutting_gives_the_same),
        cmocka_unit_test(medians_know_clicks),
        cmocka_unit_test(what_does_not_go_together),
    };
    return cmocka_run_group_tests_name("separator_guide", tests, NULL, NULL);
}
