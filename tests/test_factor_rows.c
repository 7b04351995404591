/* Rows of an input that is not held: the same ones as those of the whole. */
#define _DEFAULT_SOURCE
#include "job/factor_rows.h"

#include "core/random.h"
#include "factor_files.h"
#include "sound_file.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { N_ROWS = 403, COLS = 37, RATE = 8000, SAMPLES = 40037, WINDOW = 64, HOP = 32 };

static const char *put_noise(void)
{
    static float sound[2 * SAMPLES];
    umi_random random = umi_random_seeded(3);
    for (size_t i = 0; i < 2 * SAMPLES; i++) {
        sound[i] = (float)(umi_random_uniform(&random) - 0.5);
    }
    sound_file_write(scratch_path(&files, "noise.wav"), sound, SAMPLES, 2, RATE);
    return files.path;
}

/* Opens the input of either kind; *whole gets all of V. */
static umi_factor_input open_either(bool recording, um_view *whole)
{
    char path[PATH_MAX];
    um_error error;
    umi_factor_input input;
    if (recording) {
        umi_factor_input_config config = input_config(put_noise());
        config.window = WINDOW;
        config.hop = HOP;
        assert_int_equal(umi_factor_input_open(&config, &input, &error), UM_OK);
        assert_int_equal(umi_factor_input_load(&input, &error), UM_OK);
        *whole = matrix_copy(um_const_view(input.V));
        umi_factor_input_free(&input);
        assert_int_equal(umi_factor_input_open(&config, &input, &error), UM_OK);
        return input;
    }
    *whole = put_random("rows.npy", N_ROWS, COLS, 0.1, 5, path);
    return open_input(path);
}

/* -- Blocks ------------------------------------------------------------------------------------ */

typedef struct blocks {
    um_view V;
    size_t stop_at;
} blocks;

static um_status take_block(void *user, um_cview block, um_error *error)
{
    (void)error;
    blocks *b = user;
    for (size_t r = 0; r < block.rows; r++) {
        memcpy(um_row(b->V, b->V.rows++), um_crow(block, r), block.cols * sizeof(float));
    }
    return b->stop_at > 0 && b->V.rows >= b->stop_at ? UM_ERR_CANCELLED : UM_OK;
}

static void blocks_make_the_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 7, 64, 5000};
    for (int recording = 0; recording < 2; recording++) {
        um_view whole;
        umi_factor_input input = open_either(recording, &whole);
        for (size_t i = 0; i < 4; i++) {
            um_error error;
            blocks b = {matrix_new(whole.rows, whole.cols), 0};
            b.V.rows = 0;
            assert_int_equal(umi_factor_rows_walk(&input, sizes[i], take_block, &b, &error), UM_OK);
            assert_true(same_bits(um_const_view(b.V), um_const_view(whole)));
            b.V.rows = 0;
            b.stop_at = 100;
            assert_int_equal(umi_factor_rows_walk(&input, sizes[i], take_block, &b, &error),
                             UM_ERR_CANCELLED);
            umi_free(b.V.data);
        }
        umi_factor_input_free(&input);
        umi_free(whole.data);
    }
}

/* -- Samples ----------------------------------------------------------------------------------- */

/* The first row of V from `from` on with these bits; V.rows when there is none. */
static size_t find(um_cview V, size_t from, const float *row)
{
    while (from < V.rows && memcmp(um_crow(V, from), row, V.cols * sizeof(float)) != 0) {
        from++;
    }
    return from;
}

static um_view sample_of(umi_factor_input *input, size_t n, uint64_t seed)
{
    um_view sample;
    um_error error;
    assert_int_equal(umi_factor_rows_sample(input, n, seed, &sample, &error), UM_OK);
    return sample;
}

static void samples_are_spread_over_the_whole(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 40, 100, 401, 2000};
    for (int recording = 0; recording < 2; recording++) {
        um_view whole;
        umi_factor_input input = open_either(recording, &whole);
        for (size_t i = 0; i < 5; i++) {
            um_view a = sample_of(&input, counts[i], 1), b = sample_of(&input, counts[i], 1),
                    c = sample_of(&input, counts[i], 2);
            assert_int_equal(a.rows, counts[i] < whole.rows ? counts[i] : whole.rows);
            assert_true(same_bits(um_const_view(a), um_const_view(b)));
            /* Of all rows but two there is little to choose. */
            assert_true(counts[i] == 401 ||
                        same_bits(um_const_view(a), um_const_view(c)) == (a.rows == whole.rows));
            size_t gap = 0;
            for (size_t r = 0, at = 0; r < a.rows; r++) { /* in order, each once */
                size_t found = find(um_const_view(whole), at, um_row(a, r));
                assert_true(found < whole.rows);
                gap = found - at > gap ? found - at : gap;
                at = found + 1;
            }
            assert_true(counts[i] == 1 || gap < 40 * whole.rows / a.rows);
            umi_free(a.data);
            umi_free(b.data);
            umi_free(c.data);
        }
        umi_factor_input_free(&input);
        umi_free(whole.data);
    }
}

static bool refuse(void *user, double done, double total, double divergence)
{
    (void)user;
    (void)divergence;
    assert_true(done <= total);
    return false;
}

static void reading_can_be_cancelled(void **state)
{
    (void)state;
    um_view whole;
    um_error error;
    for (int recording = 0; recording < 2; recording++) {
        umi_factor_input input = open_either(recording, &whole);
        um_progress progress = {refuse, NULL};
        umi_watch watch = *input.config.watch;
        watch.progress = &progress;
        input.config.watch = &watch;
        um_view sample;
        blocks b = {matrix_new(whole.rows, whole.cols), 0};
        b.V.rows = 0;
        assert_int_equal(umi_factor_rows_sample(&input, 50, 1, &sample, &error), UM_ERR_CANCELLED);
        assert_null(sample.data);
        assert_int_equal(umi_factor_rows_walk(&input, 16, take_block, &b, &error),
                         UM_ERR_CANCELLED);
        umi_free(b.V.data);
        umi_factor_input_free(&input);
        umi_free(whole.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_make_the_whole),
        cmocka_unit_test(samples_are_spread_over_the_whole),
        cmocka_unit_test(reading_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
