#include "unmingle/cpu.h"

#include "core/kernels/kernels.h"

#include <string.h>

um_status um_cpu_limit(const char *level)
{
    if (level != NULL && strcmp(level, "auto") == 0) {
        level = NULL;
    }
    return umi_kernels_limit(level) ? UM_OK : UM_ERR_ARGUMENT;
}

const char *um_cpu_level(void)
{
    return umi_kernels_get()->name;
}
