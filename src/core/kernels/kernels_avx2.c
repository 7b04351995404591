#include "core/kernels/kernels.h"

void umi_kernels_init_avx2(umi_kernels *kernels)
{
    (void)kernels;
}
