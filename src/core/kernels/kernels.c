#include "core/kernels/kernels.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* From the least to the most that a table may use. */
enum { LEVEL_SCALAR, LEVEL_SIMD128, LEVEL_AVX2, LEVEL_AVX512, N_LEVELS };

static const struct {
    const char *name;
    int level;
} level_names[] = {{"scalar", LEVEL_SCALAR},
                   {"sse2", LEVEL_SIMD128},
                   {"neon", LEVEL_SIMD128},
                   {"avx2", LEVEL_AVX2},
                   {"avx512", LEVEL_AVX512}};

static umi_kernels tables[N_LEVELS]; /* the best table not above each level */
static pthread_once_t tables_filled = PTHREAD_ONCE_INIT;
static atomic_int limit = N_LEVELS - 1;

/* N_LEVELS for a name that is none. */
static int level_of(const char *name)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(level_names[i].name, name) == 0) {
            return level_names[i].level;
        }
    }
    return N_LEVELS;
}

static void select_up_to(umi_kernels *kernels, int level)
{
    umi_kernels_init_scalar(kernels);
    if (level < LEVEL_SIMD128) {
        return;
    }
    umi_kernels_init_simd128(kernels);
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

static unsigned get_control(void)
{
    return _mm_getcsr();
}

static void set_control(unsigned control)
{
    _mm_setcsr(control);
}

#elif defined(__aarch64__)

enum { FLUSH_BITS = 1 << 24 }; /* FZ of FPCR: both operands and results */

/* The upper half of the register is reserved and reads as zero. */
static unsigned get_control(void)
{
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return (unsigned)control;
}

static void set_control(unsigned control)
{
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)control) : "memory");
}

#else

enum { FLUSH_BITS = 0 };

static unsigned get_control(void)
{
    return 0;
}

static void set_control(unsigned control)
{
    (void)control;
}

#endif

unsigned umi_flush_denormals(void)
{
    unsigned before = get_control();
    set_control(before | FLUSH_BITS);
    return before;
}

void umi_restore_denormals(unsigned before)
{
    /* Only these bits: the exception flags raised meanwhile are the thread's own. */
    set_control((get_control() & ~(unsigned)FLUSH_BITS) | (before & FLUSH_BITS));
}
