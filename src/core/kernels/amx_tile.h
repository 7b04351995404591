/* The tile instructions that bf16_amx_loops.h is written in. The processor has eight tiles,
 * 0..7, each 16 rows of 64 bytes once they are configured. They are macros because the
 * intrinsics take a tile's number as a literal only.
 *
 *     amx_configure()                     sixteen rows of 64 bytes for all tiles
 *     amx_release()                       gives the tiles back
 *     amx_zero(tile)
 *     amx_load(tile, from, stride)        row r from (char *)from + r * stride
 *     amx_store(tile, to, stride)
 *     amx_add_products(sums, A, B)        sums, 16 x 16 float32, plus A B, with A 16 x 32 bfloat16
 *                                         and B 32 x 16, of which row j holds rows 2 j and 2 j + 1
 *                                         in pairs */
#ifndef UMI_CORE_KERNELS_AMX_TILE_H
#define UMI_CORE_KERNELS_AMX_TILE_H

#include <immintrin.h>
#include <stdint.h>

static inline void amx_configure(void)
{
    /* Palette 1; the bytes of a row of tile i, from byte 16 on; its rows, from byte 48 on. */
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } config = {.palette = 1,
                .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
                .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
    _Static_assert(sizeof config == 64, "as LDTILECFG reads it");
    _tile_loadconfig(&config);
}

#define amx_release() _tile_release()
#define amx_zero(tile) _tile_zero(tile)
#define amx_load(tile, from, stride) _tile_loadd(tile, from, stride)
#define amx_store(tile, to, stride) _tile_stored(tile, to, stride)
#define amx_add_products(sums, A, B) _tile_dpbf16ps(sums, A, B)

#endif
