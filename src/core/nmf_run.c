/* The iterations. */
#include "core/nmf_internal.h"
#include "core/progress.h"

static void measure_input(um_nmf *nmf, um_cview V)
{
    double sum = 0.0;
    float largest = 0.0f;
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        for (size_t f = 0; f < V.cols; f++) {
            sum += (double)v[f];
            largest = v[f] > largest ? v[f] : largest;
        }
    }
    double mean = V.rows > 0 ? sum / ((double)V.rows * (double)V.cols) : 0.0;
    nmf->mean = mean > 0.0 ? mean : 1.0; /* of silence any unit will do */
    nmf->largest = largest;
    nmf->n_rows = V.rows;
}

static bool converged(const um_nmf *nmf, double objective)
{
    size_t n = nmf->n_curve;
    return nmf->config.tolerance > 0.0 && n > 0 &&
           nmf->curve[n - 1] - objective < nmf->config.tolerance * nmf->curve[0];
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

um_status umi_nmf_iterate(um_nmf *nmf, um_cview V, const um_progress *progress)
{
    const um_nmf_config *c = &nmf->config;
    nmf->n_curve = 0;
    nmf->iterations = 0;
    for (size_t k = 0; k < c->n_components; k++) {
        nmf->scale[k] = 1.0;
    }
    umi_nmf_pass p = {nmf, V, umi_nmf_n_parts(V.rows), true, umi_nmf_learns_dictionary(nmf), false};
    um_status status = UM_OK;
    bool done = false;
    while (nmf->iterations < c->iterations && !done && status == UM_OK) {
        p.measure = nmf->iterations % c->check_every == 0;
        double objective = umi_nmf_pass_run(&p);
        if (p.learn) {
            nmf->family->dictionary(&p);
            umi_nmf_expand(nmf);
        }
        if (p.measure) {
            done = converged(nmf, objective);
            nmf->curve[nmf->n_curve++] = objective;
        }
        nmf->iterations++;
        if (!umi_progress_report(progress, (double)nmf->iterations, (double)c->iterations,
                                 nmf->curve[nmf->n_curve - 1])) {
            status = UM_ERR_CANCELLED;
        }
    }
    /* Brings H up to date with the last dictionary, and tells how near the model came. */
    p.update = p.learn = false;
    p.measure = true;
    nmf->curve[nmf->n_curve++] = umi_nmf_pass_run(&p);
    return status;
}
