#include "job/live_rest.h"

#include "core/matrix.h"
#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { BATCHES = 4, BATCH_FRAMES = 2 * UMI_TILE_FRAMES, UPDATES = 20 };

/* What a batch leaves of what those before it in the round said. */
static const double FORGETTING = 0.5;

/* Of the mean spectrum of what no atom explains, in each atom after a round. */
static const double MEAN_SHARE = 0.003;

/* Of the sum of a spectrum, added to each value, so that none is 0. */
static const float LEAST = 1e-9f;

/* An atom with less than this of its share does nothing; of the shares so much is kept from round
 * to round, so that one of a sound that is seldom heard is not taken for idle. */
static const double IDLE_SHARE = 0.4, SHARES_KEPT = 0.8;

um_status umi_live_rest_init(size_t n_atoms, size_t n_bins, uint64_t seed, umi_live_rest *rest)
{
    um_online_config config = um_online_config_default();
    config.n_bins = n_bins;
    config.n_components = n_atoms;
    config.batch_frames = BATCH_FRAMES;
    config.updates = UPDATES;
    config.fresh_batches = 1;
    config.forgetting = FORGETTING;
    rest->random = umi_random_seeded(seed);
    rest->kernels = *umi_kernels_get();
    rest->batch = umi_matrix_new(BATCH_FRAMES, n_bins);
    rest->H = umi_matrix_new(UMI_TILE_FRAMES, n_atoms);
    rest->start = umi_matrix_new(n_atoms, n_bins);
    rest->left = umi_alloc(3 * n_bins, sizeof *rest->left);
    rest->shares = umi_alloc(n_atoms, sizeof *rest->shares);
    if (rest->left != NULL) {
        rest->mean = rest->left + n_bins;
        rest->worst = rest->left + 2 * n_bins;
    }
    bool ok = umi_tile_scratch_init(&rest->scratch, n_bins, n_atoms, false);
    return ok && rest->batch.data != NULL && rest->H.data != NULL && rest->start.data != NULL &&
                   rest->left != NULL && rest->shares != NULL
               ? um_online_new(&config, &rest->online)
               : UM_ERR_MEMORY;
}

void umi_live_rest_free(umi_live_rest *rest)
{
    um_online_free(rest->online);
    umi_free(rest->batch.data);
    umi_free(rest->H.data);
    umi_free(rest->start.data);
    umi_free(rest->left);
    umi_free(rest->shares);
    umi_tile_scratch_free(&rest->scratch);
    memset(rest, 0, sizeof *rest);
}

static void set_atoms(umi_live_rest *rest, size_t first, um_cview W, bool fixed)
{
    um_status status = um_online_set_atoms(rest->online, first, W, fixed);
    assert(status == UM_OK);
    (void)status;
}

void umi_live_rest_start(umi_live_rest *rest, um_cview W, size_t n_fixed, bool random)
{
    rest->n_fixed = n_fixed;
    rest->is_random = random;
    for (size_t k = 0; k < W.rows - n_fixed; k++) {
        rest->shares[k] = 1.0;
    }
    set_atoms(rest, 0, (um_cview){W.data, n_fixed, W.cols, W.stride}, true);
    set_atoms(rest, n_fixed, (um_cview){um_crow(W, n_fixed), W.rows - n_fixed, W.cols, W.stride},
              false);
}

void umi_live_rest_replace(umi_live_rest *rest, size_t first, um_cview W)
{
    set_atoms(rest, first, W, true);
}

/* -- A round ----------------------------------------------------------------------------------- */

static void draw_batch(umi_live_rest *rest, um_cview heard)
{
    for (size_t i = 0; i < rest->batch.rows; i++) {
        size_t t = umi_random_below(&rest->random, heard.rows);
        memcpy(um_row(rest->batch, i), um_crow(heard, t), heard.cols * sizeof(float));
    }
}

static void learn_batch(umi_live_rest *rest, um_cview heard)
{
    draw_batch(rest, heard);
    um_status status = um_online_push(rest->online, um_const_view(rest->batch));
    assert(status == UM_OK);
    (void)status;
}

/* Of the last batch, which is a sample of all. */
static um_cview sample(const umi_live_rest *rest)
{
    return (um_cview){rest->batch.data, rest->H.rows, rest->batch.cols, rest->batch.stride};
}

/* What part each free atom takes; the one with the least, or as many as there are when none is
 * idle. */
static size_t find_idle(umi_live_rest *rest)
{
    size_t n = rest->H.cols - rest->n_fixed, idle = 0;
    double total = 0.0, mean = 0.0;
    for (size_t t = 0; t < rest->H.rows; t++) {
        for (size_t k = 0; k < n; k++) {
            total += (double)um_row(rest->H, t)[rest->n_fixed + k];
        }
    }
    for (size_t k = 0; k < n && total > 0.0; k++) {
        double sum = 0.0;
        for (size_t t = 0; t < rest->H.rows; t++) {
            sum += (double)um_row(rest->H, t)[rest->n_fixed + k];
        }
        rest->shares[k] =
            SHARES_KEPT * rest->shares[k] + (1.0 - SHARES_KEPT) * sum * (double)n / total;
        mean += rest->shares[k] / (double)n;
        idle = rest->shares[k] < rest->shares[idle] ? k : idle;
    }
    return rest->shares[idle] < IDLE_SHARE * mean ? idle : n;
}

/* What the atoms leave of frame t of the sample, into `left`; returns its sum. */
static double leave(umi_live_rest *rest, um_cview W, size_t t)
{
    double sum = 0.0;
    memcpy(rest->left, um_crow(sample(rest), t), W.cols * sizeof *rest->left);
    for (size_t k = 0; k < W.rows; k++) {
        float h = um_row(rest->H, t)[k];
        for (size_t f = 0; f < W.cols; f++) {
            rest->left[f] -= h * um_crow(W, k)[f];
        }
    }
    for (size_t f = 0; f < W.cols; f++) {
        rest->left[f] = fmaxf(rest->left[f], 0.0f);
        sum += (double)rest->left[f];
    }
    return sum;
}

/* Looks at what the atoms leave of the sample: its mean spectrum, and the frame of which it is the
 * most. False when they leave nothing. */
static bool find_left(umi_live_rest *rest, um_cview W)
{
    double most = 0.0;
    umi_tile_problem problem = umi_tile_problem_of(sample(rest), W);
    umi_tile_solve(&rest->kernels, &problem, UPDATES, rest->H, &rest->scratch);
    memset(rest->mean, 0, W.cols * sizeof *rest->mean);
    for (size_t t = 0; t < rest->H.rows; t++) {
        double sum = leave(rest, W, t);
        for (size_t f = 0; f < W.cols; f++) {
            rest->mean[f] += rest->left[f];
        }
        if (sum > most) {
            most = sum;
            memcpy(rest->worst, rest->left, W.cols * sizeof *rest->worst);
        }
    }
    return umi_row_normalise(rest->mean, W.cols);
}

/* Before the first round: what the atoms that stay leave is where the free ones look first; else
 * they would take a part of what those explain. */
static void fit(umi_live_rest *rest, um_cview heard, um_cview W)
{
    um_cview fixed = {W.data, rest->n_fixed, W.cols, W.stride};
    um_view start = {rest->start.data, W.rows - rest->n_fixed, W.cols, rest->start.stride};
    draw_batch(rest, heard);
    rest->H.cols = fixed.rows;
    bool left = find_left(rest, fixed);
    rest->H.cols = W.rows;
    for (size_t k = 0; k < start.rows && left; k++) {
        for (size_t f = 0; f < W.cols; f++) {
            um_row(start, k)[f] = um_crow(W, rest->n_fixed + k)[f] * (rest->mean[f] + LEAST);
        }
    }
    if (left) {
        set_atoms(rest, rest->n_fixed, um_const_view(start), false);
    }
}

/* The free atoms for the next round. */
static void start_anew(umi_live_rest *rest, um_cview W)
{
    if (!find_left(rest, W)) {
        return;
    }
    size_t n = W.rows - rest->n_fixed, idle = find_idle(rest);
    um_view start = {rest->start.data, n, W.cols, rest->start.stride};
    for (size_t k = 0; k < n; k++) {
        const float *w = um_crow(W, rest->n_fixed + k);
        for (size_t f = 0; f < W.cols; f++) {
            double mixed = (1.0 - MEAN_SHARE) * (double)w[f] + MEAN_SHARE * (double)rest->mean[f];
            um_row(start, k)[f] = k == idle ? rest->worst[f] : (float)mixed;
        }
    }
    if (idle < n) {
        rest->shares[idle] = 1.0; /* time to find its part */
    }
    set_atoms(rest, rest->n_fixed, um_const_view(start), false);
}

void umi_live_rest_learn(umi_live_rest *rest, um_cview heard, um_view W)
{
    if (rest->n_fixed > 0 && rest->is_random) {
        rest->is_random = false;
        fit(rest, heard, um_online_atoms(rest->online));
    }
    for (size_t b = 0; b < BATCHES; b++) {
        learn_batch(rest, heard);
    }
    um_cview learned = um_online_atoms(rest->online);
    umi_matrix_copy_rows(W, 0, learned);
    start_anew(rest, learned);
}
