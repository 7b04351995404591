/* Sound through the separator: the sources sum to it, and no way of cutting it changes a bit. */
#include "job/thread_pool.h"
#include "matrices.h"
#include "unmingle/separator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_SAMPLES = 5000, N_SOURCES_MAX = 4, K = 6 };

typedef struct setting {
    um_window window;
    size_t length, hop, synthesis_length, fft_size, n_channels, n_sources;
    double exponent;
} setting;

static const setting settings[] = {
    {UM_WINDOW_HANN, 64, 16, 0, 0, 1, 2, 1.5},       {UM_WINDOW_HANN, 256, 64, 0, 512, 2, 3, 2.0},
    {UM_WINDOW_SINE, 128, 64, 0, 0, 5, 2, 1.0},      {UM_WINDOW_KBD, 128, 32, 0, 0, 2, 4, 4.0},
    {UM_WINDOW_ASYMMETRIC, 256, 16, 32, 0, 2, 3, 1}, {UM_WINDOW_ASYMMETRIC, 128, 8, 16, 0, 1, 2, 2},
    {UM_WINDOW_HANN, 100, 25, 0, 0, 1, 4, 0.5},      {UM_WINDOW_SINE, 64, 1, 0, 0, 1, 2, 1.5},
};
enum { N_SETTINGS = sizeof settings / sizeof *settings };

static um_separator_config config_of(const setting *s)
{
    um_separator_config config = um_separator_config_default();
    config.stft.window.window = s->window;
    config.stft.window.length = s->length;
    config.stft.window.hop = s->hop;
    config.stft.window.synthesis_length = s->synthesis_length;
    config.stft.fft_size = s->fft_size;
    config.n_channels = s->n_channels;
    config.exponent = s->exponent;
    config.iterations = 8;
    return config;
}

/* Random atoms, dealt out to the sources in turn. */
static um_separator *make(const setting *s, um_parallel parallel)
{
    um_separator_config config = config_of(s);
    config.parallel = parallel;
    size_t n_bins = (s->fft_size == 0 ? s->length : s->fft_size) / 2 + 1;
    umi_random random = umi_random_seeded(1);
    um_view atoms = matrix_random(K, n_bins, 0.3, &random);
    um_view gains = matrix_random(K, s->n_channels, 0.0, &random);
    size_t source_of[K];
    for (size_t k = 0; k < K; k++) {
        source_of[k] = k % s->n_sources;
    }
    um_separator *separator;
    um_error error;
    um_separator_dictionary_config dictionary = {.atoms = um_const_view(atoms),
                                                 .gains = um_const_view(gains),
                                                 .source_of = source_of,
                                                 .n_sources = s->n_sources};
    assert_int_equal(um_separator_new(&config, &dictionary, &separator, &error), UM_OK);
    umi_free(atoms.data);
    umi_free(gains.data);
    return separator;
}

/* -- Sound ------------------------------------------------------------------------------------- */

enum { NOISE, IMPULSES, SQUARES, SILENCE, N_KINDS };

static um_view make_sound(int kind, size_t n_channels)
{
    umi_random random = umi_random_seeded(2);
    um_view sound = matrix_new(N_SAMPLES, n_channels);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        for (size_t c = 0; c < n_channels; c++) {
            float noise = (float)(2.0 * umi_random_uniform(&random) - 1.0);
            float square = i / (20 + 7 * c) % 2 == 0 ? 1.0F : -1.0F;
            float impulse = i % (701 + c) == 0 ? -1.0F : 0.0F;
            um_row(sound, i)[c] = kind == NOISE      ? noise
                                  : kind == IMPULSES ? impulse
                                  : kind == SQUARES  ? square
                                                     : 0.0F;
        }
    }
    return sound;
}

typedef struct stems {
    um_view source[N_SOURCES_MAX];
    size_t n;
} stems;

static void stems_free(stems *s)
{
    for (size_t i = 0; i < s->n; i++) {
        umi_free(s->source[i].data);
    }
}

/* All of the sound in blocks of block_size samples; 0 stands for blocks of any sizes. */
static stems separate(um_separator *separator, size_t n_sources, um_cview sound, size_t block_size)
{
    stems out = {.n = n_sources};
    umi_random random = umi_random_seeded(3);
    for (size_t i = 0; i < n_sources; i++) {
        out.source[i] = matrix_new(sound.rows, sound.cols);
    }
    for (size_t first = 0, n; first < sound.rows; first += n) {
        n = block_size > 0 ? block_size : umi_random_below(&random, 400);
        n = n < sound.rows - first ? n : sound.rows - first;
        um_view blocks[N_SOURCES_MAX];
        for (size_t i = 0; i < n_sources; i++) {
            blocks[i] = out.source[i];
            blocks[i].data = um_row(out.source[i], first);
            blocks[i].rows = n;
        }
        um_cview in = {um_crow(sound, first), n, sound.cols, sound.stride};
        assert_int_equal(um_separator_push(separator, in, blocks), UM_OK);
    }
    return out;
}

static bool same_stems(const stems *a, const stems *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = same_bits(um_const_view(a->source[i]), um_const_view(b->source[i]));
    }
    return same;
}

/* -- Tests ------------------------------------------------------------------------------------- */

static void sources_sum_to_the_delayed_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETTINGS * N_KINDS; i++) {
        const setting *s = &settings[i / N_KINDS];
        um_separator *separator = make(s, um_parallel_serial());
        um_view sound = make_sound((int)(i % N_KINDS), s->n_channels);
        stems out = separate(separator, s->n_sources, um_const_view(sound), 0);
        size_t delay = um_separator_delay(separator);
        for (size_t t = 0; t < N_SAMPLES; t++) {
            for (size_t c = 0; c < s->n_channels; c++) {
                double sum = t >= delay ? -(double)um_row(sound, t - delay)[c] : 0.0;
                for (size_t j = 0; j < out.n; j++) {
                    sum += (double)um_row(out.source[j], t)[c];
                }
                assert_true(fabs(sum) <= 1e-6);
            }
        }
        stems_free(&out);
        umi_free(sound.data);
        um_separator_free(separator);
    }
}

/* Sources with the same atoms have the same masks, so each must be its share of the sound, at the
 * delay that is told: the masked ones as much as the last one. */
static void equal_sources_share_equally(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const setting *s = &settings[i];
        um_separator_config config = config_of(s);
        size_t n_bins = (s->fft_size == 0 ? s->length : s->fft_size) / 2 + 1;
        um_view atoms = matrix_new(s->n_sources, n_bins);
        um_view gains = matrix_new(s->n_sources, s->n_channels);
        size_t source_of[N_SOURCES_MAX];
        for (size_t j = 0; j < s->n_sources; j++) {
            source_of[j] = j;
            for (size_t f = 0; f < n_bins; f++) {
                um_row(atoms, j)[f] = 1.0F;
            }
            for (size_t c = 0; c < s->n_channels; c++) {
                um_row(gains, j)[c] = 1.0F;
            }
        }
        um_separator *separator;
        um_separator_dictionary_config dictionary = {.atoms = um_const_view(atoms),
                                                     .gains = um_const_view(gains),
                                                     .source_of = source_of,
                                                     .n_sources = s->n_sources};
        assert_int_equal(um_separator_new(&config, &dictionary, &separator, NULL), UM_OK);
        um_view sound = make_sound(NOISE, s->n_channels);
        stems out = separate(separator, s->n_sources, um_const_view(sound), 0);
        size_t delay = um_separator_delay(separator);
        for (size_t t = 0; t < N_SAMPLES; t++) {
            for (size_t j = 0; j < s->n_sources * s->n_channels; j++) {
                size_t c = j % s->n_channels;
                float input = t >= delay ? um_row(sound, t - delay)[c] : 0.0F;
                float source = um_row(out.source[j / s->n_channels], t)[c];
                assert_true(fabsf(source - input / (float)s->n_sources) < 2e-6F);
            }
        }
        stems_free(&out);
        umi_free(sound.data);
        umi_free(atoms.data);
        umi_free(gains.data);
        um_separator_free(separator);
    }
}

static void blocks_change_no_bit(void **state)
{
    (void)state;
    const size_t block_sizes[] = {0, 1, 15, 997};
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const setting *s = &settings[i];
        um_separator *whole = make(s, um_parallel_serial());
        um_view sound = make_sound(NOISE, s->n_channels);
        stems expected = separate(whole, s->n_sources, um_const_view(sound), N_SAMPLES);
        for (size_t j = 0; j < sizeof block_sizes / sizeof *block_sizes; j++) {
            um_separator *separator = make(s, um_parallel_serial());
            stems out = separate(separator, s->n_sources, um_const_view(sound), block_sizes[j]);
            assert_true(same_stems(&out, &expected));
            stems_free(&out);
            um_separator_free(separator);
        }
        stems_free(&expected);
        umi_free(sound.data);
        um_separator_free(whole);
    }
}

static void workers_change_no_bit(void **state)
{
    (void)state;
    size_t n_workers = 3;
    umi_thread_pool *pool;
    assert_int_equal(umi_thread_pool_new(n_workers, &pool), UM_OK);
    const um_parallel parallels[] = {umi_thread_pool_parallel(pool),
                                     backwards_parallel(&n_workers)};
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const setting *s = &settings[i];
        um_separator *serial = make(s, um_parallel_serial());
        um_view sound = make_sound(NOISE, s->n_channels);
        stems expected = separate(serial, s->n_sources, um_const_view(sound), 1500);
        for (size_t j = 0; j < 2; j++) {
            um_separator *separator = make(s, parallels[j]);
            stems out = separate(separator, s->n_sources, um_const_view(sound), 1500);
            assert_true(same_stems(&out, &expected));
            stems_free(&out);
            um_separator_free(separator);
        }
        stems_free(&expected);
        umi_free(sound.data);
        um_separator_free(serial);
    }
    umi_thread_pool_free(pool);
}

static void reset_is_as_new(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const setting *s = &settings[i];
        um_separator *fresh = make(s, um_parallel_serial());
        um_separator *used = make(s, um_parallel_serial());
        um_view noise = make_sound(NOISE, s->n_channels);
        um_view sound = make_sound(SQUARES, s->n_channels);
        um_cview part = {noise.data, 1234, noise.cols, noise.stride};
        stems before = separate(used, s->n_sources, part, 100);
        um_separator_reset(used);
        stems expected = separate(fresh, s->n_sources, um_const_view(sound), 0);
        stems out = separate(used, s->n_sources, um_const_view(sound), 0);
        assert_true(same_stems(&out, &expected));
        stems_free(&before);
        stems_free(&expected);
        stems_free(&out);
        umi_free(noise.data);
        umi_free(sound.data);
        um_separator_free(fresh);
        um_separator_free(used);
    }
}

static void one_source_is_the_delayed_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETTINGS; i++) {
        setting s = settings[i];
        s.n_sources = 1;
        um_separator *separator = make(&s, um_parallel_serial());
        um_view sound = make_sound(NOISE, s.n_channels);
        stems out = separate(separator, 1, um_const_view(sound), 0);
        size_t delay = um_separator_delay(separator);
        for (size_t t = 0; t < N_SAMPLES; t++) {
            for (size_t c = 0; c < s.n_channels; c++) {
                float expected = t < delay ? 0.0F : um_row(sound, t - delay)[c];
                assert_true(um_row(out.source[0], t)[c] == expected);
            }
        }
        stems_free(&out);
        umi_free(sound.data);
        um_separator_free(separator);
    }
}

static void silence_stays_silence(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const setting *s = &settings[i];
        um_separator *separator = make(s, um_parallel_serial());
        um_view silence = make_sound(SILENCE, s->n_channels);
        stems out = separate(separator, s->n_sources, um_const_view(silence), 0);
        for (size_t j = 0; j < s->n_sources * N_SAMPLES; j++) {
            for (size_t c = 0; c < s->n_channels; c++) {
                assert_true(um_row(out.source[j / N_SAMPLES], j % N_SAMPLES)[c] == 0.0F);
            }
        }
        stems_free(&out);
        umi_free(silence.data);
        um_separator_free(separator);
    }
}

/* Amplitude of the sine and cosine of bin 20 in 512 samples, which are 5 of its periods. */
static double amplitude_of_bin_20(um_view sound, size_t first)
{
    double re = 0.0, im = 0.0;
    for (size_t t = 0; t < 512; t++) {
        double phase = 6.283185307179586 * 20.0 / 2048.0 * (double)t;
        re += (double)um_row(sound, first + t)[0] * cos(phase) / 256.0;
        im += (double)um_row(sound, first + t)[0] * sin(phase) / 256.0;
    }
    return hypot(re, im);
}

/* The loudest sound that is taken, nearly all of it where no atom says anything, must not disturb
 * the tone of bin 20, which belongs to source 0; and the faintest sound does no harm. */
static void extreme_levels_stay_sane(void **state)
{
    (void)state;
    const setting s = {UM_WINDOW_HANN, 2048, 512, 0, 0, 1, 2, 2.0};
    um_separator_config config = config_of(&s);
    um_view atoms = matrix_new(2, 1025), gains = matrix_new(2, 1), sound = matrix_new(N_SAMPLES, 1);
    um_row(atoms, 0)[19] = um_row(atoms, 0)[21] = 0.5F;
    um_row(atoms, 0)[20] = um_row(atoms, 1)[60] = 1.0F;
    um_row(gains, 0)[0] = um_row(gains, 1)[0] = 1.0F;
    const size_t source_of[] = {0, 1};
    const float levels[] = {1e6F, 1.0F, 1e-38F, 1e-44F};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        for (size_t t = 0; t < N_SAMPLES; t++) {
            double phase = 6.283185307179586 / 2048.0 * (double)t;
            double value = 0.1 * sin(20.0 * phase) + 0.9 * sin(128.0 * phase);
            um_row(sound, t)[0] = (float)(value * (double)levels[i]);
        }
        um_separator *separator;
        um_separator_dictionary_config dictionary = {.atoms = um_const_view(atoms),
                                                     .gains = um_const_view(gains),
                                                     .source_of = source_of,
                                                     .n_sources = 2};
        assert_int_equal(um_separator_new(&config, &dictionary, &separator, NULL), UM_OK);
        stems out = separate(separator, 2, um_const_view(sound), 0);
        for (size_t t = 0; t < N_SAMPLES; t++) {
            assert_true(fabsf(um_row(out.source[0], t)[0]) <= 2.0F * levels[i]);
            assert_true(fabsf(um_row(out.source[1], t)[0]) <= 2.0F * levels[i]);
        }
        if (i < 2) {
            double level = (double)levels[i];
            assert_true(fabs(amplitude_of_bin_20(out.source[0], 4200) - 0.1 * level) <
                        1e-3 * level);
            assert_true(amplitude_of_bin_20(out.source[1], 4200) < 1e-3 * level);
        }
        stems_free(&out);
        um_separator_free(separator);
    }
    umi_free(atoms.data);
    umi_free(gains.data);
    umi_free(sound.data);
}

/* Tone j, a mode of its own in frequency and place. */
static float tone(size_t j, size_t t, size_t c)
{
    double frequency = j == 0 ? 0.031 : 0.137, gain = c == j ? 0.5 : 0.1;
    return (float)(gain * sin(6.283185307179586 * frequency * (double)t));
}

/* Atoms made of each tone alone take their sum apart by more than 20 dB. */
static void tones_come_apart(void **state)
{
    (void)state;
    enum { N_BINS = 257, N_FRAMES_MAX = N_SAMPLES / 128 };
    setting s = {UM_WINDOW_HANN, 512, 128, 0, 0, 2, 2, 2.0};
    um_separator_config config = config_of(&s);
    config.iterations = 50;
    um_view atoms = matrix_new(2, N_BINS), gains = matrix_new(2, 2);
    um_view sound = matrix_new(N_SAMPLES, 2);
    const size_t source_of[] = {0, 1};
    um_stft *stft;
    um_analysis *analysis;
    assert_int_equal(um_stft_new(&config.stft, &stft, NULL), UM_OK);
    assert_int_equal(um_analysis_new(stft, &analysis), UM_OK);
    static float alone[N_SAMPLES], spectra[N_FRAMES_MAX * 2 * N_BINS];
    for (size_t j = 0; j < 2; j++) {
        for (size_t t = 0; t < N_SAMPLES; t++) {
            alone[t] = tone(j, t, j);
            um_row(sound, t)[0] += tone(j, t, 0);
            um_row(sound, t)[1] += tone(j, t, 1);
        }
        um_analysis_reset(analysis);
        size_t n = um_analysis_push(analysis, alone, 1, N_SAMPLES, spectra, 2 * N_BINS);
        for (size_t f = 0; f < N_BINS; f++) {
            const float *last = spectra + (n - 1) * 2 * N_BINS + 2 * f;
            um_row(atoms, j)[f] = hypotf(last[0], last[1]) + 1e-6F;
        }
        um_row(gains, j)[j] = 0.5F;
        um_row(gains, j)[1 - j] = 0.1F;
    }
    um_separator *separator;
    um_separator_dictionary_config dictionary = {.atoms = um_const_view(atoms),
                                                 .gains = um_const_view(gains),
                                                 .source_of = source_of,
                                                 .n_sources = 2};
    assert_int_equal(um_separator_new(&config, &dictionary, &separator, NULL), UM_OK);
    stems out = separate(separator, 2, um_const_view(sound), 0);
    size_t delay = um_separator_delay(separator);
    for (size_t j = 0; j < 2; j++) {
        double signal = 0.0, error = 0.0;
        for (size_t t = 2 * delay; t < N_SAMPLES; t++) {
            for (size_t c = 0; c < 2; c++) {
                double wanted = (double)tone(j, t - delay, c);
                double got = (double)um_row(out.source[j], t)[c];
                signal += wanted * wanted;
                error += (got - wanted) * (got - wanted);
            }
        }
        assert_true(10.0 * log10(signal / error) > 20.0);
    }
    stems_free(&out);
    umi_free(atoms.data);
    umi_free(gains.data);
    umi_free(sound.data);
    um_separator_free(separator);
    um_analysis_free(analysis);
    um_stft_free(stft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_sum_to_the_delayed_input),
        cmocka_unit_test(equal_sources_share_equally),
        cmocka_unit_test(blocks_change_no_bit),
        cmocka_unit_test(workers_change_no_bit),
        cmocka_unit_test(reset_is_as_new),
        cmocka_unit_test(one_source_is_the_delayed_input),
        cmocka_unit_test(silence_stays_silence),
        cmocka_unit_test(extreme_levels_stay_sane),
        cmocka_unit_test(tones_come_apart),
    };
    return cmocka_run_group_tests_name("separator_push", tests, NULL, NULL);
}
