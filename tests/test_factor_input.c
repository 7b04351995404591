/* V from a matrix file, whole and to the bit, and from a recording, every frame a row. */
#define _DEFAULT_SOURCE
#include "job/factor_input.h"

#include "counting_allocator.h"
#include "factor_files.h"
#include "sound_file.h"

#include <setjmp.h>

#include <cmocka.h>

static void a_matrix(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_error error;
    /* Columns that are worth padding, and columns that are not. */
    for (size_t cols = 3; cols < 500; cols += 400) {
        um_view M = put_random("M.npy", 9, cols, 0.25, 5, path);
        umi_factor_input input = open_input(path);
        size_t n = 0;
        for (size_t i = 0; i < 9 * cols; i++) {
            n += um_row(M, i / cols)[i % cols] > 0.0F;
        }
        assert_int_equal(input.kind, UMI_MATRIX_NPY);
        assert_true(input.rows == 9 && input.cols == cols && input.V.data == NULL);
        assert_true(umi_factor_input_bytes(&input) >= 36.0 * (double)cols);
        assert_true(umi_factor_input_bytes(&input) < 36.0 * 1.04 * (double)cols + 1.0);
        assert_int_equal(umi_factor_input_load(&input, &error), UM_OK);
        assert_true(same_bits(um_const_view(input.V), um_const_view(M)));
        assert_int_equal(input.n_nonzero, n);
        assert_true(input.largest > 0.9F && input.largest < 1.0F);
        umi_factor_input_free(&input);
        umi_free(M.data);
    }
}

enum { RATE = 8000, FRAMES = 1000, WINDOW = 64, HOP = 32 };

/* Silence, then a tone in one channel of two. */
static const char *put_sound(void)
{
    static float sound[2 * FRAMES];
    for (size_t i = 0; i < FRAMES; i++) {
        sound[2 * i] =
            i < FRAMES / 2 ? 0.0F : (float)(0.5 * sin(2.0 * 3.14159265 * 0.25 * (double)i));
    }
    sound_file_write(scratch_path(&files, "s.wav"), sound, FRAMES, 2, RATE);
    return files.path;
}

static void a_recording(void **state)
{
    (void)state;
    umi_factor_input_config config = input_config(put_sound());
    umi_factor_input input;
    um_error error;
    config.window = WINDOW;
    config.hop = HOP;
    assert_int_equal(umi_factor_input_open(&config, &input, &error), UM_OK);
    assert_int_equal(input.kind, UMI_MATRIX_NONE);
    assert_int_equal(input.rows, (FRAMES + HOP - 1) / HOP);
    assert_int_equal(input.cols, WINDOW / 2 + 1);
    assert_true(input.sample_rate == RATE && input.stft.window.hop == HOP);
    assert_int_equal(umi_factor_input_load(&input, &error), UM_OK);
    assert_int_equal(input.V.rows, input.rows); /* those of silence, too */
    assert_true(um_row(input.V, 5)[16] == 0.0F);
    /* A tone of amplitude 1/2 on bin 16 gives 1/4 of the sum of the window, whose values have the
     * mean 1/2; the mean of both channels is half of that. */
    assert_true(fabs((double)um_row(input.V, 25)[16] - 0.25 * 0.5 * WINDOW / 2.0) < 1e-3);
    umi_factor_input_free(&input);
}

static size_t n_warnings;

static void count_warning(void *user, const char *message)
{
    (void)user;
    assert_non_null(strstr(message, "every value is zero"));
    n_warnings++;
}

static void warns_of_nothing_but_zeros(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_error error;
    umi_watch watch = {.warn = count_warning};
    um_view M = matrix_new(2, 3);
    strcpy(path, put_matrix("zero.npy", um_const_view(M)));
    umi_factor_input_config config = input_config(path);
    umi_factor_input input;
    config.watch = &watch;
    n_warnings = 0;
    assert_int_equal(umi_factor_input_open(&config, &input, &error), UM_OK);
    assert_int_equal(umi_factor_input_load(&input, &error), UM_OK);
    assert_true(n_warnings == 1 && input.n_nonzero == 0);
    umi_factor_input_free(&input);
    umi_free(M.data);
}

static void refusals(void **state)
{
    (void)state;
    umi_factor_input input;
    um_error error;
    sound_file_write(scratch_path(&files, "empty.wav"), NULL, 0, 1, RATE);
    (void)scratch_write(&files, "junk.bin", "\1\2\3junk", 7);
    (void)put_sound();
    const struct {
        const char *name, *text;
        size_t hop;
        um_status status;
    } cases[] = {
        {"none.npy", "none.npy", 0, UM_ERR_NO_INPUT},
        {"junk.bin", "junk.bin", 0, UM_ERR_DATA},
        {"empty.wav", "no sound", 0, UM_ERR_DATA},
        {"s.wav", "--hop", 64, UM_ERR_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_factor_input_config config = input_config(scratch_path(&files, cases[i].name));
        config.window = WINDOW;
        config.hop = cases[i].hop;
        assert_int_equal(umi_factor_input_open(&config, &input, &error), cases[i].status);
        assert_non_null(strstr(error.message, cases[i].text));
        umi_factor_input_free(&input); /* empty, so this is fine */
    }
}

static um_status open_and_load(void *path)
{
    umi_factor_input_config config = input_config(path);
    umi_factor_input input;
    um_error error;
    config.window = WINDOW;
    um_status status = umi_factor_input_open(&config, &input, &error);
    if (status == UM_OK) {
        status = umi_factor_input_load(&input, &error);
        umi_factor_input_free(&input);
    }
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_view M = put_random("M.npy", 9, 5, 0.0, 5, path);
    assert_true(counting_allocator_sweep(open_and_load, path) >= 3);
    strcpy(path, put_sound());
    assert_true(counting_allocator_sweep(open_and_load, path) >= 10);
    umi_free(M.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matrix),
        cmocka_unit_test(a_recording),
        cmocka_unit_test(warns_of_nothing_but_zeros),
        cmocka_unit_test(refusals),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
