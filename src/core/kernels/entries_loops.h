/* The inner loops over the entries of a sparse V, for vectors of any width: a part of
 * vector_loops.h.
 *
 * The rows of D that entries pick lie anywhere in memory, and waiting for them is most of the work:
 * several are under way at once, and hints to fetch them earlier gained nothing. */
#ifndef UMI_CORE_KERNELS_ENTRIES_LOOPS_H
#define UMI_CORE_KERNELS_ENTRIES_LOOPS_H

/* The models of `count` entries, 1 or UMI_QUAD, a constant where this is called. */
static ALWAYS_INLINE umi_quad model_entries(size_t atoms, const uint32_t *index, const float *x,
                                            const float *D, size_t D_stride, int count)
{
    partial_sums sums;
    const float *d[UMI_QUAD];
    clear_sums(sums);
#pragma GCC unroll 4
    for (int j = 0; j < count; j++) {
        d[j] = D + index[j] * D_stride;
    }
    size_t k = 0;
    for (; k + UMI_PARTIAL_SUMS <= atoms; k += UMI_PARTIAL_SUMS) {
#pragma GCC unroll 4
        for (int v = 0; v < SUM_VECTORS; v++) {
            const size_t at = k + (size_t)v * LANES;
            vector h = load_whole(x + at);
#pragma GCC unroll 4
            for (int j = 0; j < count; j++) {
                sums[j][v] = multiply_add(h, load_whole(d[j] + at), sums[j][v]);
            }
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < SUM_VECTORS; v++, k += LANES) {
        if (k < atoms) {
            tail lanes = first_lanes(atoms - k < LANES ? atoms - k : LANES);
            vector h = load_tail(x + k, lanes);
#pragma GCC unroll 4
            for (int j = 0; j < count; j++) {
                sums[j][v] = multiply_add(h, load_tail(d[j] + k, lanes), sums[j][v]);
            }
        }
    }
    return sum_quad(sums, 0);
}

static void ratio_entries(size_t n, size_t atoms, const uint32_t *index, const float *V,
                          const float *x, const float *D, size_t D_stride, float *R)
{
    enum { COUNT = UMI_QUAD };
    size_t i = 0;
    for (; i + COUNT <= n; i += COUNT) {
        umi_quad models = model_entries(atoms, index + i, x, D, D_stride, COUNT);
#pragma GCC unroll 4
        for (int j = 0; j < COUNT; j++) {
            R[i + (size_t)j] =
                V[i + (size_t)j] / (models[j] > UMI_MODEL_FLOOR ? models[j] : UMI_MODEL_FLOOR);
        }
    }
    for (; i < n; i++) {
        float m = model_entries(atoms, index + i, x, D, D_stride, 1)[0];
        R[i] = V[i] / (m > UMI_MODEL_FLOOR ? m : UMI_MODEL_FLOOR);
    }
}

/* `vectors` vectors of P, in registers while all entries pass. Unless `whole`, `lanes` are the
 * atoms that exist in the last one. */
static ALWAYS_INLINE void project_entries_block(size_t n, const uint32_t *index, const float *R,
                                                const float *D, size_t D_stride, float *P,
                                                int vectors, bool whole, tail lanes)
{
    enum { VECTORS = 8 };
    vector sums[VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
        sums[v] = load(P + v * LANES, whole || v < vectors - 1, lanes);
    }
    for (size_t i = 0; i < n; i++) {
        const float *d = D + index[i] * D_stride;
        vector r = splat(R[i]);
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) {
            vector w = load(d + v * LANES, whole || v < vectors - 1, lanes);
            sums[v] = multiply_add(r, w, sums[v]);
        }
    }
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
        store(P + v * LANES, whole || v < vectors - 1, lanes, sums[v]);
    }
}

static void project_entries(size_t n, size_t atoms, const uint32_t *index, const float *R,
                            const float *D, size_t D_stride, float *P)
{
    const tail all = first_lanes(LANES);
    size_t k = 0;
    for (; k + 8 * LANES <= atoms; k += 8 * LANES) {
        project_entries_block(n, index, R, D + k, D_stride, P + k, 8, true, all);
    }
    for (; k + 4 * LANES <= atoms; k += 4 * LANES) {
        project_entries_block(n, index, R, D + k, D_stride, P + k, 4, true, all);
    }
    for (; k + LANES <= atoms; k += LANES) {
        project_entries_block(n, index, R, D + k, D_stride, P + k, 1, true, all);
    }
    if (k < atoms) {
        project_entries_block(n, index, R, D + k, D_stride, P + k, 1, false,
                              first_lanes(atoms - k));
    }
}

#endif
