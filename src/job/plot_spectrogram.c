#include "job/plot_spectrogram.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/progress.h"
#include "job/frame_walk.h"
#include "job/plot_bands.h"
#include "job/transform.h"

#include <math.h>
#include <string.h>

enum { HOPS_A_WINDOW_MAX = 32, HOPS_A_WINDOW_MIN = 2 };

typedef struct measurement {
    umi_spectrogram *out;
    umi_frame_taker taker;
    const um_stft *stft;
    size_t n_channels, n_bins;
    uint64_t n_samples, n_done;
    double bin_hertz;
    float scale;     /* from power to that of full scale */
    float *powers;   /* of the column at hand: sums over its frames and channels */
    size_t n_frames; /* in them */
    size_t column;
    size_t n_columns; /* that are filled without a gap */
    const um_progress *progress;
} measurement;

/* The sample in the middle of the frame, which may lie before the first one. */
static double centre_of(const measurement *m, uint64_t frame)
{
    size_t hop = um_stft_hop(m->stft), length = um_stft_length(m->stft);
    return (double)(frame + 1) * (double)hop - (double)length / 2;
}

static float *column_of(const measurement *m, size_t column)
{
    return m->out->levels + column * m->out->rows;
}

/* Columns that no frame has its middle in are between those that have. */
static void fill_gap(measurement *m, size_t column)
{
    size_t rows = m->out->rows;
    const float *right = column_of(m, column);
    const float *left = m->n_columns > 0 ? column_of(m, m->n_columns - 1) : right;
    size_t gap = column - m->n_columns;
    for (size_t c = 0; c < gap; c++) {
        float share = (float)(c + 1) / (float)(gap + 1);
        float *to = column_of(m, m->n_columns + c);
        for (size_t r = 0; r < rows; r++) {
            bool silent = isinf(left[r]) || isinf(right[r]);
            to[r] = silent ? (share < 0.5F ? left[r] : right[r])
                           : (1 - share) * left[r] + share * right[r];
        }
    }
    m->n_columns = column + 1;
}

static void finish_column(measurement *m)
{
    float *levels = column_of(m, m->column);
    if (m->n_frames == 0) {
        return;
    }
    umi_plot_bands(m->powers, m->n_bins, m->bin_hertz, &m->out->scale, levels, m->out->rows);
    float scale = m->scale / (float)(m->n_frames * m->n_channels);
    for (size_t r = 0; r < m->out->rows; r++) {
        levels[r] = 10 * log10f(levels[r] * scale);
        m->out->loudest = fmax(m->out->loudest, (double)levels[r]);
    }
    fill_gap(m, m->column);
    memset(m->powers, 0, m->n_bins * sizeof *m->powers);
    m->n_frames = 0;
}

static um_status take(void *user, const float *magnitudes, const float *spectra, um_error *error)
{
    (void)spectra;
    (void)error;
    measurement *m = user;
    double centre = centre_of(m, m->taker.next);
    size_t column = (size_t)(centre / (double)m->n_samples * (double)m->out->columns);
    if (column != m->column) {
        finish_column(m);
        m->column = column;
    }
    for (size_t c = 0; c < m->n_channels; c++) {
        const float *channel = magnitudes + c * m->n_bins;
        for (size_t f = 0; f < m->n_bins; f++) {
            m->powers[f] += channel[f] * channel[f];
        }
    }
    m->n_frames++;
    bool last = centre_of(m, ++m->taker.next) >= (double)m->n_samples;
    m->taker.next = last ? UINT64_MAX : m->taker.next;
    return UM_OK;
}

static um_status advance(void *user, size_t n_samples, um_error *error)
{
    measurement *m = user;
    m->n_done += n_samples;
    return umi_progress_report(m->progress, (double)m->n_done, (double)m->n_samples, NAN)
               ? UM_OK
               : umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
}

/* A hop that gives a frame to every column, unless that is shorter or longer than makes sense. */
static um_stft_config choose_transform(const umi_recording *recording, size_t columns)
{
    um_stft_config config = umi_transform(recording->format.sample_rate, 0, 0, UM_WINDOW_HANN);
    uint64_t wanted = recording->n_frames / columns;
    size_t hop = config.window.length / HOPS_A_WINDOW_MAX;
    while (2 * hop <= wanted && hop < config.window.length / HOPS_A_WINDOW_MIN) {
        hop *= 2;
    }
    config.window.hop = hop;
    return config;
}

/* A sine of full scale has the magnitude sum(window) / 2, half of it being 0.5 for Hann's. */
static float full_scale(size_t length, double gain)
{
    double magnitude = (double)length / 4 * gain;
    return (float)(1 / (magnitude * magnitude));
}

static um_status walk(measurement *m, umi_recording *recording, const um_parallel *parallel,
                      um_error *error)
{
    size_t length = um_stft_length(m->stft);
    umi_frame_walk_config config = {m->stft, false, *parallel, length / 2};
    m->taker = (umi_frame_taker){0, take, advance, m};
    while (centre_of(m, m->taker.next) < 0) {
        m->taker.next++;
    }
    um_status status = umi_frame_walk(&config, recording, 0, recording->n_frames, &m->taker, error);
    if (status == UM_OK) {
        finish_column(m);
        for (size_t c = m->n_columns; c < m->out->columns && c > 0; c++) {
            memcpy(column_of(m, c), column_of(m, c - 1), m->out->rows * sizeof(float));
        }
    }
    return status;
}

um_status umi_spectrogram_measure(umi_recording *recording, size_t columns, size_t rows,
                                  const um_parallel *parallel, const um_progress *progress,
                                  umi_spectrogram *spectrogram, um_error *error)
{
    um_stft *stft = NULL;
    double rate = recording->format.sample_rate;
    um_stft_config config = choose_transform(recording, columns);
    measurement m = {.out = spectrogram, .n_samples = recording->n_frames, .progress = progress};
    *spectrogram = (umi_spectrogram){.columns = columns,
                                     .rows = rows,
                                     .loudest = -INFINITY,
                                     .scale = umi_frequency_scale_of(rate),
                                     .seconds = (double)recording->n_frames / rate};
    um_status status = um_stft_new(&config, &stft, error);
    if (status != UM_OK) {
        return status;
    }
    m.stft = stft;
    m.n_channels = recording->format.channels;
    m.n_bins = um_stft_n_bins(stft);
    m.bin_hertz = rate / (double)um_stft_fft_size(stft);
    m.scale = full_scale(config.window.length, recording->gain);
    m.powers = umi_alloc(m.n_bins, sizeof *m.powers);
    spectrogram->levels = umi_alloc(columns, rows * sizeof(float));
    if (m.powers == NULL || spectrogram->levels == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory for a spectrogram");
    }
    for (size_t i = 0; status == UM_OK && i < columns * rows; i++) {
        spectrogram->levels[i] = -INFINITY;
    }
    if (status == UM_OK && recording->n_frames > 0) {
        status = walk(&m, recording, parallel, error);
    }
    umi_free(m.powers);
    um_stft_free(stft);
    if (status != UM_OK) {
        umi_spectrogram_free(spectrogram);
    }
    return status;
}

void umi_spectrogram_free(umi_spectrogram *spectrogram)
{
    umi_free(spectrogram->levels);
    spectrogram->levels = NULL;
}

double umi_spectrogram_top(const umi_spectrogram *spectrogram)
{
    return isinf(spectrogram->loudest) ? 0 : 5 * ceil(spectrogram->loudest / 5);
}

um_status umi_spectrogram_draw(const umi_spectrogram *spectrogram, umi_picture *picture,
                               umi_box box, const umi_plot_colours *colours, um_error *error)
{
    size_t columns = spectrogram->columns, rows = spectrogram->rows;
    double bottom = umi_spectrogram_top(spectrogram) - UMI_PLOT_RANGE;
    umi_rgb *pixels = umi_alloc(columns * rows, sizeof *pixels);
    if (pixels == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for a spectrogram");
    }
    for (size_t c = 0; c < columns; c++) {
        const float *levels = spectrogram->levels + c * rows;
        for (size_t r = 0; r < rows; r++) {
            double share = ((double)levels[r] - bottom) / UMI_PLOT_RANGE;
            pixels[(rows - 1 - r) * columns + c] = umi_plot_level_colour(colours, share);
        }
    }
    umi_picture_image(picture, box, pixels, columns, rows);
    umi_free(pixels);
    return UM_OK;
}
