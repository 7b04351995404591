#include "job/speech_denoiser.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "job/gain_filter.h"
#include "job/noise_profile.h"
#include "job/speech_transform.h"
#include "unmingle/denoiser.h"

#include <math.h>
#include <string.h>

static const double RATE_MIN = 8000.0, RATE_MAX = 192000.0;

struct umi_speech_denoiser {
    um_stft *stft;
    um_view speech; /* atoms, with as many bins as the recording has up to 8 kHz */
    umi_noise_profile_frames noise;
    umi_gain_track *track;
    umi_gain_filter *filter;
};

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to denoise");
}

/* Of the atoms the bins that a recording of a low rate has. */
static um_status take_atoms(umi_speech_denoiser *d, const um_dictionary *speech, size_t n_bins,
                            um_error *error)
{
    d->speech = umi_matrix_new(speech->W.rows, UM_DENOISER_STACKED * n_bins);
    if (d->speech.data == NULL) {
        return out_of_memory(error);
    }
    for (size_t k = 0; k < speech->W.rows; k++) {
        for (size_t i = 0; i < UM_DENOISER_STACKED; i++) {
            memcpy(um_row(d->speech, k) + i * n_bins,
                   um_row(speech->W, k) + i * um_dictionary_n_bins(speech), n_bins * sizeof(float));
        }
    }
    return UM_OK;
}

static um_status read_profile_file(umi_speech_denoiser *d, const umi_denoise_config *config,
                                   umi_noise_profile_source *source, size_t n_channels,
                                   um_error *error)
{
    umi_recording profile;
    um_stft *stft = NULL;
    um_status status =
        umi_recording_open(config->profile_path, &config->reader, NULL, &profile, error);
    if (status != UM_OK) {
        return status;
    }
    um_stft_config transform = umi_speech_transform(profile.format.sample_rate);
    status = um_stft_new(&transform, &stft, error);
    if (status == UM_OK) {
        source->stft = stft;
        source->keep_channels = config->keep_channels && profile.format.channels == n_channels;
        status = umi_noise_profile_read(source, &profile, &d->noise, error);
    }
    um_stft_free(stft);
    umi_recording_close(&profile);
    return status;
}

/* A profile of one matrix serves every track. */
static um_status share_profile(umi_noise_profile_frames *noise, size_t n_tracks, um_error *error)
{
    if (noise->n_matrices == n_tracks) {
        return UM_OK;
    }
    um_view first = noise->V[0];
    um_view *all = umi_alloc(n_tracks, sizeof *all);
    if (all == NULL) {
        return out_of_memory(error);
    }
    umi_free(noise->V);
    noise->V = all;
    noise->V[0] = first;
    noise->n_matrices = n_tracks;
    for (size_t i = 1; i < n_tracks; i++) {
        noise->V[i] = umi_matrix_new(first.rows, first.cols);
        if (noise->V[i].data == NULL) {
            return out_of_memory(error);
        }
        memcpy(noise->V[i].data, first.data, first.rows * first.stride * sizeof *first.data);
    }
    return UM_OK;
}

static um_status read_profile(umi_speech_denoiser *d, const umi_denoise_config *config,
                              umi_recording *recording, size_t n_bins, um_error *error)
{
    size_t channels = recording->format.channels;
    umi_noise_profile_source source = {d->stft, n_bins, 0.0, INFINITY, config->keep_channels};
    um_status status;
    if (config->profile == UMI_PROFILE_FILE) {
        status = read_profile_file(d, config, &source, channels, error);
    } else {
        source.start = config->profile_start;
        source.end = config->profile_end;
        status = umi_noise_profile_read(&source, recording, &d->noise, error);
    }
    return status == UM_OK ? share_profile(&d->noise, config->keep_channels ? channels : 1, error)
                           : status;
}

static um_status prepare(umi_speech_denoiser *d, const umi_denoise_config *config,
                         umi_recording *recording, um_error *error)
{
    um_stft_config transform = umi_speech_transform(recording->format.sample_rate);
    um_status status = um_stft_new(&transform, &d->stft, error);
    if (status != UM_OK) {
        return status;
    }
    size_t n_all = um_stft_n_bins(d->stft);
    size_t n_bins = n_all < UMI_SPEECH_BINS ? n_all : UMI_SPEECH_BINS;
    status = take_atoms(d, config->speech, n_bins, error);
    if (status == UM_OK && config->profile != UMI_PROFILE_AUTO) {
        status = read_profile(d, config, recording, n_bins, error);
    }
    if (status != UM_OK) {
        return status;
    }
    umi_gain_track_config track = {
        d->stft, um_const_view(d->speech), n_bins, config->keep_channels, config->fast, d->noise.V};
    umi_gain_filter_config filter = {d->stft,          recording->format.channels,
                                     n_bins,           config->keep_channels,
                                     config->strength, pow(10.0, -config->max_reduction / 20.0)};
    status = umi_gain_track_new(&track, recording, &d->track, error);
    return status == UM_OK ? umi_gain_filter_new(&filter, d->track, &d->filter, error) : status;
}

um_status umi_speech_denoiser_new(const umi_denoise_config *config, umi_recording *recording,
                                  umi_speech_denoiser **out, um_error *error)
{
    double rate = recording->format.sample_rate;
    *out = NULL;
    if (rate < RATE_MIN || rate > RATE_MAX) {
        return umi_error_set(error, UM_ERR_DATA, "%s: has %.0f Hz; 8000 to 192000 can be denoised",
                             umi_audio_reader_name(recording->reader), rate);
    }
    umi_speech_denoiser *d = umi_alloc(1, sizeof *d);
    if (d == NULL) {
        return out_of_memory(error);
    }
    um_status status = prepare(d, config, recording, error);
    if (status != UM_OK) {
        umi_speech_denoiser_free(d);
        return status;
    }
    *out = d;
    return UM_OK;
}

void umi_speech_denoiser_free(umi_speech_denoiser *d)
{
    if (d == NULL) {
        return;
    }
    umi_gain_filter_free(d->filter);
    umi_gain_track_free(d->track);
    umi_noise_profile_free(&d->noise);
    umi_free(d->speech.data);
    um_stft_free(d->stft);
    umi_free(d);
}

size_t umi_speech_denoiser_delay(const umi_speech_denoiser *d)
{
    return umi_gain_filter_delay(d->filter);
}

um_status umi_speech_denoiser_push(umi_speech_denoiser *d, um_cview in, um_view out,
                                   um_error *error)
{
    return umi_gain_filter_push(d->filter, in, out, error);
}
