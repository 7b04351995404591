/* The engines of vq.h and pca.h, which the paper of 1999 compares NMF with. */
#include "core/memory.h"
#include "job/factorisation_internal.h"
#include "unmingle/pca.h"
#include "unmingle/vq.h"

/* -- Vector quantisation ----------------------------------------------------------------------- */

static double vq_bytes(const umi_factorisation_config *config, umi_start start,
                       const umi_factor_input *input)
{
    enum { PARTS = 8 };
    double rows = (double)input->rows, columns = (double)umi_padded(input->cols);
    double K = (double)umi_padded(config->n_components);
    (void)start;
    return sizeof(float) * (rows * (K + 8.0) + 2.0 * (PARTS + 2.0) * K * columns);
}

static um_status vq_make(umi_factorisation *f)
{
    um_vq_config config = um_vq_config_default();
    um_vq *vq;
    config.n_frames = f->input->rows;
    config.n_columns = f->input->cols;
    config.n_components = f->config.n_components;
    config.iterations = f->config.iterations;
    config.parallel = f->config.parallel;
    um_status status = um_vq_new(&config, &vq);
    f->object = vq;
    return status;
}

static void vq_free(void *object)
{
    um_vq_free(object);
}

static um_status vq_run(umi_factorisation *f, const um_progress *progress)
{
    um_vq *vq = f->object;
    um_status status = um_vq_run(vq, um_const_view(f->input->V), f->seed, progress);
    f->W = um_vq_atoms(vq);
    f->H = um_vq_activations(vq);
    f->curve = um_vq_curve(vq, &f->n_curve);
    f->curve_step = 1;
    f->iterations = f->n_curve > 0 ? f->n_curve - 1 : 0;
    f->divergence = f->n_curve > 0 ? f->curve[f->n_curve - 1] : 0.0;
    return status;
}

/* -- Principal components ---------------------------------------------------------------------- */

static double pca_bytes(const umi_factorisation_config *config, umi_start start,
                        const umi_factor_input *input)
{
    enum { SVD_EXTRA = 10 }; /* see core */
    double rows = (double)input->rows, columns = (double)umi_padded(input->cols);
    double K = (double)umi_padded(config->n_components) + SVD_EXTRA;
    (void)start;
    return sizeof(float) * 4.0 * (rows + columns) * K;
}

static um_status pca_make(umi_factorisation *f)
{
    um_pca_config config = um_pca_config_default();
    um_pca *pca;
    config.n_frames = f->input->rows;
    config.n_columns = f->input->cols;
    config.n_components = f->config.n_components;
    um_status status = um_pca_new(&config, &pca);
    f->object = pca;
    return status;
}

static void pca_free(void *object)
{
    um_pca_free(object);
}

static um_status pca_run(umi_factorisation *f, const um_progress *progress)
{
    um_pca *pca = f->object;
    (void)progress; /* it is one step */
    um_status status = um_pca_run(pca, um_const_view(f->input->V), f->seed);
    f->W = um_pca_atoms(pca);
    f->H = um_pca_activations(pca);
    f->divergence = um_pca_divergence(pca);
    f->curve = &f->divergence;
    f->n_curve = 1;
    f->curve_step = 1;
    f->iterations = 0;
    return status;
}

/* -- Both -------------------------------------------------------------------------------------- */

/* They start by themselves, from the seed alone. */
static um_status start(umi_factorisation *f, const umi_factor_start *given, uint64_t seed)
{
    (void)given;
    f->seed = seed;
    return UM_OK;
}

const umi_engine umi_engine_vq = {vq_bytes, vq_make, vq_free, start, vq_run};
const umi_engine umi_engine_pca = {pca_bytes, pca_make, pca_free, start, pca_run};
