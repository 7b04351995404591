/* Training: recordings of known sources in, a dictionary file out.
 *
 * Atoms of one frame come from a factorisation of all frames of a label, without those more than 60
 * dB below its loudest: pauses, and the noise in them, would take atoms from what is to be learned.
 * An atom of several frames is the mean of the strokes of a label, see strokes.h. */
#ifndef UMI_JOB_LEARN_H
#define UMI_JOB_LEARN_H

#include "job/gather.h"
#include "job/model.h"
#include "unmingle/dictionary.h"

typedef struct umi_training_file {
    const char *path;
    const char *label;
} umi_training_file;

typedef struct umi_learn_config {
    const umi_training_file *files;
    size_t n_files;
    const char *output;
    bool force;
    size_t n_atoms;     /* a label; 1 with atom_frames */
    size_t atom_frames; /* how many an atom lasts, 1..64; when several, iterations, tolerance, start
                           and memory have no part in it */
    size_t window, hop; /* samples; 0 and 0: see transform.h */
    um_window window_shape;
    size_t iterations;
    double tolerance;
    umi_start start;
    uint64_t seed;
    size_t memory;     /* bytes that the whole program may take ... */
    bool memory_given; /* ... and must not pass; else it passes them when little would be learned */
    umi_audio_reader_options reader;
    um_parallel parallel;
    umi_watch watch;
} umi_learn_config;

typedef struct umi_learn_result {
    size_t n_labels;
    size_t n_components;
    uint64_t n_learned_frames;                   /* without those of (near) silence */
    uint64_t n_drawn_frames, n_available_frames; /* fewer drawn: memory did not hold all */
    uint64_t n_strokes;                          /* with atom_frames, in place of frames */
    double sample_rate;
    um_stft_config stft;
} umi_learn_result;

/* Learns the atoms of each label from all of its files, whatever their length and number of
 * channels, and publishes the dictionary. UM_ERR_DATA for files that cannot be read, are silent or
 * have different sample rates; UM_ERR_ARGUMENT, UM_ERR_MEMORY, UM_ERR_CREATE, UM_ERR_CANCELLED. */
um_status umi_learn(const umi_learn_config *config, umi_learn_result *result,
                    um_error *error) UM_MUST_USE;

#endif
