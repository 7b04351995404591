/* The dictionary file: safetensors with the tensors that dictionary.h describes, W and perhaps
 * gains and covariances, and the metadata that dictionary_metadata.c describes. */
#define _POSIX_C_SOURCE 200809L
#include "format/dictionary_internal.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/safetensors.h"
#include "format/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No dictionary is larger than this. */
static const uint64_t FILE_SIZE_MAX = UMI_SAFETENSORS_PREFIX + UMI_SAFETENSORS_HEADER_MAX +
                                      ((uint64_t)UM_DICTIONARY_COMPONENTS_MAX *
                                           (UM_DICTIONARY_BINS_MAX + UM_DICTIONARY_CHANNELS_MAX) +
                                       UM_DICTIONARY_COVARIANCES_MAX) *
                                          sizeof(float);

/* -- Bytes ------------------------------------------------------------------------------------- */

/* A file, or bytes in memory that stand for one. */
struct source {
    const char *name;
    const unsigned char *bytes; /* NULL for a file */
    int descriptor;
    size_t size;
    um_error *error;
};

static um_status read_at(const struct source *source, size_t offset, void *to, size_t n_bytes)
{
    if (source->bytes != NULL) {
        memcpy(to, source->bytes + offset, n_bytes);
        return UM_OK;
    }
    unsigned char *next = to;
    while (n_bytes > 0) {
        ssize_t n = pread(source->descriptor, next, n_bytes, (off_t)offset);
        if (n == 0) {
            return umi_error_set(source->error, UM_ERR_CHANGED,
                                 "%s: became shorter while it was read; try again", source->name);
        }
        if (n < 0 && errno != EINTR) {
            return umi_error_set(source->error, UM_ERR_IO, "%s: reading failed (errno %d)",
                                 source->name, errno);
        }
        if (n > 0) {
            next += n;
            offset += (size_t)n;
            n_bytes -= (size_t)n;
        }
    }
    return UM_OK;
}

/* Floats as the file has them, little endian, to the host's order and back. On most hosts the
 * compiler makes a plain copy of it. */
static void decode_floats(float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char byte[4];
        memcpy(byte, &values[i], 4);
        uint32_t bits =
            byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
        memcpy(&values[i], &bits, 4);
    }
}

static void encode_floats(const float *values, size_t n, unsigned char *bytes)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], 4);
        for (size_t b = 0; b < 4; b++) {
            bytes[4 * i + b] = (unsigned char)(bits >> 8 * b);
        }
    }
}

/* -- Reading ----------------------------------------------------------------------------------- */

static um_status read_header(const struct source *source, size_t *data_begin, umi_safetensors **out)
{
    unsigned char prefix[UMI_SAFETENSORS_PREFIX] = {0};
    size_t n_prefix = source->size < sizeof prefix ? source->size : sizeof prefix;
    um_status status = read_at(source, 0, prefix, n_prefix);
    if (status != UM_OK) {
        return status;
    }
    size_t length;
    status =
        umi_safetensors_header_length(prefix, source->size, source->name, &length, source->error);
    if (status != UM_OK) {
        return status;
    }
    char *header = umi_alloc(length, 1);
    if (header == NULL) {
        return umi_error_set(source->error, UM_ERR_MEMORY, "%s: not enough memory", source->name);
    }
    *data_begin = sizeof prefix + length;
    status = read_at(source, sizeof prefix, header, length);
    if (status == UM_OK) {
        status = umi_safetensors_parse(header, length, source->size - *data_begin, source->name,
                                       out, source->error);
    }
    umi_free(header);
    return status;
}

/* The last two sizes of W; plain atoms have one frame, and no size for it. */
static size_t frames_of(const umi_tensor *W)
{
    return W->n_dimensions == 3 ? W->shape[1] : 1;
}

static size_t bins_of(const umi_tensor *W)
{
    return W->shape[W->n_dimensions - 1];
}

/* The tensors of a dictionary; what it does not hold is NULL. */
struct tensors {
    const umi_tensor *W, *gains, *covariances;
};

/* A file of the first version must hold W alone, one of the second gains or covariances besides. */
static um_status find_tensors(const struct source *source, const umi_safetensors *file,
                              struct tensors *found)
{
    bool has_space = umi_dictionary_has_space(file->metadata);
    char shown[64];
    *found = (struct tensors){NULL, NULL, NULL};
    bool known = true;
    for (size_t i = 0; i < file->n_tensors; i++) {
        const umi_tensor *tensor = &file->tensors[i];
        if (strcmp(tensor->name, "W") == 0) {
            found->W = tensor;
        } else if (strcmp(tensor->name, "gains") == 0) {
            found->gains = tensor;
        } else if (strcmp(tensor->name, "covariances") == 0) {
            found->covariances = tensor;
        } else {
            known = false;
        }
    }
    if (!known || found->W == NULL ||
        has_space != (found->gains != NULL || found->covariances != NULL)) {
        return umi_error_set(source->error, UM_ERR_CONFIG,
                             "%s: not a dictionary: of tensors, it should hold W %s", source->name,
                             has_space ? "and gains, or covariances, or both" : "alone");
    }
    for (size_t i = 0; i < file->n_tensors; i++) {
        const umi_tensor *tensor = &file->tensors[i];
        if (strcmp(tensor->dtype, "F32") != 0) {
            return umi_error_set(
                source->error, UM_ERR_CONFIG, "%s: %s: dtype is %s and should be F32", source->name,
                tensor->name, umi_utf8_printable(tensor->dtype, shown, sizeof shown));
        }
    }
    return UM_OK;
}

/* W must have a shape that um_dictionary_new takes. */
static um_status check_atoms_tensor(const struct source *source, const umi_tensor *W)
{
    if ((W->n_dimensions != 2 && W->n_dimensions != 3) || W->shape[0] == 0 ||
        W->shape[0] > UM_DICTIONARY_COMPONENTS_MAX || frames_of(W) == 0 ||
        frames_of(W) > UM_DICTIONARY_FRAMES_MAX || bins_of(W) == 0 ||
        bins_of(W) > UM_DICTIONARY_BINS_MAX / frames_of(W)) {
        return umi_error_set(source->error, UM_ERR_CONFIG,
                             "%s: W: shape is not [1..%d atoms, 1..%d bins] or [1..%d atoms, 1..%d "
                             "frames, bins], %d values an atom at most",
                             source->name, UM_DICTIONARY_COMPONENTS_MAX, UM_DICTIONARY_BINS_MAX,
                             UM_DICTIONARY_COMPONENTS_MAX, UM_DICTIONARY_FRAMES_MAX,
                             UM_DICTIONARY_BINS_MAX);
    }
    return UM_OK;
}

static um_status read_rows(const struct source *source, size_t offset, um_view rows)
{
    um_status status = UM_OK;
    for (size_t r = 0; status == UM_OK && r < rows.rows; r++) {
        size_t row_bytes = rows.cols * sizeof(float);
        status = read_at(source, offset + r * row_bytes, um_row(rows, r), row_bytes);
        decode_floats(um_row(rows, r), rows.cols);
    }
    return status;
}

/* What a tensor may not be in shape, or has no room. */
static um_status reject_space(const struct source *source, const umi_tensor *tensor,
                              um_status status, const char *shape)
{
    return status == UM_ERR_MEMORY
               ? umi_error_set(source->error, status, "%s: not enough memory for %zu bytes of %s",
                               source->name, tensor->n_bytes, tensor->name)
               : umi_error_set(source->error, UM_ERR_CONFIG, "%s: %s: shape is not %s%s",
                               source->name, tensor->name, shape, UMI_DICTIONARY_CURE);
}

static um_status read_gains(const struct source *source, size_t data_begin, const umi_tensor *gains,
                            um_dictionary *dictionary)
{
    bool fits = gains->n_dimensions == 2 && gains->shape[0] == dictionary->W.rows;
    um_status status =
        fits ? um_dictionary_add_gains(dictionary, gains->shape[1]) : UM_ERR_ARGUMENT;
    return status == UM_OK ? read_rows(source, data_begin + gains->begin, dictionary->gains)
                           : reject_space(source, gains, status, "[atoms, 1..64 channels]");
}

static um_status read_covariances(const struct source *source, size_t data_begin,
                                  const umi_tensor *covariances, um_dictionary *dictionary)
{
    bool fits = covariances->n_dimensions == 3 &&
                covariances->shape[0] == um_dictionary_n_sources(dictionary) &&
                covariances->shape[1] == um_dictionary_n_bins(dictionary);
    size_t n_channels = fits ? umi_dictionary_covariance_channels(covariances->shape[2]) : 0;
    um_status status = um_dictionary_add_covariances(dictionary, n_channels);
    return status == UM_OK
               ? read_rows(source, data_begin + covariances->begin, dictionary->covariances)
               : reject_space(source, covariances, status,
                              "[different labels, bins, the square of 1..64 channels]");
}

static um_status read_dictionary(const struct source *source, um_dictionary **out)
{
    umi_safetensors *file = NULL;
    um_dictionary *dictionary = NULL;
    size_t data_begin = 0;
    um_status status = read_header(source, &data_begin, &file);
    if (status != UM_OK) {
        return status;
    }
    /* Memory for the atoms is not asked for before the metadata are known to be good. */
    um_dictionary read = {.stft = um_stft_config_default()};
    struct tensors tensors;
    status = umi_dictionary_read_fields(file->metadata, source->name, &read, source->error);
    if (status == UM_OK) {
        status = find_tensors(source, file, &tensors);
    }
    if (status == UM_OK) {
        status = check_atoms_tensor(source, tensors.W);
    }
    if (status != UM_OK) {
        goto done;
    }
    const umi_tensor *W = tensors.W;
    status = um_dictionary_new(W->shape[0], frames_of(W), bins_of(W), &dictionary);
    if (status != UM_OK) {
        umi_error_set(source->error, status, "%s: not enough memory for %zu bytes of atoms",
                      source->name, W->n_bytes);
        goto done;
    }
    read.W = dictionary->W;
    read.n_frames = dictionary->n_frames;
    read.labels = dictionary->labels;
    *dictionary = read;
    status = umi_dictionary_read_texts(file->metadata, source->name, dictionary, source->error);
    if (status == UM_OK) {
        status = read_rows(source, data_begin + W->begin, dictionary->W);
    }
    if (status == UM_OK && tensors.gains != NULL) {
        status = read_gains(source, data_begin, tensors.gains, dictionary);
    }
    if (status == UM_OK && tensors.covariances != NULL) {
        status = read_covariances(source, data_begin, tensors.covariances, dictionary);
    }
    if (status == UM_OK) {
        umi_dictionary_complaint complaint = {UM_ERR_CONFIG, source->name, UMI_DICTIONARY_CURE,
                                              source->error};
        status = umi_dictionary_check(dictionary, &complaint);
    }

done:
    umi_safetensors_free(file);
    if (status == UM_OK) {
        *out = dictionary;
    } else {
        um_dictionary_free(dictionary);
    }
    return status;
}

/* To the layers below, a bad file is bad data; as a dictionary it is bad configuration. */
static um_status read_source(const struct source *source, um_dictionary **out)
{
    um_status status = read_dictionary(source, out);
    if (status == UM_ERR_DATA) {
        status = UM_ERR_CONFIG;
        if (source->error != NULL) {
            source->error->status = status;
        }
    }
    return status;
}

um_status um_dictionary_parse(const void *bytes, size_t n_bytes, const char *name,
                              um_dictionary **out, um_error *error)
{
    *out = NULL;
    if (bytes == NULL || name == NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "bytes or name is NULL");
    }
    struct source source = {name, bytes, -1, n_bytes, error};
    return read_source(&source, out);
}

static um_status reject_open(const char *path, um_error *error)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return umi_error_set(error, UM_ERR_NO_INPUT, "%s: no such file", path);
    case EACCES:
    case EPERM:
        return umi_error_set(error, UM_ERR_PERMISSION, "%s: permission denied", path);
    case ENOMEM:
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", path);
    default:
        return umi_error_set(error, UM_ERR_IO, "%s: cannot be opened (errno %d)", path, errno);
    }
}

static um_status load(const char *path, um_dictionary **out, um_error *error)
{
    /* Opening a pipe that nobody writes to must not wait, nor a terminal become ours. */
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) {
        return reject_open(path, error);
    }
    um_status status;
    struct stat info;
    if (fstat(descriptor, &info) != 0) {
        status = umi_error_set(error, UM_ERR_IO, "%s: reading failed (errno %d)", path, errno);
    } else if (!S_ISREG(info.st_mode)) {
        status = umi_error_set(error, UM_ERR_CONFIG, "%s: %s, not a dictionary file", path,
                               S_ISDIR(info.st_mode) ? "a directory" : "a pipe or device");
    } else if ((uint64_t)info.st_size > FILE_SIZE_MAX) {
        status = umi_error_set(error, UM_ERR_CONFIG, "%s: too large to be a dictionary", path);
    } else {
        struct source source = {path, NULL, descriptor, (size_t)info.st_size, error};
        status = read_source(&source, out);
    }
    close(descriptor);
    return status;
}

um_status um_dictionary_load(const char *path, um_dictionary **out, um_error *error)
{
    *out = NULL;
    if (path == NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "path is NULL");
    }
    int saved_errno = errno;
    um_status status = load(path, out, error);
    errno = saved_errno;
    return status;
}

/* -- Writing ----------------------------------------------------------------------------------- */

enum { TENSORS_MAX = 3 };

/* The tensors of the file, and where their values are. */
static size_t list_tensors(const um_dictionary *d, umi_tensor tensors[TENSORS_MAX],
                           um_view views[TENSORS_MAX])
{
    size_t n_bins = um_dictionary_n_bins(d);
    size_t n = 0;
    views[n] = d->W;
    tensors[n++] =
        d->n_frames > 1
            ? (umi_tensor){.name = "W",
                           .dtype = "F32",
                           .shape = {d->W.rows, d->n_frames, n_bins},
                           .n_dimensions = 3}
            : (umi_tensor){
                  .name = "W", .dtype = "F32", .shape = {d->W.rows, d->W.cols}, .n_dimensions = 2};
    if (d->gains.data != NULL) {
        views[n] = d->gains;
        tensors[n++] = (umi_tensor){.name = "gains",
                                    .dtype = "F32",
                                    .shape = {d->gains.rows, d->gains.cols},
                                    .n_dimensions = 2};
    }
    if (d->covariances.data != NULL) {
        views[n] = d->covariances;
        tensors[n++] =
            (umi_tensor){.name = "covariances",
                         .dtype = "F32",
                         .shape = {d->covariances.rows, n_bins, d->covariances.cols / n_bins},
                         .n_dimensions = 3};
    }
    return n;
}

um_status um_dictionary_format(const um_dictionary *dictionary, void **bytes, size_t *n_bytes,
                               um_error *error)
{
    *bytes = NULL;
    umi_dictionary_complaint complaint = {UM_ERR_ARGUMENT, "dictionary", "", error};
    um_status status = umi_dictionary_check(dictionary, &complaint);
    if (status != UM_OK) {
        return status;
    }
    umi_json *metadata = umi_dictionary_metadata(dictionary);
    if (metadata == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "dictionary: not enough memory");
    }
    um_view views[TENSORS_MAX];
    umi_tensor tensors[TENSORS_MAX];
    size_t n_tensors = list_tensors(dictionary, tensors, views);
    unsigned char *file;
    size_t data_begin;
    status =
        umi_safetensors_format(tensors, n_tensors, metadata, &file, n_bytes, &data_begin, error);
    if (status != UM_OK) {
        return status;
    }
    for (size_t i = 0; i < n_tensors; i++) {
        unsigned char *to = file + data_begin + tensors[i].begin;
        for (size_t r = 0; r < views[i].rows; r++) {
            encode_floats(um_row(views[i], r), views[i].cols, to);
            to += views[i].cols * sizeof(float);
        }
    }
    *bytes = file;
    return UM_OK;
}

void um_dictionary_free_bytes(void *bytes)
{
    umi_free(bytes);
}
