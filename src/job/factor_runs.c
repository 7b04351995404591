#include "job/factor_runs.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/matched_atoms.h"

#include <string.h>

/* The atoms of every run, K rows each. */
typedef struct atoms {
    float *values;
    size_t K, columns;
} atoms;

void umi_factor_runs_free(umi_factor_runs *runs)
{
    umi_factorisation_free(runs->best);
    umi_free(runs->runs);
    memset(runs, 0, sizeof *runs);
}

double umi_factor_runs_bytes(const umi_factorisation_config *config, umi_start start, size_t n_runs,
                             const umi_factor_input *input)
{
    double one = umi_factorisation_bytes(config, start, input);
    if (n_runs == 1) {
        return one;
    }
    double K = (double)config->n_components;
    double T = config->atom_frames > 1 ? (double)config->atom_frames : 1.0;
    double kept = (double)n_runs * K * T * (double)input->cols * sizeof(float);
    double matching = K * K * (sizeof(float) + sizeof(double));
    return 2.0 * one + kept + matching;
}

static um_cview atoms_of(const atoms *all, size_t i_run)
{
    return um_cview_of(all->values + i_run * all->K * all->columns, all->K, all->columns);
}

static void keep_atoms(atoms *all, size_t i_run, um_cview W)
{
    float *to = all->values + i_run * all->K * all->columns;
    for (size_t k = 0; k < W.rows; k++) {
        memcpy(to + k * all->columns, um_crow(W, k), all->columns * sizeof *to);
    }
}

static um_status compare_atoms(const atoms *all, umi_factor_runs *runs)
{
    double *cosine = umi_alloc(all->K, sizeof *cosine);
    um_status status = cosine != NULL ? UM_OK : UM_ERR_MEMORY;
    for (size_t i = 0; i < runs->n_runs && status == UM_OK; i++) {
        umi_factor_run *run = &runs->runs[i];
        run->alike = run->least_alike = 1.0;
        if (i == runs->i_best) {
            continue;
        }
        status = umi_match_atoms(atoms_of(all, runs->i_best), atoms_of(all, i), cosine);
        double sum = 0.0;
        for (size_t k = 0; k < all->K && status == UM_OK; k++) {
            sum += cosine[k];
            run->least_alike = cosine[k] < run->least_alike ? cosine[k] : run->least_alike;
        }
        run->alike = sum / (double)all->K;
    }
    umi_free(cosine);
    return status;
}

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for --restarts");
}

/* One run with `current`; it changes places with the best one when it is better. */
static um_status run_once(umi_factor_runs *runs, size_t i, umi_factorisation **current,
                          const um_progress *progress, um_error *error)
{
    um_status status = umi_factorisation_run(*current, progress, error);
    if (status != UM_OK) {
        return status;
    }
    umi_factor_run *run = &runs->runs[i];
    size_t n_values;
    const double *curve = umi_factorisation_curve(*current, &n_values);
    run->iterations = umi_factorisation_iterations(*current);
    run->objective = curve[n_values - 1];
    run->divergence = umi_factorisation_divergence(*current);
    if (i == 0 || run->objective < runs->runs[runs->i_best].objective) {
        umi_factorisation *before = runs->best;
        runs->best = *current;
        *current = before;
        runs->i_best = i;
    }
    return UM_OK;
}

um_status umi_factor_runs_do(const umi_factorisation_config *config, const umi_factor_input *input,
                             umi_factor_start *start, uint64_t seed, size_t n_runs,
                             umi_factor_runs *runs, um_error *error)
{
    const umi_watch *watch = input->config.watch;
    umi_factorisation *current = NULL;
    size_t T = config->atom_frames > 1 ? config->atom_frames : 1;
    atoms all = {NULL, config->n_components, T * input->cols};
    size_t n_values;
    um_status status = UM_OK;
    memset(runs, 0, sizeof *runs);
    runs->n_runs = n_runs;
    runs->runs = umi_alloc(n_runs, sizeof *runs->runs);
    if (n_runs > 1 && umi_multiply(n_runs * all.K, all.columns, &n_values)) {
        all.values = umi_alloc(n_values, sizeof(float));
    }
    if (runs->runs == NULL || (n_runs > 1 && all.values == NULL)) {
        status = out_of_memory(error);
    }
    for (size_t i = 0; i < n_runs && status == UM_OK; i++) {
        umi_watch_phase(watch, "factorising", 0.1 + 0.85 * (double)i / (double)n_runs,
                        0.1 + 0.85 * (double)(i + 1) / (double)n_runs);
        runs->runs[i].seed = seed + i;
        if (current == NULL) {
            status = umi_factorisation_new(config, input, &current, error);
        }
        if (status == UM_OK) {
            status = umi_factorisation_start(current, start, seed + i, error);
        }
        if (i + 1 == n_runs) {
            umi_factor_start_drop_H(start);
        }
        umi_factorisation *used = current;
        if (status == UM_OK) {
            status = run_once(runs, i, &current, watch->progress, error);
        }
        if (status == UM_OK && n_runs > 1) {
            keep_atoms(&all, i, umi_factorisation_W(used));
        }
    }
    umi_factorisation_free(current);
    if (status == UM_OK && n_runs > 1 && compare_atoms(&all, runs) != UM_OK) {
        status = out_of_memory(error);
    }
    umi_free(all.values);
    if (n_runs == 1 && status == UM_OK) {
        runs->runs[0].alike = runs->runs[0].least_alike = 1.0;
    }
    if (status != UM_OK) {
        umi_factor_runs_free(runs);
    }
    return status;
}
