/* A model of the processor's tile instructions in plain C, for bf16_amx_loops.h: the operations
 * of core/kernels/amx_tile.h. It follows the definition of TDPBF16PS in Intel's manual: products of
 * the even and of the odd numbers of a row are summed apart, then added to each other and to the
 * sums. Numbers below FLT_MIN count as 0. A tile that is used unconfigured fails the test. */
#ifndef AMX_MODEL_H
#define AMX_MODEL_H

#include "core/kernels/bf16.h"

enum { AMX_TILES = 8, AMX_ROWS = 16, AMX_ROW_BYTES = 64 };

typedef union amx_model_tile {
    unsigned char bytes[AMX_ROWS][AMX_ROW_BYTES];
    float sums[AMX_ROWS][AMX_ROWS];
    umi_bf16 numbers[AMX_ROWS][2 * AMX_ROWS];
} amx_model_tile;

typedef struct amx_model_state {
    bool configured;
    amx_model_tile tiles[AMX_TILES];
} amx_model_state;

static amx_model_state amx_model;

static amx_model_tile *amx_tile(int tile)
{
    assert_true(amx_model.configured);
    assert_in_range(tile, 0, AMX_TILES - 1);
    return &amx_model.tiles[tile];
}

static void amx_configure(void)
{
    assert_false(amx_model.configured); /* somebody forgot to give the tiles back */
    amx_model.configured = true;
    memset(amx_model.tiles, 0, sizeof amx_model.tiles);
}

static void amx_release(void)
{
    assert_true(amx_model.configured);
    amx_model.configured = false;
}

static void amx_zero(int tile)
{
    memset(amx_tile(tile), 0, sizeof(amx_model_tile));
}

static void amx_load(int tile, const void *from, size_t stride)
{
    amx_model_tile *to = amx_tile(tile);
    for (size_t r = 0; r < AMX_ROWS; r++) {
        memcpy(to->bytes[r], (const char *)from + r * stride, AMX_ROW_BYTES);
    }
}

static void amx_store(int tile, void *to, size_t stride)
{
    const amx_model_tile *from = amx_tile(tile);
    for (size_t r = 0; r < AMX_ROWS; r++) {
        memcpy((char *)to + r * stride, from->bytes[r], AMX_ROW_BYTES);
    }
}

static float amx_flushed(float x)
{
    return fabsf(x) < FLT_MIN ? 0.0f : x;
}

static float amx_number(umi_bf16 x)
{
    return amx_flushed(umi_bf16_to_float(x));
}

static void amx_add_products(int sums, int A, int B)
{
    const amx_model_tile *a = amx_tile(A), *b = amx_tile(B);
    amx_model_tile *c = amx_tile(sums);
    for (size_t i = 0; i < AMX_ROWS; i++) {
        for (size_t j = 0; j < AMX_ROWS; j++) {
            float of_parity[2] = {0.0f, 0.0f};
            for (size_t k = 0; k < 2 * AMX_ROWS; k++) {
                float product =
                    amx_number(a->numbers[i][k]) * amx_number(b->numbers[k / 2][2 * j + k % 2]);
                of_parity[k % 2] = amx_flushed(of_parity[k % 2] + product);
            }
            c->sums[i][j] =
                amx_flushed(amx_flushed(c->sums[i][j]) + amx_flushed(of_parity[0] + of_parity[1]));
        }
    }
}

/* What is done beside the tiles, in plain C. */
static void amx_plain_quotients(size_t rows, size_t cols, size_t width, const float *X,
                                size_t X_stride, const float *V, size_t V_stride, umi_bf16 *R,
                                umi_bf16 *R_pairs)
{
    for (size_t t = 0; t < rows + rows % 2; t++) {
        for (size_t m = 0; m < UMI_BF16_FILL; m++) {
            bool inside = t < rows && m < cols;
            float x = inside ? fmaxf(X[t * X_stride + m], UMI_MODEL_FLOOR) : 1.0f;
            umi_bf16 r = umi_bf16_from_float(inside ? V[t * V_stride + m] / x : 0.0f);
            if (R != NULL) {
                R[t * width + m] = r;
            }
            if (R_pairs != NULL) {
                R_pairs[t / 2 * 2 * width + 2 * m + t % 2] = r;
            }
        }
    }
}

#endif
