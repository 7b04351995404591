/* Stacks: those of the frames drawn, neighbours and all, with the same bits however few they are.
 */
#define _DEFAULT_SOURCE
#include "job/speech_stacks.h"

#include "core/memory.h"
#include "core/random.h"
#include "job/frame_draw.h"
#include "job/frame_walk.h"
#include "job/speech_transform.h"
#include "matrices.h"
#include "scratch.h"
#include "sound_file.h"
#include "unmingle/denoiser.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { RATE = 22050, C = 2, HOP = 352, N_SAMPLES = 200 * HOP + 3, BINS = UMI_SPEECH_BINS };

static scratch made;
static um_stft *stft;
static um_error error;

static void write_noise(const char *name, size_t n_samples)
{
    static float sound[N_SAMPLES * C];
    umi_random random = umi_random_seeded(1);
    for (size_t i = 0; i < n_samples * C; i++) {
        sound[i] = (float)(umi_random_uniform(&random) - 0.5);
    }
    sound_file_write(scratch_path(&made, name), sound, n_samples, C, RATE);
}

static int set_up(void **state)
{
    (void)state;
    um_stft_config config = umi_speech_transform(RATE);
    scratch_make(&made);
    write_noise("a.wav", N_SAMPLES);
    return um_stft_new(&config, &stft, NULL) == UM_OK && um_stft_hop(stft) == HOP ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    um_stft_free(stft);
    scratch_remove(&made);
    return 0;
}

/* Takes every frame. */
typedef struct whole {
    umi_frame_taker taker;
    um_view V;
} whole;

static um_status take(void *user, const float *magnitudes, const float *spectra, um_error *e)
{
    whole *w = user;
    (void)spectra;
    (void)e;
    memcpy(um_row(w->V, w->V.rows++), magnitudes, BINS * sizeof *magnitudes);
    w->taker.next++;
    return UM_OK;
}

/* Every frame of the recording. */
static um_view read_all(umi_recording *recording)
{
    uint64_t n = umi_frame_walk_frames(stft, recording->n_frames);
    umi_frame_walk_config config = {stft, true, um_parallel_serial(), 0};
    whole w = {.V = matrix_new((size_t)n, BINS)};
    w.V.rows = 0;
    w.taker = (umi_frame_taker){0, take, NULL, &w};
    assert_int_equal(umi_frame_walk(&config, recording, 0, recording->n_frames, &w.taker, &error),
                     UM_OK);
    assert_true(w.V.rows == n);
    return w.V;
}

/* Draws n stacks, which have to be those of V that the draw tells. */
static void assert_stacks(umi_recording *recording, um_view V, size_t n)
{
    um_view M = matrix_new(n, UM_DENOISER_STACKED * BINS);
    umi_speech_stacks_config config = {stft, 5, um_parallel_serial(), NULL};
    umi_frame_draw draw = umi_frame_draw_start(V.rows, n, 1, 5);
    assert_int_equal(umi_speech_stacks_read(&config, recording, M, &error), UM_OK);
    for (size_t r = 0; r < n; r++) {
        size_t t = (size_t)umi_frame_draw_next(&draw);
        const float *frames[] = {um_row(V, t == 0 ? 0 : t - 1), um_row(V, t),
                                 um_row(V, t + 1 == V.rows ? t : t + 1)};
        for (size_t i = 0; i < UM_DENOISER_STACKED; i++) {
            assert_memory_equal(um_row(M, r) + i * BINS, frames[i], BINS * sizeof(float));
        }
    }
    umi_free(M.data);
}

static void stacks_are_those_of_the_frames_drawn(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, HOP, HOP + 1, 2 * HOP + 1, 3 * HOP + 1, N_SAMPLES};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        umi_audio_reader_options how = {false, false, "/tmp"};
        umi_recording recording;
        write_noise("b.wav", lengths[i]);
        assert_int_equal(umi_recording_open(made.path, &how, NULL, &recording, &error), UM_OK);
        um_view V = read_all(&recording);
        for (size_t n = 0; n <= V.rows; n += n < 4 || n > V.rows - 4 ? 1 : 13) {
            assert_stacks(&recording, V, n);
        }
        umi_free(V.data);
        umi_recording_close(&recording);
    }
}

static bool stop_late(void *user, double done, double total, double divergence)
{
    double *last = user;
    assert_true(done > *last && done <= total && total == N_SAMPLES && isnan(divergence));
    *last = done;
    return done < total;
}

/* Even behind the last frame that is wanted. */
static void progress_and_cancel(void **state)
{
    (void)state;
    double last = 0.0;
    um_progress progress = {stop_late, &last};
    umi_audio_reader_options how = {false, false, "/tmp"};
    umi_recording recording;
    assert_int_equal(
        umi_recording_open(scratch_path(&made, "a.wav"), &how, NULL, &recording, &error), UM_OK);
    um_view M = matrix_new(1, UM_DENOISER_STACKED * BINS);
    umi_speech_stacks_config config = {stft, 5, um_parallel_serial(), &progress};
    assert_int_equal(umi_speech_stacks_read(&config, &recording, M, &error), UM_ERR_CANCELLED);
    assert_true(last == N_SAMPLES);
    umi_free(M.data);
    umi_recording_close(&recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stacks_are_those_of_the_frames_drawn),
        cmocka_unit_test(progress_and_cancel),
    };
    return cmocka_run_group_tests_name("speech_stacks", tests, set_up, tear_down);
}
