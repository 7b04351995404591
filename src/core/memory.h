/* The library's only way to get memory: aligned for SIMD, checked for overflow, zeroed. */
#ifndef UMI_CORE_MEMORY_H
#define UMI_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Every block starts on a multiple of this many bytes: a cache line, and one AVX-512 vector. */
enum { UMI_ALIGNMENT = 64 };

/* Floats a vector of the widest kernel holds; strides of our own matrices are multiples of it. */
enum { UMI_LANES = 16 };

/* count * size zeroed bytes, aligned; large blocks ask the system for huge pages, which the
 * kernels gain up to 1.45x from. NULL when the product overflows or memory is short. A count of 0
 * gives a block that may be freed but not used. Free with umi_free. */
void *umi_alloc(size_t count, size_t size);

/* NULL is fine. */
void umi_free(void *block);

/* For an array that grows one by one: room for one element of `size` bytes more, where *room are
 * there and the first n are in use. Gives `array`, or a larger block that has taken its place, with
 * *room; NULL when memory is short, and nothing has changed. Begins with NULL and 0. */
void *umi_grown(void *array, size_t n, size_t *room, size_t size);

/* *product = a * b; false on overflow. */
static inline bool umi_multiply(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

/* n rounded up to a multiple of UMI_LANES. n must not be within UMI_LANES of SIZE_MAX. */
static inline size_t umi_padded(size_t n)
{
    return (n + UMI_LANES - 1) / UMI_LANES * UMI_LANES;
}

#endif
