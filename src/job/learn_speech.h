/* Training for 'denoise': recordings of speakers in, the dictionary of speech out.
 *
 * Atoms are those of three neighbouring frames side by side, 3 x 513 bins, each speaker's learned
 * by itself: what serves many speakers is the atoms of several, not atoms of their mixture. Frames
 * are divided by the root of their sum, so that soft sounds count, but less than loud ones.
 * Recordings may have any rate from 16 kHz on, see speech_transform.h; the dictionary is as if all
 * were of 16 kHz. */
#ifndef UMI_JOB_LEARN_SPEECH_H
#define UMI_JOB_LEARN_SPEECH_H

#include "io/audio_reader.h"
#include "job/watch.h"
#include "unmingle/parallel.h"

#include <stdbool.h>

enum { UMI_LEARN_SPEECH_FRAMES = 65536 }; /* 17 minutes; some 400 MB */

typedef struct umi_learn_speech_config {
    const char *const *files; /* a speaker each */
    size_t n_files;
    const char *output;
    bool force;
    size_t n_atoms;      /* a speaker */
    size_t n_frames_max; /* of a recording; drawn when there are more, see frame_draw.h */
    uint64_t seed;
    umi_audio_reader_options reader;
    um_parallel parallel;
    umi_watch watch;
} umi_learn_speech_config;

typedef struct umi_learn_speech_result {
    size_t n_components;
    uint64_t n_learned_frames;                   /* without those of silence */
    uint64_t n_drawn_frames, n_available_frames; /* fewer drawn: recordings were long */
} umi_learn_speech_result;

/* Learns, and publishes the dictionary.
 * UM_ERR_DATA for a recording below 16 kHz or without speech, UM_ERR_ARGUMENT for one that the
 * dictionary would replace, UM_ERR_MEMORY, UM_ERR_CREATE, UM_ERR_CANCELLED, and what reading says.
 */
um_status umi_learn_speech(const umi_learn_speech_config *config, umi_learn_speech_result *result,
                           um_error *error) UM_MUST_USE;

#endif
