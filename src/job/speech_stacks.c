#include "job/speech_stacks.h"

#include "core/error.h"
#include "core/progress.h"
#include "core/stack.h"
#include "job/frame_draw.h"
#include "job/frame_walk.h"
#include "job/speech_transform.h"
#include "unmingle/denoiser.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { AFTER = UM_DENOISER_STACKED / 2 }; /* frames that a stack has after the one in its middle */

/* Stacks on their way from the walk into M. */
typedef struct stacking {
    um_view M;
    size_t n_stacked;
    uint64_t n_frames; /* of the recording */
    umi_frame_draw draw;
    uint64_t middle; /* frame that the next row is round; UINT64_MAX: no row is left */
    float latest[UM_DENOISER_STACKED][UMI_SPEECH_BINS]; /* frames, the last row the latest */
    size_t n_latest;
    umi_frame_taker taker;
    const um_progress *progress;
    uint64_t n_done, n_samples;
} stacking;

/* The last frame that the stack round `middle` needs. */
static uint64_t last_needed(const stacking *s)
{
    return s->middle + AFTER < s->n_frames ? s->middle + AFTER : s->n_frames - 1;
}

/* Goes on to the next stack: to the first frame that it needs, from frame `come` on, which is yet
 * to come. */
static void aim(stacking *s, uint64_t come)
{
    s->middle = umi_frame_draw_next(&s->draw);
    if (s->middle == UINT64_MAX) {
        s->taker.next = UINT64_MAX;
    } else {
        s->taker.next = s->middle > come + AFTER ? s->middle - AFTER : come;
    }
}

static um_status take(void *user, const float *magnitudes, const float *spectra, um_error *error)
{
    (void)spectra;
    stacking *s = user;
    uint64_t i_frame = s->taker.next;
    (void)error;
    if (s->n_latest == UM_DENOISER_STACKED) {
        memmove(s->latest[0], s->latest[1], sizeof s->latest - sizeof s->latest[0]);
        s->n_latest--;
    }
    memcpy(s->latest[s->n_latest++], magnitudes, sizeof s->latest[0]);
    s->taker.next++;
    while (s->middle != UINT64_MAX && last_needed(s) == i_frame) {
        um_cview latest = um_cview_of(s->latest[0], s->n_latest, UMI_SPEECH_BINS);
        umi_stack_frame(latest, s->n_latest - 1 - (size_t)(i_frame - s->middle),
                        UM_DENOISER_STACKED, um_row(s->M, s->n_stacked++));
        aim(s, i_frame + 1);
    }
    return UM_OK;
}

static um_status advance(void *user, size_t n_samples, um_error *error)
{
    stacking *s = user;
    s->n_done += n_samples;
    return umi_progress_report(s->progress, (double)s->n_done, (double)s->n_samples, NAN)
               ? UM_OK
               : umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
}

um_status umi_speech_stacks_read(const umi_speech_stacks_config *config, umi_recording *recording,
                                 um_view M, um_error *error)
{
    assert(M.cols == UM_DENOISER_STACKED * UMI_SPEECH_BINS);
    assert(um_stft_n_bins(config->stft) >= UMI_SPEECH_BINS);
    stacking s = {.M = M,
                  .n_frames = umi_frame_walk_frames(config->stft, recording->n_frames),
                  .progress = config->progress,
                  .n_samples = recording->n_frames};
    s.draw = umi_frame_draw_start(s.n_frames, M.rows, 1, config->seed);
    s.taker = (umi_frame_taker){UINT64_MAX, take, advance, &s};
    aim(&s, 0);
    umi_frame_walk_config walk = {config->stft, true, config->parallel, 0};
    return umi_frame_walk(&walk, recording, 0, recording->n_frames, &s.taker, error);
}
