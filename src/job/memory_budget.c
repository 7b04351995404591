#include "job/memory_budget.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/stream.h"

static const double mib = 1048576.0;

/* Code, libraries and small things, measured. */
static const double program_bytes = 24.0 * 1048576.0;

static const double frames_least = 256.0;

/* Frames of a tile and of a mask block, which every worker has scratch for; the separator's batch
 * and its longest; parts of V with numerators of their own. See core. */
static const double tile_frames = 32.0, mask_frames = 8.0, parts = 8.0, workers = 8.0;
static const double batch_bytes = 16.0 * 1048576.0, batch_frames = 128.0;

static double columns(const umi_memory_plan *p)
{
    return (double)umi_padded(p->n_bins * p->n_channels);
}

/* A frame's part of V, of H, and of the start values' bases, which hold 10 columns more. */
static double frame_bytes(const umi_memory_plan *p)
{
    return sizeof(float) * (columns(p) + 3.0 * ((double)p->n_components + 10.0));
}

/* All that learning takes besides the frames. */
static double learning_bytes(const umi_memory_plan *p)
{
    double K = (double)p->n_components;
    /* Floats for each atom: the numerators of the parts and the stacked dictionary, by columns; the
     * atoms, and the three matrices of the start values, by bins. */
    double atoms = K * ((parts + 1.0) * columns(p) + 4.0 * (double)p->n_bins);
    /* For as many threads as there are by default at most: what is learned from must not depend on
     * how many there are. */
    double scratch = workers * tile_frames * columns(p);
    return program_bytes + sizeof(float) * (atoms + scratch);
}

static double separating_bytes(const umi_memory_plan *p)
{
    double S = (double)p->n_sources;
    double C = (double)p->n_channels;
    double frame = sizeof(float) * columns(p) * (2.0 * S + 1.0);
    double batch = frame > batch_bytes ? frame : batch_bytes;
    double n_frames = batch / frame < batch_frames ? batch / frame : batch_frames;
    double fifo = S * (n_frames + 1.0) * (double)p->hop * C;
    double streams = S * C * 8.0 * (double)p->n_bins;
    double scratch = (double)p->n_workers * columns(p) * (tile_frames + S * mask_frames);
    double blocks =
        2.0 * (S + 1.0) * C * (double)umi_stream_block_frames(p->n_channels, p->n_sources);
    double D = (double)p->n_components * columns(p);
    return program_bytes + n_frames * frame +
           sizeof(float) * (fifo + streams + scratch + blocks + D);
}

size_t umi_memory_for_frames(const umi_memory_plan *plan, size_t memory)
{
    double left = (double)memory - learning_bytes(plan);
    double frames = left > 0.0 ? left / frame_bytes(plan) : 0.0;
    return (size_t)((frames > frames_least ? frames : frames_least) * columns(plan) *
                    sizeof(float));
}

um_status umi_memory_check(const umi_memory_plan *plan, size_t memory, um_error *error)
{
    double needed = learning_bytes(plan) + frames_least * frame_bytes(plan);
    if (plan->n_sources > 0 && separating_bytes(plan) > needed) {
        needed = separating_bytes(plan);
    }
    if (needed <= (double)memory) {
        return UM_OK;
    }
    return umi_error_set(error, UM_ERR_MEMORY,
                         "--memory: %.0f MiB are needed with these atoms, stems and channels, %.0f "
                         "MiB are allowed",
                         needed / mib + 1.0, (double)memory / mib);
}
