/* What else than atoms tells of a source, in the separator: how much of every point is the first
 * source's. */
#include "core/median_share.h"
#include "core/separator_internal.h"

#include <math.h>

/* Shares are kept from 0 and 1, so that neither side can overrule the other altogether. */
static const float LEAST_SHARE = 1e-6f;

/* What repeats is less sure: a note may by chance be where others were, or where none was. */
static const float LEAST_UNREPEATED = 0.03f;

static umi_median_share medians_of(const um_separator *s)
{
    const um_separator_guide *guide = &s->config.guide;
    return (umi_median_share){s->n_bins, guide->median_frames / 2, guide->median_bins / 2};
}

size_t umi_separator_guide_floats(const um_separator *s, size_t rows)
{
    const um_separator_guide *guide = &s->config.guide;
    umi_median_share medians = medians_of(s);
    return guide->repetition != NULL ? um_repetition_scratch(guide->repetition, rows)
                                     : umi_median_share_floats(&medians, s->n_points);
}

/* What does not repeat. All frames at once: what they are compared with is long, and is gone
 * through once for all of them. */
static void shares_by_repetition(const um_separator *s, um_cview V, um_view shares, float *scratch)
{
    um_repetition_background(s->config.guide.repetition, V, shares, scratch);
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        float *share = um_row(shares, n);
        for (size_t i = 0; i < V.cols; i++) {
            float unrepeated = v[i] > 0.0f ? 1.0f - share[i] / v[i] : 0.5f;
            share[i] = fminf(fmaxf(unrepeated, LEAST_UNREPEATED), 1.0f - LEAST_UNREPEATED);
        }
    }
}

void umi_separator_guide_shares(const um_separator *s, size_t first, um_view shares, float *scratch)
{
    const um_separator_guide *guide = &s->config.guide;
    umi_median_share medians = medians_of(s);
    um_cview held = {s->V.data, s->n_held, s->n_points, s->V.stride};
    if (guide->repetition != NULL) {
        um_cview V = {um_row(s->V, first), shares.rows, s->n_points, s->V.stride};
        shares_by_repetition(s, V, shares, scratch);
        return;
    }
    for (size_t n = 0; n < shares.rows; n++) {
        umi_median_share_of(&medians, held, first + n, um_row(shares, n), scratch);
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
