/* What is at which time and frequency, and how loud, of sounds of which that is known. */
#define _DEFAULT_SOURCE
#include "job/plot_spectrogram.h"

#include "core/memory.h"
#include "scratch_group.h"
#include "sound_file.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { RATE = 44100, COLUMNS = 300, ROWS = 200 };

/* Writes, opens and measures. */
static umi_spectrogram measure(const float *sound, size_t n_frames, size_t n_channels, size_t rate)
{
    umi_audio_reader_options options = {0};
    umi_recording recording;
    umi_spectrogram s;
    um_parallel serial = um_parallel_serial();
    um_error error = {UM_OK, ""};
    sound_file_write(scratch_path(&files, "a.wav"), sound, n_frames, n_channels, (double)rate);
    assert_int_equal(umi_recording_open(files.path, &options, NULL, &recording, &error), UM_OK);
    assert_int_equal(umi_spectrogram_measure(&recording, COLUMNS, ROWS, &serial, NULL, &s, &error),
                     UM_OK);
    umi_recording_close(&recording);
    return s;
}

static float *tone(size_t n, size_t rate, double hertz, double amplitude)
{
    float *sound = umi_alloc(n, sizeof *sound);
    for (size_t i = 0; i < n; i++) {
        sound[i] = (float)(amplitude * sin(2 * M_PI * hertz * (double)i / (double)rate));
    }
    return sound;
}

static size_t loudest_row(const umi_spectrogram *s, size_t column)
{
    const float *levels = s->levels + column * ROWS;
    size_t best = 0;
    for (size_t r = 1; r < ROWS; r++) {
        best = levels[r] > levels[best] ? r : best;
    }
    return best;
}

static void a_tone_is_in_its_row_at_its_level(void **state)
{
    (void)state;
    static const double tones[] = {100, 440, 1000, 6000};
    static const size_t rates[] = {8000, 44100, 96000};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            if (tones[i] > (double)rates[j] / 2) {
                continue;
            }
            float *sound = tone(2 * rates[j], rates[j], tones[i], 0.1);
            umi_spectrogram s = measure(sound, 2 * rates[j], 1, rates[j]);
            double row = log(tones[i] / 30) / log((double)rates[j] / 2 / 30) * ROWS;
            double wide =
                1 + ROWS * 5.5 / tones[i] / log((double)rates[j] / 2 / 30); /* half a bin */
            for (size_t c = 20; c < COLUMNS - 20; c += 11) {
                size_t r = loudest_row(&s, c);
                assert_true(fabs((double)r + 0.5 - row) < wide);
                /* -20 dBFS, and 1.4 dB less between two bins of a Hann window. */
                float level = s.levels[c * ROWS + r];
                assert_true(level < -19.9F && level > -21.6F);
            }
            assert_true(fabs(s.seconds - 2) < 1e-12);
            assert_true(umi_spectrogram_top(&s) == -15 || umi_spectrogram_top(&s) == -20);
            umi_spectrogram_free(&s);
            umi_free(sound);
        }
    }
}

static void a_click_is_in_its_column(void **state)
{
    (void)state;
    static const size_t lengths[] = {RATE, 10 * RATE, 100 * RATE};
    for (size_t i = 0; i < 3; i++) {
        size_t n = lengths[i], at = n / 3;
        float *sound = umi_alloc(n, sizeof *sound);
        sound[at] = 1;
        umi_spectrogram s = measure(sound, n, 1, RATE);
        size_t best = 0;
        for (size_t c = 1; c < COLUMNS; c++) {
            best = s.levels[c * ROWS + 50] > s.levels[best * ROWS + 50] ? c : best;
        }
        assert_in_range(best, COLUMNS / 3 - 2, COLUMNS / 3 + 1);
        /* Past a window on both sides there is silence. */
        size_t window = 2 + 4096 * COLUMNS / n;
        assert_true(isinf(s.levels[(COLUMNS / 3 - window) * ROWS + 50]));
        assert_true(isinf(s.levels[(COLUMNS / 3 + window) * ROWS + 50]));
        umi_spectrogram_free(&s);
        umi_free(sound);
    }
}

/* The whole time is covered, up to the last sample, whatever the length. */
static void sound_is_in_every_column(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 100, 5000, 44100, 300001};
    for (size_t i = 0; i < 5; i++) {
        float *sound = tone(lengths[i], RATE, 1000, 0.5);
        sound[0] = 0.5F;
        umi_spectrogram s = measure(sound, lengths[i], 1, RATE);
        for (size_t c = 0; c < COLUMNS; c++) {
            assert_true(isfinite(s.levels[c * ROWS + loudest_row(&s, c)]));
        }
        umi_spectrogram_free(&s);
        umi_free(sound);
    }
}

static void channels_count_by_their_mean_power(void **state)
{
    (void)state;
    enum { N = RATE };
    float *mono = tone(N, RATE, 1000, 0.1);
    float *stereo = umi_alloc(2 * N, sizeof *stereo);
    for (size_t i = 0; i < N; i++) {
        stereo[2 * i] = mono[i]; /* the right one is silent */
    }
    umi_spectrogram one = measure(mono, N, 1, RATE), two = measure(stereo, N, 2, RATE);
    assert_true(fabs(one.loudest - two.loudest - 10 * log10(2)) < 0.01);
    umi_spectrogram_free(&one);
    umi_spectrogram_free(&two);
    umi_free(mono);
    umi_free(stereo);
}

static void silence_and_nothing_are_silent(void **state)
{
    (void)state;
    float *sound = umi_alloc(RATE, sizeof *sound);
    for (size_t n = 0; n <= RATE; n += RATE) {
        umi_spectrogram s = measure(sound, n, 1, RATE);
        for (size_t i = 0; i < COLUMNS * ROWS; i++) {
            assert_true(s.levels[i] == -INFINITY);
        }
        assert_true(umi_spectrogram_top(&s) == 0);
        umi_spectrogram_free(&s);
    }
    umi_free(sound);
}

/* The gain that keeps extreme recordings within float32 does not show. */
static void levels_are_those_of_the_file(void **state)
{
    (void)state;
    float *sound = tone(RATE, RATE, 1000, 1e-9);
    umi_spectrogram s = measure(sound, RATE, 1, RATE);
    assert_true(fabs(s.loudest + 180) < 1.6);
    umi_spectrogram_free(&s);
    umi_free(sound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tone_is_in_its_row_at_its_level),
        cmocka_unit_test(a_click_is_in_its_column),
        cmocka_unit_test(sound_is_in_every_column),
        cmocka_unit_test(channels_count_by_their_mean_power),
        cmocka_unit_test(silence_and_nothing_are_silent),
        cmocka_unit_test(levels_are_those_of_the_file),
    };
    return cmocka_run_group_tests_name("plot_spectrogram", tests, scratch_set_up,
                                       scratch_tear_down);
}
