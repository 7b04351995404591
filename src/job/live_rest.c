#include "job/live_rest.h"

#include "core/matrix.h"
#include "core/memory.h"

#include <assert.h>
#include <string.h>

enum { BATCHES = 4, BATCH_FRAMES = 64, UPDATES = 20, FRESH_BATCHES = 160 };

/* What a batch leaves of what the batches before it said, when there were many. */
static const double FORGETTING = 0.7;

um_status umi_live_rest_init(size_t n_atoms, size_t n_bins, uint64_t seed, umi_live_rest *rest)
{
    um_online_config config = um_online_config_default();
    config.n_bins = n_bins;
    config.n_components = n_atoms;
    config.batch_frames = BATCH_FRAMES;
    config.updates = UPDATES;
    config.fresh_batches = FRESH_BATCHES;
    config.forgetting = FORGETTING;
    rest->random = umi_random_seeded(seed);
    rest->batch = umi_matrix_new(BATCH_FRAMES, n_bins);
    return rest->batch.data != NULL ? um_online_new(&config, &rest->online) : UM_ERR_MEMORY;
}

void umi_live_rest_start(umi_live_rest *rest, um_cview W, size_t n_fixed)
{
    um_cview fixed = {W.data, n_fixed, W.cols, W.stride};
    um_cview start = {um_crow(W, n_fixed), W.rows - n_fixed, W.cols, W.stride};
    um_status status = um_online_set_atoms(rest->online, 0, fixed, true);
    assert(status == UM_OK);
    status = um_online_set_atoms(rest->online, n_fixed, start, false);
    assert(status == UM_OK);
    (void)status;
}

void umi_live_rest_free(umi_live_rest *rest)
{
    um_online_free(rest->online);
    umi_free(rest->batch.data);
    memset(rest, 0, sizeof *rest);
}

static void learn_batch(umi_live_rest *rest, um_cview heard)
{
    for (size_t i = 0; i < rest->batch.rows; i++) {
        size_t t = umi_random_below(&rest->random, heard.rows);
        memcpy(um_row(rest->batch, i), um_crow(heard, t), heard.cols * sizeof(float));
    }
    um_status status = um_online_push(rest->online, um_const_view(rest->batch));
    assert(status == UM_OK);
    (void)status;
}

void umi_live_rest_learn(umi_live_rest *rest, um_cview heard, um_view W)
{
    for (size_t b = 0; b < BATCHES; b++) {
        learn_batch(rest, heard);
    }
    um_cview learned = um_online_atoms(rest->online);
    for (size_t k = 0; k < W.rows; k++) {
        memcpy(um_row(W, k), um_crow(learned, k), W.cols * sizeof(float));
    }
}
