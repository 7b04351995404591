/* The engine of nmf.h: every divergence, V dense; Kullback-Leibler, V sparse. */
#include "core/memory.h"
#include "job/factorisation_internal.h"

static um_solver solver_of(const umi_factorisation_config *config)
{
    switch (umi_solver_chosen(config)) {
    case UMI_SOLVER_AUTO:
        return UM_SOLVER_AUTO;
    case UMI_SOLVER_JOINT:
        return UM_SOLVER_JOINT;
    case UMI_SOLVER_EXTRAPOLATED:
        return UM_SOLVER_EXTRAPOLATED;
    default:
        return UM_SOLVER_MU;
    }
}

static um_nmf_config config_of(const umi_factorisation_config *c, const umi_factor_input *input)
{
    um_nmf_config nmf = um_nmf_config_default();
    nmf.n_frames = input->rows;
    nmf.n_bins = input->cols;
    nmf.n_components = c->n_components;
    nmf.divergence = c->divergence;
    nmf.beta = c->beta;
    nmf.solver = solver_of(c);
    nmf.check_every = umi_solver_extrapolates(c) ? 5 : nmf.check_every; /* they are fast */
    nmf.precision = c->precision;
    nmf.sparsity_H = c->sparsity_H;
    nmf.sparsity_W = c->sparsity_W;
    nmf.continuity_H = c->continuity_H;
    nmf.sparse = input->is_sparse;
    nmf.n_values = input->n_entries;
    nmf.iterations = c->iterations;
    nmf.tolerance = c->tolerance;
    nmf.parallel = c->parallel;
    return nmf;
}

static double dense_floats(const umi_factorisation_config *config, umi_start start, double rows,
                           double columns)
{
    enum { TILE_FRAMES = 32, PARTS = 8, SVD_EXTRA = 10 }; /* see core */
    double K = (double)config->n_components, K_padded = (double)umi_padded(config->n_components);
    double beta = umi_divergence_beta(config);
    double matrices = beta == 1.0 || beta == 2.0 ? 1.0 : 2.0; /* a numerator; a denominator too */
    double floats = K * columns * (1.0 + PARTS * matrices + (beta == 2.0 ? 1.0 : 0.0));
    floats += (beta == 2.0 ? (PARTS + 1.0) * K * K_padded : 0.0);
    floats += (double)config->parallel.n_workers * TILE_FRAMES * (columns + K_padded) * matrices;
    if (start == UMI_START_NNDSVD) {
        floats += 3.0 * (rows + columns) * (K + SVD_EXTRA);
    }
    return floats;
}

static double bytes(const umi_factorisation_config *config, umi_start start,
                    const umi_factor_input *input)
{
    double rows = (double)input->rows, columns = (double)umi_padded(input->cols);
    double K_padded = (double)umi_padded(config->n_components);
    bool joint = umi_solver_chosen(config) != UMI_SOLVER_MU; /* what extrapolates does so, too */
    bool two_H = config->continuity_H > 0.0 || (input->is_sparse && joint);
    double floats = rows * K_padded * (two_H ? 2.0 : 1.0);
    if (umi_solver_extrapolates(config)) {
        floats += rows * K_padded + 2.0 * (double)config->n_components * columns;
    }
    if (input->is_sparse) {
        /* W both ways round and its numerators; of an entry its row, its place, its ratio. */
        floats += 3.0 * (double)config->n_components * columns;
        floats += 3.0 * (double)input->n_entries + 2.0 * columns;
    } else {
        floats += dense_floats(config, start, rows, columns);
    }
    return floats * sizeof(float);
}

static um_status make(umi_factorisation *f)
{
    um_nmf_config config = config_of(&f->config, f->input);
    um_nmf *nmf;
    um_status status = um_nmf_new(&config, &nmf);
    f->object = nmf;
    f->curve_step = config.check_every;
    if (status == UM_OK && f->config.weights != NULL) {
        status = um_nmf_set_weights(nmf, f->config.weights);
    }
    return status;
}

static void free_object(void *object)
{
    um_nmf_free(object);
}

static um_status make_start(um_nmf *nmf, const umi_factor_input *input, umi_start kind,
                            uint64_t seed)
{
    if (input->is_sparse) {
        return um_nmf_start_random_sparse(nmf, &input->sparse, seed);
    }
    um_cview V = um_const_view(input->V);
    return kind == UMI_START_NNDSVD ? um_nmf_start_nndsvd(nmf, V, seed)
                                    : um_nmf_start_random(nmf, V, seed);
}

/* The same value everywhere, so that the model has the sum of V. */
static um_status level_activations(um_nmf *nmf, const umi_factor_input *input, size_t K)
{
    size_t n_values;
    float *values =
        umi_multiply(input->rows, K, &n_values) ? umi_alloc(n_values, sizeof *values) : NULL;
    if (values == NULL) {
        return UM_ERR_MEMORY;
    }
    for (size_t i = 0; i < n_values; i++) {
        values[i] = (float)(input->sum / (double)n_values);
    }
    um_status status = um_nmf_set_activations(nmf, um_cview_of(values, input->rows, K));
    umi_free(values);
    return status;
}

static um_status start(umi_factorisation *f, const umi_factor_start *given, uint64_t seed)
{
    um_nmf *nmf = f->object;
    um_status status = UM_OK;
    if (!umi_factor_start_is_whole(given)) {
        status = make_start(nmf, f->input, given->kind, seed);
    }
    if (status == UM_OK && given->W.data != NULL) {
        status = um_nmf_set_atoms(nmf, 0, um_const_view(given->W), given->fix_W);
    }
    if (status == UM_OK && given->H.data != NULL) {
        status = um_nmf_set_activations(nmf, um_const_view(given->H));
    } else if (status == UM_OK && given->level_H) {
        status = level_activations(nmf, f->input, f->config.n_components);
    }
    return status;
}

static um_status run(umi_factorisation *f, const um_progress *progress)
{
    um_nmf *nmf = f->object;
    um_status status = f->input->is_sparse ? um_nmf_run_sparse(nmf, &f->input->sparse, progress)
                                           : um_nmf_run(nmf, um_const_view(f->input->V), progress);
    f->W = um_nmf_atoms(nmf);
    f->H = um_nmf_activations(nmf);
    f->curve = um_nmf_curve(nmf, &f->n_curve);
    f->iterations = um_nmf_iterations(nmf);
    f->curve_start = um_nmf_curve_iteration(nmf, 0);
    f->divergence = um_nmf_divergence(nmf);
    f->precision = um_nmf_precision(nmf);
    return status;
}

const umi_engine umi_engine_nmf = {bytes, make, free_object, start, run};
