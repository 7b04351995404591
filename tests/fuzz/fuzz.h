/* What a fuzz target is: fuzz_NAME.c defines both functions. Built by clang with libFuzzer it
 * searches for itself; built with replay.c it is a regression test for every compiler. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Largest seed in bytes. */
enum { FUZZ_SEED_MAX = 1 << 16 };

/* Feeds the bytes to the code under test and aborts when a property does not hold. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes the i-th valid input to seed[FUZZ_SEED_MAX] and returns its length; 0 past the last. */
size_t fuzz_seed(size_t i, uint8_t *seed);

#endif
