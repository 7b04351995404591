/* Cells of V that the updates do not see, so that what a model says of them tells how well it
 * would do on what it has not learned by heart (Owen, Perry 2009: cross-validation of
 * factorisations by held-out cells). */
#include "core/nmf_internal.h"

#include <math.h>

static void advance(umi_nmf_hidden_cells *cells)
{
    /* 1 - uniform is in (0, 1], so that its logarithm is finite. */
    cells->next += floor(log(1.0 - umi_random_uniform(&cells->random)) / cells->log_seen);
}

umi_nmf_hidden_cells umi_nmf_hidden_cells_of(const um_nmf *nmf, size_t row)
{
    /* An odd constant spreads neighbouring rows over the seeds: 2^64 divided by the golden ratio.
     */
    uint64_t seed = nmf->config.held_out_seed +
                    (uint64_t)(nmf->frame_first + row * nmf->frame_step) * 0x9E3779B97F4A7C15U;
    umi_nmf_hidden_cells cells = {umi_random_seeded(seed), log1p(-nmf->config.held_out), 0.0,
                                  nmf->n_columns};
    advance(&cells);
    return cells;
}

bool umi_nmf_next_hidden(umi_nmf_hidden_cells *cells, size_t *column)
{
    if (!(cells->next < (double)cells->n_columns)) {
        return false;
    }
    *column = (size_t)cells->next;
    cells->next += 1.0;
    advance(cells);
    return true;
}

void umi_nmf_hide(const um_nmf *nmf, size_t first, um_cview V, const umi_tile_scratch *scratch)
{
    for (size_t n = 0; n < V.rows; n++) {
        umi_nmf_hidden_cells cells = umi_nmf_hidden_cells_of(nmf, first + n);
        size_t f;
        while (umi_nmf_next_hidden(&cells, &f)) {
            scratch->R[n * scratch->R_stride + f] = 1.0f;
        }
    }
}

double umi_nmf_measure_held_out(const um_nmf *nmf, size_t first, um_cview V, um_cview H,
                                umi_nmf_part *part)
{
    double surplus = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        umi_nmf_hidden_cells cells = umi_nmf_hidden_cells_of(nmf, first + n);
        size_t f;
        while (umi_nmf_next_hidden(&cells, &f)) {
            double m = 0.0;
            for (size_t k = 0; k < H.cols; k++) {
                m += (double)um_crow(H, n)[k] * (double)um_row(nmf->D, k)[f];
            }
            double v = (double)um_crow(V, n)[f];
            surplus += m - v;
            m = fmax(m, (double)UMI_MODEL_FLOOR);
            part->held_out += (v > 0.0 ? v * log(v / m) : 0.0) - v + m;
            part->n_held_out++;
        }
    }
    return surplus;
}
