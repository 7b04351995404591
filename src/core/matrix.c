#include "core/matrix.h"

#include "core/memory.h"

#include <stdint.h>

um_view umi_matrix_new(size_t rows, size_t cols)
{
    um_view M = {NULL, rows, cols, 0};
    size_t count;
    if (cols <= SIZE_MAX - UMI_LANES) {
        M.stride = umi_padded(cols);
        M.data = umi_multiply(rows, M.stride, &count) ? umi_alloc(count, sizeof(float)) : NULL;
    }
    return M;
}
