/* Seeded random numbers: the same seed gives the same numbers on every machine. */
#ifndef UMI_CORE_RANDOM_H
#define UMI_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* xoshiro256** of Blackman and Vigna (2018), its state filled from the seed by splitmix64. */
typedef struct umi_random {
    uint64_t state[4];
} umi_random;

umi_random umi_random_seeded(uint64_t seed);

uint64_t umi_random_bits(umi_random *random);

/* Uniform in [0, 1), 53 random bits. */
double umi_random_uniform(umi_random *random);

/* Uniform in [0.1, 1), mean 0.55: a start value from which no multiplicative update is far. */
double umi_random_start_value(umi_random *random);

/* Uniform in 0..n-1 without bias; n > 0. */
size_t umi_random_below(umi_random *random, size_t n);

/* Normal with mean 0 and variance 1 (Box and Muller's polar form). */
double umi_random_normal(umi_random *random);

#endif
