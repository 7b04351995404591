/* Sound through a separator in blocks of any sizes, for tests of what it does with frames. */
#ifndef SEPARATED_H
#define SEPARATED_H

#include "matrices.h"
#include "unmingle/separator.h"

enum { SEPARATED_SOURCES_MAX = 4 };

/* Noise with some strokes in it. */
static inline um_view separated_sound(size_t n, size_t n_channels)
{
    umi_random random = umi_random_seeded(9);
    um_view sound = matrix_new(n, n_channels);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < n_channels; c++) {
            double stroke = i % 1700 < 60 + 10 * c ? 0.8 : 0.1;
            um_row(sound, i)[c] = (float)(stroke * (umi_random_uniform(&random) - 0.5));
        }
    }
    return sound;
}

/* The sources in one matrix: n_sources * n_channels columns; blocks of block_size samples, or, for
 * 0, of random sizes. The separator is freed. NULL data when a block is refused. */
static inline um_view separated_new(um_separator *separator, um_cview sound, size_t n_sources,
                                    size_t block_size)
{
    umi_random random = umi_random_seeded(4);
    size_t C = sound.cols;
    um_view all = matrix_new(sound.rows, n_sources * C);
    for (size_t first = 0, n; first < sound.rows; first += n) {
        n = block_size > 0 ? block_size : 1 + umi_random_below(&random, 3000);
        n = n < sound.rows - first ? n : sound.rows - first;
        um_cview in = {um_crow(sound, first), n, C, sound.stride};
        um_view out[SEPARATED_SOURCES_MAX];
        for (size_t s = 0; s < n_sources; s++) {
            out[s] = (um_view){um_row(all, first) + s * C, n, C, all.stride};
        }
        if (um_separator_push(separator, in, out) != UM_OK) {
            umi_free(all.data);
            all.data = NULL;
            break;
        }
    }
    um_separator_free(separator);
    return all;
}

/* Largest difference between the sound, `delay` samples late, and the sum of the sources. */
static inline double separated_null(um_view all, um_cview sound, size_t delay)
{
    double largest = 0.0;
    for (size_t t = 0; t < sound.rows; t++) {
        for (size_t c = 0; c < sound.cols; c++) {
            double sum = t >= delay ? -(double)um_crow(sound, t - delay)[c] : 0.0;
            for (size_t i = c; i < all.cols; i += sound.cols) {
                sum += (double)um_row(all, t)[i];
            }
            sum = sum < 0.0 ? -sum : sum;
            largest = sum > largest ? sum : largest;
        }
    }
    return largest;
}

#endif
