#include "core/kernels/bf16.h"

static bool has_avx512_bf16(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

bool umi_bf16_kernels_select(umi_bf16_kernels *kernels, const char *name)
{
    bool any = name == NULL;
    kernels->name = NULL;
    if (!any && strcmp(name, "scalar") == 0) {
        umi_bf16_kernels_init_scalar(kernels);
    } else if ((any || strcmp(name, "avx512_bf16") == 0) && has_avx512_bf16()) {
        umi_bf16_kernels_init_avx512(kernels);
    }
    if ((any || strcmp(name, "amx") == 0) && has_avx512_bf16() && umi_bf16_amx_is_available()) {
        umi_bf16_kernels_init_avx512(kernels);
        umi_bf16_kernels_init_amx(kernels);
    }
    return kernels->name != NULL;
}
