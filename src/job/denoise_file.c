#include "job/denoise_file.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/path.h"
#include "job/output_format.h"
#include "job/recording.h"
#include "job/sound_name.h"
#include "job/speech_denoiser.h"
#include "job/stems.h"
#include "job/stream.h"

#include <math.h>
#include <string.h>

enum { OUTPUT, RESIDUE, N_STEMS };

/* The denoiser as a splitter of sound, which keeps the figures. */
typedef struct splitting {
    umi_speech_denoiser *denoiser;
    double energy_in, energy_out; /* sums of squares, in the recording's gain */
} splitting;

static double sum_of_squares(const float *x, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    return sum;
}

static um_status push(void *user, um_cview in, const um_view *stems, um_error *error)
{
    splitting *s = user;
    um_status status = umi_speech_denoiser_push(s->denoiser, in, stems[OUTPUT], error);
    s->energy_in += sum_of_squares(in.data, in.rows * in.cols);
    s->energy_out += sum_of_squares(stems[OUTPUT].data, in.rows * in.cols);
    return status;
}

/* In dB; nothing is taken away from silence. */
static double reduction(const splitting *s)
{
    return s->energy_in > 0.0 ? 10.0 * log10(s->energy_in / s->energy_out) : 0.0;
}

/* Phases go on to who watches, warnings into the result. */
typedef struct keeper {
    const umi_watch *outer;
    umi_denoise_result *result;
} keeper;

static void pass_on_phase(void *user, const char *phase, double from, double to)
{
    const keeper *k = user;
    umi_watch_phase(k->outer, phase, from, to);
}

static void keep_warning(void *user, const char *message)
{
    umi_denoise_result *result = ((const keeper *)user)->result;
    char *copy =
        result->n_warnings < UMI_DENOISE_WARNINGS ? umi_path_copy(message, strlen(message)) : NULL;
    if (copy != NULL) {
        result->warnings[result->n_warnings++] = copy;
    }
}

static bool can_be_written(umi_container container)
{
    return container != UMI_CONTAINER_OGG && container != UMI_CONTAINER_MP3;
}

static um_status choose_format(const umi_recording *recording, const char *output_name,
                               const umi_watch *watch, umi_audio_format *format, um_error *error)
{
    *format = recording->format;
    if (format->container == UMI_CONTAINER_RF64) {
        format->container = UMI_CONTAINER_WAV; /* which is RF64 again where it has to be */
    }
    if (!umi_container_of_name(output_name, &format->container) &&
        !can_be_written(format->container)) {
        format->container = UMI_CONTAINER_FLAC;
    }
    return umi_output_format_fit(format, umi_audio_reader_name(recording->reader), watch, error);
}

static um_status write_outputs(umi_recording *recording, const umi_denoise_config *config,
                               const umi_denoise_paths *paths, const umi_watch *watch,
                               umi_denoise_result *result, um_error *error)
{
    const char *const made[N_STEMS] = {paths->output, paths->residue};
    const char *const shown[N_STEMS] = {paths->output_shown, paths->residue_shown};
    umi_audio_format format;
    splitting s = {0};
    umi_stems *stems = NULL;
    um_status status = choose_format(recording, paths->output_shown, watch, &format, error);
    if (status == UM_OK) {
        status = umi_speech_denoiser_new(config, recording, &s.denoiser, error);
    }
    if (status == UM_OK) {
        size_t block = umi_stream_block_frames(format.channels, N_STEMS);
        status = umi_stems_new(recording, &format, made, shown, N_STEMS, block, &stems, error);
    }
    if (status == UM_OK) {
        umi_stream_splitter splitter = {umi_speech_denoiser_delay(s.denoiser), push, &s};
        umi_watch_phase(watch, "denoising", 0.05, 1.0);
        status = umi_stream_split(recording, &splitter, stems, N_STEMS, watch->progress, error);
    }
    if (status == UM_OK) {
        status = umi_stems_finish(stems, error);
    }
    if (status == UM_OK) {
        result->reduction_db = reduction(&s);
        result->clipped = umi_stems_held(stems);
    }
    umi_stems_free(stems);
    umi_speech_denoiser_free(s.denoiser);
    return status;
}

um_status umi_denoise_file(const umi_denoise_config *config, const umi_denoise_paths *paths,
                           const umi_watch *watch, umi_denoise_result *result, um_error *error)
{
    umi_recording recording;
    memset(result, 0, sizeof *result);
    keeper k = {watch, result};
    umi_watch kept = {watch->progress, pass_on_phase, keep_warning, &k};
    umi_watch_phase(&kept, "reading", 0.0, 0.05);
    um_status status =
        umi_recording_open(paths->input, &config->reader, watch->progress, &recording, error);
    if (status != UM_OK) {
        return status;
    }
    status = write_outputs(&recording, config, paths, &kept, result, error);
    if (status == UM_OK) {
        status = umi_audio_reader_check_unchanged(recording.reader, error);
    }
    result->n_frames = recording.n_frames;
    result->seconds = (double)recording.n_frames / recording.format.sample_rate;
    result->not_finite = umi_audio_reader_not_finite(recording.reader);
    umi_recording_warn(&recording, &kept);
    umi_recording_close(&recording);
    if (status != UM_OK) {
        umi_denoise_result_free(result);
    }
    return status;
}

void umi_denoise_result_free(umi_denoise_result *result)
{
    for (size_t i = 0; i < result->n_warnings; i++) {
        umi_free(result->warnings[i]);
    }
    memset(result, 0, sizeof *result);
}
