#include "job/memory_budget.h"

#include "core/memory.h"

/* Code, libraries and small things, measured. */
static const double program_bytes = 24.0 * 1048576.0;

static const double frames_least = 256.0;

size_t umi_memory_for_frames(size_t memory, size_t n_components, size_t n_columns, size_t n_bins)
{
    double K = (double)n_components;
    /* Floats for each atom: the numerators of 8 parts and the stacked dictionary, by columns; the
     * atoms, and the three matrices of the start values, by bins. */
    double atoms = sizeof(float) * K * (9.0 * (double)n_columns + 4.0 * (double)n_bins);
    /* A frame's part of V, and of H and the start values' bases, which hold 10 columns more. */
    double row = sizeof(float) * (double)umi_padded(n_columns);
    double frame = row + 3.0 * sizeof(float) * (K + 10.0);
    double left = (double)memory - program_bytes - atoms;
    double frames = left > 0.0 ? left / frame : 0.0;
    return (size_t)((frames > frames_least ? frames : frames_least) * row);
}
