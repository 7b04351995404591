/* First values from files: of the shapes that V asks for, at the scale that W's rows ask for. */
#define _DEFAULT_SOURCE
#include "job/factor_start.h"

#include "counting_allocator.h"
#include "factor_files.h"
#include "sound_file.h"

#include <setjmp.h>

#include <cmocka.h>

static char V_path[PATH_MAX], W_path[PATH_MAX], H_path[PATH_MAX];

static umi_factor_start_config config_of(const char *init_W, const char *init_H)
{
    umi_factor_start_config config = {
        .kind = UMI_START_RANDOM, .init_W = init_W, .init_H = init_H, .n_components = ATOMS};
    return config;
}

/* With W's rows scaled to sum to 1, H W must stay what the files say. */
static void the_model_stays(void **state)
{
    (void)state;
    um_view V = put_random("V.npy", ROWS, COLUMNS, 0.0, 1, V_path);
    um_view W = put_random("W.npy", ATOMS, COLUMNS, 0.2, 2, W_path);
    um_view H = put_random("H.npy", ROWS, ATOMS, 0.2, 3, H_path);
    umi_factor_input input = open_input(V_path);
    umi_factor_start_config config = config_of(W_path, H_path);
    umi_factor_start start;
    um_error error;
    assert_int_equal(umi_factor_start_load(&config, &input, &start, &error), UM_OK);
    assert_true(same_bits(um_const_view(start.W), um_const_view(W)));
    for (size_t k = 0; k < ATOMS; k++) {
        double sum = 0.0;
        for (size_t f = 0; f < COLUMNS; f++) {
            sum += (double)um_row(W, k)[f];
        }
        assert_true(fabs(start.W_sums[k] - sum) < 1e-12);
        for (size_t n = 0; n < ROWS; n++) {
            double h = (double)um_row(H, n)[k] * sum;
            assert_true(fabs((double)um_row(start.H, n)[k] - h) <= 1e-6 * h);
        }
    }
    umi_factor_start_drop_H(&start);
    assert_true(start.H.data == NULL && start.W.data != NULL);
    umi_factor_start_free(&start);

    /* H alone is taken as it is. */
    config = config_of(NULL, H_path);
    assert_int_equal(umi_factor_start_load(&config, &input, &start, &error), UM_OK);
    assert_true(start.W.data == NULL && same_bits(um_const_view(start.H), um_const_view(H)));
    umi_factor_start_free(&start);
    umi_factor_input_free(&input);
    umi_free(V.data);
    umi_free(W.data);
    umi_free(H.data);
}

static void refusals(void **state)
{
    (void)state;
    umi_factor_input input = open_input(V_path);
    um_view zero = matrix_new(ATOMS, COLUMNS);
    um_row(zero, 0)[0] = um_row(zero, 2)[1] = 1.0F;
    (void)put_matrix("zero.npy", um_const_view(zero));
    const struct {
        const char *W, *H;
        um_status status;
        const char *text;
    } cases[] = {
        {"H.npy", NULL, UM_ERR_ARGUMENT, "H.npy: 40 x 3, but W (--atoms x columns of V) is 3 x 12"},
        {NULL, "W.npy", UM_ERR_ARGUMENT, "W.npy: 3 x 12, but H (rows of V x --atoms) is 40 x 3"},
        {"zero.npy", NULL, UM_ERR_DATA, "row 2 is all zero"},
        {"none.npy", NULL, UM_ERR_NO_INPUT, "none.npy"},
        {"W.npy", "none.npy", UM_ERR_NO_INPUT, "none.npy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char W[PATH_MAX], H[PATH_MAX];
        umi_factor_start start;
        um_error error;
        strcpy(W, scratch_path(&files, cases[i].W != NULL ? cases[i].W : ""));
        strcpy(H, scratch_path(&files, cases[i].H != NULL ? cases[i].H : ""));
        umi_factor_start_config config =
            config_of(cases[i].W != NULL ? W : NULL, cases[i].H != NULL ? H : NULL);
        assert_int_equal(umi_factor_start_load(&config, &input, &start, &error), cases[i].status);
        assert_non_null(strstr(error.message, cases[i].text));
        umi_factor_start_free(&start); /* empty, so this is fine */
    }
    umi_factor_input_free(&input);
    umi_free(zero.data);
}

/* Atoms of two frames are as long as two rows. */
static void long_atoms(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_view W = put_random("long.npy", ATOMS, 2 * COLUMNS, 0.0, 4, path);
    umi_factor_input input = open_input(V_path);
    umi_factor_start_config config = config_of(path, NULL);
    umi_factor_start start;
    um_error error;
    config.atom_frames = 2;
    assert_int_equal(umi_factor_start_load(&config, &input, &start, &error), UM_OK);
    assert_true(same_bits(um_const_view(start.W), um_const_view(W)));
    umi_factor_start_free(&start);
    config.atom_frames = 3;
    assert_int_equal(umi_factor_start_load(&config, &input, &start, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "long.npy: 3 x 24, but W"));
    assert_non_null(strstr(error.message, "is 3 x 36"));
    umi_factor_input_free(&input);
    umi_free(W.data);
}

enum { RATE = 8000, WINDOW = 1024, N_COMBS = 13, N_BANDS = 2 };

/* The place of the largest value from column `first` on. */
static size_t peak_of(um_cview W, size_t row, size_t first)
{
    size_t peak = first;
    for (size_t f = first; f < W.cols; f++) {
        peak = um_crow(W, row)[f] > um_crow(W, row)[peak] ? f : peak;
    }
    return peak;
}

static void combs_and_bands(void **state)
{
    (void)state;
    static float sound[4000];
    char path[PATH_MAX];
    strcpy(path, scratch_path(&files, "s.wav"));
    sound_file_write(path, sound, 4000, 1, RATE);
    umi_factor_input_config how = input_config(path);
    umi_factor_input input;
    umi_factor_start start;
    um_error error;
    how.window = WINDOW;
    assert_int_equal(umi_factor_input_open(&how, &input, &error), UM_OK);
    umi_factor_start_config config = config_of(NULL, NULL);
    config.lowest = 220.0;
    config.highest = 440.0;
    config.n_percussive = N_BANDS;
    config.n_components = N_COMBS + N_BANDS;
    assert_int_equal(umi_factor_start_load(&config, &input, &start, &error), UM_OK);
    um_cview W = um_const_view(start.W);
    assert_true(W.rows == N_COMBS + N_BANDS && W.cols == WINDOW / 2 + 1 && start.level_H);
    assert_false(umi_factor_start_is_whole(&start));
    for (size_t k = 0; k < N_COMBS; k++) {
        double bin = 220.0 * pow(2.0, (double)k / 12.0) * WINDOW / RATE;
        assert_true(fabs((double)peak_of(W, k, 0) - bin) <= 0.51);
        assert_true(um_crow(W, k)[(size_t)(1.5 * bin)] == 0.0F);
    }
    assert_true(peak_of(W, N_COMBS, 0) < peak_of(W, N_COMBS + 1, 0));
    umi_factor_start_free(&start);

    config.n_components--;
    assert_int_equal(umi_factor_start_load(&config, &input, &start, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "give --atoms 15 or more"));
    config.highest = 5000.0;
    assert_int_equal(umi_factor_start_load(&config, &input, &start, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "4000 Hz"));
    umi_factor_input_free(&input);
    input = open_input(V_path);
    assert_int_equal(umi_factor_start_load(&config, &input, &start, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "--harmonic needs a recording"));
    umi_factor_input_free(&input);
}

static um_status load(void *input)
{
    umi_factor_start_config config = config_of(W_path, H_path);
    umi_factor_start start;
    um_error error;
    um_status status = umi_factor_start_load(&config, input, &start, &error);
    umi_factor_start_free(&start);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    umi_factor_input input = open_input(V_path);
    assert_true(counting_allocator_sweep(load, &input) >= 5);
    umi_factor_input_free(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_stays),
        cmocka_unit_test(refusals),
        cmocka_unit_test(long_atoms),
        cmocka_unit_test(combs_and_bands),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
