#include "job/memory_budget.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/separator_batch.h"
#include "job/stream.h"

#include <math.h>

static const double mib = 1048576.0;

/* Code, libraries and small things, measured. */
static const double program_bytes = 25.0 * 1048576.0;

static const double frames_least = 256.0;

/* Frames of a tile and of a mask block, which every worker has scratch for; parts of V with
 * numerators of their own. See core. */
static const double tile_frames = 32.0, mask_frames = 8.0, parts = 8.0;

/* Threads that learn, as many as there are by default at most, and that separate beside frames that
 * stay: what is learned from must not depend on how many there are. */
static const double workers = 8.0, workers_beside_frames = 2.0;

/* Values of a frame in all channels. */
static double columns(const umi_memory_plan *p)
{
    return (double)umi_padded(p->n_bins * p->n_channels);
}

/* Values of a frame as atoms have them. */
static double points(const umi_memory_plan *p)
{
    return p->atom_frames > 1 ? (double)umi_padded(p->n_bins) : columns(p);
}

/* Rows of what V is compared with: atoms, of those that last every frame. */
static double rows(const umi_memory_plan *p)
{
    return (double)(p->n_components * (p->atom_frames > 1 ? p->atom_frames : 1));
}

/* A frame's part of V, of H, and of the start values' bases, which hold 10 columns more. */
static double frame_bytes(const umi_memory_plan *p)
{
    return sizeof(float) * (points(p) + 3.0 * ((double)p->n_components + 10.0));
}

/* All that learning takes besides the frames. */
static double learning_bytes(const umi_memory_plan *p)
{
    /* Floats for each atom: the numerators of the parts and the stacked dictionary, by columns; the
     * atoms, and the three matrices of the start values, by bins. */
    double atoms = rows(p) * ((parts + 1.0) * points(p) + 4.0 * (double)p->n_bins);
    double scratch = workers * tile_frames * (points(p) + rows(p));
    if (p->frames_stay || p->coupled) {
        /* How much of each atom repeats, or is struck, is found while all that is there: in tiles
         * of its own, from frames of what repeats. */
        scratch += 2.0 * workers * tile_frames * points(p) + rows(p) * points(p);
    }
    return program_bytes + sizeof(float) * (atoms + scratch);
}

/* Columns of H. */
static double activations(const umi_memory_plan *p)
{
    return (double)(p->n_components * (1 + p->n_shifts));
}

/* What every worker of a separator has for itself: a tile's ratio, products with the atoms, and
 * models of the stems. */
static double worker_floats(const umi_memory_plan *p)
{
    double S = (double)p->n_sources, masked = mask_frames, moved = 0.0, products = 2.0;
    if (p->n_shifts > 0) {
        masked = tile_frames;
        moved = 3.0; /* spectra as they are moved */
        products = 4.0;
    }
    double frames = tile_frames * (1.0 + moved) + masked * S;
    if (p->frames_stay || p->coupled) {
        frames += masked; /* what repeats of them, or is struck */
    }
    if (p->refits) {
        frames += tile_frames * S;
    }
    return points(p) * frames + products * tile_frames * activations(p) +
           (p->placed ? 2.0 * S * columns(p) : 0.0);
}

static double separating_bytes(const umi_memory_plan *p, double n_workers)
{
    double S = (double)p->n_sources, C = (double)p->n_channels;
    umi_separator_batch batch =
        umi_separator_batch_of(p->n_bins * p->n_channels, p->n_sources, p->atom_frames, p->coupled);
    double n_frames = (double)batch.n_frames, n_held = n_frames + 2.0 * (double)batch.halo;
    double held = n_held * (2.0 * columns(p) + points(p) + activations(p));
    double masked = (S - 1.0) * n_frames * 2.0 * columns(p);
    /* Sound that waits: of the stems, and thrice of the recording that they are to add up to. */
    double late = (double)umi_separator_batch_late(batch);
    double fifo = (double)p->hop * C * ((S - 1.0) * (n_frames + 1.0 + late) + 3.0 * late);
    double streams = S * C * 8.0 * (double)p->n_bins;
    double blocks =
        2.0 * (S + 1.0) * C * (double)umi_stream_block_frames(p->n_channels, p->n_sources);
    double D = rows(p) * points(p);
    if (p->atom_frames > 1) {
        D *= parts + 3.0; /* what solves for H has numerators too, and copies */
    }
    if (p->placed) { /* and summed over channels; turned where atoms move */
        D += (p->n_shifts > 0 ? 2.0 : 1.0) * rows(p) * (double)p->n_bins;
    }
    /* As they were learned, in the model, in the separator, with what is made of them there. */
    double places = p->placed ? 4.0 * S * C * C * (double)p->n_bins : 0.0;
    return program_bytes + sizeof(float) * (held + masked + fifo + streams + blocks + D + places +
                                            n_workers * worker_floats(p));
}

/* Frames to learn from, beside all else that is there at the same time. */
static double frames_that_fit(const umi_memory_plan *p, double memory)
{
    double beside = learning_bytes(p);
    if (p->frames_stay) {
        beside = fmax(beside, separating_bytes(p, workers_beside_frames));
    }
    return fmax((memory - beside) / frame_bytes(p), frames_least);
}

size_t umi_memory_for_frames(const umi_memory_plan *plan, size_t memory)
{
    return (size_t)(frames_that_fit(plan, (double)memory) * points(plan) * sizeof(float));
}

size_t umi_memory_workers(const umi_memory_plan *plan, size_t n_frames, size_t memory)
{
    double left = (double)memory - separating_bytes(plan, 0.0);
    if (plan->frames_stay) {
        left -= (double)n_frames * frame_bytes(plan);
    }
    double n = floor(left / (sizeof(float) * worker_floats(plan)));
    return (size_t)fmin(fmax(n, 1.0), (double)plan->n_workers);
}

um_status umi_memory_check(const umi_memory_plan *plan, size_t memory, um_error *error)
{
    double frames = frames_least * frame_bytes(plan);
    double needed = learning_bytes(plan) + frames;
    if (plan->n_sources > 0) {
        double separating = separating_bytes(plan, 1.0);
        needed = fmax(needed, separating + (plan->frames_stay ? frames : 0.0));
    }
    if (needed <= (double)memory) {
        return UM_OK;
    }
    return umi_error_set(error, UM_ERR_MEMORY,
                         "--memory: %.0f MiB are needed with these atoms, stems and channels, %.0f "
                         "MiB are allowed",
                         needed / mib + 1.0, (double)memory / mib);
}
