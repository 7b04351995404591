/* The separator as an object: arguments and their messages, memory, reset. */
#include "unmingle/separator.h"

#include "counting_allocator.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { LENGTH = 64, N_BINS = LENGTH / 2 + 1, K = 4, N_CHANNELS = 2 };

typedef struct fixture {
    um_separator_config config;
    um_view atoms, gains;
    size_t source_of[K];
    size_t n_sources;
} fixture;

/* Three sources, the last of which has no atom. */
static fixture fixture_new(void)
{
    umi_random random = umi_random_seeded(1);
    fixture f = {um_separator_config_default(),
                 matrix_random(K, N_BINS, 0.1, &random),
                 matrix_random(K, N_CHANNELS, 0.0, &random),
                 {1, 0, 0, 1},
                 3};
    f.config.stft.window.length = LENGTH;
    f.config.stft.window.hop = LENGTH / 4;
    f.config.n_channels = N_CHANNELS;
    f.config.iterations = 5;
    return f;
}

static void fixture_free(fixture *f)
{
    umi_free(f->atoms.data);
    umi_free(f->gains.data);
}

static um_separator_dictionary_config dictionary_of(const fixture *f)
{
    return (um_separator_dictionary_config){.atoms = um_const_view(f->atoms),
                                            .gains = um_const_view(f->gains),
                                            .source_of = f->source_of,
                                            .n_sources = f->n_sources};
}

static um_status make(const fixture *f, um_separator **out, um_error *error)
{
    um_separator_dictionary_config dictionary = dictionary_of(f);
    return um_separator_new(&f->config, &dictionary, out, error);
}

/* Fails, leaves NULL, and says something in which `word` occurs; and does so without um_error. */
static void assert_refused(const fixture *f, const char *word)
{
    um_error error = {UM_OK, ""};
    um_separator *separator = (void *)&error; /* anything but NULL */
    assert_int_equal(make(f, &separator, &error), UM_ERR_ARGUMENT);
    assert_null(separator);
    assert_int_equal(error.status, UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, word));
    assert_int_equal(make(f, &separator, NULL), UM_ERR_ARGUMENT);
}

static void settings_are_checked(void **state)
{
    (void)state;
    const size_t too_big[] = {0, 65, 4097, 100001, 1025};
    for (size_t i = 0; i < 2; i++) {
        fixture f = fixture_new();
        fixture channels = f, sources = f, iterations = f, workers = f;
        channels.config.n_channels = i == 0 ? 0 : too_big[1];
        sources.n_sources = i == 0 ? 0 : too_big[2];
        iterations.config.iterations = i == 0 ? 0 : too_big[3];
        workers.config.parallel.n_workers = i == 0 ? 0 : too_big[4];
        assert_refused(&channels, "channels");
        assert_refused(&sources, "atoms");
        assert_refused(&iterations, "iterations");
        assert_refused(&workers, "workers");
        fixture_free(&f);
    }
    const double exponents[] = {0.0, 0.05, 10.5, -1.0, NAN, INFINITY};
    fixture f = fixture_new();
    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++) {
        fixture wrong = f;
        wrong.config.exponent = exponents[i];
        assert_refused(&wrong, "exponent");
    }
    fixture no_reconstruction = f;
    no_reconstruction.config.stft.window.hop = LENGTH;
    assert_refused(&no_reconstruction, "hop");
    fixture_free(&f);
}

static void dictionaries_are_checked(void **state)
{
    (void)state;
    fixture f = fixture_new();
    fixture wrong = f;
    wrong.atoms.cols = N_BINS - 1;
    assert_refused(&wrong, "bins");
    wrong = f;
    wrong.gains.cols = 1;
    assert_refused(&wrong, "channels");
    wrong = f;
    wrong.gains.rows = K - 1;
    assert_refused(&wrong, "");
    wrong = f;
    wrong.atoms.rows = wrong.gains.rows = 0;
    assert_refused(&wrong, "");
    wrong = f;
    wrong.atoms.data = NULL;
    assert_refused(&wrong, "atoms");
    wrong = f;
    wrong.gains.data = NULL;
    assert_refused(&wrong, "atoms");
    wrong = f;
    wrong.atoms.stride = N_BINS - 1;
    assert_refused(&wrong, "atoms");
    wrong = f;
    wrong.source_of[0] = wrong.source_of[3] = 0;
    assert_refused(&wrong, "source 1");
    wrong = f;
    wrong.source_of[2] = 3;
    assert_refused(&wrong, "no source");
    const float bad[] = {-1.0F, NAN, INFINITY};
    for (size_t i = 0; i < 3; i++) {
        float *const places[] = {&um_row(f.atoms, 2)[7], &um_row(f.gains, 2)[1]};
        for (size_t j = 0; j < 2; j++) {
            float was = *places[j];
            *places[j] = bad[i];
            assert_refused(&f, "atom 2");
            *places[j] = was;
        }
    }
    um_row(f.gains, 3)[0] = um_row(f.gains, 3)[1] = 0.0F;
    assert_refused(&f, "atom 3");
    um_row(f.gains, 3)[0] = 1.0F;
    memset(um_row(f.atoms, 1), 0, N_BINS * sizeof(float));
    assert_refused(&f, "atom 1");
    fixture_free(&f);
}

static void pointers_are_checked(void **state)
{
    (void)state;
    fixture f = fixture_new();
    um_separator_dictionary_config dictionary = dictionary_of(&f), no_sources = dictionary;
    no_sources.source_of = NULL;
    um_separator *s;
    um_error error;
    const um_status wrong = UM_ERR_ARGUMENT;
    assert_int_equal(um_separator_new(NULL, &dictionary, &s, &error), wrong);
    assert_null(s);
    assert_int_equal(um_separator_new(&f.config, NULL, &s, &error), wrong);
    assert_null(s);
    assert_int_equal(um_separator_new(&f.config, &no_sources, &s, &error), wrong);
    assert_null(s);
    assert_int_equal(um_separator_new(&f.config, &dictionary, NULL, &error), wrong);
    um_separator_free(NULL);
    fixture_free(&f);
}

/* What does not fit is refused whole: the sound after it is what it would have been without. */
static void blocks_are_checked(void **state)
{
    (void)state;
    enum { N = 100 };
    fixture f = fixture_new();
    um_separator *s, *other;
    assert_int_equal(make(&f, &s, NULL), UM_OK);
    assert_int_equal(make(&f, &other, NULL), UM_OK);
    umi_random random = umi_random_seeded(2);
    um_view sound = matrix_random(N, N_CHANNELS, 0.0, &random);
    um_view out[3], out_other[3];
    for (size_t i = 0; i < 3; i++) {
        out[i] = matrix_new(N, N_CHANNELS);
        out_other[i] = matrix_new(N, N_CHANNELS);
    }
    um_cview in = um_const_view(sound);
    const um_status wrong = UM_ERR_ARGUMENT;
    um_cview mono = {in.data, N, 1, in.stride}, no_data = {NULL, N, 2, 2}, none = {NULL, 0, 2, 2};
    um_cview overlap = {in.data, N, 2, 1}, shorter = {in.data, N - 1, 2, in.stride};
    assert_int_equal(um_separator_push(NULL, in, out), wrong);
    assert_int_equal(um_separator_push(s, in, NULL), wrong);
    assert_int_equal(um_separator_push(s, mono, out), wrong);
    assert_int_equal(um_separator_push(s, no_data, out), wrong);
    assert_int_equal(um_separator_push(s, overlap, out), wrong);
    assert_int_equal(um_separator_push(s, shorter, out), wrong);
    for (size_t i = 0; i < 3; i++) {
        um_view was = out[i];
        out[i].data = NULL;
        assert_int_equal(um_separator_push(s, in, out), wrong);
        out[i] = was;
        out[i].cols = 1;
        assert_int_equal(um_separator_push(s, in, out), wrong);
        out[i] = was;
        out[i].stride = 1;
        assert_int_equal(um_separator_push(s, in, out), wrong);
        out[i] = was;
    }
    const float bad[] = {NAN, INFINITY, -INFINITY, 1.1e6F, -1.1e6F};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        float was = um_row(sound, N - 1)[1];
        um_row(sound, N - 1)[1] = bad[i];
        assert_int_equal(um_separator_push(s, in, out), wrong);
        um_row(sound, N - 1)[1] = was;
    }
    assert_int_equal(um_separator_push(s, none, NULL), UM_OK);
    assert_int_equal(um_separator_push(s, in, out), UM_OK);
    assert_int_equal(um_separator_push(other, in, out_other), UM_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_true(same_bits(um_const_view(out[i]), um_const_view(out_other[i])));
        umi_free(out[i].data);
        umi_free(out_other[i].data);
    }
    umi_free(sound.data);
    um_separator_free(s);
    um_separator_free(other);
    fixture_free(&f);
}

static void the_delay_is_the_synthesis_window(void **state)
{
    (void)state;
    fixture f = fixture_new();
    um_separator *s;
    assert_int_equal(make(&f, &s, NULL), UM_OK);
    assert_int_equal(um_separator_delay(s), LENGTH - 1);
    um_separator_free(s);
    f.config.stft.window.window = UM_WINDOW_ASYMMETRIC;
    f.config.stft.window.hop = 4;
    f.config.stft.window.synthesis_length = 8;
    assert_int_equal(make(&f, &s, NULL), UM_OK);
    assert_int_equal(um_separator_delay(s), 7);
    um_separator_free(s);
    fixture_free(&f);
}

static void pushing_allocates_nothing(void **state)
{
    (void)state;
    enum { N = 5000 };
    fixture f = fixture_new();
    um_separator *s;
    assert_int_equal(make(&f, &s, NULL), UM_OK);
    um_view sound = matrix_new(N, N_CHANNELS), out[3];
    for (size_t i = 0; i < 3; i++) {
        out[i] = matrix_new(N, N_CHANNELS);
    }
    size_t calls = counting_allocator_calls();
    assert_int_equal(um_separator_push(s, um_const_view(sound), out), UM_OK);
    um_separator_reset(s);
    assert_int_equal(counting_allocator_calls(), calls);
    for (size_t i = 0; i < 3; i++) {
        umi_free(out[i].data);
    }
    umi_free(sound.data);
    um_separator_free(s);
    fixture_free(&f);
}

static um_status attempt(void *context)
{
    um_separator *separator;
    um_error error = {UM_OK, ""};
    um_status status = make(context, &separator, &error);
    assert_true((status == UM_OK) == (separator != NULL));
    assert_int_equal(error.status, status);
    um_separator_free(separator);
    return status;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    fixture f = fixture_new();
    f.config.parallel.n_workers = 2;
    assert_true(counting_allocator_sweep(attempt, &f) > 0);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_checked),
        cmocka_unit_test(dictionaries_are_checked),
        cmocka_unit_test(pointers_are_checked),
        cmocka_unit_test(blocks_are_checked),
        cmocka_unit_test(the_delay_is_the_synthesis_window),
        cmocka_unit_test(pushing_allocates_nothing),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("separator", tests, NULL, NULL);
}
