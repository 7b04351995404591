/* The second job, one file of it: a noisy recording in, the cleaned one out, and what was taken
 * away if it is asked for. Output and residue add up to the input. */
#ifndef UMI_JOB_DENOISE_FILE_H
#define UMI_JOB_DENOISE_FILE_H

#include "io/audio_reader.h"
#include "job/watch.h"
#include "unmingle/dictionary.h"

/* Where the noise can be heard alone. */
typedef enum umi_noise_profile {
    UMI_PROFILE_AUTO,  /* nobody knows: it is found in the recording */
    UMI_PROFILE_RANGE, /* in a stretch of the recording */
    UMI_PROFILE_FILE   /* in a file of its own */
} umi_noise_profile;

typedef struct umi_denoise_config {
    umi_noise_profile profile;
    double profile_start, profile_end; /* RANGE: seconds; the end may be INFINITY */
    const char *profile_path;          /* FILE */
    const char *dictionary;            /* where `speech` is from */
    const um_dictionary *speech;       /* by umi_speech_load */
    double strength;                   /* 0..1: 0 takes nothing away */
    double max_reduction;              /* dB >= 0; nothing is taken down by more */
    bool fast;                         /* one pass, a third of the time, less exact */
    bool keep_channels; /* each channel is a recording of its own; else all share one gain */
    umi_audio_reader_options reader;
} umi_denoise_config;

/* Which files. The outputs are made anew at their paths; the shown names are for messages. */
typedef struct umi_denoise_paths {
    const char *input; /* "-": standard input */
    const char *output, *output_shown;
    const char *residue, *residue_shown; /* NULL: not written, which changes no bit of the output */
} umi_denoise_paths;

/* Warnings that are kept of a file; it has no more kinds of trouble than these. */
enum { UMI_DENOISE_WARNINGS = 8 };

typedef struct umi_denoise_result {
    double seconds; /* of sound */
    uint64_t n_frames;
    double reduction_db; /* energy of the input over that of the output; INFINITY when all went */
    uint64_t clipped;    /* samples held at the end of the range, see sum_contract.h */
    uint64_t not_finite; /* samples that were NaN or infinite, and count as 0 */
    char *warnings[UMI_DENOISE_WARNINGS]; /* for people, a line each */
    size_t n_warnings;
} umi_denoise_result;

/* Denoises. Rate and channels are kept, the sample format too as far as the output's container
 * holds it, and there are as many frames. The container is the one that the extension of
 * paths->output_shown stands for, else the input's own, or FLAC where that cannot be written. The
 * outputs are complete and on the disk then; after a failure parts of them are left, and
 * to remove these is the caller's business. What umi_recording_open and umi_audio_writer_new say,
 * UM_ERR_CANCELLED, UM_ERR_CHANGED. */
um_status umi_denoise_file(const umi_denoise_config *config, const umi_denoise_paths *paths,
                           const umi_watch *watch, umi_denoise_result *result,
                           um_error *error) UM_MUST_USE;

/* An empty result is fine. */
void umi_denoise_result_free(umi_denoise_result *result);

#endif
