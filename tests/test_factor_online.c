/* Online learning of an input that is read in pieces: as good as the batch run, and the same bits
 * however little of it is held at once by many or few threads. */
#define _DEFAULT_SOURCE
#include "job/factor_online.h"

#include "counting_allocator.h"
#include "factor_files.h"

#include "unmingle/nmf.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { N_ROWS = 6000, COLS = 40, K = 4, BATCHES = 120 };

/* Counts of a product whose atoms come and go in the course of the rows, as "big.npy". */
static um_view put_big(char path[PATH_MAX])
{
    umi_random random = umi_random_seeded(1);
    um_view H = matrix_random(N_ROWS, K, 0.3, &random), W = matrix_random(K, COLS, 0.4, &random);
    for (size_t n = 0; n < N_ROWS; n++) {
        um_row(H, n)[n * K / N_ROWS] = 0.1F + 5.0F * um_row(H, n)[n * K / N_ROWS];
    }
    um_view V = matrix_product(um_const_view(H), um_const_view(W));
    for (size_t i = 0; i < N_ROWS * COLS; i++) {
        um_row(V, i / COLS)[i % COLS] *= (float)(0.8 + 0.4 * umi_random_uniform(&random));
    }
    strcpy(path, put_matrix("big.npy", um_const_view(V)));
    umi_free(H.data);
    umi_free(W.data);
    return V;
}

static umi_factor_online_config config_for(size_t sample_rows)
{
    umi_factor_online_config config = {.n_components = K,
                                       .batches = BATCHES,
                                       .updates = 100,
                                       .memory = (double)sample_rows * 48.0 * sizeof(float),
                                       .seed = 1,
                                       .parallel = um_parallel_serial()};
    return config;
}

typedef struct rows {
    um_view H;
} rows;

static um_status keep_rows(void *user, um_cview block, um_error *error)
{
    (void)error;
    rows *r = user;
    for (size_t n = 0; n < block.rows; n++) {
        memcpy(um_row(r->H, r->H.rows++), um_crow(block, n), block.cols * sizeof(float));
    }
    return UM_OK;
}

/* H, N_ROWS x K. */
static um_view factorise(const umi_factor_online_config *config, const char *path,
                         umi_factor_online *online)
{
    umi_factor_input input = open_input(path);
    rows r = {matrix_new(N_ROWS, K)};
    um_error error;
    r.H.rows = 0;
    assert_int_equal(umi_factor_online_learn(config, &input, online, &error), UM_OK);
    assert_int_equal(umi_factor_online_activations(config, &input, online, keep_rows, &r, &error),
                     UM_OK);
    assert_int_equal(r.H.rows, N_ROWS);
    umi_factor_input_free(&input);
    return r.H;
}

static double batch_divergence(um_cview V)
{
    um_nmf_config config = um_nmf_config_default();
    um_nmf *nmf;
    config.n_frames = V.rows;
    config.n_bins = V.cols;
    config.n_components = K;
    config.iterations = 500;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    assert_int_equal(um_nmf_start_random(nmf, V, 1), UM_OK);
    assert_int_equal(um_nmf_run(nmf, V, NULL), UM_OK);
    double divergence = um_nmf_divergence(nmf);
    um_nmf_free(nmf);
    return divergence;
}

static void as_good_as_the_batch_run(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_view V = put_big(path);
    double batch = batch_divergence(um_const_view(V));
    /* All rows in one sample, or a few batches of them at a time. */
    for (size_t sample = N_ROWS; sample > 1000; sample /= 3) {
        umi_factor_online_config config = config_for(sample);
        umi_factor_online online;
        um_view H = factorise(&config, path, &online);
        double exact = divergence_of(um_const_view(V), um_const_view(H), um_const_view(online.W));
        assert_true(fabs(online.divergence - exact) < 1e-5 * exact);
        assert_true(online.divergence < 1.02 * batch);
        assert_int_equal(online.batches, BATCHES);
        assert_int_equal(online.n_curve, BATCHES / 10);
        assert_int_equal(online.curve_batches[online.n_curve - 1], BATCHES);
        /* What the way there says of the end is right but for W's last steps. */
        assert_true(fabs(online.curve[online.n_curve - 1] / exact - 1) < 0.2);
        assert_true(online.curve[0] > online.curve[online.n_curve - 1]);
        umi_factor_online_free(&online);
        umi_free(H.data);
    }
    umi_free(V.data);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_view V = put_big(path);
    umi_factor_online_config config = config_for(2000);
    umi_factor_online one, three;
    um_view H = factorise(&config, path, &one);
    size_t n_workers = 3;
    config.parallel = backwards_parallel(&n_workers);
    um_view same_H = factorise(&config, path, &three);
    assert_true(same_bits(um_const_view(one.W), um_const_view(three.W)));
    assert_true(same_bits(um_const_view(H), um_const_view(same_H)));
    assert_true(one.divergence == three.divergence);
    umi_factor_online_free(&one);
    umi_factor_online_free(&three);
    umi_free(H.data);
    umi_free(same_H.data);
    umi_free(V.data);
}

static void fixed_atoms_are_only_applied(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_view V = put_big(path);
    umi_random random = umi_random_seeded(7);
    um_view W = matrix_random(K, COLS, 0.0, &random);
    umi_factor_online_config config = config_for(2000);
    config.W = um_const_view(W);
    config.fix_W = true;
    umi_factor_online online;
    um_view H = factorise(&config, path, &online);
    for (size_t i = 0; i < K * COLS; i++) {
        float w = um_row(W, i / COLS)[i % COLS], first = um_row(W, i / COLS)[0];
        const float *found = um_row(online.W, i / COLS);
        assert_true(fabsf(found[i % COLS] / found[0] - w / first) < 1e-5F * (1.0F + w / first));
    }
    umi_factor_online_free(&online);
    umi_free(H.data);
    umi_free(W.data);
    umi_free(V.data);
}

static void short_memory_is_told(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_view V = put_big(path);
    umi_factor_online_config config = config_for(500);
    umi_factor_input input = open_input(path);
    umi_factor_online online;
    um_error error;
    assert_int_equal(umi_factor_online_learn(&config, &input, &online, &error), UM_ERR_MEMORY);
    assert_non_null(strstr(error.message, "raise --memory"));
    assert_true(umi_factor_online_bytes(&config, &input) > 2000.0 * COLS);
    umi_factor_input_free(&input);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_good_as_the_batch_run),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(fixed_atoms_are_only_applied),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
