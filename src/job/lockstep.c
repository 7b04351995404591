#include "job/lockstep.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/audio_reader.h"

#include <inttypes.h>

/* Samples of each file that are in memory at a time. */
enum { BLOCK_SAMPLES = 16384 };

typedef struct member {
    umi_audio_reader *reader;
    float *samples;
} member;

struct umi_lockstep {
    member *members;
    size_t n_members;
    size_t block_frames;
    size_t n_frames; /* in the block at hand */
    uint64_t done;   /* frames before it */
};

static um_status no_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to read the files");
}

/* Opens a file and compares its format with that of the first. */
static um_status open_member(umi_lockstep *files, member *opened, const char *path, um_error *error)
{
    const umi_audio_reader_options options = {0};
    um_status status = umi_audio_reader_open(path, &options, &opened->reader, error);
    if (status != UM_OK) {
        return status;
    }
    const umi_audio_format *first = umi_lockstep_format(files);
    const umi_audio_format *format = umi_audio_reader_format(opened->reader);
    if (format->sample_rate != first->sample_rate) {
        return umi_error_set(error, UM_ERR_DATA, "%s is at %g Hz, but %s at %g Hz",
                             umi_audio_reader_name(files->members[0].reader), first->sample_rate,
                             umi_audio_reader_name(opened->reader), format->sample_rate);
    }
    if (format->channels != first->channels) {
        return umi_error_set(error, UM_ERR_DATA, "%s has %zu channels, but %s has %zu",
                             umi_audio_reader_name(files->members[0].reader), first->channels,
                             umi_audio_reader_name(opened->reader), format->channels);
    }
    files->block_frames = BLOCK_SAMPLES / format->channels;
    opened->samples = umi_alloc(files->block_frames * format->channels, sizeof *opened->samples);
    return opened->samples == NULL ? no_memory(error) : UM_OK;
}

um_status umi_lockstep_new(const char *const *paths, size_t n_files, umi_lockstep **out,
                           um_error *error)
{
    *out = NULL;
    umi_lockstep *files = umi_alloc(1, sizeof *files);
    if (files == NULL) {
        return no_memory(error);
    }
    files->members = umi_alloc(n_files, sizeof *files->members);
    um_status status = files->members == NULL ? no_memory(error) : UM_OK;
    for (size_t i = 0; i < n_files && status == UM_OK; i++) {
        files->n_members = i + 1;
        status = open_member(files, &files->members[i], paths[i], error);
    }
    if (status != UM_OK) {
        umi_lockstep_free(files);
        return status;
    }
    *out = files;
    return UM_OK;
}

void umi_lockstep_free(umi_lockstep *files)
{
    if (files == NULL) {
        return;
    }
    for (size_t i = 0; i < files->n_members; i++) {
        umi_audio_reader_free(files->members[i].reader);
        umi_free(files->members[i].samples);
    }
    umi_free(files->members);
    umi_free(files);
}

const umi_audio_format *umi_lockstep_format(const umi_lockstep *files)
{
    return umi_audio_reader_format(files->members[0].reader);
}

uint64_t umi_lockstep_frames(const umi_lockstep *files)
{
    return umi_audio_reader_frames(files->members[0].reader);
}

static um_status length_error(const umi_lockstep *files, const member *shorter,
                              const member *longer, size_t n_read, um_error *error)
{
    return umi_error_set(error, UM_ERR_DATA, "%s ends after %" PRIu64 " frames, but %s goes on",
                         umi_audio_reader_name(shorter->reader), files->done + n_read,
                         umi_audio_reader_name(longer->reader));
}

um_status umi_lockstep_read(umi_lockstep *files, size_t *n_frames, um_error *error)
{
    const member *first = &files->members[0];
    files->done += files->n_frames;
    files->n_frames = 0;
    *n_frames = 0;
    size_t n_first = 0;
    for (size_t i = 0; i < files->n_members; i++) {
        const member *next = &files->members[i];
        size_t n;
        um_status status = umi_audio_reader_read_float(next->reader, next->samples,
                                                       files->block_frames, &n, error);
        if (status != UM_OK) {
            return status;
        }
        if (i == 0) {
            n_first = n;
        } else if (n < n_first) {
            return length_error(files, next, first, n, error);
        } else if (n > n_first) {
            return length_error(files, first, next, n_first, error);
        }
    }
    files->n_frames = n_first;
    *n_frames = n_first;
    return UM_OK;
}

um_cview umi_lockstep_block(const umi_lockstep *files, size_t i)
{
    return um_cview_of(files->members[i].samples, files->n_frames,
                       umi_lockstep_format(files)->channels);
}

um_status umi_lockstep_rewind(umi_lockstep *files, um_error *error)
{
    files->n_frames = 0;
    files->done = 0;
    um_status status = UM_OK;
    for (size_t i = 0; i < files->n_members && status == UM_OK; i++) {
        status = umi_audio_reader_rewind(files->members[i].reader, error);
    }
    return status;
}

const char *umi_lockstep_warning(umi_lockstep *files, size_t i, size_t i_warning)
{
    return umi_audio_reader_warning(files->members[i].reader, i_warning);
}
