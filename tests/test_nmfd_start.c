/* Start values of the deconvolution: what they promise, and that planted templates are found from
 * them. */
#include "matrices.h"
#include "unmingle/nmfd.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static um_nmfd *start_random(um_nmfd_config config, um_cview V, uint64_t seed)
{
    um_nmfd *nmfd;
    assert_int_equal(um_nmfd_new(&config, &nmfd), UM_OK);
    assert_int_equal(um_nmfd_start_random(nmfd, V, seed), UM_OK);
    return nmfd;
}

static um_nmfd_config config_for(size_t n_frames, size_t n_bins, size_t K, size_t T)
{
    um_nmfd_config config = um_nmfd_config_default();
    config.n_frames = n_frames;
    config.n_bins = n_bins;
    config.n_components = K;
    config.atom_frames = T;
    config.iterations = 0;
    return config;
}

/* -- The values -------------------------------------------------------------------------------- */

/* A run of no iterations makes the start values visible as results. */
static um_nmfd *started(um_cview V, uint64_t seed)
{
    um_nmfd *nmfd = start_random(config_for(V.rows, V.cols, 4, 5), V, seed);
    assert_int_equal(um_nmfd_run(nmfd, V, NULL), UM_OK);
    return nmfd;
}

static void same_seed_gives_same_values(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(50, 30, 0.1, &random);
    um_nmfd *one = started(um_const_view(V), 1), *again = started(um_const_view(V), 1);
    um_nmfd *other = started(um_const_view(V), 2);
    assert_true(same_bits(um_nmfd_activations(one), um_nmfd_activations(again)));
    assert_true(same_bits(um_nmfd_atoms(one), um_nmfd_atoms(again)));
    assert_false(same_bits(um_nmfd_activations(one), um_nmfd_activations(other)));
    assert_false(same_bits(um_nmfd_atoms(one), um_nmfd_atoms(other)));
    um_nmfd_free(one);
    um_nmfd_free(again);
    um_nmfd_free(other);
    umi_free(V.data);
}

/* Between a tenth and the whole of the largest, the atoms' along exp(-3 tau / T). */
static void values_are_within_their_range(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(200, 100, 0.1, &random);
    um_nmfd *nmfd = started(um_const_view(V), 1);
    um_cview H = um_nmfd_activations(nmfd), W = um_nmfd_atoms(nmfd);
    for (size_t k = 0; k < 4; k++) {
        double least = 1e30, most = 0.0, sum = 0.0;
        for (size_t i = 0; i < W.cols; i++) {
            double w = (double)um_crow(W, k)[i];
            double level = w * exp(3.0 * (double)(i / V.cols) / 5.0);
            least = fmin(least, level);
            most = fmax(most, level);
            sum += w;
        }
        assert_true(fabs(sum - 1.0) < 1e-5);
        assert_true(least > 0.099 * most && least < 0.12 * most);
    }
    double least = 1e30, most = 0.0, sum = 0.0, V_sum = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        for (size_t k = 0; k < H.cols; k++) {
            double h = (double)um_crow(H, n)[k];
            least = fmin(least, h);
            most = fmax(most, h);
            sum += h;
        }
        for (size_t f = 0; f < V.cols; f++) {
            V_sum += (double)um_row(V, n)[f];
        }
    }
    assert_true(least > 0.099 * most && least < 0.12 * most);
    assert_true(fabs(sum - V_sum) < 0.05 * V_sum);
    um_nmfd_free(nmfd);
    umi_free(V.data);
}

static void fixed_atoms_stay(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(50, 30, 0.1, &random), W = matrix_random(2, 150, 0.0, &random);
    um_nmfd *nmfd = started(um_const_view(V), 1);
    assert_int_equal(um_nmfd_set_atoms(nmfd, 1, um_const_view(W), true), UM_OK);
    um_view before = matrix_copy(um_nmfd_atoms(nmfd));
    assert_int_equal(um_nmfd_start_random(nmfd, um_const_view(V), 2), UM_OK);
    for (size_t k = 0; k < 4; k++) {
        um_cview was = {um_row(before, k), 1, before.cols, before.stride};
        um_cview is = {um_crow(um_nmfd_atoms(nmfd), k), 1, before.cols, before.stride};
        assert_true(same_bits(was, is) == (k == 1 || k == 2));
    }
    um_nmfd_free(nmfd);
    umi_free(V.data);
    umi_free(W.data);
    umi_free(before.data);
}

/* -- Where they lead --------------------------------------------------------------------------- */

enum { FRAMES = 600, BINS = 40, DRUMS = 3, LENGTH = 8 };

/* Sounds that begin at once, die away over six frames at a rate of their own in every bin, and are
 * played now and then. Returns V; W and H are what was planted. */
static um_view drum_track(uint64_t seed, um_view *W, um_view *H)
{
    umi_random random = umi_random_seeded(seed);
    um_view V = matrix_new(FRAMES, BINS);
    *W = matrix_new(DRUMS, LENGTH * BINS);
    *H = matrix_new(FRAMES, DRUMS);
    for (size_t i = 0; i < (size_t)DRUMS * BINS; i++) {
        double level = pow(umi_random_uniform(&random), 4.0);
        double decay = 0.4 + 0.5 * umi_random_uniform(&random);
        for (size_t tau = 0; tau < 6; tau++) {
            um_row(*W, i / BINS)[tau * BINS + i % BINS] = (float)(level * pow(decay, (double)tau));
        }
    }
    for (size_t n = 0; n < FRAMES; n++) {
        for (size_t k = 0; k < DRUMS; k++) {
            bool onset = umi_random_uniform(&random) < 0.04;
            float h = (float)(0.3 + 0.7 * umi_random_uniform(&random));
            um_row(*H, n)[k] = onset ? h : 0.0F;
            for (size_t i = 0; onset && i < (size_t)LENGTH * BINS && n + i / BINS < FRAMES; i++) {
                um_row(V, n + i / BINS)[i % BINS] += h * um_row(*W, k)[i];
            }
        }
    }
    return V;
}

static double cosine(const float *a, size_t a_stride, const float *b, size_t b_stride, size_t n)
{
    double aa = 0.0, bb = 0.0, ab = 0.0;
    for (size_t i = 0; i < n; i++) {
        double x = (double)a[i * a_stride], y = (double)b[i * b_stride];
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    return ab / sqrt(aa * bb);
}

/* Each planted template must be met by an atom of its own, and the atom's activations must be the
 * planted onsets. An atom may begin some frames late, when the template leaves it room. */
static void assert_recovered(um_cview planted, um_cview played, const um_nmfd *nmfd)
{
    um_cview W = um_nmfd_atoms(nmfd), H = um_nmfd_activations(nmfd);
    bool taken[DRUMS] = {false};
    for (size_t k = 0; k < DRUMS; k++) {
        double best = 0.0;
        size_t best_j = 0, best_late = 0;
        for (size_t i = 0; i < (size_t)DRUMS * 3; i++) {
            size_t late = i / DRUMS;
            const float *atom = um_crow(W, i % DRUMS);
            double match = cosine(um_crow(planted, k), 1, atom + late * BINS, 1,
                                  (LENGTH - late) * (size_t)BINS);
            if (match > best) {
                best = match;
                best_j = i % DRUMS;
                best_late = late;
            }
        }
        assert_true(best > 0.99);
        assert_false(taken[best_j]);
        taken[best_j] = true;
        double onsets = cosine(um_crow(played, best_late) + k, played.stride, H.data + best_j,
                               H.stride, FRAMES - best_late);
        assert_true(onsets > 0.99);
    }
}

static void planted_templates_are_recovered_from_random_starts(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        um_view W, H, V = drum_track(100 + seed, &W, &H);
        um_nmfd_config config = config_for(FRAMES, BINS, DRUMS, LENGTH);
        config.iterations = 1000;
        um_nmfd *nmfd = start_random(config, um_const_view(V), seed);
        assert_int_equal(um_nmfd_run(nmfd, um_const_view(V), NULL), UM_OK);
        assert_recovered(um_const_view(W), um_const_view(H), nmfd);
        um_nmfd_free(nmfd);
        umi_free(W.data);
        umi_free(H.data);
        umi_free(V.data);
    }
}

/* As drums are taken apart: templates that are nearly right, activations first. */
static void templates_that_are_nearly_right_are_put_right(void **state)
{
    (void)state;
    um_view W, H, V = drum_track(7, &W, &H);
    um_view rough = matrix_copy(um_const_view(W));
    umi_random random = umi_random_seeded(8);
    for (size_t i = 0; i < (size_t)DRUMS * LENGTH * BINS; i++) {
        float *w = &um_row(rough, i / ((size_t)LENGTH * BINS))[i % ((size_t)LENGTH * BINS)];
        *w = (float)((double)*w * (0.5 + umi_random_uniform(&random)) + 1e-3);
    }
    um_nmfd_config config = config_for(FRAMES, BINS, DRUMS, LENGTH);
    config.activation_iterations = 10;
    config.iterations = 50;
    um_nmfd *nmfd = start_random(config, um_const_view(V), 1);
    assert_int_equal(um_nmfd_set_atoms(nmfd, 0, um_const_view(rough), false), UM_OK);
    assert_int_equal(um_nmfd_run(nmfd, um_const_view(V), NULL), UM_OK);
    assert_recovered(um_const_view(W), um_const_view(H), nmfd);
    um_nmfd_free(nmfd);
    umi_free(W.data);
    umi_free(H.data);
    umi_free(V.data);
    umi_free(rough.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_gives_same_values),
        cmocka_unit_test(values_are_within_their_range),
        cmocka_unit_test(fixed_atoms_stay),
        cmocka_unit_test(planted_templates_are_recovered_from_random_starts),
        cmocka_unit_test(templates_that_are_nearly_right_are_put_right),
    };
    return cmocka_run_group_tests_name("nmfd_start", tests, NULL, NULL);
}
