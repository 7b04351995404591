#include "core/kernels/kernels.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* From the least to the most that a table may use. */
static const char *const level_names[] = {"scalar", "avx2", "avx512"};
enum { LEVEL_SCALAR, LEVEL_AVX2, LEVEL_AVX512, N_LEVELS };

static umi_kernels tables[N_LEVELS]; /* the best table not above each level */
static pthread_once_t tables_filled = PTHREAD_ONCE_INIT;
static atomic_int limit = N_LEVELS - 1;

/* N_LEVELS for a name that is none. */
static int level_of(const char *name)
{
    int level = 0;
    while (level < N_LEVELS && strcmp(level_names[level], name) != 0) {
        level++;
    }
    return level;
}

static void select_up_to(umi_kernels *kernels, int level)
{
    umi_kernels_init_scalar(kernels);
#if defined(__x86_64__)
    if (level < LEVEL_AVX2 || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        return;
    }
    umi_kernels_init_avx2(kernels);
    if (level < LEVEL_AVX512 || !__builtin_cpu_supports("avx512f") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl") ||
        !__builtin_cpu_supports("avx512bw")) {
        return;
    }
    umi_kernels_init_avx512(kernels);
#else
    (void)level;
#endif
}

void umi_kernels_select(umi_kernels *kernels, const char *level)
{
    int highest = level == NULL ? N_LEVELS - 1 : level_of(level);
    assert(highest < N_LEVELS);
    select_up_to(kernels, highest);
}

bool umi_kernels_limit(const char *level)
{
    int highest = level == NULL ? N_LEVELS - 1 : level_of(level);
    if (highest == N_LEVELS) {
        return false;
    }
    atomic_store(&limit, highest);
    return true;
}

static void fill_tables(void)
{
    for (int level = 0; level < N_LEVELS; level++) {
        select_up_to(&tables[level], level);
    }
}

const umi_kernels *umi_kernels_get(void)
{
    /* Filled whole before anybody sees them, and never written again: no lock after that. */
    (void)pthread_once(&tables_filled, fill_tables);
    return &tables[atomic_load(&limit)];
}

#if defined(__x86_64__)

enum { FLUSH_BITS = _MM_FLUSH_ZERO_ON | 0x0040 }; /* results to zero | operands as zero (DAZ) */

unsigned umi_flush_denormals(void)
{
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | FLUSH_BITS);
    return before;
}

void umi_restore_denormals(unsigned before)
{
    /* Only these two bits: the exception flags raised meanwhile are the thread's own. */
    _mm_setcsr((_mm_getcsr() & ~(unsigned)FLUSH_BITS) | (before & FLUSH_BITS));
}

#else

unsigned umi_flush_denormals(void)
{
    return 0;
}

void umi_restore_denormals(unsigned before)
{
    (void)before;
}

#endif
