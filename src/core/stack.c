#include "core/stack.h"

#include <string.h>

void umi_stack_frame(um_cview V, size_t t, size_t n_stacked, float *row)
{
    size_t before = n_stacked / 2;
    for (size_t i = 0; i < n_stacked; i++) {
        size_t s = t + i < before ? 0 : t + i - before;
        s = s < V.rows ? s : V.rows - 1;
        memcpy(row + i * V.cols, um_crow(V, s), V.cols * sizeof *row);
    }
}
