#include "unmingle/mask.h"

#include <math.h>

/* Points worked on at once: their maxima and sums stay in registers and first-level cache. */
enum { BLOCK = 256 };

/* y = y^exponent, for 0 <= y <= 1. The common exponents need no pow. */
static void raise_to(float *y, size_t n, double exponent)
{
    if (exponent == 1.0) {
        return;
    }
    if (exponent == 2.0) {
        for (size_t i = 0; i < n; i++) {
            y[i] *= y[i];
        }
    } else if (exponent == 1.5) {
        for (size_t i = 0; i < n; i++) {
            y[i] *= sqrtf(y[i]);
        }
    } else if (exponent == 1.75) {
        for (size_t i = 0; i < n; i++) {
            float root = sqrtf(y[i]);
            y[i] *= root * sqrtf(root);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            y[i] = powf(y[i], (float)exponent);
        }
    }
}

static void mask_block(float *models, size_t stride, size_t n_sources, size_t n, double exponent)
{
    float largest[BLOCK] = {0};
    float sum[BLOCK] = {0};
    for (size_t s = 0; s < n_sources; s++) {
        const float *v = models + s * stride;
        for (size_t i = 0; i < n; i++) {
            largest[i] = v[i] > largest[i] ? v[i] : largest[i];
        }
    }
    /* Dividing by the largest first keeps every power within range; its own becomes 1, so that the
     * sum is at least 1. */
    for (size_t s = 0; s < n_sources; s++) {
        float *v = models + s * stride;
        for (size_t i = 0; i < n; i++) {
            v[i] = largest[i] > 0.0f ? v[i] / largest[i] : 1.0f;
        }
        raise_to(v, n, exponent);
        for (size_t i = 0; i < n; i++) {
            sum[i] += v[i];
        }
    }
    for (size_t s = 0; s < n_sources; s++) {
        float *v = models + s * stride;
        for (size_t i = 0; i < n; i++) {
            v[i] /= sum[i];
        }
    }
}

um_status um_mask_ratio(float *models, size_t stride, size_t n_sources, size_t n, double exponent)
{
    if (models == NULL || n_sources < 1 || stride < n || !(exponent >= 0.1 && exponent <= 10.0)) {
        return UM_ERR_ARGUMENT;
    }
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t left = n - i;
        mask_block(models + i, stride, n_sources, left < BLOCK ? left : BLOCK, exponent);
    }
    return UM_OK;
}
