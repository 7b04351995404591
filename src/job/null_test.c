#include "job/null_test.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/progress.h"

#include <math.h>

enum { BLOCK_FRAMES = 4096 };

/* Room for one block, in each form that a reader gives. */
typedef struct block {
    float *floats;
    int32_t *whole;
    double *difference;
    size_t n_channels;
} block;

/* difference += sign * the next n_frames of `reader`, full scale 1. Whole numbers are read as such:
 * float would cut the last bits of 32. */
static um_status add_block(umi_audio_reader *reader, double sign, block *b, size_t n_frames,
                           size_t *n_read, um_error *error)
{
    unsigned bits = umi_sample_bits(umi_audio_reader_format(reader)->sample);
    if (bits == 0) {
        um_status status = umi_audio_reader_read_float(reader, b->floats, n_frames, n_read, error);
        for (size_t i = 0; status == UM_OK && i < *n_read * b->n_channels; i++) {
            b->difference[i] += sign * (double)b->floats[i];
        }
        return status;
    }
    double scale = ldexp(sign, 1 - (int)bits);
    um_status status = umi_audio_reader_read_int(reader, b->whole, n_frames, n_read, error);
    for (size_t i = 0; status == UM_OK && i < *n_read * b->n_channels; i++) {
        b->difference[i] += scale * (double)b->whole[i];
    }
    return status;
}

static um_status report(const um_progress *progress, uint64_t done, uint64_t total, um_error *error)
{
    return umi_progress_report(progress, (double)done, (double)total, NAN)
               ? UM_OK
               : umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
}

static um_status compare(umi_recording *recording, umi_audio_reader **stems, size_t n_stems,
                         const um_progress *progress, block *b, double *peak, um_error *error)
{
    um_status status = umi_recording_rewind(recording, error);
    size_t n_frames = BLOCK_FRAMES;
    uint64_t done = 0;
    /* The last block is not full, so that a stem which goes on is seen. */
    while (status == UM_OK && n_frames == BLOCK_FRAMES) {
        for (size_t i = 0; i < BLOCK_FRAMES * b->n_channels; i++) {
            b->difference[i] = 0.0;
        }
        status = add_block(recording->reader, 1.0, b, BLOCK_FRAMES, &n_frames, error);
        for (size_t s = 0; s < n_stems && status == UM_OK; s++) {
            size_t n_read;
            status = add_block(stems[s], -1.0, b, BLOCK_FRAMES, &n_read, error);
            if (status == UM_OK && n_read != n_frames) {
                status = umi_error_set(error, UM_ERR_IO, "%s: %s than the recording",
                                       umi_audio_reader_name(stems[s]),
                                       n_read < n_frames ? "shorter" : "longer");
            }
        }
        for (size_t i = 0; status == UM_OK && i < n_frames * b->n_channels; i++) {
            double size = fabs(b->difference[i]);
            *peak = size > *peak ? size : *peak;
        }
        done += n_frames;
        if (status == UM_OK) {
            status = report(progress, done, recording->n_frames, error);
        }
    }
    return status;
}

static um_status open_stem(const char *path, size_t n_channels, umi_audio_reader **stem,
                           um_error *error)
{
    umi_audio_reader_options options = {0};
    um_status status = umi_audio_reader_open(path, &options, stem, error);
    if (status == UM_OK && umi_audio_reader_format(*stem)->channels != n_channels) {
        status = umi_error_set(error, UM_ERR_IO, "%s: has not the channels of the recording",
                               umi_audio_reader_name(*stem));
    }
    return status;
}

um_status umi_null_test(umi_recording *recording, const char *const *paths, size_t n_stems,
                        const um_progress *progress, double *peak, um_error *error)
{
    size_t n_values = BLOCK_FRAMES * recording->format.channels;
    block b = {umi_alloc(n_values, sizeof(float)), umi_alloc(n_values, sizeof(int32_t)),
               umi_alloc(n_values, sizeof(double)), recording->format.channels};
    *peak = 0.0;
    um_status status = UM_OK;
    umi_audio_reader **stems = umi_alloc(n_stems, sizeof(umi_audio_reader *));
    if (stems == NULL || b.floats == NULL || b.whole == NULL || b.difference == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory to check the stems");
    }
    for (size_t s = 0; s < n_stems && status == UM_OK; s++) {
        status = open_stem(paths[s], b.n_channels, &stems[s], error);
    }
    if (status == UM_OK) {
        status = compare(recording, stems, n_stems, progress, &b, peak, error);
    }
    for (size_t s = 0; stems != NULL && s < n_stems; s++) {
        umi_audio_reader_free(stems[s]);
    }
    umi_free(stems);
    umi_free(b.floats);
    umi_free(b.whole);
    umi_free(b.difference);
    return status;
}
