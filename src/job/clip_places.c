#include "job/clip_places.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/place.h"
#include "io/text.h"
#include "job/alone_points.h"

#include <stdio.h>
#include <string.h>

/* Frames that are looked at: half a minute of music. */
enum { FRAMES_MAX = 1024 };

static const double ALONE = 0.8;

/* The clip of a source whose place fits worse than this misleads. Measured on mixtures with clips
 * of their own, all above 0, and moved ones. */
static const double MISPLACED = -0.25;

typedef struct checker {
    const umi_sources *sources;
    size_t n_channels, n_bins;
    umi_place_fit *fits; /* n_known */
} checker;

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to look for places");
}

static void add_points(void *user, size_t source, const float *spectrum)
{
    const checker *c = user;
    umi_place_fit_add(&c->fits[source], c->sources->known[source].covariance, spectrum,
                      c->n_channels, c->n_bins);
}

/* All atoms, one source's after the other's; to be freed. */
static um_view all_atoms(const umi_sources *sources, size_t *source_of)
{
    size_t row = 0, n = 0;
    for (size_t s = 0; s < sources->n_known; s++) {
        n += sources->known[s].W.rows;
    }
    um_view W = umi_matrix_new(n, sources->known[0].W.cols);
    for (size_t s = 0; W.data != NULL && s < sources->n_known; s++) {
        um_cview from = sources->known[s].W;
        for (size_t k = 0; k < from.rows; k++, row++) {
            memcpy(um_row(W, row), um_crow(from, k), W.cols * sizeof(float));
            source_of[row] = s;
        }
    }
    return W;
}

static bool all_are_placed(const umi_sources *sources)
{
    for (size_t s = 0; s < sources->n_known; s++) {
        if (sources->known[s].covariance == NULL) {
            return false;
        }
    }
    return sources->n_known > 1;
}

static void warn(const checker *c, umi_sources *sources, const umi_watch *watch)
{
    char text[UMI_DISPLAY_MAX];
    bool misplaced = false;
    for (size_t s = 0; s < sources->n_known; s++) {
        const umi_place_fit *fit = &c->fits[s];
        if (!(fit->sum < MISPLACED * fit->weight)) {
            continue;
        }
        misplaced = true;
        (void)snprintf(text, sizeof text,
                       "the clip of '%s' sits elsewhere between the channels than that source of "
                       "the recording; places are not made use of",
                       sources->known[s].label);
        umi_watch_warn(watch, text);
    }
    for (size_t s = 0; misplaced && s < sources->n_known; s++) {
        sources->known[s].covariance = NULL;
        sources->known[s].G.data = NULL;
    }
}

um_status umi_clip_places_check(const umi_clip_places_config *config, umi_recording *recording,
                                umi_sources *sources, um_error *error)
{
    if (!all_are_placed(sources) || recording->format.channels < 2) {
        return UM_OK;
    }
    checker c = {sources, recording->format.channels, sources->known[0].W.cols,
                 umi_alloc(sources->n_known, sizeof *c.fits)};
    size_t n_atoms = 0;
    for (size_t s = 0; s < sources->n_known; s++) {
        n_atoms += sources->known[s].W.rows;
    }
    size_t *source_of = umi_alloc(n_atoms, sizeof *source_of);
    um_view W = {NULL, 0, 0, 0};
    um_status status = UM_ERR_MEMORY;
    if (source_of != NULL) {
        W = all_atoms(sources, source_of);
    }
    if (c.fits == NULL || W.data == NULL) {
        status = out_of_memory(error);
    } else {
        umi_alone_config alone = {.stft = config->stft,
                                  .W = um_const_view(W),
                                  .source_of = source_of,
                                  .n_sources = sources->n_known,
                                  .alone = ALONE,
                                  .n_frames = FRAMES_MAX,
                                  .seed = config->seed,
                                  .parallel = config->parallel,
                                  .progress = config->watch->progress,
                                  .take = add_points,
                                  .user = &c};
        status = umi_alone_points(&alone, recording, error);
    }
    if (status == UM_OK) {
        warn(&c, sources, config->watch);
    }
    umi_free(c.fits);
    umi_free(source_of);
    umi_free(W.data);
    return status;
}
