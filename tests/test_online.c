/* Online factorisation: planted atoms, the batch run's divergence, changes followed; the same bits
 * whoever does the work and however the frames arrive. */
#include "unmingle/online.h"

#include "counting_allocator.h"
#include "job/thread_pool.h"
#include "matrices.h"
#include "unmingle/activations.h"
#include "unmingle/nmf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_FRAMES = 3000, N_BINS = 45, K = 4 };

static um_online_config config_for(size_t n_bins, size_t n_components)
{
    um_online_config config = um_online_config_default();
    config.n_bins = n_bins;
    config.n_components = n_components;
    config.batch_frames = 150;
    return config;
}

static um_online *make(um_online_config config)
{
    um_online *online;
    assert_int_equal(um_online_new(&config, &online), UM_OK);
    return online;
}

static void push_times(um_online *online, um_cview V, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        assert_int_equal(um_online_push(online, V), UM_OK);
    }
    um_online_flush(online);
}

/* Activations of which half are 0, times atoms of which half of the bins are 0. */
static um_view planted_frames(um_cview W, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    um_view H = matrix_random(N_FRAMES, W.rows, 0.5, &random);
    um_view V = matrix_product(um_const_view(H), W);
    umi_free(H.data);
    return V;
}

static um_view planted_atoms(uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    return matrix_random(K, N_BINS, 0.5, &random);
}

/* The least, over the atoms of W, of the cosine to the atom of `found` that is most like it. */
static double worst_match(um_cview W, um_cview found)
{
    double worst = 1.0;
    for (size_t k = 0; k < W.rows; k++) {
        double best = 0.0;
        for (size_t j = 0; j < found.rows; j++) {
            best = fmax(best, row_cosine(um_crow(W, k), um_crow(found, j), W.cols));
        }
        worst = fmin(worst, best);
    }
    return worst;
}

static double divergence(um_cview V, um_cview H, um_cview W)
{
    double sum = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        for (size_t f = 0; f < V.cols; f++) {
            double v = (double)um_crow(V, n)[f], m = 0.0;
            for (size_t k = 0; k < W.rows; k++) {
                m += (double)um_crow(H, n)[k] * (double)um_crow(W, k)[f];
            }
            sum += (v > 0.0 ? v * log(v / m) : 0.0) - v + m;
        }
    }
    return sum;
}

/* Of V from its best model with the atoms W. */
static double divergence_for(um_cview V, um_cview W)
{
    um_activations_config config = um_activations_config_default();
    config.iterations = 200;
    um_activations *a;
    um_view H = matrix_new(V.rows, W.rows);
    assert_int_equal(um_activations_new(&config, W, &a), UM_OK);
    assert_int_equal(um_activations_solve(a, V, H), UM_OK);
    double result = divergence(V, um_const_view(H), W);
    um_activations_free(a);
    umi_free(H.data);
    return result;
}

static void planted_atoms_are_found(void **state)
{
    (void)state;
    um_view W = planted_atoms(1), V = planted_frames(um_const_view(W), 2);
    for (uint64_t seed = 0; seed < 4; seed++) {
        um_online_config config = config_for(N_BINS, K);
        config.seed = seed;
        um_online *online = make(config);
        push_times(online, um_const_view(V), 20);
        um_cview found = um_online_atoms(online);
        assert_true(worst_match(um_const_view(W), found) > 0.999);
        for (size_t k = 0; k < K; k++) {
            double sum = 0.0;
            for (size_t f = 0; f < N_BINS; f++) {
                sum += (double)um_crow(found, k)[f];
            }
            assert_true(fabs(sum - 1.0) < 1e-5);
        }
        um_online_free(online);
    }
    umi_free(W.data);
    umi_free(V.data);
}

/* Frames with noise, which no model meets: within 2 % of 200 iterations on the whole. */
static void divergence_comes_near_that_of_the_whole(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    um_view W = planted_atoms(4), V = planted_frames(um_const_view(W), 5);
    for (size_t n = 0; n < N_FRAMES; n++) {
        for (size_t f = 0; f < N_BINS; f++) {
            um_row(V, n)[f] *= (float)(0.5 + umi_random_uniform(&random));
        }
    }
    um_nmf_config whole = um_nmf_config_default();
    whole.n_frames = N_FRAMES;
    whole.n_bins = N_BINS;
    whole.n_components = K;
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&whole, &nmf), UM_OK);
    assert_int_equal(um_nmf_start_random(nmf, um_const_view(V), 1), UM_OK);
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    um_online *online = make(config_for(N_BINS, K));
    push_times(online, um_const_view(V), 20);
    double reference = divergence_for(um_const_view(V), um_nmf_atoms(nmf));
    assert_true(reference > 1.0);
    assert_true(divergence_for(um_const_view(V), um_online_atoms(online)) < 1.02 * reference);
    um_nmf_free(nmf);
    um_online_free(online);
    umi_free(W.data);
    umi_free(V.data);
}

/* One batch, against the formulas in double. */
static void one_batch_is_one_step(void **state)
{
    (void)state;
    enum { ROWS = 70, UPDATES = 3 };
    umi_random random = umi_random_seeded(6);
    um_view W = matrix_random(K, N_BINS, 0.0, &random),
            V = matrix_random(ROWS, N_BINS, 0.1, &random);
    um_online_config config = config_for(N_BINS, K);
    config.batch_frames = ROWS;
    config.updates = UPDATES;
    config.fresh_batches = 1;
    um_online *online = make(config);
    assert_int_equal(um_online_set_atoms(online, 0, um_const_view(W), false), UM_OK);
    double w[K][N_BINS], A[K][N_BINS] = {{0}}, total = 0.0;
    for (size_t k = 0; k < K; k++) {
        for (size_t f = 0; f < N_BINS; f++) {
            w[k][f] = (double)um_crow(um_online_atoms(online), k)[f];
        }
    }
    for (size_t batch = 1; batch <= 3; batch++) {
        double S[K][N_BINS] = {{0}};
        for (size_t n = 0; n < ROWS; n++) {
            const float *v = um_row(V, n);
            double h[K], ratio[N_BINS], sum = 0.0;
            for (size_t f = 0; f < N_BINS; f++) {
                sum += (double)v[f];
            }
            for (size_t k = 0; k < K; k++) {
                h[k] = sum / K;
            }
            for (size_t update = 0; update <= UPDATES; update++) {
                for (size_t f = 0; f < N_BINS; f++) {
                    double m = 0.0;
                    for (size_t k = 0; k < K; k++) {
                        m += h[k] * w[k][f];
                    }
                    ratio[f] = (double)v[f] / m;
                    bool measured = update == UPDATES;
                    double term = v[f] > 0.0F ? (double)v[f] * log(ratio[f]) : 0.0;
                    total += measured ? term - (double)v[f] + m : 0.0;
                }
                for (size_t k = 0; k < K && update < UPDATES; k++) {
                    double factor = 0.0;
                    for (size_t f = 0; f < N_BINS; f++) {
                        factor += ratio[f] * w[k][f];
                    }
                    h[k] *= factor;
                }
            }
            for (size_t k = 0; k < K; k++) {
                for (size_t f = 0; f < N_BINS; f++) {
                    S[k][f] += w[k][f] * h[k] * ratio[f];
                }
            }
        }
        double step = 1.0 / (double)batch;
        for (size_t k = 0; k < K; k++) {
            double sum = 0.0;
            for (size_t f = 0; f < N_BINS; f++) {
                A[k][f] = (1.0 - step) * A[k][f] + step * S[k][f];
                sum += A[k][f];
            }
            for (size_t f = 0; f < N_BINS; f++) {
                w[k][f] = A[k][f] / sum;
            }
        }
        assert_int_equal(um_online_push(online, um_const_view(V)), UM_OK);
        assert_int_equal(um_online_batches(online), batch);
        assert_true(fabs(um_online_divergence(online) / total - 1.0) < 1e-4);
        for (size_t k = 0; k < K; k++) {
            for (size_t f = 0; f < N_BINS; f++) {
                double got = (double)um_crow(um_online_atoms(online), k)[f];
                assert_true(fabs(got - w[k][f]) < 1e-5 * w[k][f] + 1e-7);
            }
        }
    }
    um_online_free(online);
    umi_free(W.data);
    umi_free(V.data);
}

/* The second half is of other atoms. With forgetting the dictionary models it far better than one
 * in which the first half still weighs. */
static void forgetting_follows_a_change(void **state)
{
    (void)state;
    um_view before = planted_atoms(7), after = planted_atoms(8);
    um_view V1 = planted_frames(um_const_view(before), 9);
    um_view V2 = planted_frames(um_const_view(after), 10);
    double left[2];
    for (size_t forget = 0; forget < 2; forget++) {
        um_online_config config = config_for(N_BINS, K);
        config.fresh_batches = 5;
        config.forgetting = forget ? 0.8 : 1.0;
        um_online *online = make(config);
        push_times(online, um_const_view(V1), 15);
        push_times(online, um_const_view(V2), 15);
        left[forget] = divergence_for(um_const_view(V2), um_online_atoms(online));
        um_online_free(online);
    }
    assert_true(left[1] < 0.5 * left[0]);
    umi_free(before.data);
    umi_free(after.data);
    umi_free(V1.data);
    umi_free(V2.data);
}

static void fixed_atoms_stay(void **state)
{
    (void)state;
    um_view W = planted_atoms(11), V = planted_frames(um_const_view(W), 12);
    um_online *online = make(config_for(N_BINS, K));
    um_cview two = {W.data, 2, N_BINS, W.stride};
    assert_int_equal(um_online_set_atoms(online, 1, two, true), UM_OK);
    um_view start = matrix_copy(um_online_atoms(online));
    push_times(online, um_const_view(V), 20);
    um_cview found = um_online_atoms(online);
    for (size_t k = 0; k < K; k++) {
        bool same = memcmp(um_crow(found, k), um_row(start, k), N_BINS * sizeof(float)) == 0;
        assert_true(same == (k == 1 || k == 2));
    }
    assert_true(worst_match(um_const_view(W), found) > 0.999);
    um_online_free(online);
    umi_free(W.data);
    umi_free(V.data);
    umi_free(start.data);
}

/* A bin that is silent for many batches, exactly, is learned when it sounds. */
static void a_bin_comes_back(void **state)
{
    (void)state;
    um_view W = planted_atoms(13), V = planted_frames(um_const_view(W), 14);
    um_view muted = matrix_copy(um_const_view(V));
    for (size_t n = 0; n < N_FRAMES; n++) {
        memset(um_row(muted, n), 0, 20 * sizeof(float));
    }
    um_online *online = make(config_for(N_BINS, K));
    push_times(online, um_const_view(muted), 2);
    push_times(online, um_const_view(V), 20);
    assert_true(worst_match(um_const_view(W), um_online_atoms(online)) > 0.999);
    um_online_free(online);
    umi_free(W.data);
    umi_free(V.data);
    umi_free(muted.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_atoms_are_found),
        cmocka_unit_test(divergence_comes_near_that_of_the_whole),
        cmocka_unit_test(one_batch_is_one_step),
        cmocka_unit_test(forgetting_follows_a_change),
        cmocka_unit_test(fixed_atoms_stay),
        cmocka_unit_test(a_bin_comes_back),
    };
    return cmocka_run_group_tests_name("online", tests, NULL, NULL);
}
