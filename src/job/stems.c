#include "job/stems.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/sum_contract.h"

#include <float.h>
#include <math.h>

struct umi_stems {
    size_t n_stems, n_channels;
    unsigned in_bits, out_bits; /* of whole numbers; 0: float */
    double gain;
    uint64_t held;
    double *energy;                 /* n_stems */
    umi_audio_writer **writers;     /* n_stems; NULL: a stem that is not written */
    float **floats;                 /* n_stems: borrowed from the separator's output */
    int32_t **whole;                /* n_stems x block: the stems in whole numbers */
    int32_t *whole_mix;             /* block: the mix in the stems' whole numbers */
    float *float_mix;               /* block: the mix without the gain */
    umi_waveform *const *waveforms; /* n_stems, borrowed; NULL: nobody looks at them */
};

static um_status allocate(umi_stems *s, size_t block_frames)
{
    size_t n;
    s->writers = umi_alloc(s->n_stems, sizeof(umi_audio_writer *));
    s->energy = umi_alloc(s->n_stems, sizeof(double));
    s->floats = umi_alloc(s->n_stems, sizeof(float *));
    s->whole = umi_alloc(s->n_stems, sizeof(int32_t *));
    if (s->writers == NULL || s->energy == NULL || s->floats == NULL || s->whole == NULL ||
        !umi_multiply(block_frames, s->n_channels, &n)) {
        return UM_ERR_MEMORY;
    }
    if (s->out_bits == 0) {
        s->float_mix = umi_alloc(n, sizeof(float));
        return s->float_mix == NULL ? UM_ERR_MEMORY : UM_OK;
    }
    s->whole_mix = umi_alloc(n, sizeof(int32_t));
    bool all = s->whole_mix != NULL;
    for (size_t i = 0; i < s->n_stems; i++) {
        s->whole[i] = umi_alloc(n, sizeof(int32_t));
        all = all && s->whole[i] != NULL;
    }
    return all ? UM_OK : UM_ERR_MEMORY;
}

um_status umi_stems_new(const umi_recording *recording, const umi_audio_format *format,
                        const char *const *paths, const char *const *shown, size_t n_stems,
                        size_t block_frames, umi_stems **out, um_error *error)
{
    *out = NULL;
    umi_stems *s = umi_alloc(1, sizeof *s);
    if (s == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to write stems");
    }
    s->n_stems = n_stems;
    s->n_channels = recording->format.channels;
    s->in_bits = recording->bits;
    s->out_bits = umi_sample_bits(format->sample);
    s->gain = recording->gain;
    um_status status = allocate(s, block_frames);
    if (status != UM_OK) {
        status = umi_error_set(error, status, "not enough memory to write stems");
    }
    for (size_t i = 0; i < n_stems && status == UM_OK; i++) {
        if (paths[i] == NULL) {
            continue;
        }
        umi_audio_writer_config config = {paths[i], shown[i], *format, recording->n_frames};
        status = umi_audio_writer_new(&config, &s->writers[i], error);
    }
    if (status != UM_OK) {
        umi_stems_free(s);
        return status;
    }
    *out = s;
    return UM_OK;
}

void umi_stems_free(umi_stems *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->n_stems; i++) {
        if (s->writers != NULL) {
            umi_audio_writer_free(s->writers[i]);
        }
        if (s->whole != NULL) {
            umi_free(s->whole[i]);
        }
    }
    umi_free(s->writers);
    umi_free(s->energy);
    umi_free(s->floats);
    umi_free(s->whole);
    umi_free(s->whole_mix);
    umi_free(s->float_mix);
    umi_free(s);
}

void umi_stems_draw(umi_stems *stems, umi_waveform *const *waveforms)
{
    stems->waveforms = waveforms;
}

static double clamp(double value, double lowest, double highest)
{
    return value < lowest ? lowest : value > highest ? highest : value;
}

/* The mix in whole numbers of out_bits: as it was read where that depth holds it, rounded where it
 * does not, or was no whole number. */
static void convert_mix(umi_stems *s, const float *mix, const int32_t *whole_mix, size_t n)
{
    if (whole_mix != NULL && s->out_bits >= s->in_bits) {
        int32_t scale = (int32_t)(UINT32_C(1) << (s->out_bits - s->in_bits));
        for (size_t i = 0; i < n; i++) {
            s->whole_mix[i] = whole_mix[i] * scale;
        }
        return;
    }
    double highest = ldexp(1.0, (int)s->out_bits - 1) - 1.0;
    /* From the input's unit to the output's. */
    double scale = whole_mix != NULL ? ldexp(1.0, (int)s->out_bits - (int)s->in_bits)
                                     : ldexp(1.0 / s->gain, (int)s->out_bits - 1);
    for (size_t i = 0; i < n; i++) {
        double value = (whole_mix != NULL ? (double)whole_mix[i] : (double)mix[i]) * scale;
        s->whole_mix[i] = (int32_t)lrint(clamp(value, -highest - 1.0, highest));
    }
}

/* Undoes the gain. What passes the range of float, because a stem can be louder than the mix, is
 * held at its end. */
static void undo_gain(double gain, const float *from, float *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = (float)clamp((double)from[i] / gain, -(double)FLT_MAX, (double)FLT_MAX);
    }
}

static double sum_of_squares(const float *x, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    return sum;
}

static double sum_of_whole_squares(const int32_t *x, size_t n, unsigned bits)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    return ldexp(sum, -2 * ((int)bits - 1));
}

static um_status write_whole(umi_stems *s, size_t n, um_error *error)
{
    size_t n_values = n * s->n_channels;
    s->held += umi_sum_whole((const float *const *)s->floats, s->n_stems, s->whole_mix, n_values,
                             s->out_bits, s->whole);
    um_status status = UM_OK;
    for (size_t i = 0; i < s->n_stems && status == UM_OK; i++) {
        s->energy[i] += sum_of_whole_squares(s->whole[i], n_values, s->out_bits);
        if (s->writers[i] != NULL) {
            status = umi_audio_writer_write_int(s->writers[i], s->whole[i], n, error);
        }
        if (s->waveforms != NULL) {
            umi_waveform_add_whole(s->waveforms[i], s->whole[i], n, s->out_bits);
        }
    }
    return status;
}

um_status umi_stems_write(umi_stems *s, const um_view *sources, const float *mix,
                          const int32_t *whole_mix, size_t n, um_error *error)
{
    size_t n_values = n * s->n_channels;
    for (size_t i = 0; i < s->n_stems; i++) {
        s->floats[i] = sources[i].data;
        if (s->gain != 1.0) {
            undo_gain(s->gain, sources[i].data, sources[i].data, n_values);
        }
    }
    if (s->out_bits != 0) {
        convert_mix(s, mix, whole_mix, n_values);
        return write_whole(s, n, error);
    }
    undo_gain(s->gain, mix, s->float_mix, n_values);
    umi_sum_float(s->floats, s->n_stems, s->float_mix, n_values);
    um_status status = UM_OK;
    for (size_t i = 0; i < s->n_stems && status == UM_OK; i++) {
        s->energy[i] += sum_of_squares(s->floats[i], n_values);
        if (s->writers[i] != NULL) {
            status = umi_audio_writer_write_float(s->writers[i], s->floats[i], n, error);
        }
        if (s->waveforms != NULL) {
            umi_waveform_add(s->waveforms[i], s->floats[i], n);
        }
    }
    return status;
}

um_status umi_stems_finish(umi_stems *s, um_error *error)
{
    um_status status = UM_OK;
    for (size_t i = 0; i < s->n_stems && status == UM_OK; i++) {
        if (s->writers[i] != NULL) {
            status = umi_audio_writer_finish(s->writers[i], error);
        }
    }
    return status;
}

const double *umi_stems_energy(const umi_stems *stems)
{
    return stems->energy;
}

uint64_t umi_stems_held(const umi_stems *stems)
{
    return stems->held;
}
