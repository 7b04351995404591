/* What else than atoms tells of a source, in the separator: how much of every point is the first
 * source's. */
#include "core/memory.h"
#include "core/row_median.h"
#include "core/separator_internal.h"

#include <math.h>
#include <string.h>

/* Of the median filters: frames before and after, bins below and above. */
enum { MEDIAN_FRAMES = 8, MEDIAN_BINS = 12 };

/* Shares are kept from 0 and 1, so that neither side can overrule the other altogether. */
static const float LEAST_SHARE = 1e-6f;

size_t umi_separator_guide_floats(const um_separator *s)
{
    const um_separator_guide *guide = &s->config.guide;
    size_t n = 2 * umi_padded(s->n_points + 2 * MEDIAN_BINS);
    return guide->repetition != NULL ? n + um_repetition_scratch(guide->repetition, 1) : n;
}

/* Median over frequency, of what is struck, and over time, of what sounds on: Fitzgerald, DAFx
 * 2010. At the ends of the spectrum the outermost bin stands for those past it. */
static void share_by_medians(const um_separator *s, size_t i_frame, float *share, float *scratch)
{
    size_t F = s->n_bins, stride = umi_padded(s->n_points + 2 * MEDIAN_BINS);
    const float *frames[2 * MEDIAN_FRAMES + 1], *bins[2 * MEDIAN_BINS + 1];
    float *lasting = scratch, *row = scratch + stride;
    size_t n = 0, begin = i_frame > MEDIAN_FRAMES ? i_frame - MEDIAN_FRAMES : 0;
    for (size_t i = begin; i <= i_frame + MEDIAN_FRAMES && i < s->n_held; i++) {
        frames[n++] = um_row(s->V, i);
    }
    umi_row_median(frames, n, s->n_points, lasting);
    for (size_t c = 0; c < s->n_points / F; c++) {
        const float *v = um_row(s->V, i_frame) + c * F;
        for (size_t i = 0; i < MEDIAN_BINS; i++) {
            row[i] = v[0];
            row[MEDIAN_BINS + F + i] = v[F - 1];
        }
        memcpy(row + MEDIAN_BINS, v, F * sizeof *v);
        for (size_t i = 0; i <= 2 * MEDIAN_BINS; i++) {
            bins[i] = row + i;
        }
        umi_row_median(bins, 2 * MEDIAN_BINS + 1, F, share + c * F);
    }
    for (size_t i = 0; i < s->n_points; i++) {
        float largest = fmaxf(share[i], lasting[i]);
        float struck = largest > 0.0f ? share[i] / largest : 1.0f;
        float sounding = largest > 0.0f ? lasting[i] / largest : 1.0f;
        share[i] = struck * struck / (struck * struck + sounding * sounding);
    }
}

/* What does not repeat. */
static void share_by_repetition(const um_separator *s, size_t i_frame, float *share, float *scratch)
{
    um_cview V = {um_row(s->V, i_frame), 1, s->n_points, s->V.stride};
    um_view background = {share, 1, s->n_points, s->n_points};
    um_repetition_background(s->config.guide.repetition, V, background, scratch);
    for (size_t i = 0; i < s->n_points; i++) {
        share[i] = V.data[i] > 0.0f ? 1.0f - share[i] / V.data[i] : 0.5f;
    }
}

void umi_separator_guide_share(const um_separator *s, size_t i_frame, float *share, float *scratch)
{
    const um_separator_guide *guide = &s->config.guide;
    if (guide->repetition != NULL) {
        share_by_repetition(s, i_frame, share, scratch);
    } else {
        share_by_medians(s, i_frame, share, scratch);
    }
}

static float within(float share)
{
    return fminf(fmaxf(share, LEAST_SHARE), 1.0f - LEAST_SHARE);
}

void umi_separator_guide_blend(const um_separator *s, const float *guided, float *first,
                               float *second)
{
    const um_separator_guide *guide = &s->config.guide;
    float weight = (float)guide->weight;
    for (size_t i = 0; i < s->n_points; i++) {
        float m = within(first[i]), g = within(guided[i]);
        /* Odds: those of the atoms and of the guide, each with its weight. */
        float odds = powf(m / (1.0f - m), 1.0f - weight) * powf(g / (1.0f - g), weight);
        first[i] = i % s->n_bins < guide->lowest_bin ? 0.0f : odds / (1.0f + odds);
        second[i] = 1.0f - first[i];
    }
}
