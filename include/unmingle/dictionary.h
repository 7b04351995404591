/* Trained atoms on disk.
 *
 * A dictionary file is safetensors: 8 bytes header length (little endian), a JSON header, flat
 * data. It holds a tensor `W`, F32 [n_components, n_bins], or [n_components, n_frames, n_bins] for
 * atoms that last several frames, and everything that is needed to use the atoms in
 * "__metadata__"; the keys stand at the head of dictionary_metadata.c. Atoms of one recording may
 * come with their places among its channels: `gains`, F32 [n_components, n_channels], and
 * `covariances`, F32 [n_sources, n_bins, n_channels^2]. The reader trusts nothing: header at most
 * 1 MiB, checked products, tensors that tile the data exactly, every value finite and, but for
 * covariances, >= 0, no atom all zero, one label a component. */
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

enum {
    UM_DICTIONARY_COMPONENTS_MAX = 4096,
    UM_DICTIONARY_FRAMES_MAX = 64,   /* of an atom */
    UM_DICTIONARY_BINS_MAX = 524289, /* of all frames of an atom together; as many as one frame of
                                        the largest transform has, 1048576 samples */
    UM_DICTIONARY_CHANNELS_MAX = 64,
    UM_DICTIONARY_COVARIANCES_MAX = INT32_MAX, /* values in all */
    UM_DICTIONARY_EXPONENT_MAX = 4,
    UM_DICTIONARY_ORIGIN_MAX = 65536 /* bytes of `program` and of `trained_from` */
};

typedef struct um_dictionary {
    um_view W; /* n_components x (n_frames * n_bins), frame after frame, the earliest first; values
                  >= 0, rows sum to 1 within 1e-3 */
    size_t n_frames;                  /* of an atom, one hop apart; 1..64, default 1 */
    char (*labels)[UM_LABEL_MAX + 1]; /* one a component; equal labels make one source */
    um_view gains;       /* optional, else empty: n_components x n_channels, the share of each
                            channel in each atom; values >= 0, rows sum to 1 within 1e-3 */
    um_view covariances; /* optional, else empty: n_sources x (n_bins * n_channels^2), sources in
                            the order in which their labels first come. A bin's Hermitian matrix is
                            n_channels rows of as many reals: on the diagonal and above it the real
                            parts, and in the place (j, i) below it the imaginary part of (i, j).
                            Finite, the diagonal >= 0 */
    double sample_rate;  /* Hz the atoms were learned at, 1000..768000 */
    um_stft_config stft; /* the transform they belong to; n_bins = fft_size / 2 + 1 */
    double exponent;     /* V = magnitude^exponent, above 0, at most 4; default 1 */
    uint64_t seed;       /* of the start values */
    char *program;       /* "unmingle 0.1.0" or NULL; um_dictionary_set_origin */
    char *trained_from;  /* for people: the names of the recordings, or NULL */
} um_dictionary;

/* Room for n_components atoms of n_frames frames of n_bins, all zero, labels empty, the strings
 * NULL, `stft` its default, exponent 1. The caller fills in W, labels, sample_rate, stft and seed.
 * UM_ERR_ARGUMENT for a size of 0 or past the limits above; UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_dictionary_new(size_t n_components, size_t n_frames, size_t n_bins,
                                               um_dictionary **out);
UM_API void um_dictionary_free(um_dictionary *dictionary);

/* Make room for gains, or for covariances of the sources that the labels name by now, all zero, in
 * place of any that were there. UM_ERR_ARGUMENT for n_channels outside 1..64 or too many values;
 * UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_dictionary_add_gains(um_dictionary *dictionary, size_t n_channels);
UM_API UM_MUST_USE um_status um_dictionary_add_covariances(um_dictionary *dictionary,
                                                           size_t n_channels);

/* Labels that differ. */
UM_API size_t um_dictionary_n_sources(const um_dictionary *dictionary);

/* Of one frame: W.cols / n_frames. */
UM_API size_t um_dictionary_n_bins(const um_dictionary *dictionary);

/* Copies the two texts, either of which may be NULL, into the dictionary. Bytes that are not UTF-8,
 * which names of files may have, become U+FFFD, and what is longer than UM_DICTIONARY_ORIGIN_MAX
 * ends there. UM_ERR_MEMORY leaves the dictionary as it was. */
UM_API UM_MUST_USE um_status um_dictionary_set_origin(um_dictionary *dictionary,
                                                      const char *program,
                                                      const char *trained_from);

/* True when `label` can name a source. */
UM_API bool um_label_is_valid(const char *label);

/* Reads a dictionary. UM_ERR_NO_INPUT, UM_ERR_PERMISSION, UM_ERR_IO, UM_ERR_MEMORY,
 * UM_ERR_CHANGED when the file shrinks meanwhile, or UM_ERR_CONFIG for what is not a whole, sound
 * dictionary in a regular file; the message names the file and the field. Fields of `stft` that its
 * window has no use for come back as their defaults. On failure *out is NULL; `error` may be NULL.
 * That the windows reconstruct is for um_stft_new to see. */
UM_API UM_MUST_USE um_status um_dictionary_load(const char *path, um_dictionary **out,
                                                um_error *error);

/* The same from bytes in memory; `name` stands for the file in messages. */
UM_API UM_MUST_USE um_status um_dictionary_parse(const void *bytes, size_t n_bytes,
                                                 const char *name, um_dictionary **out,
                                                 um_error *error);

/* The file as bytes, to be freed with um_dictionary_free_bytes. What _parse reads from them is the
 * same to the bit, with fft_size and synthesis_length 0 replaced by the values they stand for, and
 * the same dictionary gives the same bytes on every machine. UM_ERR_ARGUMENT, with a message that
 * names the field, for a dictionary that _parse would not take; UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_dictionary_format(const um_dictionary *dictionary, void **bytes,
                                                  size_t *n_bytes, um_error *error);
UM_API void um_dictionary_free_bytes(void *bytes);

#ifdef __cplusplus
}
#endif

#endif
