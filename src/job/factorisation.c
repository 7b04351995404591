#include "job/factorisation.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/factorisation_internal.h"

/* -- Words ------------------------------------------------------------------------------------- */

const char *umi_solver_name(umi_solver solver)
{
    static const char *const names[] = {"auto", "mu", "joint", "nmfd"};
    return names[solver];
}

umi_solver umi_solver_chosen(const umi_factorisation_config *config)
{
    if (config->atom_frames > 1) {
        return UMI_SOLVER_NMFD;
    }
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

/* -- What goes together ------------------------------------------------------------------------ */

/* What is there for the Kullback-Leibler divergence alone. */
static um_status check_divergence(const umi_factorisation_config *config,
                                  const umi_factor_input *input, um_error *error)
{
    if (umi_divergence_beta(config) == 1.0) {
        return UM_OK;
    }
    if (config->solver == UMI_SOLVER_JOINT) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--solver joint: for the Kullback-Leibler divergence only; --solver "
                             "mu does any");
    }
    if (config->precision == UM_PRECISION_BF16) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--precision bf16: for the Kullback-Leibler divergence only");
    }
    if (config->atom_frames > 1) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--atom-frames: for the Kullback-Leibler divergence only");
    }
    if (input->is_sparse) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: V is sparse, and of the divergences only Kullback-Leibler can do "
                             "without its zeros; for another one save V dense, as NPY",
                             umi_factor_input_name(input));
    }
    return UM_OK;
}

/* Atoms of several frames have an engine of their own, which is plainer. */
static um_status check_atom_frames(const umi_factorisation_config *config, umi_start start,
                                   const umi_factor_input *input, um_error *error)
{
    const char *option = NULL;
    if (config->atom_frames <= 1) {
        return UM_OK;
    }
    if (config->solver != UMI_SOLVER_AUTO) {
        option = "--solver";
    } else if (config->precision != UM_PRECISION_FP32) {
        option = "--precision bf16";
    } else if (start == UMI_START_NNDSVD) {
        option = "--start nndsvd";
    } else if (config->sparsity_H > 0.0) {
        option = "--sparsity";
    } else if (config->sparsity_W > 0.0) {
        option = "--atom-sparsity";
    } else if (config->continuity_H > 0.0) {
        option = "--continuity";
    } else if (config->weights != NULL) {
        option = "--weights";
    }
    if (option != NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%s: not with --atom-frames above 1", option);
    }
    if (input->is_sparse) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: V is sparse, which does not go with --atom-frames; save it "
                             "dense, as NPY",
                             umi_factor_input_name(input));
    }
    return UM_OK;
}

um_status umi_factorisation_check(const umi_factorisation_config *config, umi_start start,
                                  const umi_factor_input *input, um_error *error)
{
    enum { COLUMNS_MAX = 1 << 20 };
    um_status status = check_divergence(config, input, error);
    if (status == UM_OK) {
        status = check_atom_frames(config, start, input, error);
    }
    if (status == UM_OK && input->is_sparse && start == UMI_START_NNDSVD) {
        status = umi_error_set(error, UM_ERR_ARGUMENT,
                               "--start nndsvd: %s is sparse; take --start random",
                               umi_factor_input_name(input));
    }
    if (status == UM_OK && input->cols > COLUMNS_MAX) {
        status = umi_error_set(error, UM_ERR_ARGUMENT,
                               "%s: %zu columns, and at most %d can be factorised; should it be "
                               "transposed?",
                               umi_factor_input_name(input), input->cols, COLUMNS_MAX);
    }
    return status;
}

/* -- Life -------------------------------------------------------------------------------------- */

static const umi_engine *engine_of(const umi_factorisation_config *config)
{
    return config->atom_frames > 1 ? &umi_engine_nmfd : &umi_engine_nmf;
}

double umi_factorisation_bytes(const umi_factorisation_config *config, umi_start start,
                               const umi_factor_input *input)
{
    return engine_of(config)->bytes(config, start, input);
}

um_status umi_factorisation_new(const umi_factorisation_config *config,
                                const umi_factor_input *input, umi_factorisation **out,
                                um_error *error)
{
    *out = NULL;
    umi_factorisation *f = umi_alloc(1, sizeof *f);
    um_status status = UM_ERR_MEMORY;
    if (f != NULL) {
        f->config = *config;
        f->input = input;
        f->engine = engine_of(config);
        status = f->engine->make(f);
    }
    if (status != UM_OK) {
        umi_factorisation_free(f);
        return umi_error_set(error, status, "%s for %zu atoms of a V of %zu x %zu",
                             um_status_string(status), config->n_components, input->rows,
                             input->cols);
    }
    *out = f;
    return UM_OK;
}

void umi_factorisation_free(umi_factorisation *f)
{
    if (f != NULL) {
        f->engine->free(f->object);
        umi_free(f);
    }
}

/* -- Work -------------------------------------------------------------------------------------- */

um_status umi_factorisation_start(umi_factorisation *f, const umi_factor_start *start,
                                  uint64_t seed, um_error *error)
{
    um_status status = f->engine->start(f, start, seed);
    return status == UM_OK
               ? UM_OK
               : umi_error_set(error, status, "first values: %s", um_status_string(status));
}

um_status umi_factorisation_run(umi_factorisation *f, const um_progress *progress, um_error *error)
{
    um_status status = f->engine->run(f, progress);
    return status == UM_OK ? UM_OK : umi_error_set(error, status, "%s", um_status_string(status));
}

/* -- Results ----------------------------------------------------------------------------------- */

um_cview umi_factorisation_W(const umi_factorisation *f)
{
    return f->W;
}

um_cview umi_factorisation_H(const umi_factorisation *f)
{
    return f->H;
}

size_t umi_factorisation_iterations(const umi_factorisation *f)
{
    return f->iterations;
}

um_precision umi_factorisation_precision(const umi_factorisation *f)
{
    return f->precision;
}

double umi_factorisation_divergence(const umi_factorisation *f)
{
    return f->divergence;
}

const double *umi_factorisation_curve(const umi_factorisation *f, size_t *n_values)
{
    *n_values = f->n_curve;
    return f->curve;
}

size_t umi_factorisation_curve_iteration(const umi_factorisation *f, size_t i)
{
    return i + 1 < f->n_curve ? i * f->curve_step : f->iterations;
}
