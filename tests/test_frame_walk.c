/* Frames of a stretch: each that is asked for, once, with the same bits whichever others are. */
#define _DEFAULT_SOURCE
#include "job/frame_walk.h"

#include "core/memory.h"
#include "core/random.h"
#include "matrices.h"
#include "scratch.h"
#include "sound_file.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { RATE = 8000, HOP = 64, WINDOW = 256, N_SAMPLES = 30011, C = 2 };

static scratch made;
static char path[PATH_MAX];
static um_stft *stft;

static int make_file(void **state)
{
    (void)state;
    static float sound[N_SAMPLES * C];
    umi_random random = umi_random_seeded(1);
    scratch_make(&made);
    for (size_t i = 0; i < N_SAMPLES * C; i++) {
        sound[i] = (float)(umi_random_uniform(&random) - 0.5);
    }
    snprintf(path, sizeof path, "%s/a.wav", made.directory);
    sound_file_write(path, sound, N_SAMPLES, C, RATE);
    um_stft_config config = um_stft_config_default();
    config.window.length = WINDOW;
    config.window.hop = HOP;
    return um_stft_new(&config, &stft, NULL) == UM_OK ? 0 : -1;
}

static int remove_file(void **state)
{
    (void)state;
    um_stft_free(stft);
    scratch_remove(&made);
    return 0;
}

static size_t n_silence; /* behind the stretch */

/* Takes every step-th frame. */
typedef struct taken {
    umi_frame_taker taker;
    size_t step;
    um_view V;
    uint64_t n_samples;
    um_status after; /* what to answer when there are stop_at rows */
    size_t stop_at;
} taken;

static um_status take(void *user, const float *magnitudes, const float *spectra, um_error *error)
{
    (void)spectra;
    (void)error;
    taken *t = user;
    memcpy(um_row(t->V, t->V.rows), magnitudes, t->V.cols * sizeof(float));
    t->V.rows++;
    t->taker.next += t->step;
    return t->V.rows == t->stop_at ? t->after : UM_OK;
}

static um_status advance(void *user, size_t n_samples, um_error *error)
{
    (void)error;
    taken *t = user;
    t->n_samples += n_samples;
    return UM_OK;
}

static taken walk(bool mean, size_t step, uint64_t first, uint64_t n, size_t stop_at,
                  um_status expected)
{
    umi_frame_walk_config config = {stft, mean, um_parallel_serial(), n_silence};
    umi_audio_reader_options options = {0};
    umi_recording recording;
    um_error error;
    taken t = {.taker = {0, take, advance, NULL},
               .step = step,
               .after = UM_ERR_CANCELLED,
               .stop_at = stop_at};
    assert_int_equal(umi_recording_open(path, &options, NULL, &recording, &error), UM_OK);
    t.V =
        matrix_new((N_SAMPLES + n_silence) / HOP + 2, umi_frame_walk_columns(&config, &recording));
    t.V.rows = 0;
    t.taker.user = &t;
    assert_int_equal(umi_frame_walk(&config, &recording, first, n, &t.taker, &error), expected);
    umi_recording_close(&recording);
    return t;
}

static void every_frame_comes_once(void **state)
{
    (void)state;
    taken all = walk(false, 1, 0, N_SAMPLES, 0, UM_OK);
    assert_int_equal(all.V.rows, umi_frame_walk_frames(stft, N_SAMPLES));
    assert_int_equal(all.V.rows, (N_SAMPLES + HOP - 1) / HOP);
    assert_int_equal(all.n_samples, N_SAMPLES);
    for (size_t r = 0; r < all.V.rows; r++) {
        assert_true(um_row(all.V, r)[5] > 0.0F); /* noise has something in every bin */
    }
    umi_free(all.V.data);
}

static void frames_between_are_passed_over(void **state)
{
    (void)state;
    taken all = walk(false, 1, 1000, 20000, 0, UM_OK);
    assert_int_equal(all.V.rows, umi_frame_walk_frames(stft, 20000));
    for (size_t step = 2; step < 500; step = step * 3 + 1) {
        taken some = walk(false, step, 1000, 20000, 0, UM_OK);
        assert_int_equal(some.V.rows, (all.V.rows + step - 1) / step);
        for (size_t r = 0; r < some.V.rows; r++) {
            assert_memory_equal(um_row(some.V, r), um_row(all.V, r * step),
                                all.V.cols * sizeof(float));
        }
        umi_free(some.V.data);
    }
    umi_free(all.V.data);
}

static void the_mean_is_that_of_the_channels(void **state)
{
    (void)state;
    taken both = walk(false, 1, 0, 5000, 0, UM_OK), mean = walk(true, 1, 0, 5000, 0, UM_OK);
    assert_int_equal(both.V.cols, C * mean.V.cols);
    assert_int_equal(both.V.rows, mean.V.rows);
    for (size_t i = 0; i < mean.V.rows * mean.V.cols; i++) {
        const float *row = um_row(both.V, i / mean.V.cols);
        float expected = (row[i % mean.V.cols] + row[mean.V.cols + i % mean.V.cols]) / 2;
        assert_true(fabsf(um_row(mean.V, i / mean.V.cols)[i % mean.V.cols] - expected) < 1e-5F);
    }
    umi_free(both.V.data);
    umi_free(mean.V.data);
}

/* As if the recording had so many zeros more, in blocks of any number. */
static void silence_may_follow(void **state)
{
    (void)state;
    taken plain = walk(true, 1, 0, N_SAMPLES, 0, UM_OK);
    static const size_t lengths[] = {1, HOP - 1, WINDOW, 20000};
    for (size_t i = 0; i < 4; i++) {
        n_silence = lengths[i];
        taken longer = walk(true, 1, 0, N_SAMPLES, 0, UM_OK);
        n_silence = 0;
        assert_int_equal(longer.V.rows, (N_SAMPLES + lengths[i] + HOP - 1) / HOP);
        for (size_t r = 0; r < longer.V.rows; r++) {
            if (r < plain.V.rows) {
                assert_memory_equal(um_row(longer.V, r), um_row(plain.V, r),
                                    plain.V.cols * sizeof(float));
            } else {
                bool over = (r + 1) * HOP >= N_SAMPLES + WINDOW;
                assert_int_equal(um_row(longer.V, r)[5] > 0, !over);
            }
        }
        umi_free(longer.V.data);
    }
    umi_free(plain.V.data);
}

static void the_taker_may_stop(void **state)
{
    (void)state;
    taken t = walk(false, 1, 0, N_SAMPLES, 7, UM_ERR_CANCELLED);
    assert_int_equal(t.V.rows, 7);
    umi_free(t.V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_comes_once),
        cmocka_unit_test(frames_between_are_passed_over),
        cmocka_unit_test(the_mean_is_that_of_the_channels),
        cmocka_unit_test(silence_may_follow),
        cmocka_unit_test(the_taker_may_stop),
    };
    return cmocka_run_group_tests_name("frame_walk", tests, make_file, remove_file);
}
