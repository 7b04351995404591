#include "job/stream.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/progress.h"

#include <math.h>
#include <string.h>

enum { BLOCK_VALUES = 1 << 20, BLOCK_FRAMES_MIN = 2048, BLOCK_FRAMES_MAX = 1 << 18 };

typedef struct stream {
    umi_recording *recording;
    const umi_stream_splitter *splitter;
    umi_stems *stems;
    size_t n_stems, n_channels, n_block;
    size_t delay; /* of the splitter */
    size_t skip;  /* separated samples still to come that belong before the start */
    /* The mix from the first frame that is not written yet: up to delay + n_block frames. */
    float *mix;
    int32_t *whole;
    size_t n_mix;
    float *separated; /* n_stems x n_block x n_channels */
    um_view *sources;
    um_view *written; /* the part of `sources` that is written */
} stream;

size_t umi_stream_block_frames(size_t n_channels, size_t n_stems)
{
    size_t n = BLOCK_VALUES / (n_channels * n_stems);
    return n < BLOCK_FRAMES_MIN ? BLOCK_FRAMES_MIN : n > BLOCK_FRAMES_MAX ? BLOCK_FRAMES_MAX : n;
}

static bool allocate(stream *s)
{
    size_t n_mix, n_separated;
    if (!umi_multiply(s->n_block + s->delay, s->n_channels, &n_mix) ||
        !umi_multiply(s->n_block * s->n_channels, s->n_stems, &n_separated)) {
        return false;
    }
    s->mix = umi_alloc(n_mix, sizeof(float));
    s->whole = s->recording->bits != 0 ? umi_alloc(n_mix, sizeof(int32_t)) : NULL;
    s->separated = umi_alloc(n_separated, sizeof(float));
    s->sources = umi_alloc(s->n_stems, sizeof(um_view));
    s->written = umi_alloc(s->n_stems, sizeof(um_view));
    return s->mix != NULL && (s->whole != NULL || s->recording->bits == 0) &&
           s->separated != NULL && s->sources != NULL && s->written != NULL;
}

/* Separates the last n frames of the mix buffer and writes what came out, which belongs to its
 * first ones. */
static um_status push(stream *s, size_t n, um_error *error)
{
    size_t C = s->n_channels;
    size_t drop = s->skip < n ? s->skip : n;
    for (size_t i = 0; i < s->n_stems; i++) {
        s->sources[i] = um_view_of(s->separated + i * s->n_block * C, n, C);
        s->written[i] = um_view_of(um_row(s->sources[i], drop), n - drop, C);
    }
    um_cview in = um_cview_of(s->mix + (s->n_mix - n) * C, n, C);
    um_status status = s->splitter->push(s->splitter->user, in, s->sources, error);
    if (status != UM_OK) {
        return status;
    }
    s->skip -= drop;
    size_t n_out = n - drop;
    status = umi_stems_write(s->stems, s->written, s->mix, s->whole, n_out, error);
    s->n_mix -= n_out;
    memmove(s->mix, s->mix + n_out * C, s->n_mix * C * sizeof *s->mix);
    if (s->whole != NULL) {
        memmove(s->whole, s->whole + n_out * C, s->n_mix * C * sizeof *s->whole);
    }
    return status;
}

static um_status separate_all(stream *s, const um_progress *progress, um_error *error)
{
    uint64_t done = 0;
    size_t n_read = s->n_block;
    um_status status = umi_recording_rewind(s->recording, error);
    while (status == UM_OK && n_read == s->n_block) {
        size_t at = s->n_mix * s->n_channels;
        status =
            umi_recording_read(s->recording, s->mix + at, s->whole != NULL ? s->whole + at : NULL,
                               s->n_block, &n_read, error);
        if (status == UM_OK) {
            s->n_mix += n_read;
            status = push(s, n_read, error);
        }
        done += n_read;
        double total = fmax((double)done, (double)s->recording->n_frames);
        if (status == UM_OK && !umi_progress_report(progress, (double)done, total, NAN)) {
            status = umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
        }
    }
    if (status == UM_OK && done != s->recording->n_frames) {
        status = umi_error_set(error, UM_ERR_CHANGED, "%s: its length changed while it was read",
                               umi_audio_reader_name(s->recording->reader));
    }
    return status;
}

/* Silence after the end brings out the last `delay` frames. */
static um_status flush(stream *s, um_error *error)
{
    um_status status = UM_OK;
    for (size_t left = s->delay; left > 0 && status == UM_OK;) {
        size_t n = left < s->n_block ? left : s->n_block;
        memset(s->mix + s->n_mix * s->n_channels, 0, n * s->n_channels * sizeof *s->mix);
        s->n_mix += n;
        status = push(s, n, error);
        left -= n;
    }
    return status;
}

um_status umi_stream_split(umi_recording *recording, const umi_stream_splitter *splitter,
                           umi_stems *stems, size_t n_stems, const um_progress *progress,
                           um_error *error)
{
    stream s = {0};
    s.recording = recording;
    s.splitter = splitter;
    s.stems = stems;
    s.n_stems = n_stems;
    s.n_channels = recording->format.channels;
    s.n_block = umi_stream_block_frames(s.n_channels, n_stems);
    s.delay = splitter->delay;
    s.skip = s.delay;
    um_status status = allocate(&s)
                           ? separate_all(&s, progress, error)
                           : umi_error_set(error, UM_ERR_MEMORY, "not enough memory to separate");
    if (status == UM_OK) {
        status = flush(&s, error);
    }
    umi_free(s.mix);
    umi_free(s.whole);
    umi_free(s.separated);
    umi_free(s.sources);
    umi_free(s.written);
    return status;
}

static um_status push_to_separator(void *user, um_cview in, const um_view *stems, um_error *error)
{
    um_status status = um_separator_push(user, in, stems);
    return status == UM_ERR_ARGUMENT
               ? umi_error_set(error, UM_ERR_INTERNAL, "the separator refused a block")
               : status;
}

um_status umi_stream(umi_recording *recording, um_separator *separator, umi_stems *stems,
                     size_t n_stems, const um_progress *progress, um_error *error)
{
    umi_stream_splitter splitter = {um_separator_delay(separator), push_to_separator, separator};
    return umi_stream_split(recording, &splitter, stems, n_stems, progress, error);
}
