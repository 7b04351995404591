/* A recording through the separator: stems as long as the mix, and at its place in time. */
#define _DEFAULT_SOURCE
#include "job/stream.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "matrices.h"
#include "scratch.h"
#include "sound_file.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { N_STEMS = 3, N_ATOMS = 4 };

typedef struct shape {
    size_t n_channels, window, hop;
} shape;

static scratch made;
static char mix_path[PATH_MAX], paths[N_STEMS][PATH_MAX];
static const char *const stem_paths[N_STEMS] = {paths[0], paths[1], paths[2]};
static const umi_audio_reader_options options = {0};

static int make_folder(void **state)
{
    (void)state;
    scratch_make(&made);
    snprintf(mix_path, sizeof mix_path, "%s/mix.wav", made.directory);
    for (size_t s = 0; s < N_STEMS; s++) {
        snprintf(paths[s], sizeof paths[s], "%s/%zu.wav", made.directory, s);
    }
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

static um_separator *make_separator(shape form)
{
    static const size_t source_of[N_ATOMS] = {0, 1, 1, 2};
    um_separator_config config = um_separator_config_default();
    config.stft.window.length = form.window;
    config.stft.window.hop = form.hop;
    config.n_channels = form.n_channels;
    config.iterations = 1;
    umi_random random = umi_random_seeded(1);
    um_view W = matrix_random(N_ATOMS, form.window / 2 + 1, 0.0, &random);
    um_view G = matrix_random(N_ATOMS, form.n_channels, 0.0, &random);
    um_separator *separator;
    um_error error;
    um_separator_dictionary_config dictionary = {.atoms = um_const_view(W),
                                                 .gains = um_const_view(G),
                                                 .source_of = source_of,
                                                 .n_sources = N_STEMS};
    assert_int_equal(um_separator_new(&config, &dictionary, &separator, &error), UM_OK);
    umi_free(W.data);
    umi_free(G.data);
    return separator;
}

static float *make_sound(size_t n_values)
{
    umi_random random = umi_random_seeded(n_values);
    float *sound = umi_alloc(n_values, sizeof *sound);
    for (size_t i = 0; i < n_values; i++) {
        sound[i] = (float)(umi_random_uniform(&random) - 0.5);
    }
    return sound;
}

/* Separates mix.wav into the stems' files. */
static um_status run(um_separator *separator, size_t n_channels, const um_progress *progress,
                     um_error *error)
{
    umi_recording recording;
    umi_stems *stems = NULL;
    for (size_t s = 0; s < N_STEMS; s++) {
        (void)unlink(paths[s]);
    }
    um_separator_reset(separator);
    um_status status = umi_recording_open(mix_path, &options, NULL, &recording, error);
    if (status == UM_OK) {
        status = umi_stems_new(&recording, &recording.format, stem_paths, stem_paths, N_STEMS,
                               umi_stream_block_frames(n_channels, N_STEMS), &stems, error);
    }
    if (status == UM_OK) {
        status = umi_stream(&recording, separator, stems, N_STEMS, progress, error);
    }
    if (status == UM_OK) {
        status = umi_stems_finish(stems, error);
    }
    umi_stems_free(stems);
    umi_recording_close(&recording);
    return status;
}

/* The same by hand: all of the sound and the silence after it in one block, the delay cut off. */
static void check_stems(shape form, const float *sound, size_t n)
{
    size_t C = form.n_channels;
    um_separator *separator = make_separator(form);
    size_t delay = um_separator_delay(separator);
    float *padded = umi_alloc((n + delay) * C, sizeof *padded);
    float *stem = umi_alloc((n + 1) * C, sizeof *stem);
    um_view sources[N_STEMS];
    memcpy(padded, sound, n * C * sizeof *sound);
    for (size_t s = 0; s < N_STEMS; s++) {
        sources[s] = um_view_of(umi_alloc((n + delay) * C, sizeof(float)), n + delay, C);
    }
    assert_int_equal(um_separator_push(separator, um_cview_of(padded, n + delay, C), sources),
                     UM_OK);
    for (size_t s = 0; s < N_STEMS; s++) {
        assert_int_equal(sound_file_read(paths[s], stem, NULL, n + 1, NULL), n);
        const float *expected = um_row(sources[s], delay);
        for (size_t i = 0; i < n * C; i++) {
            /* The last stem is what the file's own arithmetic leaves. */
            assert_true(s + 1 < N_STEMS ? stem[i] == expected[i]
                                        : fabs((double)stem[i] - (double)expected[i]) < 1e-6);
        }
        umi_free(sources[s].data);
    }
    umi_free(padded);
    umi_free(stem);
    um_separator_free(separator);
}

static void stems_are_aligned(shape form, size_t n)
{
    um_error error;
    float *sound = make_sound(n * form.n_channels);
    um_separator *separator = make_separator(form);
    sound_file_write(mix_path, sound, n, form.n_channels, 44100);
    assert_int_equal(run(separator, form.n_channels, NULL, &error), UM_OK);
    check_stems(form, sound, n);
    um_separator_free(separator);
    umi_free(sound);
}

static void every_length(void **state)
{
    (void)state;
    const shape form = {8, 64, 16};
    size_t block = umi_stream_block_frames(form.n_channels, N_STEMS);
    const size_t lengths[] = {
        0, 1, 15, 16, 17, 63, 64, block - 1, block, block + 1, 2 * block + 777};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        stems_are_aligned(form, lengths[l]);
    }
}

/* A delay of several blocks, a hop longer than a block. */
static void delay_longer_than_a_block(void **state)
{
    (void)state;
    const shape form = {64, 16384, 8192};
    assert_true(umi_stream_block_frames(form.n_channels, N_STEMS) < form.hop);
    stems_are_aligned(form, 1);
    stems_are_aligned(form, 4500);
}

static void whole_numbers(void **state)
{
    (void)state;
    enum { N = 40000, C = 2 };
    static int32_t mix[N * C], stem[N * C], sum[N * C];
    um_error error;
    um_separator *separator = make_separator((shape){C, 256, 64});
    umi_random random = umi_random_seeded(6);
    for (size_t i = 0; i < N * C; i++) {
        mix[i] = (int32_t)(uint32_t)umi_random_bits(&random) >> 8;
    }
    sound_file_write_int(mix_path, UMI_SAMPLE_S24, mix, N, C, 44100);
    assert_int_equal(run(separator, C, NULL, &error), UM_OK);
    memset(sum, 0, sizeof sum);
    for (size_t s = 0; s < N_STEMS; s++) {
        assert_int_equal(sound_file_read(paths[s], NULL, stem, N, NULL), N);
        for (size_t i = 0; i < N * C; i++) {
            sum[i] += stem[i];
        }
    }
    assert_memory_equal(sum, mix, sizeof mix);
    um_separator_free(separator);
}

static void blocks_are_bounded(void **state)
{
    (void)state;
    for (size_t C = 1; C <= 64; C++) {
        for (size_t S = 1; S <= 64; S++) {
            size_t n = umi_stream_block_frames(C, S);
            assert_in_range(n, 2048, 1 << 18);
            assert_true(n == 2048 || n * C * S <= (size_t)1 << 20);
        }
    }
}

typedef struct listener {
    size_t n_calls, stop_at;
    double done, total;
} listener;

static bool listen(void *user, double done, double total, double divergence)
{
    listener *l = user;
    assert_true(done >= l->done && done <= total && isnan(divergence));
    l->done = done;
    l->total = total;
    return ++l->n_calls != l->stop_at;
}

static void progress_and_cancel(void **state)
{
    (void)state;
    const shape form = {64, 64, 32};
    size_t n = 3 * umi_stream_block_frames(form.n_channels, N_STEMS) + 5;
    float *sound = make_sound(n * form.n_channels);
    um_separator *separator = make_separator(form);
    um_error error;
    listener l = {0};
    um_progress progress = {listen, &l};
    sound_file_write(mix_path, sound, n, form.n_channels, 44100);
    assert_int_equal(run(separator, form.n_channels, &progress, &error), UM_OK);
    assert_int_equal(l.n_calls, 4);
    assert_true(l.done == (double)n && l.total == (double)n);
    for (size_t k = 1; k <= 4; k++) {
        l = (listener){.stop_at = k};
        assert_int_equal(run(separator, form.n_channels, &progress, &error), UM_ERR_CANCELLED);
        assert_int_equal(l.n_calls, k);
    }
    um_separator_free(separator);
    umi_free(sound);
}

/* The recording is not as long as it was when it was opened. */
static void a_change_is_seen(void **state)
{
    (void)state;
    float sound[3000] = {0.25F};
    um_separator *separator = make_separator((shape){1, 64, 16});
    for (int longer = 0; longer < 2; longer++) {
        umi_recording recording;
        umi_stems *stems;
        um_error error;
        for (size_t s = 0; s < N_STEMS; s++) {
            (void)unlink(paths[s]);
        }
        sound_file_write(mix_path, sound, 2000, 1, 8000);
        assert_int_equal(umi_recording_open(mix_path, &options, NULL, &recording, &error), UM_OK);
        assert_int_equal(umi_stems_new(&recording, &recording.format, stem_paths, stem_paths,
                                       N_STEMS, umi_stream_block_frames(1, N_STEMS), &stems,
                                       &error),
                         UM_OK);
        recording.n_frames += longer ? (uint64_t)-1 : 1;
        assert_int_equal(umi_stream(&recording, separator, stems, N_STEMS, NULL, &error),
                         UM_ERR_CHANGED);
        assert_non_null(strstr(error.message, "mix.wav"));
        umi_stems_free(stems);
        umi_recording_close(&recording);
        um_separator_reset(separator);
    }
    um_separator_free(separator);
}

static um_status run_again(void *separator)
{
    um_error error;
    return run(separator, 2, NULL, &error);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    um_separator *separator = make_separator((shape){2, 64, 16});
    int32_t sound[20] = {1, 2, 3};
    sound_file_write_int(mix_path, UMI_SAMPLE_S16, sound, 10, 2, 8000);
    assert_true(counting_allocator_sweep(run_again, separator) > 10);
    um_separator_free(separator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length),
        cmocka_unit_test(delay_longer_than_a_block),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(blocks_are_bounded),
        cmocka_unit_test(progress_and_cancel),
        cmocka_unit_test(a_change_is_seen),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("stream", tests, make_folder, remove_folder);
}
