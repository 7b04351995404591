/* Spectrogram frames to learn from, gathered from recordings of any length in bounded memory. */
#ifndef UMI_JOB_GATHER_H
#define UMI_JOB_GATHER_H

#include "job/recording.h"
#include "job/watch.h"
#include "unmingle/parallel.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

/* A stretch of a recording. */
typedef struct umi_passage {
    const char *path;
    double start, end;        /* seconds, 0 <= start < end; end may be INFINITY */
    umi_recording *recording; /* already open, or NULL: opened by its path when it is needed */
} umi_passage;

typedef struct umi_gather_config {
    um_stft_config stft;
    umi_audio_reader_options reader;
    bool mean_channels;   /* one spectrum a frame, the mean over channels, whatever their number;
                             else the channels' spectra one after the other */
    size_t channels_kept; /* not 0: that many channels, where all passages have as many, stay apart
                           despite mean_channels, and covariance_sums are formed */
    bool keep_silence;    /* frames of silence are rows of V too: its rows are the frames */
    bool in_runs;         /* neighbours matter: where not all frames are drawn, runs of them are */
    size_t memory;        /* bytes that V may take; when the frames are more, so many are drawn, see
                             frame_draw.h */
    uint64_t seed;
    um_parallel parallel;
    const umi_watch *watch; /* warned of what is odd in a passage, e.g. that it is truncated */
} umi_gather_config;

typedef struct umi_material {
    um_view V;            /* magnitudes; frames of silence are left out, unless keep_silence */
    uint64_t n_available; /* frames that there are in the passages */
    uint64_t n_drawn;     /* frames that V could have; fewer than there are when memory is short */
    double sample_rate;   /* Hz, the same for all passages */
    size_t n_channels;    /* 1 with mean_channels */
    double *covariance_sums; /* see matrix_mask.h; NULL: not formed */
} umi_material;

/* Gathers the passages. All must have one sample rate and, unless mean_channels, one number of
 * channels. UM_ERR_DATA (rates that differ, a stretch past the end), UM_ERR_MEMORY,
 * UM_ERR_CANCELLED, and what reading says. On failure *material is empty. */
um_status umi_gather(const umi_gather_config *config, umi_passage *passages, size_t n_passages,
                     umi_material *material, um_error *error) UM_MUST_USE;

void umi_material_free(umi_material *material);

#endif
