/* Runs a fuzz target without a fuzzer.
 *
 *     fuzz_NAME_replay N [FOLDER...]       N mutations of each seed, then every file of the folders
 *     fuzz_NAME_replay --seeds FOLDER      writes the seeds there, for libFuzzer to begin with
 *
 * The mutations are the same on every machine, so that a failure can be had again. */
#define _POSIX_C_SOURCE 200809L
#include "fuzz.h"

#include "core/random.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes at which readers of text and of numbers change their minds. */
static const uint8_t interesting[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, '"', '\\', '{', '}',
                                      '[',  ']',  ',',  ':',  '-',  '0', '9',  'e', ' '};

/* One change of bytes[*size], which has room for 2 FUZZ_SEED_MAX. */
static void mutate(uint8_t *bytes, size_t *size, umi_random *random)
{
    size_t at = umi_random_below(random, *size);
    size_t n = 1 + umi_random_below(random, 8);
    n = n < *size - at ? n : *size - at;
    switch (umi_random_below(random, 6)) {
    case 0:
        bytes[at] ^= (uint8_t)(1u << umi_random_below(random, 8));
        break;
    case 1:
        bytes[at] = interesting[umi_random_below(random, sizeof interesting)];
        break;
    case 2: /* a run is doubled */
        if (*size + n <= 2 * FUZZ_SEED_MAX) {
            memmove(bytes + at + n, bytes + at, *size - at);
            *size += n;
        }
        break;
    case 3: /* a run is taken out */
        memmove(bytes + at, bytes + at + n, *size - at - n);
        *size -= n;
        break;
    case 4: /* a run is copied to another place */
        memmove(bytes + umi_random_below(random, *size - n + 1), bytes + at, n);
        break;
    default:
        *size = at;
        break;
    }
}

/* A copy of just the input's size, so that AddressSanitizer sees every byte too far. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static size_t run_seeds(size_t n_mutations)
{
    static uint8_t seed[FUZZ_SEED_MAX];
    static uint8_t mutated[2 * FUZZ_SEED_MAX];
    size_t n_runs = 0;
    size_t n_seed;
    for (size_t i = 0; (n_seed = fuzz_seed(i, seed)) > 0; i++) {
        umi_random random = umi_random_seeded(i);
        run(seed, n_seed);
        for (size_t j = 0; j < n_mutations; j++) {
            size_t size = n_seed;
            memcpy(mutated, seed, n_seed);
            for (size_t k = 1 + umi_random_below(&random, 4); k > 0 && size > 0; k--) {
                mutate(mutated, &size, &random);
            }
            run(mutated, size);
            n_runs++;
        }
    }
    return n_runs;
}

static void run_folder(const char *folder)
{
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        perror(folder);
        exit(1);
    }
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char path[4096];
        static uint8_t bytes[1 << 22];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] != '.' ? fopen(path, "rb") : NULL;
        if (file != NULL) {
            printf("%s\n", path);
            run(bytes, fread(bytes, 1, sizeof bytes, file));
            fclose(file);
        }
    }
    closedir(stream);
}

static int write_seeds(const char *folder)
{
    static uint8_t seed[FUZZ_SEED_MAX];
    size_t n_seed;
    for (size_t i = 0; (n_seed = fuzz_seed(i, seed)) > 0; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/seed-%zu", folder, i);
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(seed, 1, n_seed, file) != n_seed || fclose(file) != 0) {
            perror(path);
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
        return write_seeds(argv[2]);
    }
    if (argc < 2) {
        fprintf(stderr, "usage: %s N [FOLDER...] | --seeds FOLDER\n", argv[0]);
        return 64;
    }
    size_t n_runs = run_seeds((size_t)strtoull(argv[1], NULL, 10));
    for (int i = 2; i < argc; i++) {
        run_folder(argv[i]);
    }
    printf("%zu mutations\n", n_runs);
    return n_runs == 0 && argc == 2;
}
