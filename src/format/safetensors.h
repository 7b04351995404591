/* The safetensors container: named tensors behind a JSON header.
 *
 *     8 bytes    length of the header, little endian
 *     header     {"__metadata__": {"key": "text", ...},
 *                 "NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
 *     data       the tensors, row-major, little endian; offsets count from here
 *
 * Only the header is handled here: where the data comes from and goes to is the caller's affair, so
 * that a file need not be in memory to be checked. After the format's description by Hugging Face
 * (huggingface/safetensors, README), with a lower limit for the header: 1 MiB. */
#ifndef UMI_FORMAT_SAFETENSORS_H
#define UMI_FORMAT_SAFETENSORS_H

#include "format/json.h"
#include "unmingle/status.h"

#include <stddef.h>

enum {
    UMI_SAFETENSORS_PREFIX = 8,           /* bytes before the header */
    UMI_SAFETENSORS_HEADER_MAX = 1 << 20, /* bytes of header, read and written */
    UMI_TENSOR_DIMENSIONS_MAX = 8
};

typedef struct umi_tensor {
    const char *name;
    const char *dtype; /* "F32", "U8", ... */
    size_t shape[UMI_TENSOR_DIMENSIONS_MAX];
    size_t n_dimensions; /* 0 is a scalar */
    size_t begin;        /* first byte, counted from the start of the data */
    size_t n_bytes;
} umi_tensor;

typedef struct umi_safetensors {
    umi_json *header;
    umi_json *metadata;  /* object of strings, part of the header; NULL when there is none */
    umi_tensor *tensors; /* in the order of their data; names are borrowed from the header */
    size_t n_tensors;
} umi_safetensors;

/* The header's length from the first UMI_SAFETENSORS_PREFIX bytes of a file of file_size bytes,
 * which are not looked at when the file has fewer. UM_ERR_DATA when the file cannot be safetensors.
 * `name` stands for the file in messages, here and below. */
um_status umi_safetensors_header_length(const unsigned char *prefix, size_t file_size,
                                        const char *name, size_t *length, um_error *error)
    __attribute__((warn_unused_result));

/* Reads the header of a file with data_size bytes of data behind it. UM_ERR_DATA unless it is a
 * valid JSON object without double keys, metadata are strings, every shape times its dtype's size
 * is its range of bytes, and the tensors tile the data: no gap, no overlap, nothing left over.
 * UM_ERR_MEMORY. On failure *out is NULL. */
um_status umi_safetensors_parse(const char *header, size_t length, size_t data_size,
                                const char *name, umi_safetensors **out, um_error *error)
    __attribute__((warn_unused_result));

/* NULL is fine. */
void umi_safetensors_free(umi_safetensors *safetensors);

/* Lays a file out: takes name, dtype and shape of the tensors, fills in begin and n_bytes in the
 * order given, and returns the file in *bytes (umi_free) with room for the data, which begins at
 * *bytes + *data_begin. `metadata`, an object of strings or NULL, is the call's to free from here
 * on. UM_ERR_ARGUMENT for a dtype or shape that cannot be, or a header over the limit;
 * UM_ERR_MEMORY. */
um_status umi_safetensors_format(umi_tensor *tensors, size_t n_tensors, umi_json *metadata,
                                 unsigned char **bytes, size_t *n_bytes, size_t *data_begin,
                                 um_error *error) __attribute__((warn_unused_result));

#endif
