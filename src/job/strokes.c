#include "job/strokes.h"

#include "core/error.h"
#include "core/kernels/kernels.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/onsets.h"
#include "core/progress.h"
#include "job/recording.h"

#include <math.h>
#include <string.h>

enum {
    STEPS_A_SECOND = 100, /* of onsets */
    PLACES = 4,           /* of the onset in the first frame */
    STEPS_A_REPORT = 100
};

/* Of its peak: where a stroke is first heard. */
static const double HEARD = 0.05;

/* Of the mean of the atom: what its empty bins get. */
static const double LEAST = 1e-4;

/* Sizes: T frames of F bins, C channels. */
typedef struct strokes {
    const umi_strokes_config *config;
    um_analysis *analysis;
    size_t F, n_lead; /* frames of the analysis before the atom's first, which reach before sound */
    float *laid;      /* (n_lead + T) * hop samples */
    float *spectra;   /* T x F pairs (re, im) */
    float *magnitudes;                           /* F */
    double *of_stroke, *of_recording, *of_label; /* sums, T x F each */
    um_error *error;
} strokes;

/* A recording while it is heard. */
typedef struct take {
    umi_recording recording;
    size_t step;    /* samples */
    size_t n_steps; /* the last may lack its end */
    float *power;   /* of each */
    size_t *onsets; /* steps */
    size_t n_onsets;
    float *sound; /* room for n_room sample frames */
    size_t n_room;
    uint64_t at; /* the next sample frame to be read */
} take;

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
}

static um_status report(const strokes *s, double done, double total)
{
    return umi_progress_report(s->config->watch->progress, done, total, NAN)
               ? UM_OK
               : umi_error_set(s->error, UM_ERR_CANCELLED, "cancelled");
}

static size_t values_of(const strokes *s)
{
    return s->config->n_frames * s->F;
}

/* -- One stroke -------------------------------------------------------------------------------- */

/* Adds the spectrogram of one channel, n samples from the onset on, laid at one of the places. */
static void add_place(strokes *s, const float *sound, size_t stride, size_t n, size_t place)
{
    size_t hop = um_stft_hop(s->config->stft), length = um_stft_length(s->config->stft);
    size_t n_laid = (s->n_lead + s->config->n_frames) * hop;
    size_t into = length / 4 + hop * (2 * place + 1) / (2 * PLACES);
    size_t onset = (s->n_lead + 1) * hop - length + into;
    memset(s->laid, 0, n_laid * sizeof(float));
    for (size_t i = 0; i < n && onset + i < n_laid; i++) {
        s->laid[onset + i] = sound[i * stride];
    }
    um_analysis_reset(s->analysis);
    (void)um_analysis_push(s->analysis, s->laid, 1, s->n_lead * hop, NULL, 0);
    (void)um_analysis_push(s->analysis, s->laid + s->n_lead * hop, 1, s->config->n_frames * hop,
                           s->spectra, 2 * s->F);
    for (size_t t = 0; t < s->config->n_frames; t++) {
        umi_kernels_get()->magnitude(s->F, s->spectra + 2 * t * s->F, s->magnitudes);
        for (size_t f = 0; f < s->F; f++) {
            s->of_stroke[t * s->F + f] += (double)s->magnitudes[f];
        }
    }
}

/* Adds `from`, scaled to sum to 1, and clears it; false when there is nothing in it. */
static bool move_mean(double *from, double *to, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += from[i];
    }
    for (size_t i = 0; i < n; i++) {
        to[i] += sum > 0.0 ? from[i] / sum : 0.0;
        from[i] = 0.0;
    }
    return sum > 0.0;
}

/* n sample frames that begin a little before the onset; false when all are silent. */
static bool add_stroke(strokes *s, const float *sound, size_t n_channels, size_t n)
{
    double peak = 0.0;
    for (size_t i = 0; i < n * n_channels; i++) {
        peak = fmax(peak, fabs((double)sound[i]));
    }
    size_t first = 0;
    while (first < n * n_channels && fabs((double)sound[first]) <= HEARD * peak) {
        first++;
    }
    first /= n_channels;
    for (size_t c = 0; c < n_channels; c++) {
        for (size_t place = 0; place < PLACES; place++) {
            add_place(s, sound + first * n_channels + c, n_channels, n - first, place);
        }
    }
    return move_mean(s->of_stroke, s->of_recording, values_of(s));
}

/* -- One recording ----------------------------------------------------------------------------- */

/* Reads n sample frames, or those that are left. */
static um_status read_sound(take *t, size_t n, size_t *n_read, um_error *error)
{
    uint64_t left = t->recording.n_frames - t->at;
    n = n < left ? n : (size_t)left;
    um_status status = umi_recording_read(&t->recording, t->sound, NULL, n, n_read, error);
    if (status == UM_OK && *n_read < n) {
        status = umi_error_set(error, UM_ERR_CHANGED, "%s: it became shorter while it was read",
                               umi_audio_reader_name(t->recording.reader));
    }
    t->at += n;
    return status;
}

static um_status find_onsets(strokes *s, take *t)
{
    um_status status = umi_recording_rewind(&t->recording, s->error);
    for (size_t i = 0; i < t->n_steps && status == UM_OK; i++) {
        size_t n;
        double sum = 0.0;
        status = read_sound(t, t->step, &n, s->error);
        for (size_t j = 0; status == UM_OK && j < n * t->recording.format.channels; j++) {
            sum += (double)t->sound[j] * (double)t->sound[j];
        }
        t->power[i] = (float)(sum / (double)t->step);
        if (status == UM_OK && i % STEPS_A_REPORT == 0) {
            status = report(s, (double)i, 2.0 * (double)t->n_steps);
        }
    }
    t->n_onsets = umi_onsets_find(t->power, t->n_steps, t->onsets);
    return status;
}

/* Passes over what lies before the step ahead of an onset, and reads from there on up to the step
 * ahead of the next, at most all that there is room for. */
static um_status read_stroke(strokes *s, take *t, size_t i, size_t *n_read)
{
    size_t onset = t->onsets[i];
    uint64_t first = (uint64_t)(onset > 0 ? onset - 1 : 0) * t->step;
    uint64_t end =
        i + 1 < t->n_onsets ? (uint64_t)(t->onsets[i + 1] - 1) * t->step : t->recording.n_frames;
    um_status status = UM_OK;
    while (status == UM_OK && t->at < first) {
        uint64_t left = first - t->at;
        status = read_sound(t, left < t->n_room ? (size_t)left : t->n_room, n_read, s->error);
    }
    uint64_t n = end - first;
    return status == UM_OK ? read_sound(t, n < t->n_room ? (size_t)n : t->n_room, n_read, s->error)
                           : status;
}

static um_status add_strokes(strokes *s, take *t, size_t *n_strokes)
{
    um_status status = umi_recording_rewind(&t->recording, s->error);
    bool any = false;
    t->at = 0;
    for (size_t i = 0; i < t->n_onsets && status == UM_OK; i++) {
        size_t n;
        status = read_stroke(s, t, i, &n);
        if (status == UM_OK && add_stroke(s, t->sound, t->recording.format.channels, n)) {
            any = true;
            ++*n_strokes;
        }
        if (status == UM_OK) {
            status = report(s, (double)(t->n_onsets + i), 2.0 * (double)t->n_onsets);
        }
    }
    if (any) {
        (void)move_mean(s->of_recording, s->of_label, values_of(s));
    }
    return status;
}

static um_status add_recording(strokes *s, const char *path, double from, double to,
                               size_t *n_strokes)
{
    const umi_strokes_config *c = s->config;
    take t = {0};
    umi_watch_phase(c->watch, "reading", from, from + 0.3 * (to - from));
    um_status status =
        umi_recording_open(path, &c->reader, c->watch->progress, &t.recording, s->error);
    if (status != UM_OK) {
        return status;
    }
    umi_watch_phase(c->watch, "learning", from + 0.3 * (to - from), to);
    t.step = (size_t)ceil(t.recording.format.sample_rate / STEPS_A_SECOND);
    t.n_steps = (size_t)((t.recording.n_frames + t.step - 1) / t.step);
    t.n_room = um_stft_length(c->stft) + (c->n_frames + 1) * um_stft_hop(c->stft) + 2 * t.step;
    t.power = umi_alloc(t.n_steps + 1, sizeof(float));
    t.onsets = umi_alloc(t.n_steps / UMI_ONSETS_APART + 1, sizeof(size_t));
    t.sound = umi_alloc(t.n_room * t.recording.format.channels, sizeof(float));
    if (t.power == NULL || t.onsets == NULL || t.sound == NULL) {
        status = out_of_memory(s->error);
    }
    if (status == UM_OK) {
        status = find_onsets(s, &t);
    }
    if (status == UM_OK) {
        status = add_strokes(s, &t, n_strokes);
    }
    if (status == UM_OK) {
        umi_recording_warn(&t.recording, c->watch);
        status = umi_audio_reader_check_unchanged(t.recording.reader, s->error);
    }
    umi_free(t.power);
    umi_free(t.onsets);
    umi_free(t.sound);
    umi_recording_close(&t.recording);
    return status;
}

/* -- All of them ------------------------------------------------------------------------------- */

static um_status start(strokes *s)
{
    const um_stft *stft = s->config->stft;
    size_t hop = um_stft_hop(stft), T = s->config->n_frames;
    s->F = um_stft_n_bins(stft);
    s->n_lead = (um_stft_length(stft) + hop - 1) / hop - 1;
    s->laid = umi_alloc((s->n_lead + T) * hop, sizeof(float));
    s->spectra = umi_alloc(T * s->F, 2 * sizeof(float));
    s->magnitudes = umi_alloc(s->F, sizeof(float));
    s->of_stroke = umi_alloc(values_of(s), sizeof(double));
    s->of_recording = umi_alloc(values_of(s), sizeof(double));
    s->of_label = umi_alloc(values_of(s), sizeof(double));
    bool whole = s->laid != NULL && s->spectra != NULL && s->magnitudes != NULL &&
                 s->of_stroke != NULL && s->of_recording != NULL && s->of_label != NULL;
    return whole && um_analysis_new(stft, &s->analysis) == UM_OK ? UM_OK : out_of_memory(s->error);
}

static void finish(const strokes *s, float *atom)
{
    size_t n = values_of(s);
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += s->of_label[i];
    }
    for (size_t i = 0; i < n; i++) {
        atom[i] = (float)(s->of_label[i] / sum + LEAST / (double)n);
    }
    bool normalised = umi_row_normalise(atom, n);
    (void)normalised; /* its values are above zero */
}

um_status umi_strokes_learn(const umi_strokes_config *config, const char *const *paths,
                            size_t n_paths, float *atom, size_t *n_strokes, um_error *error)
{
    strokes s = {.config = config, .error = error};
    double share = (config->to - config->from) / (double)n_paths;
    *n_strokes = 0;
    um_status status = start(&s);
    for (size_t i = 0; i < n_paths && status == UM_OK; i++) {
        double from = config->from + share * (double)i;
        status = add_recording(&s, paths[i], from, from + share, n_strokes);
    }
    if (status == UM_OK && *n_strokes > 0) {
        finish(&s, atom);
    }
    um_analysis_free(s.analysis);
    umi_free(s.laid);
    umi_free(s.spectra);
    umi_free(s.magnitudes);
    umi_free(s.of_stroke);
    umi_free(s.of_recording);
    umi_free(s.of_label);
    return status;
}
