/* What a live run makes of sound, without a device, for measure_live.py.
 *
 *     bench_live RATE CHANNELS WINDOW SYNTHESIS HOP ITERATIONS EXPONENT ATOMS OUT MIX HOLD HOLD...
 *
 * MIX and each HOLD are files of interleaved float32. Each HOLD is heard first, held as a label of
 * its own; then MIX is separated, as it would come from a device, and OUT gets the sound of the
 * labels and of the rest, one after the other, in step with MIX. A SYNTHESIS of 0 stands for a Hann
 * window. Prints the CPU seconds that separating took a second of sound, and those of learning a
 * label. The environment's UNMINGLE_CPU limits the instructions. */
#define _POSIX_C_SOURCE 200112L

#include "problem.h"

#include "core/kernels/kernels.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "job/live_learner.h"
#include "unmingle/cpu.h"
#include "unmingle/separator.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCK = 128 };

static const double LEARNED_FRAMES = 90.0; /* a second */

typedef struct live {
    double rate;
    size_t channels;
    um_stft *stft;
    um_analysis **analyses;
    umi_live_learner *learner;
    size_t learn_every, n_frames;
    float *spectrum, *magnitudes, *mean;
    double learning_seconds;
} live;

static void check(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "bench_live: %s\n", what);
        exit(70);
    }
}

static um_view read_sound(const char *path, size_t channels)
{
    FILE *file = fopen(path, "rb");
    check(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
    size_t n = (size_t)ftell(file) / sizeof(float) / channels;
    um_view samples = {umi_alloc(n * channels, sizeof(float)), n, channels, channels};
    rewind(file);
    check(samples.data != NULL &&
              fread(samples.data, sizeof(float), n * channels, file) == n * channels,
          path);
    (void)fclose(file);
    return samples;
}

/* A frame's mean over the channels goes to the learner, one in learn_every. */
static void hear(live *l, um_view sound)
{
    size_t n_bins = um_stft_n_bins(l->stft);
    const umi_kernels *kernels = umi_kernels_get();
    for (size_t at = 0; at < sound.rows; at++) {
        size_t n = um_analysis_frames_after(l->analyses[0], 1);
        memset(l->mean, 0, n_bins * sizeof(float));
        for (size_t c = 0; c < l->channels; c++) {
            (void)um_analysis_push(l->analyses[c], um_row(sound, at) + c, l->channels, 1,
                                   l->spectrum, 2 * n_bins);
            if (n > 0) {
                kernels->magnitude(n_bins, l->spectrum, l->magnitudes);
            }
            for (size_t f = 0; n > 0 && f < n_bins; f++) {
                l->mean[f] += l->magnitudes[f];
            }
        }
        if (n > 0 && l->n_frames++ % l->learn_every == 0) {
            check(umi_live_learner_push(l->learner, um_cview_of(l->mean, 1, n_bins)) == UM_OK,
                  "push");
        }
    }
}

static void hold(live *l, const char *path, size_t number)
{
    char label[32];
    um_error error = {UM_OK, ""};
    um_view sound = read_sound(path, l->channels);
    (void)snprintf(label, sizeof label, "source-%zu", number);
    check(umi_live_learner_hold(l->learner, label, &error) == UM_OK, error.message);
    hear(l, sound);
    double start = cpu_seconds();
    check(umi_live_learner_release(l->learner, &error) == UM_OK, error.message);
    l->learning_seconds += cpu_seconds() - start;
    umi_free(sound.data);
}

static um_separator *make_separator(const live *l, um_separator_config config)
{
    const umi_live_model *model = umi_live_learner_model(l->learner);
    um_view gains = umi_matrix_new(model->W.rows, l->channels);
    um_separator *separator;
    um_error error = {UM_OK, ""};
    for (size_t k = 0; k < gains.rows; k++) {
        for (size_t c = 0; c < gains.cols; c++) {
            um_row(gains, k)[c] = 1.0f;
        }
    }
    config.n_channels = l->channels;
    um_separator_dictionary_config dictionary = {.atoms = model->W,
                                                 .gains = um_const_view(gains),
                                                 .source_of = model->source_of,
                                                 .n_sources = model->n_sources,
                                                 .residual = model->residual};
    check(um_separator_new(&config, &dictionary, &separator, &error) == UM_OK, error.message);
    umi_free(gains.data);
    return separator;
}

/* Blocks of a device's size; the sources come late by the delay, which is dropped. */
static double separate(const live *l, um_separator *separator, um_view mix, const char *out)
{
    size_t n_sources = umi_live_learner_model(l->learner)->n_sources;
    size_t delay = um_separator_delay(separator), n_all = mix.rows + delay;
    float *all = umi_alloc(n_sources * n_all * l->channels, sizeof *all);
    float zeros[BLOCK * 2] = {0};
    um_view parts[64];
    check(all != NULL && n_sources <= 64 && l->channels <= 2, "sizes");
    double start = cpu_seconds();
    for (size_t at = 0; at < n_all;) {
        size_t end = at < mix.rows ? mix.rows : n_all;
        size_t n = end - at < BLOCK ? end - at : BLOCK;
        um_cview in = {at < mix.rows ? um_row(mix, at) : zeros, n, l->channels, l->channels};
        for (size_t s = 0; s < n_sources; s++) {
            parts[s] = um_view_of(all + (s * n_all + at) * l->channels, n, l->channels);
        }
        check(um_separator_push(separator, in, parts) == UM_OK, "separate");
        at += n;
    }
    double seconds = cpu_seconds() - start;
    FILE *file = fopen(out, "wb");
    check(file != NULL, out);
    for (size_t s = 0; s < n_sources; s++) {
        check(fwrite(all + (s * n_all + delay) * l->channels, sizeof(float) * l->channels, mix.rows,
                     file) == mix.rows,
              out);
    }
    check(fclose(file) == 0, out);
    umi_free(all);
    return seconds;
}

int main(int argc, char **argv)
{
    if (argc < 12 || um_cpu_limit(getenv("UNMINGLE_CPU")) != UM_OK) {
        (void)fprintf(stderr, "usage: bench_live RATE CHANNELS WINDOW SYNTHESIS HOP ITERATIONS "
                              "EXPONENT ATOMS OUT MIX HOLD ...\n");
        return 64;
    }
    live l = {.rate = strtod(argv[1], NULL), .channels = strtoul(argv[2], NULL, 10)};
    um_separator_config config = um_separator_config_default();
    um_error error = {UM_OK, ""};
    config.stft.window.length = strtoul(argv[3], NULL, 10);
    config.stft.window.synthesis_length = strtoul(argv[4], NULL, 10);
    config.stft.window.window =
        config.stft.window.synthesis_length > 0 ? UM_WINDOW_ASYMMETRIC : UM_WINDOW_HANN;
    config.stft.window.hop = strtoul(argv[5], NULL, 10);
    config.iterations = strtoul(argv[6], NULL, 10);
    config.exponent = strtod(argv[7], NULL);
    check(um_stft_new(&config.stft, &l.stft, &error) == UM_OK, error.message);
    l.analyses = umi_alloc(l.channels, sizeof(um_analysis *));
    for (size_t c = 0; c < l.channels; c++) {
        check(um_analysis_new(l.stft, &l.analyses[c]) == UM_OK, "analysis");
    }
    size_t n_bins = um_stft_n_bins(l.stft);
    l.spectrum = umi_alloc(2 * n_bins, sizeof(float));
    l.magnitudes = umi_alloc(n_bins, sizeof(float));
    l.mean = umi_alloc(n_bins, sizeof(float));
    double frames = l.rate / (double)config.stft.window.hop;
    l.learn_every = (size_t)fmax(1.0, floor(frames / LEARNED_FRAMES));
    umi_live_learner_config learner = umi_live_learner_config_default();
    learner.stft = config.stft;
    learner.sample_rate = l.rate;
    learner.frame_rate = frames / (double)l.learn_every;
    learner.n_label_atoms = strtoul(argv[8], NULL, 10);
    check(umi_live_learner_new(&learner, &l.learner, &error) == UM_OK, error.message);
    for (int i = 11; i < argc; i++) {
        hold(&l, argv[i], (size_t)i);
    }
    um_view mix = read_sound(argv[10], l.channels);
    um_separator *separator = make_separator(&l, config);
    double seconds = separate(&l, separator, mix, argv[9]);
    (void)printf("%.5f %.3f\n", seconds / ((double)mix.rows / l.rate),
                 l.learning_seconds / (double)(argc - 11));
    return 0;
}
