/* Stems of a recording as a set of files: named, whole, adding up; and what the separator's
 * callbacks answer is heard. */
#define _DEFAULT_SOURCE
#include "job/stem_set.h"

#include "core/error.h"
#include "scratch_group.h"
#include "sound_file.h"
#include "timbres.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { N_FRAMES = 9001, LENGTH = 256, HOP = 64, N_BINS = LENGTH / 2 + 1, K = 3 };

static char labels[2][UM_LABEL_MAX + 1] = {"low", "high"};
static const size_t source_of[K] = {0, 1, 1};
static float W[K * N_BINS], G[K];
static umi_recording recording;
static um_error error;
static size_t n_rows;

static int make_recording(void **state)
{
    static int32_t mix[N_FRAMES];
    static const umi_audio_reader_options options = {0};
    int failed = scratch_set_up(state);
    for (size_t i = 0; i < N_FRAMES; i++) {
        mix[i] = (int32_t)lrint(32767.0 *
                                (timbre_sample(TIMBRE_LOW, i) + timbre_sample(TIMBRE_HIGH, i)));
    }
    sound_file_write_int(scratch_path(&files, "a.wav"), UMI_SAMPLE_S16, mix, N_FRAMES, 1,
                         TIMBRES_RATE);
    for (size_t f = 0; f < N_BINS; f++) { /* below 1500 Hz, and two bands above */
        W[(f < 48 ? 0 : f < 90 ? 1 : 2) * N_BINS + f] = 1.0F;
    }
    for (size_t k = 0; k < K; k++) {
        G[k] = 1.0F;
    }
    return failed != 0 ||
           umi_recording_open(files.path, &options, NULL, &recording, &error) != UM_OK;
}

static int close_recording(void **state)
{
    umi_recording_close(&recording);
    return scratch_tear_down(state);
}

static um_status count_rows(void *user, um_cview H)
{
    um_error *to = user;
    n_rows += H.rows;
    return to == NULL ? UM_OK : umi_error_set(to, UM_ERR_IO, "the file: full");
}

/* The stems, as a set that is published when all went well; the report goes to *stems. */
static um_status write_stems(um_error *callback_error, umi_stem_set *stems)
{
    um_separator_config separator = um_separator_config_default();
    umi_output_set *set;
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", scratch_path(&files, "out"));
    assert_int_equal(umi_output_set_begin(folder, true, &set, &error), UM_OK);
    separator.stft.window.length = LENGTH;
    separator.stft.window.hop = HOP;
    separator.activations_out = count_rows;
    separator.activations_user = callback_error;
    um_separator_dictionary_config dictionary = {.atoms = um_cview_of(W, K, N_BINS),
                                                 .gains = um_cview_of(G, K, 1),
                                                 .source_of = source_of,
                                                 .n_sources = 2};
    umi_stem_set_config config = {.recording = &recording,
                                  .output = set,
                                  .separator = &separator,
                                  .dictionary = &dictionary,
                                  .labels = labels,
                                  .format = recording.format};
    n_rows = 0;
    um_status status = umi_stem_set_write(&config, stems, &error);
    if (status == UM_OK) {
        assert_int_equal(n_rows, umi_stem_set_n_frames(&recording, &separator.stft));
        status = umi_output_set_commit(set, NULL, 0, &error);
    }
    umi_output_set_free(set);
    return status;
}

static void stems_add_up(void **state)
{
    (void)state;
    static int32_t mix[N_FRAMES], low[N_FRAMES], high[N_FRAMES];
    umi_stem_set stems;
    assert_int_equal(write_stems(NULL, &stems), UM_OK);
    assert_int_equal(scratch_count(scratch_path(&files, "out")), 2);
    assert_int_equal(n_rows, (N_FRAMES + LENGTH - 1) / HOP);
    sound_file_read(scratch_path(&files, "a.wav"), NULL, mix, N_FRAMES, NULL);
    sound_file_read(scratch_path(&files, "out/low.wav"), NULL, low, N_FRAMES, NULL);
    sound_file_read(scratch_path(&files, "out/high.wav"), NULL, high, N_FRAMES, NULL);
    double energy[2] = {0.0, 0.0};
    for (size_t i = 0; i < N_FRAMES; i++) {
        assert_int_equal(mix[i], low[i] + high[i]);
        energy[0] += (double)low[i] * (double)low[i];
        energy[1] += (double)high[i] * (double)high[i];
    }
    assert_true(energy[0] > 0.0 && energy[1] > 0.0);
    assert_true(fabs(stems.shares[0] - energy[0] / (energy[0] + energy[1])) < 1e-3);
    assert_true(fabs(stems.shares[0] + stems.shares[1] - 1.0) < 1e-12);
    assert_true(stems.null_peak == 0.0 && stems.held == 0 && stems.n_frames == N_FRAMES);
    assert_int_equal(umi_stem_set_count_atoms(&stems, 0), 1);
    assert_int_equal(umi_stem_set_count_atoms(&stems, 1), 2);
    int32_t loudest = 0;
    for (size_t i = 0; i < N_FRAMES; i++) {
        loudest = abs(high[i]) > loudest ? abs(high[i]) : loudest;
    }
    unsigned bits = umi_sample_bits(stems.output_format.sample);
    assert_true(umi_waveform_peak(stems.waveforms[1]) == ldexp(loudest, 1 - (int)bits));
    assert_int_equal(umi_waveform_column_frames(stems.waveforms[0]),
                     umi_waveform_column_frames(stems.waveforms[1]));
    umi_stem_set_free(&stems);
    umi_stem_set_free(&stems);
}

static void a_callback_that_fails_is_heard(void **state)
{
    (void)state;
    umi_stem_set stems;
    assert_int_equal(write_stems(&error, &stems), UM_ERR_IO);
    assert_string_equal(error.message, "the file: full");
    assert_null(stems.shares);
    assert_null(stems.waveforms);
}

static void names_of_files(void **state)
{
    (void)state;
    char name[UM_LABEL_MAX + 6];
    char longest[UM_LABEL_MAX + 1];
    umi_stem_file_name("- drums", UMI_CONTAINER_WAV, name);
    assert_string_equal(name, "- drums.wav");
    memset(longest, 'x', UM_LABEL_MAX);
    longest[UM_LABEL_MAX] = '\0';
    umi_stem_file_name(longest, UMI_CONTAINER_FLAC, name);
    assert_int_equal(strlen(name), UM_LABEL_MAX + 5);
    assert_string_equal(name + UM_LABEL_MAX, ".flac");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stems_add_up),
        cmocka_unit_test(a_callback_that_fails_is_heard),
        cmocka_unit_test(names_of_files),
    };
    return cmocka_run_group_tests_name("stem_set", tests, make_recording, close_recording);
}
