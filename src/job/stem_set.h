/* A recording through the separator into the stems of a set of files, and whether they add up. */
#ifndef UMI_JOB_STEM_SET_H
#define UMI_JOB_STEM_SET_H

#include "io/output_set.h"
#include "job/recording.h"
#include "job/watch.h"
#include "job/waveform.h"
#include "unmingle/dictionary.h"
#include "unmingle/separator.h"

typedef struct umi_stem_set_config {
    umi_recording *recording;
    umi_output_set *output;
    const um_separator_config *separator; /* but for n_channels, which follows */
    const um_separator_dictionary_config *dictionary;
    char (*labels)[UM_LABEL_MAX + 1]; /* one a source */
    umi_audio_format format;          /* of the stems */
    double begin;                     /* share of the whole work that is done before */
    umi_watch watch;
} umi_stem_set_config;

/* What came of it. */
typedef struct umi_stem_set {
    umi_audio_format input_format, output_format;
    uint64_t n_frames;                /* sample frames, of the recording and of each stem */
    char (*labels)[UM_LABEL_MAX + 1]; /* these four are the config's, borrowed */
    size_t n_stems;
    const size_t *source_of; /* the stem of each atom */
    size_t n_atoms;
    double *shares;           /* of each stem: its part of the energy of all, sum 1; 0 in silence */
    umi_waveform **waveforms; /* of each stem; all have columns of as many frames */
    double peak;              /* of the recording, full scale 1; 0 is silence */
    uint64_t held;            /* samples held at the end of the range, see sum_contract.h */
    double null_peak;         /* largest |recording - sum of stems|, full scale 1; 0 is exact */
} umi_stem_set;

/* Writes all stems, whole, as LABEL.wav or LABEL.flac, and makes the null test. What a callback of
 * the separator returns but UM_OK is returned, and must have set *error. UM_ERR_CHANGED when the
 * recording did meanwhile; UM_ERR_MEMORY, UM_ERR_CANCELLED, UM_ERR_IO and so on. On failure *stems
 * is empty. */
um_status umi_stem_set_write(const umi_stem_set_config *config, umi_stem_set *stems,
                             um_error *error) UM_MUST_USE;

/* Frames that the separator sees of the recording: rows of its activations. */
size_t umi_stem_set_n_frames(const umi_recording *recording, const um_stft_config *stft);

/* Atoms of a stem. */
size_t umi_stem_set_count_atoms(const umi_stem_set *stems, size_t stem);

/* Leaves an empty one; of an empty one (all zero) does nothing. */
void umi_stem_set_free(umi_stem_set *stems);

/* The name of a stem's file: "LABEL.wav". `name` has room for UM_LABEL_MAX + 6 bytes. */
void umi_stem_file_name(const char *label, umi_container container, char *name);

#endif
