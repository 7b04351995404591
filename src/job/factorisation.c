#include "job/factorisation.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/factorisation_internal.h"

/* -- Words ------------------------------------------------------------------------------------- */

const char *umi_solver_name(umi_solver solver)
{
    static const char *const names[] = {"auto",   "mu", "joint", "mu-extrapolated",
                                        "online", "vq", "pca",   "nmfd"};
    return names[solver];
}

umi_solver umi_solver_chosen(const umi_factorisation_config *config)
{
    if (config->atom_frames > 1) {
        return UMI_SOLVER_NMFD;
    }
    /* With other divergences an extrapolated iteration costs most of what it gains. */
    bool auto_is_mu = config->solver == UMI_SOLVER_AUTO && umi_divergence_beta(config) != 1.0;
    return auto_is_mu ? UMI_SOLVER_MU : config->solver;
}

bool umi_solver_extrapolates(const umi_factorisation_config *config)
{
    umi_solver solver = umi_solver_chosen(config);
    return solver == UMI_SOLVER_AUTO || solver == UMI_SOLVER_EXTRAPOLATED;
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

/* -- Life -------------------------------------------------------------------------------------- */

static const umi_engine *engine_of(const umi_factorisation_config *config)
{
    switch (umi_solver_chosen(config)) {
    case UMI_SOLVER_NMFD:
        return &umi_engine_nmfd;
    case UMI_SOLVER_VQ:
        return &umi_engine_vq;
    case UMI_SOLVER_PCA:
        return &umi_engine_pca;
    case UMI_SOLVER_AUTO:
    case UMI_SOLVER_MU:
    case UMI_SOLVER_JOINT:
    case UMI_SOLVER_EXTRAPOLATED:
    case UMI_SOLVER_ONLINE:
        break;
    }
    return &umi_engine_nmf;
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
    return i + 1 < f->n_curve ? f->curve_start + i * f->curve_step : f->iterations;
}
