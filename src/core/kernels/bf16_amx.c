/* The loops with operands in bfloat16 in tile instructions (AMX), and what else a processor that
 * has them does in AVX-512.
 *
 * The loops themselves are in bf16_amx_loops.h, which the tests run on a model of the
 * instructions. This file, which puts the processor's own in their place, has only been compiled:
 * no processor with tiles was at hand. */
#define _DEFAULT_SOURCE

#include "core/kernels/bf16.h"

#if defined(__x86_64__) && defined(__linux__)

#include "core/kernels/amx_tile.h"

#include <cpuid.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define round_quotients umi_bf16_round_quotients_avx512

#include "core/kernels/bf16_amx_loops.h"

/* Linux gives a process the tiles when it asks; threads share the permission. Asking again does
 * no harm. Nothing else here may change errno. */
static bool linux_grants_tiles(void)
{
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    int before = errno;
    bool granted = syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
    errno = before;
    return granted;
}

bool umi_bf16_amx_is_available(void)
{
    enum { AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24 };
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (edx & AMX_BF16) != 0 &&
           (edx & AMX_TILE) != 0 && linux_grants_tiles();
}

void umi_bf16_kernels_init_amx(umi_bf16_kernels *kernels)
{
    kernels->name = "amx";
    kernels->pack_dictionary = pack_dictionary;
    kernels->ratio = ratio;
    kernels->project = project;
    kernels->accumulate = accumulate;
}

#else

bool umi_bf16_amx_is_available(void)
{
    return false;
}

void umi_bf16_kernels_init_amx(umi_bf16_kernels *kernels)
{
    (void)kernels;
}

#endif
