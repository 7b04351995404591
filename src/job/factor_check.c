#include "job/factor_check.h"

#include "core/error.h"

/* What a solver can do besides lowering its divergence. */
enum {
    ANY_DIVERGENCE = 1 << 0,
    PENALTIES = 1 << 1,
    BF16 = 1 << 2,
    NNDSVD = 1 << 3,
    GIVEN_W = 1 << 4, /* --init-W, --fix-W */
    GIVEN_H = 1 << 5,
    MADE_ATOMS = 1 << 6, /* --harmonic, --percussive */
    SPARSE_V = 1 << 7,
    RESTARTS = 1 << 8, /* the seed makes a difference */
    WHOLE_V = 1 << 9,  /* it is held, so that one can look at it once more */
    EVERYTHING = (1 << 10) - 1
};

static unsigned abilities_of(umi_solver solver)
{
    switch (solver) {
    case UMI_SOLVER_AUTO:
    case UMI_SOLVER_MU:
    case UMI_SOLVER_EXTRAPOLATED:
        return EVERYTHING;
    case UMI_SOLVER_JOINT:
        return EVERYTHING & ~(unsigned)ANY_DIVERGENCE;
    case UMI_SOLVER_ONLINE:
        return GIVEN_W | MADE_ATOMS;
    case UMI_SOLVER_NMFD:
        return GIVEN_W | GIVEN_H | RESTARTS | WHOLE_V;
    case UMI_SOLVER_VQ:
        return RESTARTS | WHOLE_V;
    case UMI_SOLVER_PCA:
        break;
    }
    return WHOLE_V;
}

/* An option that asks for an ability, when it was used. */
typedef struct demand {
    bool used;
    unsigned ability;
    const char *option;
} demand;

static um_status check_demands(const umi_factor_config *config, um_error *error)
{
    const umi_factorisation_config *how = &config->how;
    const umi_factor_start_config *start = &config->start;
    umi_solver solver = umi_solver_chosen(how);
    const demand demands[] = {
        {how->atom_frames > 1 && how->solver != UMI_SOLVER_AUTO, 0, "--solver"},
        {how->sparsity_H > 0.0, PENALTIES, "--sparsity"},
        {how->sparsity_W > 0.0, PENALTIES, "--atom-sparsity"},
        {how->continuity_H > 0.0, PENALTIES, "--continuity"},
        {how->weights != NULL, PENALTIES, "--weights"},
        {how->precision == UM_PRECISION_BF16, BF16, "--precision bf16"},
        {start->kind == UMI_START_NNDSVD, NNDSVD, "--start nndsvd"},
        {start->init_W != NULL, GIVEN_W, "--init-W"},
        {start->init_H != NULL, GIVEN_H, "--init-H"},
        {start->highest > 0.0, MADE_ATOMS, "--harmonic"},
        {start->n_percussive > 0, MADE_ATOMS, "--percussive"},
        {config->n_runs > 1, RESTARTS, "--restarts"},
        {config->save_V, WHOLE_V, "--save-V"},
        {config->lee_seung, WHOLE_V, "--report-1999"},
    };
    for (size_t i = 0; i < sizeof demands / sizeof *demands; i++) {
        const demand *d = &demands[i];
        if (!d->used || (abilities_of(solver) & d->ability) != 0) {
            continue;
        }
        return solver == UMI_SOLVER_NMFD
                   ? umi_error_set(error, UM_ERR_ARGUMENT, "%s: not with --atom-frames above 1",
                                   d->option)
                   : umi_error_set(error, UM_ERR_ARGUMENT, "%s: not with --solver %s", d->option,
                                   umi_solver_name(solver));
    }
    return UM_OK;
}

static um_status check_divergence(const umi_factor_config *config, um_error *error)
{
    const umi_factorisation_config *how = &config->how;
    umi_solver solver = umi_solver_chosen(how);
    double beta = umi_divergence_beta(how);
    const char *option = NULL;
    if (config->lee_seung && beta != 1.0) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--report-1999: for the Kullback-Leibler divergence only");
    }
    if (solver == UMI_SOLVER_VQ || solver == UMI_SOLVER_PCA) {
        return beta == 2.0 ? UM_OK
                           : umi_error_set(error, UM_ERR_ARGUMENT,
                                           "--solver %s: for the Euclidean divergence only",
                                           umi_solver_name(solver));
    }
    if (beta == 1.0) {
        return UM_OK;
    }
    if (solver == UMI_SOLVER_NMFD) {
        option = "--atom-frames";
    } else if ((abilities_of(solver) & ANY_DIVERGENCE) == 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--solver %s: for the Kullback-Leibler divergence only; --solver mu "
                             "does any",
                             umi_solver_name(solver));
    } else if (how->precision == UM_PRECISION_BF16) {
        option = "--precision bf16";
    }
    return option == NULL ? UM_OK
                          : umi_error_set(error, UM_ERR_ARGUMENT,
                                          "%s: for the Kullback-Leibler divergence only", option);
}

um_status umi_factor_check_settings(const umi_factor_config *config, um_error *error)
{
    const umi_factor_start_config *start = &config->start;
    um_status status = check_demands(config, error);
    if (status == UM_OK) {
        status = check_divergence(config, error);
    }
    if (status != UM_OK) {
        return status;
    }
    if (start->fix_W && start->init_W == NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "--fix-W: which W? Give it by --init-W FILE");
    }
    if (start->init_W != NULL && (start->highest > 0.0 || start->n_percussive > 0)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--init-W: it gives all atoms, so --harmonic and --percussive have "
                             "none to give");
    }
    if (config->n_runs > 1 && start->init_W != NULL && start->init_H != NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--restarts: --init-W and --init-H leave nothing to chance; leave one "
                             "of them out");
    }
    if (config->n_runs > 1 && start->kind == UMI_START_NNDSVD) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--restarts: --start nndsvd leaves next to nothing to chance; take "
                             "--start random");
    }
    return UM_OK;
}

static um_status check_sparse(const umi_factor_config *config, const umi_factor_input *input,
                              um_error *error)
{
    const char *name = umi_factor_input_name(input);
    umi_solver solver = umi_solver_chosen(&config->how);
    if (config->save_V) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--save-V: %s is sparse, and would be written with all of its zeros",
                             name);
    }
    if (config->start.kind == UMI_START_NNDSVD) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--start nndsvd: %s is sparse; take --start random", name);
    }
    if ((abilities_of(solver) & SPARSE_V) == 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: V is sparse, which does not go with %s%s; save it dense, as NPY",
                             name, solver == UMI_SOLVER_NMFD ? "--atom-frames" : "--solver ",
                             solver == UMI_SOLVER_NMFD ? "" : umi_solver_name(solver));
    }
    if (umi_divergence_beta(&config->how) != 1.0) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: V is sparse, and of the divergences only Kullback-Leibler can do "
                             "without its zeros; for another one save V dense, as NPY",
                             name);
    }
    return UM_OK;
}

um_status umi_factor_check_input(const umi_factor_config *config, const umi_factor_input *input,
                                 um_error *error)
{
    enum { COLUMNS_MAX = 1 << 20 };
    um_status status = input->is_sparse ? check_sparse(config, input, error) : UM_OK;
    if (status == UM_OK && input->cols > COLUMNS_MAX) {
        status = umi_error_set(error, UM_ERR_ARGUMENT,
                               "%s: %zu columns, and at most %d can be factorised; should it be "
                               "transposed?",
                               umi_factor_input_name(input), input->cols, COLUMNS_MAX);
    }
    return status;
}
