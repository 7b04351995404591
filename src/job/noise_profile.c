#include "job/noise_profile.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "job/speech_frames.h"

#include <math.h>
#include <string.h>

enum { FRAMES_MAX = 2048 };

static bool allocate(umi_noise_profile_frames *frames, size_t n_frames, size_t n_bins)
{
    frames->V = umi_alloc(frames->n_matrices, sizeof *frames->V);
    for (size_t i = 0; frames->V != NULL && i < frames->n_matrices; i++) {
        frames->V[i] = umi_matrix_new(n_frames, n_bins);
        if (frames->V[i].data == NULL) {
            return false;
        }
    }
    return frames->V != NULL;
}

um_status umi_noise_profile_read(const umi_noise_profile_source *source, umi_recording *recording,
                                 umi_noise_profile_frames *frames, um_error *error)
{
    const char *name = umi_audio_reader_name(recording->reader);
    double rate = recording->format.sample_rate;
    size_t hop = um_stft_hop(source->stft), length = um_stft_length(source->stft);
    memset(frames, 0, sizeof *frames);
    if (um_stft_n_bins(source->stft) < source->n_bins) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: a profile of %.0f Hz does not reach as high as the recording; "
                             "take one of its sample rate",
                             name, rate);
    }
    double end = fmin(source->end * rate, (double)recording->n_frames);
    uint64_t first = (uint64_t)fmin(source->start * rate, (double)recording->n_frames);
    uint64_t n_samples = end > (double)first ? (uint64_t)end - first : 0;
    /* Frames that lie wholly within: the first ones begin in the silence before the stretch. */
    size_t partial = (length + hop - 1) / hop - 1;
    uint64_t whole = n_samples / hop;
    if (whole < partial + 1) {
        return umi_error_set(
            error, UM_ERR_DATA,
            "%s: the noise profile has %.3f s of sound; %.3f s at least are needed", name,
            (double)n_samples / rate, (double)((partial + 1) * hop) / rate);
    }
    uint64_t n = whole - partial;
    frames->n_matrices = source->keep_channels ? recording->format.channels : 1;
    size_t n_wanted = n < FRAMES_MAX ? (size_t)n : FRAMES_MAX;
    if (!allocate(frames, n_wanted, source->n_bins)) {
        umi_noise_profile_free(frames);
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory for the profile", name);
    }
    umi_speech_frames_config read = {source->stft, first, partial, um_parallel_serial()};
    um_status status =
        umi_speech_frames_read(&read, recording, frames->V, frames->n_matrices, error);
    if (status == UM_OK) {
        status = umi_recording_rewind(recording, error);
    }
    if (status != UM_OK) {
        umi_noise_profile_free(frames);
    }
    return status;
}

void umi_noise_profile_free(umi_noise_profile_frames *frames)
{
    for (size_t i = 0; frames->V != NULL && i < frames->n_matrices; i++) {
        umi_free(frames->V[i].data);
    }
    umi_free(frames->V);
    memset(frames, 0, sizeof *frames);
}
