#include "core/random.h"

#include <assert.h>
#include <math.h>

static uint64_t splitmix64(uint64_t *x)
{
    uint64_t z = (*x += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

umi_random umi_random_seeded(uint64_t seed)
{
    umi_random random;
    for (int i = 0; i < 4; i++) {
        random.state[i] = splitmix64(&seed);
    }
    return random;
}

uint64_t umi_random_bits(umi_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double umi_random_uniform(umi_random *random)
{
    return (double)(umi_random_bits(random) >> 11) * 0x1p-53;
}

double umi_random_start_value(umi_random *random)
{
    return 0.1 + 0.9 * umi_random_uniform(random);
}

size_t umi_random_below(umi_random *random, size_t n)
{
    assert(n > 0);
    /* Values under the remainder of 2^64 / n would make some results likelier: draw again. */
    uint64_t remainder = (0 - (uint64_t)n) % n;
    uint64_t bits;
    do {
        bits = umi_random_bits(random);
    } while (bits < remainder);
    return (size_t)(bits % n);
}

double umi_random_normal(umi_random *random)
{
    double u, v, square;
    do {
        u = 2.0 * umi_random_uniform(random) - 1.0;
        v = 2.0 * umi_random_uniform(random) - 1.0;
        square = u * u + v * v;
    } while (square >= 1.0 || square == 0.0);
    return u * sqrt(-2.0 * log(square) / square);
}
