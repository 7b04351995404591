#include "core/noise_floor.h"

#include "core/memory.h"

#include <math.h>

/* Columns done at once: a cache line of each row. */
enum { COLUMNS = 16 };

/* In units of sigma. */
static const double CUT_OFF = 4.0;

/* So that bins in which speech never pauses have a mean at all. */
static const float WEIGHT_FLOOR = 1e-6f;

bool umi_noise_floor_init(umi_noise_floor *floor, double sigma, size_t n_frames)
{
    floor->reach = (size_t)(CUT_OFF * sigma + 0.5);
    size_t n = 2 * floor->reach + 1;
    floor->kernel = umi_alloc(n, sizeof(float));
    floor->weights = umi_alloc((n_frames + n) * COLUMNS, sizeof(float));
    floor->powers = umi_alloc((n_frames + n) * COLUMNS, sizeof(float));
    if (floor->kernel == NULL || floor->weights == NULL || floor->powers == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        double x = ((double)i - (double)floor->reach) / sigma;
        floor->kernel[i] = (float)exp(-0.5 * x * x);
    }
    return true;
}

void umi_noise_floor_free(umi_noise_floor *floor)
{
    umi_free(floor->kernel);
    umi_free(floor->weights);
    umi_free(floor->powers);
    floor->kernel = floor->weights = floor->powers = NULL;
}

/* Row i of n and its mirror images: ... 1 0 0 1 2 ... n-1 n-1 n-2 ... */
static size_t mirrored(ptrdiff_t i, size_t n)
{
    ptrdiff_t period = 2 * (ptrdiff_t)n;
    i %= period;
    i = i < 0 ? i + period : i;
    return (size_t)(i < (ptrdiff_t)n ? i : period - 1 - i);
}

static void load(const umi_noise_floor *floor, um_cview V, um_cview W, size_t first, size_t n)
{
    for (size_t i = 0; i < V.rows + 2 * floor->reach; i++) {
        size_t t = mirrored((ptrdiff_t)i - (ptrdiff_t)floor->reach, V.rows);
        float *weights = floor->weights + i * COLUMNS;
        float *powers = floor->powers + i * COLUMNS;
        for (size_t c = 0; c < COLUMNS; c++) {
            float v = c < n ? um_crow(V, t)[first + c] : 0.0f;
            weights[c] = (c < n ? um_crow(W, t)[first + c] : 0.0f) + WEIGHT_FLOOR;
            powers[c] = weights[c] * (v * v);
        }
    }
}

void umi_noise_floor_run(const umi_noise_floor *floor, um_cview V, um_cview W, um_view R)
{
    for (size_t first = 0; first < V.cols; first += COLUMNS) {
        size_t n = V.cols - first < COLUMNS ? V.cols - first : COLUMNS;
        load(floor, V, W, first, n);
        for (size_t t = 0; t < V.rows; t++) {
            float weight[COLUMNS] = {0}, power[COLUMNS] = {0};
            for (size_t i = 0; i < 2 * floor->reach + 1; i++) {
                float k = floor->kernel[i];
                const float *weights = floor->weights + (t + i) * COLUMNS;
                const float *powers = floor->powers + (t + i) * COLUMNS;
                for (size_t c = 0; c < COLUMNS; c++) {
                    weight[c] += k * weights[c];
                    power[c] += k * powers[c];
                }
            }
            for (size_t c = 0; c < n; c++) {
                um_row(R, t)[first + c] = sqrtf(power[c] / weight[c]);
            }
        }
    }
}
