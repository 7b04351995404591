#include "job/factorisation.h"

#include "core/error.h"
#include "core/memory.h"

struct umi_factorisation {
    umi_factorisation_config config;
    const umi_factor_input *input;
    um_nmf *nmf;
    size_t check_every;
};

/* -- Settings ---------------------------------------------------------------------------------- */

const char *umi_solver_name(umi_solver solver)
{
    static const char *const names[] = {"auto", "mu", "joint"};
    return names[solver];
}

umi_solver umi_solver_chosen(const umi_factorisation_config *config)
{
    if (config->solver != UMI_SOLVER_AUTO) {
        return config->solver;
    }
    return umi_divergence_beta(config) == 1.0 ? UMI_SOLVER_JOINT : UMI_SOLVER_MU;
}

const char *umi_divergence_title(um_divergence divergence)
{
    static const char *const titles[] = {"Kullback-Leibler", "Euclidean", "Itakura-Saito", "beta"};
    return titles[divergence];
}

const char *umi_divergence_name(um_divergence divergence)
{
    static const char *const names[] = {"kl", "euclidean", "is", "beta"};
    return names[divergence];
}

double umi_divergence_beta(const umi_factorisation_config *config)
{
    switch (config->divergence) {
    case UM_DIVERGENCE_KULLBACK_LEIBLER:
        return 1.0;
    case UM_DIVERGENCE_EUCLIDEAN:
        return 2.0;
    case UM_DIVERGENCE_ITAKURA_SAITO:
        return 0.0;
    case UM_DIVERGENCE_BETA:
        break;
    }
    return config->beta;
}

um_status umi_factorisation_check(const umi_factorisation_config *config,
                                  const umi_factor_input *input, um_error *error)
{
    enum { COLUMNS_MAX = 1 << 20 };
    if (config->solver == UMI_SOLVER_JOINT && umi_divergence_beta(config) != 1.0) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--solver joint: it lowers the Kullback-Leibler divergence only; "
                             "--solver mu lowers any");
    }
    if (config->precision == UM_PRECISION_BF16 && umi_divergence_beta(config) != 1.0) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--precision bf16: for the Kullback-Leibler divergence only");
    }
    if (input->cols > COLUMNS_MAX) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: %zu columns, and at most %d are factorised; is it transposed?",
                             umi_factor_input_name(input), input->cols, COLUMNS_MAX);
    }
    return UM_OK;
}

static um_nmf_config nmf_config(const umi_factorisation_config *c, const umi_factor_input *input)
{
    um_nmf_config nmf = um_nmf_config_default();
    nmf.n_frames = input->rows;
    nmf.n_bins = input->cols;
    nmf.n_components = c->n_components;
    nmf.divergence = c->divergence;
    nmf.beta = c->beta;
    nmf.solver = umi_solver_chosen(c) == UMI_SOLVER_JOINT ? UM_SOLVER_JOINT : UM_SOLVER_MU;
    nmf.precision = c->precision;
    nmf.sparsity_H = c->sparsity_H;
    nmf.sparsity_W = c->sparsity_W;
    nmf.continuity_H = c->continuity_H;
    nmf.iterations = c->iterations;
    nmf.tolerance = c->tolerance;
    nmf.parallel = c->parallel;
    return nmf;
}

double umi_factorisation_bytes(const umi_factorisation_config *config, umi_start start,
                               const umi_factor_input *input)
{
    enum { TILE_FRAMES = 32, PARTS = 8, SVD_EXTRA = 10 }; /* see core */
    double rows = (double)input->rows, columns = (double)umi_padded(input->cols);
    double K = (double)config->n_components, K_padded = (double)umi_padded(config->n_components);
    double beta = umi_divergence_beta(config);
    double matrices = beta == 1.0 || beta == 2.0 ? 1.0 : 2.0; /* a numerator; a denominator too */
    double floats = rows * K_padded * (config->continuity_H > 0.0 ? 2.0 : 1.0);
    floats += K * columns * (1.0 + PARTS * matrices + (beta == 2.0 ? 1.0 : 0.0));
    floats += (beta == 2.0 ? (PARTS + 1.0) * K * K_padded : 0.0);
    floats += (double)config->parallel.n_workers * TILE_FRAMES * (columns + K_padded) * matrices;
    if (start == UMI_START_NNDSVD) {
        floats += 3.0 * (rows + columns) * (K + SVD_EXTRA);
    }
    return floats * sizeof(float);
}

/* -- Life -------------------------------------------------------------------------------------- */

um_status umi_factorisation_new(const umi_factorisation_config *config,
                                const umi_factor_input *input, umi_factorisation **out,
                                um_error *error)
{
    *out = NULL;
    umi_factorisation *f = umi_alloc(1, sizeof *f);
    um_status status = UM_ERR_MEMORY;
    if (f != NULL) {
        um_nmf_config nmf = nmf_config(config, input);
        f->config = *config;
        f->input = input;
        f->check_every = nmf.check_every;
        status = um_nmf_new(&nmf, &f->nmf);
    }
    if (status == UM_OK && config->weights != NULL) {
        status = um_nmf_set_weights(f->nmf, config->weights);
    }
    if (status != UM_OK) {
        umi_factorisation_free(f);
        return umi_error_set(error, status, "not enough memory for %zu atoms of %zu x %zu values",
                             config->n_components, input->rows, input->cols);
    }
    *out = f;
    return UM_OK;
}

void umi_factorisation_free(umi_factorisation *f)
{
    if (f != NULL) {
        um_nmf_free(f->nmf);
        umi_free(f);
    }
}

/* -- Work -------------------------------------------------------------------------------------- */

um_status umi_factorisation_start(umi_factorisation *f, const umi_factor_start *start,
                                  uint64_t seed, um_error *error)
{
    um_status status = UM_OK;
    um_cview V = um_const_view(f->input->V);
    if (start->W.data == NULL || start->H.data == NULL) {
        status = start->kind == UMI_START_NNDSVD ? um_nmf_start_nndsvd(f->nmf, V, seed)
                                                 : um_nmf_start_random(f->nmf, V, seed);
    }
    if (status == UM_OK && start->W.data != NULL) {
        status = um_nmf_set_atoms(f->nmf, 0, um_const_view(start->W), start->fix_W);
    }
    if (status == UM_OK && start->H.data != NULL) {
        status = um_nmf_set_activations(f->nmf, um_const_view(start->H));
    }
    return status == UM_OK
               ? UM_OK
               : umi_error_set(error, status, "first values: %s", um_status_string(status));
}

um_status umi_factorisation_run(umi_factorisation *f, const um_progress *progress, um_error *error)
{
    um_status status = um_nmf_run(f->nmf, um_const_view(f->input->V), progress);
    return status == UM_OK ? UM_OK : umi_error_set(error, status, "%s", um_status_string(status));
}

/* -- Results ----------------------------------------------------------------------------------- */

um_cview umi_factorisation_W(const umi_factorisation *f)
{
    return um_nmf_atoms(f->nmf);
}

um_cview umi_factorisation_H(const umi_factorisation *f)
{
    return um_nmf_activations(f->nmf);
}

size_t umi_factorisation_iterations(const umi_factorisation *f)
{
    return um_nmf_iterations(f->nmf);
}

um_precision umi_factorisation_precision(const umi_factorisation *f)
{
    return um_nmf_precision(f->nmf);
}

double umi_factorisation_divergence(const umi_factorisation *f)
{
    return um_nmf_divergence(f->nmf);
}

const double *umi_factorisation_curve(const umi_factorisation *f, size_t *n_values)
{
    return um_nmf_curve(f->nmf, n_values);
}

size_t umi_factorisation_curve_iteration(const umi_factorisation *f, size_t i)
{
    size_t n_values;
    (void)um_nmf_curve(f->nmf, &n_values);
    return i + 1 < n_values ? i * f->check_every : um_nmf_iterations(f->nmf);
}
