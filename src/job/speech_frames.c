#include "job/speech_frames.h"

#include "job/frame_walk.h"

#include <string.h>

/* Frames on their way from the walk into the matrices. */
typedef struct taking {
    const um_view *matrices;
    size_t n_matrices, n_bins; /* n_bins: of a frame, in all */
    size_t n_taken;
    umi_frame_taker taker;
} taking;

static um_status take(void *user, const float *magnitudes, const float *spectra, um_error *error)
{
    (void)spectra;
    taking *t = user;
    (void)error;
    for (size_t i = 0; i < t->n_matrices; i++) {
        memcpy(um_row(t->matrices[i], t->n_taken), magnitudes + i * t->n_bins,
               t->matrices[i].cols * sizeof *magnitudes);
    }
    t->n_taken++;
    t->taker.next = t->n_taken < t->matrices[0].rows ? t->taker.next + 1 : UINT64_MAX;
    return UM_OK;
}

um_status umi_speech_frames_read(const umi_speech_frames_config *config, umi_recording *recording,
                                 const um_view *matrices, size_t n_matrices, um_error *error)
{
    taking t = {matrices, n_matrices, um_stft_n_bins(config->stft), 0, {0}};
    t.taker =
        (umi_frame_taker){matrices[0].rows > 0 ? config->first_frame : UINT64_MAX, take, NULL, &t};
    uint64_t wanted =
        (uint64_t)(config->first_frame + matrices[0].rows) * um_stft_hop(config->stft);
    uint64_t there = recording->n_frames - config->first_sample;
    umi_frame_walk_config walk = {config->stft, n_matrices == 1, config->parallel, 0};
    return umi_frame_walk(&walk, recording, config->first_sample, wanted < there ? wanted : there,
                          &t.taker, error);
}
