/* The first job: a recording in, a folder of stems out that add up to it. */
#ifndef UMI_JOB_SEPARATE_H
#define UMI_JOB_SEPARATE_H

#include "job/output_format.h"
#include "job/recording_origin.h"
#include "job/sources.h"
#include "job/stem_set.h"
#include "job/watch.h"

/* What is taken apart from what. */
typedef enum umi_split {
    UMI_SPLIT_SOURCES,   /* any sources */
    UMI_SPLIT_LEAD,      /* a lead from an accompaniment that repeats */
    UMI_SPLIT_PERCUSSIVE /* what is struck, as the dictionary knows it, from what sounds on */
} umi_split;

typedef struct umi_separate_config {
    const char *input;  /* "-": standard input */
    const char *output; /* the folder to make */
    bool force;         /* take the place of a folder that is there */

    /* What is known of the sources. Without examples and dictionaries: nothing. */
    const umi_example *examples;
    size_t n_examples;
    const char *const *dictionaries;
    size_t n_dictionaries;
    umi_split split;
    bool fast;           /* percussive: by medians alone; takes no dictionary, keeps no atoms */
    bool adapt;          /* the dictionaries' atoms are where learning starts, and change */
    bool residual;       /* one stem more, of what the known sources do not explain */
    size_t n_sources;    /* blind: stems to make; 0: as many as it seems to have */
    size_t n_atoms;      /* blind: atoms in all */
    size_t n_clip_atoms; /* atoms for each label of the examples */
    size_t shifts; /* known sources: semitones up and down at which atoms may sound too, 0..12 */

    /* The transform; 0 and 0: see transform.h. */
    size_t window, hop;
    um_window window_shape;
    bool window_given; /* the three are the user's wish, against a dictionary that differs */

    size_t iterations;
    bool iterations_given; /* for clips, too */
    double tolerance;
    umi_start start;
    double exponent;
    uint64_t seed;
    size_t memory;     /* bytes that the whole program may take ... */
    bool memory_given; /* ... and must not pass; else it passes them when little would be learned */

    umi_output_wish format;
    umi_audio_reader_options reader;
    um_parallel parallel;
    umi_watch watch;
} umi_separate_config;

/* What was done, for the report. Empty after a failure. */
typedef struct umi_separate_result {
    umi_model model;
    umi_stem_set stems;
    umi_recording_origin origin;
    um_stft_config stft;
    bool blind;
    bool residual;                               /* the last stem took what no atom explains */
    size_t shifts;                               /* semitones up and down that atoms were moved */
    size_t clip_iterations;                      /* at most, for atoms of clips; 0: without clips */
    size_t n_learned_frames;                     /* without those of silence */
    uint64_t n_drawn_frames, n_available_frames; /* fewer drawn: memory did not hold all */
} umi_separate_result;

/* Separates. What is left beside the stems is enough to make other ones from: see render.h.
 * UM_ERR_ARGUMENT for settings that cannot be, UM_ERR_CONFIG for a dictionary that does not fit,
 * UM_ERR_DATA, UM_ERR_MEMORY, UM_ERR_CREATE, UM_ERR_CANCELLED and so on; then nothing is left
 * behind. */
um_status umi_separate(const umi_separate_config *config, umi_separate_result *result,
                       um_error *error) UM_MUST_USE;

void umi_separate_result_free(umi_separate_result *result);

#endif
