#include "job/live_io.h"

#include <string.h>

bool umi_live_io_init(umi_live_io *io, size_t channels_in, size_t channels_out, size_t frames)
{
    memset(io, 0, sizeof *io);
    io->channels_in = channels_in;
    io->channels_out = channels_out;
    io->in = umi_ring_new(channels_in * frames);
    io->out = channels_out > 0 ? umi_ring_new(channels_out * frames) : NULL;
    return io->in != NULL && (channels_out == 0 || io->out != NULL);
}

void umi_live_io_free(umi_live_io *io)
{
    umi_ring_free(io->in);
    umi_ring_free(io->out);
    io->in = io->out = NULL;
}

void umi_live_io_reset(umi_live_io *io)
{
    umi_ring_clear(io->in);
    if (io->out != NULL) {
        umi_ring_clear(io->out);
    }
    io->lead = io->gap = io->debt = 0;
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
