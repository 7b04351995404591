/* What dictionary.c (the object and its rules), dictionary_space.c (its gains and covariances),
 * dictionary_metadata.c (its fields as texts) and dictionary_file.c (the bytes) share. */
#ifndef UMI_FORMAT_DICTIONARY_INTERNAL_H
#define UMI_FORMAT_DICTIONARY_INTERNAL_H

#include "format/json.h"
#include "unmingle/dictionary.h"
#include "unmingle/status.h"

/* Ends a message about a file that is wrong. */
#define UMI_DICTIONARY_CURE "; learn the dictionary again"

/* How a wrong dictionary is told of: "drums.safetensors: W[3]: all zero; learn ... again". */
typedef struct umi_dictionary_complaint {
    um_status status; /* UM_ERR_CONFIG for a file, UM_ERR_ARGUMENT for a caller's mistake */
    const char *name; /* begins every message: the file's name, or "dictionary" */
    const char *cure; /* ends every message, e.g. "; learn the dictionary again" */
    um_error *error;
} umi_dictionary_complaint;

/* Every rule of dictionary.h but those that um_dictionary_new sees to. */
um_status umi_dictionary_check(const um_dictionary *dictionary,
                               const umi_dictionary_complaint *complaint);

/* Those among them that gains and covariances have. */
um_status umi_dictionary_check_space(const um_dictionary *dictionary,
                                     const umi_dictionary_complaint *complaint);

/* The number of channels whose matrix has so many values; 0 when there is none. */
size_t umi_dictionary_covariance_channels(size_t n_values);

/* True for a file that holds gains or covariances, by its version. */
bool umi_dictionary_has_space(const umi_json *metadata);

/* Reads all metadata but the texts into sample_rate, stft, exponent and seed; stft must hold the
 * defaults. UM_ERR_CONFIG for a key that is missing, unknown or not of its kind; ranges are for
 * umi_dictionary_check to see. */
um_status umi_dictionary_read_fields(umi_json *metadata, const char *file_name,
                                     um_dictionary *dictionary, um_error *error);

/* Reads the labels, for which W.rows must stand, and program and trained_from, which may be
 * missing. UM_ERR_DATA, UM_ERR_CONFIG, UM_ERR_MEMORY. */
um_status umi_dictionary_read_texts(umi_json *metadata, const char *file_name,
                                    um_dictionary *dictionary, um_error *error);

/* The metadata of a dictionary that umi_dictionary_check has passed. What has a default is written
 * as the value it stands for. NULL when memory is short. */
umi_json *umi_dictionary_metadata(const um_dictionary *dictionary);

#endif
