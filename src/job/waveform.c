#include "job/waveform.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { DIGITS = 6, BLOCK = 1024 };

typedef struct column {
    float lowest, highest;
    double squares; /* their sum */
} column;

struct umi_waveform {
    size_t n_max, n_channels;
    uint64_t n_frames;      /* so far */
    uint64_t column_frames; /* of a full column */
    column columns[];       /* n_max, those ahead all zero */
};

um_status umi_waveform_new(size_t n_columns, size_t n_channels, umi_waveform **out)
{
    umi_waveform *w = umi_alloc(1, sizeof *w + n_columns * sizeof(column));
    *out = w;
    if (w == NULL) {
        return UM_ERR_MEMORY;
    }
    w->n_max = n_columns;
    w->n_channels = n_channels;
    w->column_frames = 1;
    return UM_OK;
}

void umi_waveform_free(umi_waveform *waveform)
{
    umi_free(waveform);
}

static size_t count_columns(const umi_waveform *w)
{
    return (size_t)((w->n_frames + w->column_frames - 1) / w->column_frames);
}

static void merge_pairs(umi_waveform *w)
{
    for (size_t i = 0; i < w->n_max / 2; i++) {
        const column *a = &w->columns[2 * i], *b = a + 1;
        w->columns[i] = (column){fminf(a->lowest, b->lowest), fmaxf(a->highest, b->highest),
                                 a->squares + b->squares};
    }
    memset(w->columns + w->n_max / 2, 0, w->n_max / 2 * sizeof(column));
    w->column_frames *= 2;
}

/* `fresh`: these are the column's first samples. */
static void add_to_column(column *c, const float *samples, size_t n, bool fresh)
{
    float lowest = fresh ? samples[0] : c->lowest, highest = fresh ? samples[0] : c->highest;
    double squares = c->squares;
    for (size_t i = 0; i < n; i++) {
        lowest = samples[i] < lowest ? samples[i] : lowest;
        highest = samples[i] > highest ? samples[i] : highest;
        squares += (double)samples[i] * (double)samples[i];
    }
    *c = (column){lowest, highest, squares};
}

void umi_waveform_add(umi_waveform *w, const float *samples, size_t n_frames)
{
    while (n_frames > 0) {
        if (w->n_frames == w->n_max * w->column_frames) {
            merge_pairs(w);
        }
        uint64_t there = w->n_frames % w->column_frames;
        uint64_t room = w->column_frames - there;
        size_t n = n_frames < room ? n_frames : (size_t)room;
        add_to_column(&w->columns[w->n_frames / w->column_frames], samples, n * w->n_channels,
                      there == 0);
        w->n_frames += n;
        samples += n * w->n_channels;
        n_frames -= n;
    }
}

void umi_waveform_add_whole(umi_waveform *w, const int32_t *samples, size_t n_frames, unsigned bits)
{
    float floats[BLOCK];
    float scale = ldexpf(1.0F, 1 - (int)bits);
    size_t block_frames = BLOCK / w->n_channels;
    for (size_t at = 0, n; at < n_frames; at += n) {
        n = n_frames - at < block_frames ? n_frames - at : block_frames;
        for (size_t i = 0; i < n * w->n_channels; i++) {
            floats[i] = scale * (float)samples[at * w->n_channels + i];
        }
        umi_waveform_add(w, floats, n);
    }
}

uint64_t umi_waveform_column_frames(const umi_waveform *waveform)
{
    return waveform->column_frames;
}

double umi_waveform_peak(const umi_waveform *w)
{
    float peak = 0.0F;
    for (size_t i = 0; i < count_columns(w); i++) {
        peak = fmaxf(peak, fmaxf(w->columns[i].highest, -w->columns[i].lowest));
    }
    return (double)peak;
}

static double mean_square(const umi_waveform *w, size_t i)
{
    uint64_t left = w->n_frames - i * w->column_frames;
    uint64_t n = left < w->column_frames ? left : w->column_frames;
    return w->columns[i].squares / ((double)n * (double)w->n_channels);
}

char *umi_waveform_text(const umi_waveform *w)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = count_columns(w);
    char *text = umi_alloc(n * DIGITS + 1, 1);
    double peak = umi_waveform_peak(w), scale = peak > 0.0 ? 127.0 / peak : 0.0;
    for (size_t i = 0; text != NULL && i < n; i++) {
        const column *c = &w->columns[i];
        long values[] = {lrint(scale * (double)c->lowest), lrint(scale * (double)c->highest),
                         lrint(scale * sqrt(mean_square(w, i)))};
        for (size_t d = 0; d < DIGITS; d++) {
            unsigned byte = (unsigned)values[d / 2] & 0xFFU;
            text[DIGITS * i + d] = digits[d % 2 == 0 ? byte >> 4 : byte & 0xFU];
        }
    }
    return text;
}
