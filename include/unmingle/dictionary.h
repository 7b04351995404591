/* Trained atoms on disk.
 *
 * A dictionary file is safetensors: 8 bytes header length (little endian), a JSON header, flat
 * data. It holds one tensor `W`, F32 [n_components, n_bins], and everything that is needed to use
 * the atoms in "__metadata__". See the table in dictionary.c. The reader trusts nothing: header at
 * most 1 MiB, checked products, tensors that tile the data exactly, every value finite and >= 0,
 * no atom all zero, one label a component. */
#ifndef UNMINGLE_DICTIONARY_H
#define UNMINGLE_DICTIONARY_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Longest label in bytes, without the NUL. A label names a stem's file, so it is 1.. bytes of
 * UTF-8 without '/', control characters, or a '.' in front. */
enum { UM_LABEL_MAX = 64 };

typedef struct um_dictionary {
    um_view W;                        /* n_components x n_bins, rows sum to 1 */
    char (*labels)[UM_LABEL_MAX + 1]; /* one a component; equal labels make one source */
    double sample_rate;               /* Hz the atoms were learned at, 1000..768000 */
    um_stft_config stft;              /* the transform they belong to; n_bins = fft_size / 2 + 1 */
    double exponent;                  /* V = magnitude^exponent; 1 here */
    uint64_t seed;                    /* of the start values */
    char *program;                    /* "unmingle 0.1.0" */
    char *trained_from;               /* for people: the names of the recordings */
} um_dictionary;

/* Room for n_components atoms of n_bins, labels empty, the strings NULL. UM_ERR_ARGUMENT for a
 * size of 0 or past 4096 components or 524289 bins; UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_dictionary_new(size_t n_components, size_t n_bins,
                                               um_dictionary **out);
UM_API void um_dictionary_free(um_dictionary *dictionary);

/* True when `label` can name a source. */
UM_API bool um_label_is_valid(const char *label);

/* Reads a dictionary. UM_ERR_NO_INPUT, UM_ERR_PERMISSION, UM_ERR_IO, UM_ERR_MEMORY, or
 * UM_ERR_CONFIG for a file that is not a whole, sound dictionary; the message names the file and
 * the field. */
UM_API UM_MUST_USE um_status um_dictionary_load(const char *path, um_dictionary **out,
                                                um_error *error);

/* The same from bytes in memory; `name` stands for the file in messages. */
UM_API UM_MUST_USE um_status um_dictionary_parse(const void *bytes, size_t n_bytes,
                                                 const char *name, um_dictionary **out,
                                                 um_error *error);

/* The file as bytes, to be freed with um_dictionary_free_bytes. What _parse reads from them is the
 * same to the bit, and the same dictionary gives the same bytes. */
UM_API UM_MUST_USE um_status um_dictionary_format(const um_dictionary *dictionary, void **bytes,
                                                  size_t *n_bytes, um_error *error);
UM_API void um_dictionary_free_bytes(void *bytes);

#ifdef __cplusplus
}
#endif

#endif
