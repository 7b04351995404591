#include "core/running_minimum.h"

#include "core/kernels/kernels.h"

static float minimum_round(um_view H, size_t column, size_t t, size_t reach)
{
    size_t begin = t > reach ? t - reach : 0;
    size_t end = t + reach < H.rows ? t + reach + 1 : H.rows;
    float lowest = um_row(H, begin)[column];
    for (size_t u = begin + 1; u < end; u++) {
        float value = um_row(H, u)[column];
        lowest = value < lowest ? value : lowest;
    }
    return lowest;
}

void umi_running_minimum_subtract(um_view H, size_t first, size_t n, size_t reach, float *scratch)
{
    for (size_t k = first; k < first + n; k++) {
        for (size_t t = 0; t < H.rows; t++) {
            float value = um_row(H, t)[k] - minimum_round(H, k, t, reach);
            scratch[t] = value > UMI_MODEL_FLOOR ? value : UMI_MODEL_FLOOR;
        }
        for (size_t t = 0; t < H.rows; t++) {
            um_row(H, t)[k] = scratch[t];
        }
    }
}
