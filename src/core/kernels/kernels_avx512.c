#include "core/kernels/kernels.h"

void umi_kernels_init_avx512(umi_kernels *kernels)
{
    (void)kernels;
}
