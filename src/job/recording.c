#include "job/recording.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/progress.h"

#include <math.h>
#include <string.h>

enum { BLOCK_FRAMES = 4096 };

/* Peaks between these, relative to full scale, need no gain. */
static const double peak_high = 16.0, peak_low = 1e-6;

static double gain_for(double peak)
{
    if (peak == 0.0 || (peak >= peak_low && peak <= peak_high)) {
        return 1.0;
    }
    int exponent;
    (void)frexp(peak, &exponent);
    return ldexp(1.0, -exponent);
}

static um_status scan(umi_recording *recording, const um_progress *progress, um_error *error)
{
    size_t n_values = BLOCK_FRAMES * recording->format.channels;
    float *block = umi_alloc(n_values, sizeof *block);
    if (block == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to read a recording");
    }
    uint64_t declared = umi_audio_reader_frames(recording->reader);
    um_status status;
    size_t n_read;
    do {
        status =
            umi_audio_reader_read_float(recording->reader, block, BLOCK_FRAMES, &n_read, error);
        if (status != UM_OK) {
            break;
        }
        float peak = (float)recording->peak;
        for (size_t i = 0; i < n_read * recording->format.channels; i++) {
            peak = fabsf(block[i]) > peak ? fabsf(block[i]) : peak;
        }
        recording->peak = (double)peak;
        recording->n_frames += n_read;
        double done = (double)recording->n_frames;
        double total = declared == UMI_FRAMES_UNKNOWN ? done : fmax(done, (double)declared);
        if (!umi_progress_report(progress, done, total, NAN)) {
            status = umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
        }
    } while (status == UM_OK && n_read == BLOCK_FRAMES);
    umi_free(block);
    return status;
}

static um_status open_reader(const char *path, const umi_audio_reader_options *options,
                             umi_recording *recording, um_error *error)
{
    memset(recording, 0, sizeof *recording);
    um_status status = umi_audio_reader_open(path, options, &recording->reader, error);
    if (status == UM_OK) {
        recording->format = *umi_audio_reader_format(recording->reader);
        recording->bits = umi_sample_bits(recording->format.sample);
    }
    return status;
}

um_status umi_recording_check(const char *path, um_error *error)
{
    umi_input_file file;
    if (strcmp(path, "-") == 0) {
        return UM_OK;
    }
    um_status status = umi_input_file_open(path, NULL, &file, error);
    if (status == UM_OK) {
        umi_input_file_close(&file);
    }
    return status;
}

um_status umi_recording_open(const char *path, const umi_audio_reader_options *options,
                             const um_progress *progress, umi_recording *recording, um_error *error)
{
    um_status status = open_reader(path, options, recording, error);
    if (status != UM_OK) {
        return status;
    }
    status = scan(recording, progress, error);
    recording->gain = gain_for(recording->peak);
    if (status == UM_OK) {
        status = umi_recording_rewind(recording, error);
    }
    if (status != UM_OK) {
        umi_recording_close(recording);
    }
    return status;
}

um_status umi_recording_reopen(const char *path, const umi_audio_reader_options *options,
                               uint64_t n_frames, double gain, umi_recording *recording,
                               um_error *error)
{
    um_status status = open_reader(path, options, recording, error);
    recording->n_frames = n_frames;
    recording->gain = gain;
    return status;
}

um_status umi_recording_open_beside(const umi_recording *first, umi_recording *recording,
                                    um_error *error)
{
    *recording = *first;
    recording->reader = NULL;
    return umi_audio_reader_open_beside(first->reader, &recording->reader, error);
}

void umi_recording_warn(const umi_recording *recording, const umi_watch *watch)
{
    const char *message;
    for (size_t i = 0; (message = umi_audio_reader_warning(recording->reader, i)) != NULL; i++) {
        umi_watch_warn(watch, message);
    }
}

void umi_recording_close(umi_recording *recording)
{
    umi_audio_reader_free(recording->reader);
    memset(recording, 0, sizeof *recording);
}

um_status umi_recording_rewind(umi_recording *recording, um_error *error)
{
    return umi_audio_reader_rewind(recording->reader, error);
}

um_status umi_recording_read(umi_recording *recording, float *samples, int32_t *whole,
                             size_t n_frames, size_t *n_read, um_error *error)
{
    um_status status;
    if (whole != NULL) {
        status = umi_audio_reader_read_int(recording->reader, whole, n_frames, n_read, error);
        double scale = ldexp(recording->gain, 1 - (int)recording->bits);
        size_t n = status == UM_OK ? *n_read * recording->format.channels : 0;
        for (size_t i = 0; i < n; i++) {
            samples[i] = (float)((double)whole[i] * scale);
        }
        return status;
    }
    status = umi_audio_reader_read_float(recording->reader, samples, n_frames, n_read, error);
    size_t n = status == UM_OK ? *n_read * recording->format.channels : 0;
    for (size_t i = 0; i < n && recording->gain != 1.0; i++) {
        samples[i] = (float)((double)samples[i] * recording->gain);
    }
    return status;
}
