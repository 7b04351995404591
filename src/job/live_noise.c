#include "job/live_noise.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/quiet_frames.h"
#include "job/model.h"

#include <string.h>

enum { ATOMS = 8, ITERATIONS = 40, FRAMES_MIN = 4 };

static const double SHARE = 0.1; /* of the frames: those that count as noise */

um_view umi_live_noise_new(size_t n_bins)
{
    um_view W = umi_matrix_new(ATOMS, n_bins);
    for (size_t k = 0; W.data != NULL && k < W.rows; k++) {
        for (size_t f = 0; f < n_bins; f++) {
            um_row(W, k)[f] = 1.0f / (float)n_bins;
        }
    }
    return W;
}

/* Copies the quietest frames together; their matrix has no rows when there are too few. */
static um_view quietest(um_cview V)
{
    umi_quiet_frame *frames = umi_alloc(V.rows, sizeof *frames);
    double *levels = umi_alloc(V.cols, sizeof *levels);
    um_view quiet = {NULL, 0, V.cols, V.cols};
    if (frames != NULL && levels != NULL) {
        size_t there = umi_quiet_frames(V, frames, levels);
        size_t n = (size_t)(SHARE * (double)V.rows);
        n = n < FRAMES_MIN ? FRAMES_MIN : n;
        quiet = n <= there ? umi_matrix_new(n, V.cols) : quiet;
        for (size_t i = 0; quiet.data != NULL && i < n; i++) {
            memcpy(um_row(quiet, i), um_crow(V, frames[i].t), V.cols * sizeof(float));
        }
    }
    umi_free(frames);
    umi_free(levels);
    return quiet;
}

bool umi_live_noise_find(um_cview V, um_view W)
{
    um_view quiet = quietest(V);
    umi_model_config config = {.n_bins = V.cols,
                               .n_channels = 1,
                               .sample_rate = 1.0, /* which learning atoms alone does not look at */
                               .iterations = ITERATIONS,
                               .start = UMI_START_RANDOM,
                               .parallel = um_parallel_serial()};
    bool found = quiet.data != NULL &&
                 umi_model_learn_atoms(&config, um_const_view(quiet), NULL, W, NULL, NULL) == UM_OK;
    umi_free(quiet.data);
    return found;
}
