/* Another dictionary while the sound goes on. */
#include "unmingle/activations.h"
#include "unmingle/separator.h"

#include "counting_allocator.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { LENGTH = 64, HOP = 8, N_BINS = LENGTH / 2 + 1, SOURCES = 3, N = 640, ITERATIONS = 7 };

typedef struct fixture {
    um_separator_config config;
    um_view sound;
    um_view out[2][SOURCES];
} fixture;

static fixture fixture_new(void)
{
    umi_random random = umi_random_seeded(3);
    fixture f = {.config = um_separator_config_default(),
                 .sound = matrix_random(N, 1, 0.0, &random)};
    f.config.stft.window = (um_window_config){UM_WINDOW_ASYMMETRIC, LENGTH, HOP, 0.0, 2 * HOP};
    f.config.iterations = ITERATIONS;
    f.config.n_components_max = 8;
    for (size_t i = 0; i < 2 * SOURCES; i++) {
        f.out[i / SOURCES][i % SOURCES] = matrix_new(N, 1);
    }
    return f;
}

static void fixture_free(fixture *f)
{
    umi_free(f->sound.data);
    for (size_t i = 0; i < 2 * SOURCES; i++) {
        umi_free(f->out[i / SOURCES][i % SOURCES].data);
    }
}

static um_view atoms_new(size_t n, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    return matrix_random(n, N_BINS, 0.3, &random);
}

static um_view ones_new(size_t n)
{
    um_view gains = matrix_new(n, 1);
    for (size_t k = 0; k < n; k++) {
        um_row(gains, k)[0] = 1.0F;
    }
    return gains;
}

static um_separator *separator(const um_separator_config *config, um_cview W,
                               const size_t *source_of, size_t n_sources)
{
    um_separator *s;
    um_view gains = ones_new(W.rows);
    um_separator_dictionary_config first = {
        .atoms = W, .gains = um_const_view(gains), .source_of = source_of, .n_sources = n_sources};
    assert_int_equal(um_separator_new(config, &first, &s, NULL), UM_OK);
    umi_free(gains.data);
    return s;
}

static um_separator_dictionary *dictionary(um_cview W, const size_t *source_of, size_t n_sources)
{
    um_separator_dictionary *d;
    um_view gains = ones_new(W.rows);
    um_separator_dictionary_config config = {
        .atoms = W, .gains = um_const_view(gains), .source_of = source_of, .n_sources = n_sources};
    assert_int_equal(um_separator_dictionary_new(&config, &d, NULL), UM_OK);
    umi_free(gains.data);
    return d;
}

/* Samples first .. first + n - 1. */
static void push(um_separator *s, const fixture *f, size_t first, size_t n, const um_view *out)
{
    um_cview in = {um_row(f->sound, first), n, 1, f->sound.stride};
    um_view part[SOURCES];
    for (size_t i = 0; i < SOURCES; i++) {
        part[i] = (um_view){um_row(out[i], first), n, 1, out[i].stride};
    }
    assert_int_equal(um_separator_push(s, in, part), UM_OK);
}

/* Frames complete before the change are those of the one dictionary, those after it of the other:
 * outside the overlap the sources are to the bit what either gives alone. And none allocates. */
static void the_next_frame_is_the_new_ones(void **state)
{
    (void)state;
    static const size_t source_of[] = {0, 1, 2, 1};
    enum { CHANGE = 320 };
    fixture f = fixture_new();
    um_view W = atoms_new(4, 5), X = atoms_new(4, 6);
    um_separator *changes = separator(&f.config, um_const_view(W), source_of, SOURCES);
    um_separator *before = separator(&f.config, um_const_view(W), source_of, SOURCES);
    um_separator *after = separator(&f.config, um_const_view(X), source_of, SOURCES);
    um_separator_dictionary *d = dictionary(um_const_view(X), source_of, SOURCES);
    size_t calls = counting_allocator_calls();
    push(changes, &f, 0, CHANGE, f.out[0]);
    assert_int_equal(um_separator_use(changes, d), UM_OK);
    push(changes, &f, CHANGE, N - CHANGE, f.out[0]);
    assert_int_equal(counting_allocator_calls(), calls);
    push(before, &f, 0, N, f.out[1]);
    size_t overlap = um_separator_delay(changes) + HOP;
    for (size_t i = 0; i < SOURCES; i++) {
        for (size_t t = 0; t < CHANGE; t++) {
            assert_true(um_row(f.out[0][i], t)[0] == um_row(f.out[1][i], t)[0]);
        }
    }
    push(after, &f, 0, N, f.out[1]);
    bool differs = false;
    for (size_t i = 0; i < SOURCES; i++) {
        for (size_t t = CHANGE + overlap; t < N; t++) {
            assert_true(um_row(f.out[0][i], t)[0] == um_row(f.out[1][i], t)[0]);
        }
        differs =
            differs || um_row(f.out[0][i], CHANGE - 1)[0] != um_row(f.out[1][i], CHANGE - 1)[0];
    }
    assert_true(differs);
    um_separator_free(changes);
    um_separator_free(before);
    um_separator_free(after);
    um_separator_dictionary_free(d);
    umi_free(W.data);
    umi_free(X.data);
    fixture_free(&f);
}

/* The other sources are what they are where it does not exist. */
static void a_source_without_atoms_is_silent(void **state)
{
    (void)state;
    static const size_t of_two[] = {0, 1, 0}, of_three[] = {0, 2, 0}, all[] = {0, 1, 2};
    fixture three = fixture_new(), two = fixture_new();
    um_view W = atoms_new(3, 7);
    um_separator *s = separator(&three.config, um_const_view(W), all, SOURCES);
    um_separator *other = separator(&two.config, um_const_view(W), of_two, 2);
    um_separator_dictionary *d = dictionary(um_const_view(W), of_three, SOURCES);
    assert_int_equal(um_separator_use(s, d), UM_OK);
    push(s, &three, 0, N, three.out[0]);
    push(other, &two, 0, N, two.out[0]);
    for (size_t t = 0; t < N; t++) {
        assert_true(um_row(three.out[0][0], t)[0] == um_row(two.out[0][0], t)[0]);
        assert_true(um_row(three.out[0][1], t)[0] == 0.0F);
        assert_true(um_row(three.out[0][2], t)[0] == um_row(two.out[0][1], t)[0]);
    }
    um_separator_free(s);
    um_separator_free(other);
    um_separator_dictionary_free(d);
    umi_free(W.data);
    fixture_free(&two);
    fixture_free(&three);
}

/* The same atoms for two sources: without a penalty they share, with it the other has nearly all.
 */
static void what_is_penalised_yields(void **state)
{
    (void)state;
    static const size_t source_of[] = {0, 1, 0, 1};
    static const double sparsity[] = {1.0, 0.0};
    fixture f = fixture_new();
    um_view W = atoms_new(4, 10), gains = ones_new(4);
    for (size_t k = 0; k < 4; k += 2) {
        memcpy(um_row(W, k + 1), um_row(W, k), N_BINS * sizeof(float));
    }
    um_separator *s = separator(&f.config, um_const_view(W), source_of, 2);
    um_separator_dictionary *d;
    um_separator_dictionary_config config = {
        .atoms = um_const_view(W),
        .gains = um_const_view(gains),
        .source_of = source_of,
        .n_sources = 2,
        .sparsity = sparsity,
    };
    assert_int_equal(um_separator_dictionary_new(&config, &d, NULL), UM_OK);
    double power[2][2] = {{0.0}};
    for (size_t penalised = 0; penalised < 2; penalised++) {
        push(s, &f, 0, N, f.out[0]);
        for (size_t t = N / 2; t < N; t++) {
            power[penalised][0] += pow((double)um_row(f.out[0][0], t)[0], 2.0);
            power[penalised][1] += pow((double)um_row(f.out[0][1], t)[0], 2.0);
        }
        assert_int_equal(um_separator_use(s, d), UM_OK);
    }
    assert_true(fabs(power[0][0] / power[0][1] - 1.0) < 1e-3);
    assert_true(power[1][0] < 0.001 * power[1][1]);
    um_separator_free(s);
    um_separator_dictionary_free(d);
    umi_free(W.data);
    umi_free(gains.data);
    fixture_free(&f);
}

static void frames_can_be_looked_at(void **state)
{
    (void)state;
    static const size_t source_of[] = {1, 0, 2};
    static const size_t order[] = {1, 0, 2}; /* source after source */
    fixture f = fixture_new();
    um_view W = atoms_new(3, 8), sorted = matrix_new(3, N_BINS);
    um_separator *s = separator(&f.config, um_const_view(W), source_of, SOURCES);
    um_cview V, H;
    assert_int_equal(um_separator_frames(s, &V, &H), 0);
    push(s, &f, 0, 3 * HOP + 1, f.out[0]);
    assert_int_equal(um_separator_frames(s, &V, &H), 3);
    assert_int_equal(V.cols, N_BINS);
    assert_int_equal(H.cols, 3);
    for (size_t k = 0; k < 3; k++) {
        memcpy(um_row(sorted, k), um_row(W, order[k]), N_BINS * sizeof(float));
    }
    um_activations_config config = um_activations_config_default();
    config.iterations = ITERATIONS;
    um_view expected = matrix_new(3, 3);
    um_activations *activations;
    assert_int_equal(um_activations_new(&config, um_const_view(sorted), &activations), UM_OK);
    assert_int_equal(um_activations_solve(activations, V, expected), UM_OK);
    um_activations_free(activations);
    for (size_t t = 0; t < 3; t++) {
        assert_memory_equal(um_crow(H, t), um_row(expected, t), 3 * sizeof(float));
    }
    push(s, &f, 3 * HOP + 1, 1, f.out[0]);
    assert_int_equal(um_separator_frames(s, &V, &H), 0);
    um_separator_free(s);
    umi_free(W.data);
    umi_free(sorted.data);
    umi_free(expected.data);
    fixture_free(&f);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const size_t source_of[] = {0, 1, 2, 0, 1, 2, 0, 1, 2}, none[] = {3};
    fixture f = fixture_new();
    um_view W = atoms_new(9, 9), ones = ones_new(9), narrow = W;
    um_cview few = {W.data, 3, W.cols, W.stride};
    um_separator *s = separator(&f.config, few, source_of, SOURCES);
    um_separator_dictionary *many = dictionary(um_const_view(W), source_of, SOURCES);
    um_separator_dictionary *sources = dictionary(few, source_of, SOURCES + 1), *bad;
    narrow.cols--;
    um_separator_dictionary *bins = dictionary(um_const_view(narrow), source_of, SOURCES);
    assert_int_equal(um_separator_use(s, many), UM_ERR_ARGUMENT);
    assert_int_equal(um_separator_use(s, sources), UM_ERR_ARGUMENT);
    assert_int_equal(um_separator_use(s, bins), UM_ERR_ARGUMENT);
    assert_int_equal(um_separator_use(s, NULL), UM_ERR_ARGUMENT);
    um_separator_dictionary *lasting;
    um_view pairs = matrix_new(3, 2 * N_BINS);
    for (size_t k = 0; k < 3; k++) {
        um_row(pairs, k)[k] = 1.0F;
    }
    um_separator_dictionary_config two_frames = {
        .atoms = um_const_view(pairs),
        .atom_frames = 2,
        .source_of = source_of,
        .n_sources = SOURCES,
    };
    assert_int_equal(um_separator_dictionary_new(&two_frames, &lasting, NULL), UM_OK);
    assert_int_equal(um_separator_use(s, lasting), UM_ERR_ARGUMENT);
    um_separator_dictionary_free(lasting);
    umi_free(pairs.data);
    const double negative[SOURCES] = {0.0, -1.0, 0.0};
    um_separator_dictionary_config wrong = {
        .atoms = {W.data, 1, W.cols, W.stride},
        .gains = {ones.data, 1, 1, 1},
        .source_of = none,
        .n_sources = SOURCES,
    };
    assert_int_equal(um_separator_dictionary_new(&wrong, &bad, NULL), UM_ERR_ARGUMENT);
    assert_null(bad);
    wrong.source_of = source_of;
    wrong.sparsity = negative;
    assert_int_equal(um_separator_dictionary_new(&wrong, &bad, NULL), UM_ERR_ARGUMENT);
    assert_null(bad);
    push(s, &f, 0, N, f.out[0]);
    um_separator_dictionary_free(many);
    um_separator_dictionary_free(sources);
    um_separator_dictionary_free(bins);
    um_separator_dictionary_free(NULL);
    um_separator_free(s);
    umi_free(W.data);
    umi_free(ones.data);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_frame_is_the_new_ones),
        cmocka_unit_test(a_source_without_atoms_is_silent),
        cmocka_unit_test(what_is_penalised_yields),
        cmocka_unit_test(frames_can_be_looked_at),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
