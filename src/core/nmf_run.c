/* The iterations. */
#include "core/matrix.h"
#include "core/nmf_internal.h"
#include "core/progress.h"

static float largest_of(um_cview V)
{
    float largest = 0.0f;
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        for (size_t f = 0; f < V.cols; f++) {
            largest = v[f] > largest ? v[f] : largest;
        }
    }
    return largest;
}

static void measure_input(um_nmf *nmf, um_cview V)
{
    double sum = umi_matrix_sum(V);
    double mean = V.rows > 0 ? sum / ((double)V.rows * (double)V.cols) : 0.0;
    nmf->sum = sum;
    nmf->mean = mean > 0.0 ? mean : 1.0; /* of silence any unit will do */
    nmf->largest = largest_of(V);
    nmf->n_rows = V.rows;
}

/* Whether the objective fell by too little since the last value of the curve. */
static bool converged(const um_nmf *nmf, double objective)
{
    size_t n = nmf->n_curve;
    if (nmf->config.tolerance == 0.0 || n == 0) {
        return false;
    }
    double whole = nmf->momentum != NULL ? nmf->curve[n - 1] : nmf->curve[0];
    return nmf->curve[n - 1] - objective < nmf->config.tolerance * whole;
}

um_status um_nmf_run(um_nmf *nmf, um_cview V, const um_progress *progress)
{
    if (nmf == NULL || nmf->config.sparse || V.data == NULL || V.rows > nmf->H.rows ||
        V.cols != nmf->n_columns || !umi_tile_magnitudes_are_valid(V)) {
        return UM_ERR_ARGUMENT;
    }
    measure_input(nmf, V);
    return umi_nmf_iterate(nmf, V, progress);
}

umi_nmf_pass umi_nmf_begin(um_nmf *nmf, um_cview V)
{
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        nmf->scale[k] = 1.0;
    }
    if (nmf->momentum != NULL) {
        umi_nmf_momentum_begin(nmf);
    }
    return (umi_nmf_pass){nmf,  V, umi_nmf_n_parts(V.rows), true, umi_nmf_learns_dictionary(nmf),
                          false};
}

double umi_nmf_step(umi_nmf_pass *p)
{
    if (p->nmf->momentum != NULL) {
        return umi_nmf_momentum_step(p);
    }
    double objective = umi_nmf_pass_run(p);
    if (p->learn) {
        p->nmf->family->dictionary(p);
        umi_nmf_expand(p->nmf);
    }
    return objective;
}

double umi_nmf_end(umi_nmf_pass *p)
{
    if (p->nmf->momentum != NULL) {
        umi_nmf_momentum_end(p->nmf, p->V.rows);
    }
    p->update = p->learn = false;
    p->measure = true;
    return umi_nmf_pass_run(p);
}

um_status umi_nmf_iterate(um_nmf *nmf, um_cview V, const um_progress *progress)
{
    const um_nmf_config *c = &nmf->config;
    nmf->n_curve = 0;
    nmf->iterations = 0;
    um_status status = UM_OK;
    if (c->solver == UM_SOLVER_AUTO) {
        status = umi_nmf_auto_start(nmf, V, progress);
    }
    nmf->curve_start = nmf->iterations;
    umi_nmf_pass p = umi_nmf_begin(nmf, V);
    bool done = false;
    while (nmf->iterations < c->iterations && !done && status == UM_OK) {
        p.measure = (nmf->iterations - nmf->curve_start) % c->check_every == 0;
        bool check = p.measure;
        double objective = umi_nmf_step(&p);
        if (check) {
            done = converged(nmf, objective);
            nmf->curve[nmf->n_curve++] = objective;
        }
        nmf->iterations++;
        if (!umi_progress_report(progress, (double)nmf->iterations, (double)c->iterations,
                                 nmf->curve[nmf->n_curve - 1])) {
            status = UM_ERR_CANCELLED;
        }
    }
    nmf->curve[nmf->n_curve++] = umi_nmf_end(&p);
    return status;
}
