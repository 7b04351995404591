/* Which instructions the inner loops may use. */
#ifndef UNMINGLE_CPU_H
#define UNMINGLE_CPU_H

#include "unmingle/export.h"
#include "unmingle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Holds the inner loops back to a level; "auto" or NULL lifts the limit. From the lowest, the
 * levels are "scalar"; "sse2" and "neon", the vectors of 128 bits of x86-64 and of 64-bit Arm,
 * which are one level by two names; "avx2"; "avx512". A level that the processor lacks gives the
 * best that it has below. Call it before any object is made: objects keep the loops they were made
 * with. UM_ERR_ARGUMENT for any other name. Results on one level are the same to the bit; between
 * levels they differ by rounding. */
UM_API UM_MUST_USE um_status um_cpu_limit(const char *level);

/* The level in use, by the name that it has on this processor: never "auto". */
UM_API const char *um_cpu_level(void);

#ifdef __cplusplus
}
#endif

#endif
