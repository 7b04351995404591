#include "format/safetensors.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The data of a file that is written begins at a multiple of this, so that a reader that maps the
 * file finds its numbers aligned. */
enum { DATA_ALIGNMENT = 8 };

/* Room for a name or value from the file in a message. */
enum { SHOWN_SIZE = 64 };

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
              {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
              {"U32", 4},  {"F32", 4}, {"I64", 8}, {"U64", 8},     {"F64", 8}};

enum { N_DTYPES = sizeof dtypes / sizeof dtypes[0] };

/* The tensor's size by its shape and dtype; false when the dtype is unknown or the product
 * overflows. On success tensor->dtype is the table's string. */
static bool tensor_size(umi_tensor *tensor, size_t *n_bytes)
{
    size_t i = 0;
    while (i < N_DTYPES && strcmp(dtypes[i].name, tensor->dtype) != 0) {
        i++;
    }
    if (i == N_DTYPES) {
        return false;
    }
    tensor->dtype = dtypes[i].name;
    *n_bytes = dtypes[i].size;
    for (size_t d = 0; d < tensor->n_dimensions; d++) {
        if (!umi_multiply(*n_bytes, tensor->shape[d], n_bytes)) {
            return false;
        }
    }
    return true;
}

um_status umi_safetensors_header_length(const unsigned char *prefix, size_t file_size,
                                        const char *name, size_t *length, um_error *error)
{
    if (file_size == 0) {
        return umi_error_set(error, UM_ERR_DATA, "%s: empty file", name);
    }
    if (file_size < UMI_SAFETENSORS_PREFIX) {
        return umi_error_set(error, UM_ERR_DATA, "%s: %zu bytes are too few for a safetensors file",
                             name, file_size);
    }
    uint64_t value = 0;
    for (size_t i = UMI_SAFETENSORS_PREFIX; i-- > 0;) {
        value = value << 8 | prefix[i];
    }
    if (value < 2 || value > UMI_SAFETENSORS_HEADER_MAX) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: not a safetensors file: header length %" PRIu64
                             " is outside 2..%d",
                             name, value, UMI_SAFETENSORS_HEADER_MAX);
    }
    if (value > file_size - UMI_SAFETENSORS_PREFIX) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: truncated: a header of %" PRIu64
                             " bytes in a file of %zu; copy the "
                             "file again",
                             name, value, file_size);
    }
    *length = (size_t)value;
    return UM_OK;
}

/* -- Reading a header -------------------------------------------------------------------------- */

/* An array of integers that are no less than 0, e.g. a shape. */
static bool read_sizes(const umi_json *array, size_t n_max, size_t *sizes, size_t *n)
{
    *n = umi_json_length(array);
    if (!umi_json_is_array(array) || *n > n_max) {
        return false;
    }
    for (size_t i = 0; i < *n; i++) {
        int64_t value;
        if (!umi_json_get_integer(umi_json_at(array, i), &value) || value < 0 ||
            (uint64_t)value > SIZE_MAX) {
            return false;
        }
        sizes[i] = (size_t)value;
    }
    return true;
}

static um_status read_tensor(umi_json_entry entry, size_t data_size, const char *name,
                             umi_tensor *tensor, um_error *error)
{
    char shown[SHOWN_SIZE];
    char shown_dtype[SHOWN_SIZE];
    umi_utf8_printable(entry.key, shown, sizeof shown);
    umi_json *json = entry.value;
    const char *dtype = umi_json_get_string(umi_json_get(json, "dtype"));
    const umi_json *shape = umi_json_get(json, "shape");
    const umi_json *offsets = umi_json_get(json, "data_offsets");
    if (dtype == NULL || shape == NULL || offsets == NULL || umi_json_length(json) != 3) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: %s: a tensor has dtype, shape and data_offsets, and nothing else",
                             name, shown);
    }
    tensor->name = entry.key;
    tensor->dtype = dtype;
    size_t range[2];
    size_t n_range;
    if (!read_sizes(shape, UMI_TENSOR_DIMENSIONS_MAX, tensor->shape, &tensor->n_dimensions)) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: %s: shape is not an array of at most %d sizes >= 0", name, shown,
                             UMI_TENSOR_DIMENSIONS_MAX);
    }
    if (!read_sizes(offsets, 2, range, &n_range) || n_range != 2 || range[0] > range[1]) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: %s: data_offsets are not [begin, end] with 0 <= begin <= end",
                             name, shown);
    }
    size_t n_bytes;
    if (!tensor_size(tensor, &n_bytes)) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: %s: dtype \"%s\" is unknown, or the shape is larger than any "
                             "memory",
                             name, shown, umi_utf8_printable(dtype, shown_dtype, SHOWN_SIZE));
    }
    if (n_bytes != range[1] - range[0]) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: %s: the shape needs %zu bytes, data_offsets hold %zu", name,
                             shown, n_bytes, range[1] - range[0]);
    }
    if (range[1] > data_size) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: %s: truncated: the tensor ends at byte %zu of %zu bytes of data; "
                             "copy the file again",
                             name, shown, range[1], data_size);
    }
    tensor->begin = range[0];
    tensor->n_bytes = n_bytes;
    return UM_OK;
}

static um_status read_metadata(umi_json *metadata, const char *name, um_error *error)
{
    bool ok = umi_json_is_object(metadata);
    umi_json_entry entry = umi_json_first(metadata);
    for (; ok && entry.key != NULL; entry = umi_json_next(metadata, entry)) {
        ok = umi_json_get_string(entry.value) != NULL;
    }
    return ok ? UM_OK
              : umi_error_set(error, UM_ERR_DATA, "%s: __metadata__ is not an object of strings",
                              name);
}

/* Empty tensors come before the one that begins at the same byte. */
static int compare_tensors(const void *left, const void *right)
{
    const umi_tensor *a = left;
    const umi_tensor *b = right;
    if (a->begin != b->begin) {
        return a->begin < b->begin ? -1 : 1;
    }
    return a->n_bytes < b->n_bytes ? -1 : a->n_bytes > b->n_bytes;
}

/* Sorts the tensors by place and checks that each begins where the one before ends. */
static um_status check_tiling(umi_safetensors *safetensors, size_t data_size, const char *name,
                              um_error *error)
{
    qsort(safetensors->tensors, safetensors->n_tensors, sizeof *safetensors->tensors,
          compare_tensors);
    size_t end = 0;
    for (size_t i = 0; i < safetensors->n_tensors; i++) {
        const umi_tensor *tensor = &safetensors->tensors[i];
        if (tensor->begin != end) {
            char shown[SHOWN_SIZE];
            return umi_error_set(error, UM_ERR_DATA, "%s: %s: %s before byte %zu of the data", name,
                                 umi_utf8_printable(tensor->name, shown, sizeof shown),
                                 tensor->begin > end ? "a gap" : "overlaps the tensor",
                                 tensor->begin > end ? tensor->begin : end);
        }
        end += tensor->n_bytes;
    }
    if (end != data_size) {
        return umi_error_set(error, UM_ERR_DATA, "%s: %zu trailing bytes that belong to no tensor",
                             name, data_size - end);
    }
    return UM_OK;
}

um_status umi_safetensors_parse(const char *header, size_t length, size_t data_size,
                                const char *name, umi_safetensors **out, um_error *error)
{
    *out = NULL;
    if (length == 0 || header[0] != '{') {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: not a safetensors file: the header does not begin with '{'",
                             name);
    }
    umi_safetensors *safetensors = umi_alloc(1, sizeof *safetensors);
    if (safetensors == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", name);
    }
    um_status status = umi_json_parse(header, length, name, &safetensors->header, error);
    if (status != UM_OK) {
        goto fail;
    }
    safetensors->tensors =
        umi_alloc(umi_json_length(safetensors->header), sizeof *safetensors->tensors);
    if (safetensors->tensors == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", name);
        goto fail;
    }
    umi_json_entry entry = umi_json_first(safetensors->header);
    for (; entry.key != NULL; entry = umi_json_next(safetensors->header, entry)) {
        if (strcmp(entry.key, "__metadata__") == 0) {
            safetensors->metadata = entry.value;
            status = read_metadata(entry.value, name, error);
        } else {
            status = read_tensor(entry, data_size, name,
                                 &safetensors->tensors[safetensors->n_tensors++], error);
        }
        if (status != UM_OK) {
            goto fail;
        }
    }
    status = check_tiling(safetensors, data_size, name, error);
    if (status != UM_OK) {
        goto fail;
    }
    *out = safetensors;
    return UM_OK;

fail:
    umi_safetensors_free(safetensors);
    return status;
}

void umi_safetensors_free(umi_safetensors *safetensors)
{
    if (safetensors != NULL) {
        umi_json_free(safetensors->header);
        umi_free(safetensors->tensors);
        umi_free(safetensors);
    }
}

/* -- Writing ----------------------------------------------------------------------------------- */

static umi_json *sizes_to_json(const size_t *sizes, size_t n)
{
    umi_json *array = umi_json_array();
    for (size_t i = 0; i < n; i++) {
        if (!umi_json_append(array, umi_json_integer((int64_t)sizes[i]))) {
            umi_json_free(array);
            return NULL;
        }
    }
    return array;
}

static umi_json *tensor_to_json(const umi_tensor *tensor)
{
    const size_t range[2] = {tensor->begin, tensor->begin + tensor->n_bytes};
    umi_json *json = umi_json_object();
    if (umi_json_set(json, "dtype", umi_json_string(tensor->dtype)) &&
        umi_json_set(json, "shape", sizes_to_json(tensor->shape, tensor->n_dimensions)) &&
        umi_json_set(json, "data_offsets", sizes_to_json(range, 2))) {
        return json;
    }
    umi_json_free(json);
    return NULL;
}

/* The header as text; NULL when memory is short. Takes `metadata`, which may be NULL. */
static char *header_text(const umi_tensor *tensors, size_t n_tensors, umi_json *metadata)
{
    umi_json *header = umi_json_object();
    bool ok = metadata == NULL || umi_json_set(header, "__metadata__", metadata);
    for (size_t i = 0; ok && i < n_tensors; i++) {
        ok = umi_json_set(header, tensors[i].name, tensor_to_json(&tensors[i]));
    }
    char *text = ok ? umi_json_to_line(header) : NULL;
    umi_json_free(header);
    return text;
}

um_status umi_safetensors_format(umi_tensor *tensors, size_t n_tensors, umi_json *metadata,
                                 unsigned char **bytes, size_t *n_bytes, size_t *data_begin,
                                 um_error *error)
{
    *bytes = NULL;
    size_t data_size = 0;
    for (size_t i = 0; i < n_tensors; i++) {
        tensors[i].begin = data_size;
        if (tensors[i].n_dimensions > UMI_TENSOR_DIMENSIONS_MAX ||
            !tensor_size(&tensors[i], &tensors[i].n_bytes) ||
            __builtin_add_overflow(data_size, tensors[i].n_bytes, &data_size) ||
            data_size > SIZE_MAX / 4) {
            umi_json_free(metadata);
            return umi_error_set(error, UM_ERR_ARGUMENT, "tensor %s: dtype or shape is impossible",
                                 tensors[i].name);
        }
    }
    char *header = header_text(tensors, n_tensors, metadata);
    if (header == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for a safetensors header");
    }
    size_t length = strlen(header);
    size_t padded = (length + DATA_ALIGNMENT - 1) / DATA_ALIGNMENT * DATA_ALIGNMENT;
    um_status status = UM_OK;
    if (padded > UMI_SAFETENSORS_HEADER_MAX) {
        status = umi_error_set(error, UM_ERR_ARGUMENT,
                               "the safetensors header takes %zu bytes; at most %d can be read",
                               padded, UMI_SAFETENSORS_HEADER_MAX);
        goto done;
    }
    unsigned char *file = umi_alloc(UMI_SAFETENSORS_PREFIX + padded + data_size, 1);
    if (file == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory for %zu bytes of tensors",
                               data_size);
        goto done;
    }
    for (size_t i = 0; i < UMI_SAFETENSORS_PREFIX; i++) {
        file[i] = (unsigned char)((uint64_t)padded >> 8 * i);
    }
    memcpy(file + UMI_SAFETENSORS_PREFIX, header, length);
    memset(file + UMI_SAFETENSORS_PREFIX + length, ' ', padded - length);
    *bytes = file;
    *data_begin = UMI_SAFETENSORS_PREFIX + padded;
    *n_bytes = *data_begin + data_size;

done:
    umi_free(header);
    return status;
}
