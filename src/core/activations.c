#include "unmingle/activations.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/tile.h"

#include <string.h>

struct um_activations {
    um_activations_config config;
    umi_kernels kernels;
    um_view D;
    umi_tile_scratch *scratch; /* one a worker */
};

typedef struct solve {
    const um_activations *activations;
    um_cview V;
    um_view H;
} solve;

um_activations_config um_activations_config_default(void)
{
    um_activations_config config = {50, um_parallel_serial()};
    return config;
}

um_status um_activations_new(const um_activations_config *config, um_cview D, um_activations **out)
{
    if (out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    *out = NULL;
    if (config == NULL || config->iterations < 1 || config->iterations > 100000 ||
        config->parallel.n_workers < 1 || config->parallel.n_workers > 1024 || D.rows < 1 ||
        D.rows > 4096 || D.cols < 1 || D.cols > 64u << 20 || !umi_matrix_is_non_negative(D, true)) {
        return UM_ERR_ARGUMENT;
    }
    um_activations *a = umi_alloc(1, sizeof *a);
    if (a == NULL) {
        return UM_ERR_MEMORY;
    }
    a->config = *config;
    a->kernels = *umi_kernels_get();
    a->D = umi_matrix_new(D.rows, D.cols);
    a->scratch = umi_alloc(config->parallel.n_workers, sizeof *a->scratch);
    if (a->D.data == NULL || a->scratch == NULL) {
        goto fail;
    }
    for (size_t w = 0; w < config->parallel.n_workers; w++) {
        if (!umi_tile_scratch_init(&a->scratch[w], D.cols, D.rows, false)) {
            goto fail;
        }
    }
    umi_matrix_copy_rows(a->D, 0, D);
    for (size_t k = 0; k < D.rows; k++) {
        bool normalised = umi_row_normalise(um_row(a->D, k), D.cols);
        (void)normalised; /* its sum is above zero */
    }
    *out = a;
    return UM_OK;
fail:
    um_activations_free(a);
    return UM_ERR_MEMORY;
}

void um_activations_free(um_activations *a)
{
    if (a == NULL) {
        return;
    }
    for (size_t w = 0; a->scratch != NULL && w < a->config.parallel.n_workers; w++) {
        umi_tile_scratch_free(&a->scratch[w]);
    }
    umi_free(a->scratch);
    umi_free(a->D.data);
    umi_free(a);
}

static void solve_tile(void *argument, size_t i_tile, size_t i_worker)
{
    const solve *s = argument;
    size_t first = i_tile * UMI_TILE_FRAMES;
    size_t left = s->V.rows - first;
    size_t rows = left < UMI_TILE_FRAMES ? left : UMI_TILE_FRAMES;
    um_cview V = {um_crow(s->V, first), rows, s->V.cols, s->V.stride};
    um_view H = {um_row(s->H, first), rows, s->H.cols, s->H.stride};
    umi_tile_problem problem = umi_tile_problem_of(V, um_const_view(s->activations->D));
    unsigned before = umi_flush_denormals();
    umi_tile_solve(&s->activations->kernels, &problem, s->activations->config.iterations, H,
                   &s->activations->scratch[i_worker]);
    umi_restore_denormals(before);
}

um_status um_activations_solve(um_activations *activations, um_cview V, um_view H)
{
    if (activations == NULL || V.cols != activations->D.cols || H.rows != V.rows ||
        H.cols != activations->D.rows || H.stride < H.cols || (H.rows > 0 && H.data == NULL) ||
        !umi_tile_magnitudes_are_valid(V)) {
        return UM_ERR_ARGUMENT;
    }
    solve s = {activations, V, H};
    umi_parallel_run(&activations->config.parallel,
                     (V.rows + UMI_TILE_FRAMES - 1) / UMI_TILE_FRAMES, solve_tile, &s);
    return UM_OK;
}
