/* The loops over the entries of a sparse V. Places come in no order, and some of them twice, so
 * that D is read where the index says and nowhere else. */
#define _DEFAULT_SOURCE

#include "kernel_cases.h"

#include "kernel_memory.h"

#include <string.h>

enum { PLACES = 23, ENTRIES_MAX = 41 };

typedef struct entries {
    size_t n, atoms, stride;
    uint32_t index[ENTRIES_MAX];
    float values[ENTRIES_MAX]; /* V or R */
    const float *x, *D;
} entries;

static entries make_entries(size_t n, size_t atoms)
{
    entries e = {.n = n, .atoms = atoms, .stride = atoms + 1 + n % 3};
    umi_random random = umi_random_seeded(100 * n + atoms);
    for (size_t i = 0; i < n; i++) {
        e.index[i] = (uint32_t)umi_random_below(&random, PLACES);
        e.values[i] = i % 7 == 3 ? 0.0F : (float)umi_random_uniform(&random);
    }
    e.x = fenced(0, 1, atoms, atoms + 1, &random);
    e.D = fenced(1, PLACES, atoms, e.stride, &random);
    return e;
}

static void check_ratios(const umi_kernels *kernels, size_t n, size_t atoms)
{
    static guarded R;
    entries e = make_entries(n, atoms);
    guard(&R, 1, n, n + 1);
    kernels->ratio_entries(n, atoms, e.index, e.values, e.x, e.D, e.stride, R.data);
    check_guards(&R);
    for (size_t i = 0; i < n; i++) {
        double model = 0.0;
        for (size_t k = 0; k < atoms; k++) {
            model += (double)e.x[k] * (double)e.D[e.index[i] * e.stride + k];
        }
        model = model > (double)UMI_MODEL_FLOOR ? model : (double)UMI_MODEL_FLOOR;
        check_close((double)R.data[i], (double)e.values[i] / model, atoms);
        /* By itself, and so without neighbours, an entry gets the same bits. */
        float alone;
        kernels->ratio_entries(1, atoms, e.index + i, e.values + i, e.x, e.D, e.stride, &alone);
        require(memcmp(&alone, R.data + i, sizeof alone) == 0, "entries do not see each other");
    }
}

void check_ratios_of_entries(const umi_kernels *kernels)
{
    for (size_t atoms = 0; atoms <= SIZE_MAX_TESTED; atoms++) {
        check_ratios(kernels, 13, atoms);
        check_ratios(kernels, atoms % ENTRIES_MAX, 35);
    }
}

static void check_projections(const umi_kernels *kernels, size_t n, size_t atoms)
{
    static guarded P;
    entries e = make_entries(n, atoms);
    guard(&P, 1, atoms, atoms + 1);
    for (size_t k = 0; k < atoms; k++) {
        P.data[k] = (float)k;
    }
    kernels->project_entries(n, atoms, e.index, e.values, e.D, e.stride, P.data);
    check_guards(&P);
    for (size_t k = 0; k < atoms; k++) {
        double sum = (double)k;
        for (size_t i = 0; i < n; i++) {
            sum += (double)e.values[i] * (double)e.D[e.index[i] * e.stride + k];
        }
        check_close((double)P.data[k], sum, n);
    }
}

void check_projections_of_entries(const umi_kernels *kernels)
{
    for (size_t atoms = 0; atoms <= SIZE_MAX_TESTED; atoms++) {
        check_projections(kernels, 13, atoms);
        check_projections(kernels, atoms % ENTRIES_MAX, 35);
    }
    check_projections(kernels, 9, 300); /* more than one block of any row's sums */
}

void check_split_of_entries(const umi_kernels *kernels)
{
    float whole[SIZE_MAX_TESTED] = {0.0F}, parts[SIZE_MAX_TESTED];
    entries e = make_entries(ENTRIES_MAX, SIZE_MAX_TESTED);
    kernels->project_entries(e.n, e.atoms, e.index, e.values, e.D, e.stride, whole);
    for (size_t cut = 0; cut <= e.n; cut++) {
        memset(parts, 0, sizeof parts);
        kernels->project_entries(cut, e.atoms, e.index, e.values, e.D, e.stride, parts);
        kernels->project_entries(e.n - cut, e.atoms, e.index + cut, e.values + cut, e.D, e.stride,
                                 parts);
        require(memcmp(parts, whole, sizeof whole) == 0, "splitting changes no bit");
    }
}
