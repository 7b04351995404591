#include "unmingle/rank_survey.h"

#include "core/progress.h"
#include "unmingle/nmf.h"

#include <math.h>
#include <string.h>

/* Up to so many numbers are all tried; more are spread over so many. */
enum { COARSE = 12 };

/* Starts a mask: the one that explains the seen cells best counts, so that a bad start is not taken
 * for a bad number of components. */
enum { STARTS = 2 };

/* A surplus over the best that is not worth a component, as a share of what there is to gain. */
#define NEGLIGIBLE 1e-3

typedef struct run {
    const um_rank_survey_config *config;
    um_cview V;
    const um_csparse *sparse; /* in place of V, or NULL */
    size_t rows, cols;
    const um_progress *progress;
    um_rank_survey *survey;
    double held_out[UM_RANK_SURVEY_SCORES_MAX][UM_RANK_SURVEY_MASKS_MAX]; /* as survey->scores */
    size_t n_done, n_planned; /* numbers of components */
} run;

um_rank_survey_config um_rank_survey_config_default(void)
{
    um_rank_survey_config config = {0};
    config.held_out = 0.1;
    config.n_masks = 4;
    config.iterations = 200;
    config.tolerance = 1e-4;
    config.seed = 1;
    config.parallel = um_parallel_serial();
    return config;
}

static bool config_is_valid(const um_rank_survey_config *c)
{
    return c->first >= 1 && c->last >= c->first && c->last <= 4096 && c->held_out >= 0.01 &&
           c->held_out <= 0.5 && c->n_masks >= 2 && c->n_masks <= UM_RANK_SURVEY_MASKS_MAX &&
           c->iterations >= 1 && c->iterations <= 100000 && c->tolerance >= 0.0 &&
           c->tolerance < 1.0;
}

/* -- One number of components ------------------------------------------------------------------ */

static um_status factorise(const run *r, um_nmf *nmf, uint64_t seed)
{
    um_status status = r->sparse != NULL ? um_nmf_start_random_sparse(nmf, r->sparse, seed)
                                         : um_nmf_start_random(nmf, r->V, seed);
    if (status != UM_OK) {
        return status;
    }
    return r->sparse != NULL ? um_nmf_run_sparse(nmf, r->sparse, NULL)
                             : um_nmf_run(nmf, r->V, NULL);
}

/* The divergences a cell for one mask, of the better of some starts. */
static um_status score_mask(const run *r, um_nmf *nmf, size_t mask, double *held_out, double *seen)
{
    double cells = (double)r->rows * (double)r->cols, best = INFINITY;
    for (uint64_t start = 0; start < STARTS; start++) {
        um_status status = factorise(r, nmf, r->config->seed + mask * STARTS + start);
        if (status != UM_OK) {
            return status;
        }
        double divergence = um_nmf_divergence(nmf);
        if (divergence < best) {
            size_t n_hidden;
            double hidden = um_nmf_held_out(nmf, &n_hidden);
            best = divergence;
            *held_out = n_hidden > 0 ? hidden / (double)n_hidden : 0.0;
            *seen = divergence / fmax(cells - (double)n_hidden, 1.0);
        }
    }
    return UM_OK;
}

static um_status score(const run *r, size_t n_components, um_rank_score *result, double *held_out)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = r->rows;
    config.n_bins = r->cols;
    config.n_components = n_components;
    config.iterations = r->config->iterations;
    config.tolerance = r->config->tolerance;
    config.held_out = r->config->held_out;
    config.sparse = r->sparse != NULL;
    if (config.sparse) {
        config.n_values = um_csparse_entries(*r->sparse);
        double density = (double)config.n_values / ((double)r->rows * (double)r->cols);
        config.held_out = fmin(config.held_out, density);
    }
    config.parallel = r->config->parallel;
    *result = (um_rank_score){.n_components = n_components};
    for (size_t mask = 0; mask < r->config->n_masks; mask++) {
        um_nmf *nmf;
        double seen = 0.0;
        config.held_out_seed = r->config->seed + mask;
        um_status status = um_nmf_new(&config, &nmf);
        if (status == UM_OK) {
            status = score_mask(r, nmf, mask, &held_out[mask], &seen);
        }
        um_nmf_free(nmf);
        if (status != UM_OK) {
            return status;
        }
        result->held_out += held_out[mask] / (double)r->config->n_masks;
        result->seen += seen / (double)r->config->n_masks;
        double done = (double)(r->n_done * r->config->n_masks + mask + 1);
        if (!umi_progress_report(r->progress, done, (double)(r->n_planned * r->config->n_masks),
                                 result->held_out)) {
            return UM_ERR_CANCELLED;
        }
    }
    return UM_OK;
}

/* -- The suggestion ---------------------------------------------------------------------------- */

static void find_best(run *r)
{
    um_rank_survey *s = r->survey;
    s->best = 0;
    for (size_t i = 1; i < s->n_scores; i++) {
        if (s->scores[i].held_out < s->scores[s->best].held_out) {
            s->best = i;
        }
    }
}

static void compare_with_best(run *r)
{
    um_rank_survey *s = r->survey;
    double n = (double)r->config->n_masks;
    for (size_t i = 0; i < s->n_scores; i++) {
        double sum = 0.0, squares = 0.0;
        for (size_t m = 0; m < r->config->n_masks; m++) {
            double surplus = r->held_out[i][m] - r->held_out[s->best][m];
            sum += surplus;
            squares += surplus * surplus;
        }
        s->scores[i].surplus = sum / n;
        s->scores[i].error = sqrt(fmax(squares - sum * sum / n, 0.0) / (n - 1.0) / n);
    }
}

static void judge(run *r)
{
    um_rank_survey *s = r->survey;
    find_best(r);
    compare_with_best(r);
    double gain = s->scores[0].held_out - s->scores[s->best].held_out;
    s->suggested = 0;
    while (s->suggested < s->best && s->scores[s->suggested].surplus >
                                         fmax(s->scores[s->suggested].error, NEGLIGIBLE * gain)) {
        s->suggested++;
    }
}

/* -- Which numbers ----------------------------------------------------------------------------- */

/* Scores n_components unless that has been done, in its place among the others. */
static um_status visit(run *r, size_t n_components)
{
    um_rank_survey *s = r->survey;
    size_t at = 0;
    while (at < s->n_scores && s->scores[at].n_components < n_components) {
        at++;
    }
    bool known = at < s->n_scores && s->scores[at].n_components == n_components;
    if (known || s->n_scores == UM_RANK_SURVEY_SCORES_MAX) {
        return UM_OK;
    }
    memmove(&s->scores[at + 1], &s->scores[at], (s->n_scores - at) * sizeof s->scores[0]);
    memmove(&r->held_out[at + 1], &r->held_out[at], (s->n_scores - at) * sizeof r->held_out[0]);
    s->n_scores++;
    um_status status = score(r, n_components, &s->scores[at], r->held_out[at]);
    r->n_done++;
    return status;
}

/* The number halfway between two scored ones; 0 when they are near enough. */
static size_t between(size_t a, size_t b)
{
    return b - a <= 1 || (double)(b - a) <= 0.05 * (double)b ? 0 : a + (b - a) / 2;
}

/* Looks at both sides of the best and below the suggestion until there is nothing left to look
 * at. */
static um_status refine(run *r)
{
    um_rank_survey *s = r->survey;
    for (;;) {
        judge(r);
        size_t best = s->scores[s->best].n_components;
        size_t suggested = s->scores[s->suggested].n_components;
        const size_t wanted[] = {
            s->best > 0 ? between(s->scores[s->best - 1].n_components, best) : 0,
            s->best + 1 < s->n_scores ? between(best, s->scores[s->best + 1].n_components) : 0,
            s->suggested > 0 ? between(s->scores[s->suggested - 1].n_components, suggested) : 0};
        size_t n_wanted = (wanted[0] != 0) + (wanted[1] != 0) + (wanted[2] != 0);
        if (n_wanted == 0 || s->n_scores + n_wanted > UM_RANK_SURVEY_SCORES_MAX) {
            return UM_OK;
        }
        r->n_planned = r->n_done + n_wanted;
        for (size_t i = 0; i < 3; i++) {
            um_status status = wanted[i] != 0 ? visit(r, wanted[i]) : UM_OK;
            if (status != UM_OK) {
                return status;
            }
        }
    }
}

static um_status visit_all(run *r)
{
    size_t first = r->config->first, last = r->config->last, count = last - first + 1;
    size_t n = count <= COARSE ? count : COARSE;
    r->n_planned = n;
    um_status status = UM_OK;
    for (size_t i = 0; i < n && status == UM_OK; i++) {
        double place = n > 1 ? (double)i / (double)(n - 1) : 0.0;
        double spread = (double)first * pow((double)last / (double)first, place);
        status = visit(r, count <= COARSE ? first + i : (size_t)(spread + 0.5));
    }
    return status == UM_OK ? refine(r) : status;
}

static um_status survey_all(run *r)
{
    if (r->config == NULL || r->survey == NULL || !config_is_valid(r->config)) {
        return UM_ERR_ARGUMENT;
    }
    *r->survey = (um_rank_survey){0};
    return visit_all(r);
}

um_status um_rank_survey_run(const um_rank_survey_config *config, um_cview V,
                             const um_progress *progress, um_rank_survey *survey)
{
    run r = {.config = config,
             .V = V,
             .rows = V.rows,
             .cols = V.cols,
             .progress = progress,
             .survey = survey};
    return survey_all(&r);
}

um_status um_rank_survey_run_sparse(const um_rank_survey_config *config, const um_csparse *V,
                                    const um_progress *progress, um_rank_survey *survey)
{
    if (V == NULL || um_csparse_entries(*V) == 0) {
        return UM_ERR_ARGUMENT; /* no cell would be hidden, and nothing be learned */
    }
    run r = {.config = config,
             .sparse = V,
             .rows = V->rows,
             .cols = V->cols,
             .progress = progress,
             .survey = survey};
    return survey_all(&r);
}
