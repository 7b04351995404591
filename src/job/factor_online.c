#include "job/factor_online.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/random.h"
#include "unmingle/nmf.h"
#include "unmingle/online.h"

#include <string.h>

enum {
    BATCHES_A_POINT = 10, /* of the curve */
    WALK_ROWS = 1024      /* for which H is found at once */
};

static um_status no_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to factorise online");
}

void umi_factor_online_free(umi_factor_online *online)
{
    umi_free(online->W.data);
    umi_free(online->curve);
    umi_free(online->curve_batches);
    memset(online, 0, sizeof *online);
}

double umi_factor_online_bytes(const umi_factor_online_config *config,
                               const umi_factor_input *input)
{
    double row = (double)umi_padded(input->cols) * sizeof(float);
    double atoms = (double)config->n_components * row;
    double batch = (double)um_online_config_default().batch_frames * row;
    double tiles = (double)config->parallel.n_workers * 64.0 * row;
    /* A batch and its sums, or a block of rows and those that um_nmf collects for nothing. */
    return 12.0 * atoms + 2.0 * batch + tiles;
}

/* -- W ----------------------------------------------------------------------------------------- */

typedef struct learner {
    const umi_factor_online_config *config;
    umi_factor_input *input;
    umi_factor_online *result;
    um_online *online;
    umi_random random;
    um_view sample;
    size_t *order;   /* of the sample's rows */
    size_t n_sample; /* rows to draw at once */
    size_t batch_frames;
    size_t n_pushed;   /* rows since the last point of the curve ... */
    double divergence; /* ... and the divergence then */
} learner;

static um_status learner_init(learner *l, um_error *error)
{
    const umi_factor_online_config *c = l->config;
    um_online_config config = um_online_config_default();
    config.n_bins = l->input->cols;
    config.n_components = c->n_components;
    config.seed = c->seed;
    config.parallel = c->parallel;
    l->batch_frames = config.batch_frames;
    double row = (double)umi_padded(l->input->cols) * sizeof(float);
    double room = c->memory / row;
    l->n_sample = room < (double)l->input->rows ? (size_t)room : l->input->rows;
    if (l->n_sample < config.batch_frames && l->n_sample < l->input->rows) {
        return umi_error_set(error, UM_ERR_MEMORY,
                             "%zu rows of %zu values, the least to learn from at once, need %.0f "
                             "MiB, and %.0f MiB are left for them; raise --memory",
                             config.batch_frames, l->input->cols,
                             row * (double)config.batch_frames / 1048576.0 + 1.0,
                             c->memory / 1048576.0);
    }
    size_t n_points = c->batches / BATCHES_A_POINT + 2;
    l->order = umi_alloc(l->n_sample, sizeof *l->order);
    l->result->curve = umi_alloc(n_points, sizeof *l->result->curve);
    l->result->curve_batches = umi_alloc(n_points, sizeof *l->result->curve_batches);
    if (l->order == NULL || l->result->curve == NULL || l->result->curve_batches == NULL) {
        return no_memory(error);
    }
    um_status status = um_online_new(&config, &l->online);
    if (status == UM_OK && c->W.data != NULL) {
        status = um_online_set_atoms(l->online, 0, c->W, c->fix_W);
    }
    return status == UM_OK || status != UM_ERR_MEMORY ? status : no_memory(error);
}

/* Another sample, unless the one at hand is all there is; in any case in a new order. */
static um_status draw(learner *l, uint64_t seed, um_error *error)
{
    um_status status = UM_OK;
    if (l->sample.data == NULL || l->n_sample < l->input->rows) {
        umi_free(l->sample.data);
        l->sample = (um_view){0};
        status = umi_factor_rows_sample(l->input, l->n_sample, seed, &l->sample, error);
    }
    for (size_t i = 0; i < l->sample.rows; i++) {
        size_t j = umi_random_below(&l->random, i + 1); /* Fisher and Yates, inside out */
        l->order[i] = l->order[j];
        l->order[j] = i;
    }
    return status;
}

static void add_point(learner *l)
{
    umi_factor_online *r = l->result;
    size_t batches = um_online_batches(l->online);
    double now = um_online_divergence(l->online);
    r->curve[r->n_curve] = (now - l->divergence) / (double)l->n_pushed * (double)l->input->rows;
    r->curve_batches[r->n_curve] = batches;
    r->n_curve++;
    l->divergence = now;
    l->n_pushed = 0;
}

/* Pushes the sample until it ends or the last batch is done. */
static um_status learn_sample(learner *l)
{
    for (size_t i = 0; i < l->sample.rows; i++) {
        um_cview row = {um_row(l->sample, l->order[i]), 1, l->sample.cols, l->sample.stride};
        um_status status = um_online_push(l->online, row);
        if (status != UM_OK) {
            return status;
        }
        l->n_pushed++;
        l->result->n_drawn++;
        if (l->n_pushed == BATCHES_A_POINT * l->batch_frames) {
            add_point(l);
        }
        if (l->result->n_drawn == l->config->batches * l->batch_frames) {
            return UM_OK;
        }
    }
    return UM_OK;
}

static um_status learn_all(learner *l, um_error *error)
{
    um_status status = learner_init(l, error);
    size_t n_wanted = l->config->batches * l->batch_frames;
    for (uint64_t i = 0; status == UM_OK && l->result->n_drawn < n_wanted; i++) {
        status = draw(l, l->config->seed + i, error);
        if (status == UM_OK) {
            status = learn_sample(l);
        }
    }
    if (status != UM_OK) {
        return status;
    }
    um_online_flush(l->online);
    if (l->n_pushed > 0) {
        add_point(l);
    }
    l->result->batches = um_online_batches(l->online);
    um_cview W = um_online_atoms(l->online);
    l->result->W = umi_matrix_new(W.rows, W.cols);
    if (l->result->W.data == NULL) {
        return no_memory(error);
    }
    umi_matrix_copy_rows(l->result->W, 0, W);
    return UM_OK;
}

um_status umi_factor_online_learn(const umi_factor_online_config *config, umi_factor_input *input,
                                  umi_factor_online *online, um_error *error)
{
    memset(online, 0, sizeof *online);
    learner l = {.config = config,
                 .input = input,
                 .result = online,
                 .random = umi_random_seeded(config->seed)};
    um_status status = learn_all(&l, error);
    um_online_free(l.online);
    umi_free(l.sample.data);
    umi_free(l.order);
    if (status != UM_OK) {
        umi_factor_online_free(online);
    }
    return status;
}

/* -- H ----------------------------------------------------------------------------------------- */

typedef struct solver {
    um_nmf *nmf;
    um_view H; /* WALK_ROWS x K: from flat */
    umi_factor_online *result;
    umi_factor_rows_take take;
    void *user;
} solver;

static um_status solver_init(solver *s, const umi_factor_online_config *config, um_error *error)
{
    um_nmf_config c = um_nmf_config_default();
    c.n_frames = WALK_ROWS;
    c.n_bins = s->result->W.cols;
    c.n_components = config->n_components;
    c.iterations = config->updates;
    c.check_every = config->updates;
    c.parallel = config->parallel;
    s->H = um_view_of(umi_alloc(WALK_ROWS * config->n_components, sizeof(float)), WALK_ROWS,
                      config->n_components);
    um_status status = um_nmf_new(&c, &s->nmf);
    if (s->H.data == NULL || status == UM_ERR_MEMORY) {
        return no_memory(error);
    }
    return status == UM_OK ? um_nmf_set_atoms(s->nmf, 0, um_const_view(s->result->W), true)
                           : status;
}

static um_status solve_block(void *user, um_cview V, um_error *error)
{
    solver *s = user;
    s->H.rows = V.rows;
    for (size_t n = 0; n < V.rows; n++) {
        double sum = 0.0;
        for (size_t f = 0; f < V.cols; f++) {
            sum += (double)um_crow(V, n)[f];
        }
        for (size_t k = 0; k < s->H.cols; k++) {
            um_row(s->H, n)[k] = (float)(sum / (double)s->H.cols);
        }
    }
    um_status status = um_nmf_set_activations(s->nmf, um_const_view(s->H));
    if (status == UM_OK) {
        status = um_nmf_run(s->nmf, V, NULL);
    }
    if (status != UM_OK) {
        return status;
    }
    s->result->divergence += um_nmf_divergence(s->nmf);
    return s->take(s->user, um_nmf_activations(s->nmf), error);
}

um_status umi_factor_online_activations(const umi_factor_online_config *config,
                                        umi_factor_input *input, umi_factor_online *online,
                                        umi_factor_rows_take take, void *user, um_error *error)
{
    solver s = {.result = online, .take = take, .user = user};
    online->divergence = 0.0;
    um_status status = solver_init(&s, config, error);
    if (status == UM_OK) {
        status = umi_factor_rows_walk(input, WALK_ROWS, solve_block, &s, error);
    }
    um_nmf_free(s.nmf);
    umi_free(s.H.data);
    return status;
}
