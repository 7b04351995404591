/* The sources that are known before a recording is taken apart: learned from clips, or read from
 * dictionaries. */
#ifndef UMI_JOB_SOURCES_H
#define UMI_JOB_SOURCES_H

#include "job/gather.h"
#include "job/model_known.h"
#include "unmingle/dictionary.h"

/* Where a source can be heard alone. */
typedef struct umi_example {
    char label[UM_LABEL_MAX + 1];
    const char *path;  /* NULL: the recording that is taken apart */
    double start, end; /* seconds; end may be INFINITY */
} umi_example;

/* What clips tell of a source. */
typedef struct umi_learned_source {
    um_view W, G; /* see umi_known_source */
    float *covariance;
} umi_learned_source;

typedef struct umi_sources {
    umi_known_source *known; /* views of what the two lists below hold */
    size_t n_known;
    umi_learned_source *learned; /* of each label of the examples */
    size_t n_learned;
    um_dictionary **dictionaries;
    size_t n_dictionaries;
} umi_sources;

/* Loads the dictionaries, whose atoms `adapt` to the recording or stay as they are. All must have
 * one transform and one sample rate (UM_ERR_CONFIG names both files and values). On failure
 * *sources is empty. */
um_status umi_sources_load(const char *const *paths, size_t n_paths, bool adapt,
                           umi_sources *sources, um_error *error) UM_MUST_USE;

/* The transform and the rate (Hz) of the dictionaries; false when there are none. */
bool umi_sources_transform(const umi_sources *sources, um_stft_config *stft, double *sample_rate);

/* Frames that the dictionaries' atoms last; 1 without dictionaries. */
size_t umi_sources_atom_frames(const umi_sources *sources);

/* The dictionaries' atoms as those of another sample rate (Hz) and transform, see atoms_remap.h.
 * `paths` are those of _load. */
um_status umi_sources_remap(umi_sources *sources, double sample_rate, size_t fft_size,
                            const char *const *paths, um_error *error) UM_MUST_USE;

/* Learns n_atoms for every label among the examples. `recording` is the one that is taken apart;
 * clips must have its sample rate. UM_ERR_DATA for a clip that is silent or does not fit. */
um_status umi_sources_learn(umi_sources *sources, const umi_example *examples, size_t n_examples,
                            size_t n_atoms, umi_recording *recording,
                            const umi_gather_config *gather, const umi_model_config *model,
                            um_error *error) UM_MUST_USE;

void umi_sources_free(umi_sources *sources);

#endif
