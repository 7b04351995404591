/* A made section for the denoiser: combs for speech, in which other combs than the dictionary's own
 * come and go, over noise of a fixed shape. */
#ifndef NOISY_SECTION_H
#define NOISY_SECTION_H

#include "core/random.h"
#include "matrices.h"
#include "unmingle/denoiser.h"

enum { SECTION_BINS = 100, SECTION_ATOMS = 8, SECTION_FRAMES = 200, SECTION_LEAD = 40 };

/* True for the bins of comb k: every (k + 5)-th. */
static inline bool comb_has(size_t k, size_t f)
{
    return f > 0 && f % (k + 5) == 0;
}

/* Atoms of three equal frames. */
static inline um_view section_atoms(void)
{
    um_view atoms = matrix_new(SECTION_ATOMS, UM_DENOISER_STACKED * SECTION_BINS);
    for (size_t k = 0; k < SECTION_ATOMS; k++) {
        for (size_t f = 0; f < atoms.cols; f++) {
            um_row(atoms, k)[f] = comb_has(k, f % SECTION_BINS) ? 1.0F : 0.001F;
        }
    }
    return atoms;
}

/* The comb that sounds in frame t, or SECTION_ATOMS in a pause. */
static inline size_t section_comb(size_t t)
{
    return t < SECTION_LEAD || t / 10 % 4 == 3 ? SECTION_ATOMS : t / 10 % SECTION_ATOMS;
}

static inline um_view section_new(double level_of_noise)
{
    umi_random random = umi_random_seeded(11);
    um_view V = matrix_new(SECTION_FRAMES, SECTION_BINS);
    for (size_t t = 0; t < SECTION_FRAMES; t++) {
        size_t comb = section_comb(t);
        for (size_t f = 0; f < SECTION_BINS; f++) {
            double noise = level_of_noise * umi_random_uniform(&random) * (f < 30 ? 2.0 : 0.5);
            double speech = comb < SECTION_ATOMS && comb_has(comb, f) ? 3.0 : 0.0;
            um_row(V, t)[f] = (float)(noise + speech);
        }
    }
    return V;
}

static inline um_denoiser *section_denoiser(bool fast)
{
    um_denoiser_config config = um_denoiser_config_default();
    um_denoiser *denoiser;
    um_view atoms = section_atoms();
    config.n_bins = SECTION_BINS;
    config.n_frames = SECTION_FRAMES;
    config.fast = fast;
    assert_int_equal(um_denoiser_new(&config, um_const_view(atoms), &denoiser), UM_OK);
    umi_free(atoms.data);
    return denoiser;
}

#endif
