/* The Kullback-Leibler update with operands in bfloat16 (kernels/bf16.h).
 *
 * H, W and all sums are kept in float32; only what the products read is rounded. Rounding errors
 * have either sign, every numerator sums over hundreds of them, and where the divergence is least
 * it hardly changes with H and W: so it ends as low as in float32. */
#include "core/kernels/bf16.h"
#include "core/memory.h"
#include "core/nmf_internal.h"

/* What a worker needs for one tile; layouts as in kernels/bf16.h. */
typedef struct packed_tile {
    umi_bf16 *H, *H_t, *R, *R_pairs;
} packed_tile;

struct umi_nmf_bf16 {
    umi_bf16_kernels kernels;
    umi_bf16 *D_pairs, *D_lines;
    packed_tile *tiles; /* one a worker */
};

/* A zeroed matrix of rows x cols, filled up; NULL when memory is short. */
static umi_bf16 *packed_new(size_t rows, size_t cols)
{
    size_t count;
    return umi_multiply(umi_bf16_filled(rows), umi_bf16_filled(cols), &count)
               ? umi_alloc(count, sizeof(umi_bf16))
               : NULL;
}

static bool tile_init(packed_tile *tile, const um_nmf *nmf)
{
    size_t K = nmf->config.n_components;
    tile->H = packed_new(UMI_TILE_FRAMES, K);
    tile->H_t = packed_new(K + UMI_BF16_FILL, UMI_TILE_FRAMES);
    tile->R = packed_new(UMI_TILE_FRAMES, nmf->n_columns);
    /* Only the joint solver needs both forms of one ratio. Else they take turns in one place, which
     * leaves more of the second cache to V. */
    bool both = nmf->joint;
    tile->R_pairs = both ? packed_new(UMI_TILE_FRAMES, nmf->n_columns) : tile->R;
    return tile->H != NULL && tile->H_t != NULL && tile->R != NULL && tile->R_pairs != NULL;
}

bool umi_nmf_bf16_init(um_nmf *nmf, const char *row)
{
    umi_bf16_kernels kernels;
    if (nmf->family != &umi_nmf_kl || nmf->config.held_out > 0.0 ||
        !umi_bf16_kernels_select(&kernels, row)) {
        return true;
    }
    nmf->bf16 = umi_alloc(1, sizeof *nmf->bf16);
    if (nmf->bf16 == NULL) {
        return false;
    }
    nmf->bf16->kernels = kernels;
    nmf->bf16->D_pairs = packed_new(nmf->config.n_components, nmf->n_columns);
    nmf->bf16->D_lines = packed_new(nmf->config.n_components, nmf->n_columns);
    nmf->bf16->tiles = umi_alloc(nmf->config.parallel.n_workers, sizeof *nmf->bf16->tiles);
    if (nmf->bf16->D_pairs == NULL || nmf->bf16->D_lines == NULL || nmf->bf16->tiles == NULL) {
        return false;
    }
    for (size_t w = 0; w < nmf->config.parallel.n_workers; w++) {
        if (!tile_init(&nmf->bf16->tiles[w], nmf)) {
            return false;
        }
    }
    return true;
}

void umi_nmf_bf16_free(um_nmf *nmf)
{
    umi_nmf_bf16 *bf16 = nmf->bf16;
    if (bf16 == NULL) {
        return;
    }
    for (size_t w = 0; bf16->tiles != NULL && w < nmf->config.parallel.n_workers; w++) {
        packed_tile *tile = &bf16->tiles[w];
        if (tile->R_pairs != tile->R) {
            umi_free(tile->R_pairs);
        }
        umi_free(tile->R);
        umi_free(tile->H_t);
        umi_free(tile->H);
    }
    umi_free(bf16->tiles);
    umi_free(bf16->D_lines);
    umi_free(bf16->D_pairs);
    umi_free(bf16);
    nmf->bf16 = NULL;
}

void umi_nmf_bf16_prepare(um_nmf *nmf)
{
    const umi_nmf_bf16 *bf16 = nmf->bf16;
    bf16->kernels.pack_dictionary(nmf->D.cols, nmf->D.rows, nmf->D.data, nmf->D.stride,
                                  bf16->D_pairs, bf16->D_lines);
}

static void accumulate(const um_nmf *nmf, size_t rows, const packed_tile *tile, um_view N)
{
    size_t begin, end = 0;
    while (umi_nmf_next_learned(nmf, end, &begin, &end)) {
        nmf->bf16->kernels.accumulate(rows, nmf->n_columns, end - begin,
                                      tile->H_t + begin * umi_bf16_filled(rows), tile->R_pairs,
                                      um_row(N, begin), N.stride);
    }
}

void umi_nmf_bf16_tile(const umi_nmf_pass *p, size_t first, um_view H, umi_nmf_part *part,
                       const umi_tile_scratch *scratch)
{
    const um_nmf *nmf = p->nmf;
    const umi_bf16_kernels *kernels = &nmf->bf16->kernels;
    const packed_tile *tile = &nmf->bf16->tiles[scratch - nmf->scratch];
    const float *V = um_crow(p->V, first);
    const size_t M = nmf->n_columns;
    const size_t left = p->V.rows - first - H.rows;
    const size_t ahead = left < H.rows ? left : H.rows;
    bool joint = nmf->joint;
    bool learn_now = p->learn && joint;
    bool learn_later = p->learn && !joint;
    kernels->pack_activations(H.rows, H.cols, H.data, H.stride, tile->H,
                              learn_now ? tile->H_t : NULL);
    /* The next tile of V is asked for by the last ratio, which finds its own in the cache. */
    kernels->ratio(H.rows, learn_later ? 0 : ahead, M, H.cols, tile->H, nmf->bf16->D_pairs, V,
                   p->V.stride, tile->R, learn_now ? tile->R_pairs : NULL);
    if (learn_now) {
        accumulate(nmf, H.rows, tile, part->N);
    }
    kernels->project(H.rows, M, H.cols, tile->R, nmf->bf16->D_lines, scratch->P, scratch->P_stride);
    umi_nmf_update_activations(nmf, first, H, scratch->P, NULL, scratch->P_stride, 1.0);
    if (learn_later) {
        kernels->pack_activations(H.rows, H.cols, H.data, H.stride, tile->H, tile->H_t);
        kernels->ratio(H.rows, ahead, M, H.cols, tile->H, nmf->bf16->D_pairs, V, p->V.stride, NULL,
                       tile->R_pairs);
        accumulate(nmf, H.rows, tile, part->N);
    }
}
