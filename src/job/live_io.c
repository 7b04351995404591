#include "job/live_io.h"

#include "core/memory.h"

#include <string.h>

/* Bytes, rounded up to what keeps the next object aligned. */
static size_t aligned(size_t bytes)
{
    return (bytes + UMI_ALIGNMENT - 1) / UMI_ALIGNMENT * UMI_ALIGNMENT;
}

size_t umi_live_io_bytes(void)
{
    size_t queue = umi_ring_bytes(UMI_LIVE_IO_FRAMES_MAX * UMI_LIVE_IO_CHANNELS_MAX);
    return aligned(sizeof(umi_live_io)) + 2 * aligned(queue);
}

void umi_live_io_begin(umi_live_io *io, size_t channels_in, size_t channels_out, size_t frames)
{
    char *memory = (char *)io + aligned(sizeof *io);
    io->channels_in = channels_in;
    io->channels_out = channels_out;
    io->in = umi_ring_place(memory, channels_in * frames);
    io->out = NULL;
    if (channels_out > 0) {
        memory += aligned(umi_ring_bytes(channels_in * frames));
        io->out = umi_ring_place(memory, channels_out * frames);
    }
    io->lead = io->gap = io->debt = 0;
    atomic_store(&io->period, 0);
}

static void count(atomic_uint_fast64_t *counter, size_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static void take(umi_live_io *io, const float *in, size_t n)
{
    if (!umi_ring_write(io->in, in, n * io->channels_in)) {
        io->gap += n;
        count(&io->overruns, 1);
        count(&io->dropped, n);
    }
}

static void play(umi_live_io *io, float *out, size_t n)
{
    size_t C = io->channels_out;
    size_t both = io->gap < io->debt ? io->gap : io->debt;
    io->gap -= both;
    io->debt -= both;
    io->debt -= umi_ring_read(io->out, NULL, io->debt * C) / C;
    size_t silent = io->gap < n ? io->gap : n;
    io->gap -= silent;
    memset(out, 0, silent * C * sizeof *out);
    size_t got = silent + umi_ring_read(io->out, out + silent * C, (n - silent) * C) / C;
    if (got < n) {
        memset(out + got * C, 0, (n - got) * C * sizeof *out);
        io->debt += n - got;
        count(&io->overruns, 1);
        count(&io->dropped, n - got);
    }
}

void umi_live_io_process(void *user, const float *in, float *out, size_t n_frames, unsigned flags)
{
    umi_live_io *io = user;
    if (n_frames > io->lead) {
        io->gap += n_frames - io->lead;
        io->lead = n_frames;
        atomic_store_explicit(&io->period, n_frames, memory_order_relaxed);
    }
    if (flags != 0) {
        count(&io->overruns, 1);
    }
    take(io, in, n_frames);
    if (out != NULL) {
        play(io, out, n_frames);
    }
}
