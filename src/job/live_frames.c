#include "job/live_frames.h"

#include "core/matrix.h"
#include "core/memory.h"

#include <string.h>

bool umi_live_frames_init(umi_live_frames *f, size_t n_frames, size_t n_bins)
{
    memset(f, 0, sizeof *f);
    f->V = umi_matrix_new(n_frames, n_bins);
    f->every = 1;
    return f->V.data != NULL;
}

void umi_live_frames_free(umi_live_frames *f)
{
    umi_free(f->V.data);
    memset(f, 0, sizeof *f);
}

static void put(umi_live_frames *f, size_t row, const float *frame)
{
    memcpy(um_row(f->V, row), frame, f->V.cols * sizeof *frame);
}

void umi_live_frames_keep_last(umi_live_frames *f, const float *frame)
{
    put(f, f->next, frame);
    f->next = f->next + 1 < f->V.rows ? f->next + 1 : 0;
    f->n += f->n < f->V.rows ? 1 : 0;
}

void umi_live_frames_keep_all(umi_live_frames *f, const float *frame)
{
    if (f->n_heard++ % f->every != 0) {
        return;
    }
    if (f->n == f->V.rows) {
        for (size_t i = 0; 2 * i < f->n; i++) {
            put(f, i, um_row(f->V, 2 * i));
        }
        f->n = (f->n + 1) / 2;
        f->every *= 2;
        if ((f->n_heard - 1) % f->every != 0) {
            return;
        }
    }
    put(f, f->n++, frame);
}

um_cview umi_live_frames_kept(const umi_live_frames *f)
{
    return (um_cview){f->V.data, f->n, f->V.cols, f->V.stride};
}
