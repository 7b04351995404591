#include "unmingle/pca.h"

#include "core/blas.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/randomised_svd.h"
#include "core/tile.h"

#include <limits.h>
#include <string.h>

enum { COMPONENTS_MAX = 4096, COLUMNS_MAX = 1 << 26 };

struct um_pca {
    um_pca_config config;
    um_view W; /* K x n_columns */
    um_view H; /* n_frames x K */
    size_t n_rows;
    double divergence;
};

um_pca_config um_pca_config_default(void)
{
    um_pca_config config = {0};
    return config;
}

um_status um_pca_new(const um_pca_config *config, um_pca **out)
{
    if (out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    *out = NULL;
    if (config == NULL || config->n_frames < 1 || config->n_frames > INT_MAX ||
        config->n_columns < 1 || config->n_columns > COLUMNS_MAX || config->n_components < 1 ||
        config->n_components > COMPONENTS_MAX) {
        return UM_ERR_ARGUMENT;
    }
    um_pca *pca = umi_alloc(1, sizeof *pca);
    if (pca == NULL) {
        return UM_ERR_MEMORY;
    }
    pca->config = *config;
    pca->W = umi_matrix_new(config->n_components, config->n_columns);
    pca->H = umi_matrix_new(config->n_frames, config->n_components);
    if (pca->W.data == NULL || pca->H.data == NULL) {
        um_pca_free(pca);
        return UM_ERR_MEMORY;
    }
    *out = pca;
    return UM_OK;
}

void um_pca_free(um_pca *pca)
{
    if (pca != NULL) {
        umi_free(pca->W.data);
        umi_free(pca->H.data);
        umi_free(pca);
    }
}

/* What the work needs besides the results, for r components of an m x n matrix. */
typedef struct pca_work {
    um_view U;       /* m x r */
    um_view Y;       /* m x r: V X, then destroyed */
    um_view Xt;      /* r x n: the space of the atoms */
    um_view turn;    /* r x r: how the atoms lie in it */
    um_view aligned; /* r x n */
    float *s;        /* r */
} pca_work;

static bool work_init(pca_work *work, size_t m, size_t n, size_t r)
{
    work->U = umi_matrix_new(m, r);
    work->Y = umi_matrix_new(m, r);
    work->Xt = umi_matrix_new(r, n);
    work->turn = umi_matrix_new(r, r);
    work->aligned = umi_matrix_new(r, n);
    work->s = umi_alloc(r, sizeof *work->s);
    return work->U.data != NULL && work->Y.data != NULL && work->Xt.data != NULL &&
           work->turn.data != NULL && work->aligned.data != NULL && work->s != NULL;
}

static void work_free(pca_work *work)
{
    umi_free(work->U.data);
    umi_free(work->Y.data);
    umi_free(work->Xt.data);
    umi_free(work->turn.data);
    umi_free(work->aligned.data);
    umi_free(work->s);
}

/* Xt spans the atoms' space, but is not exactly what makes H = V W^T orthogonal: the range finder
 * is near, not at, the singular vectors. Within that space the SVD V X = U S T gives the turn T
 * that does: V (T X^T)^T = U S. */
static um_status align(um_cview V, pca_work *work)
{
    umi_sgemm(1.0f, V, false, um_const_view(work->Xt), true, 0.0f, work->Y);
    um_status status = umi_svd(work->Y, work->U, work->s, work->turn);
    if (status == UM_OK) {
        umi_sgemm(1.0f, um_const_view(work->turn), false, um_const_view(work->Xt), false, 0.0f,
                  work->aligned);
    }
    return status;
}

/* Atom k with its sign, and the activations that go with it. */
static void write_component(um_pca *pca, const pca_work *work, size_t k)
{
    const float *x = um_row(work->aligned, k);
    double sum = 0.0;
    for (size_t f = 0; f < pca->W.cols; f++) {
        sum += (double)x[f];
    }
    float sign = sum < 0.0 ? -1.0f : 1.0f;
    for (size_t f = 0; f < pca->W.cols; f++) {
        um_row(pca->W, k)[f] = sign * x[f];
    }
    for (size_t n = 0; n < pca->n_rows; n++) {
        um_row(pca->H, n)[k] = sign * um_row(work->U, n)[k] * work->s[k];
    }
}

/* 1/2 sum (V - H W)^2, one frame's model at a time, in `model`. */
static double divergence_of(const um_pca *pca, um_cview V, float *model)
{
    double sum = 0.0;
    um_view M = um_view_of(model, 1, V.cols);
    for (size_t n = 0; n < V.rows; n++) {
        umi_sgemm(1.0f, um_cview_of(um_row(pca->H, n), 1, pca->H.cols), false,
                  um_const_view(pca->W), false, 0.0f, M);
        const float *v = um_crow(V, n);
        for (size_t f = 0; f < V.cols; f++) {
            double difference = (double)v[f] - (double)model[f];
            sum += 0.5 * difference * difference;
        }
    }
    return sum;
}

um_status um_pca_run(um_pca *pca, um_cview V, uint64_t seed)
{
    if (pca == NULL || V.rows < 1 || V.rows > pca->H.rows || V.cols != pca->W.cols ||
        !umi_tile_magnitudes_are_valid(V)) {
        return UM_ERR_ARGUMENT;
    }
    size_t smaller = V.rows < V.cols ? V.rows : V.cols;
    size_t r = pca->W.rows < smaller ? pca->W.rows : smaller;
    pca_work work = {0};
    um_status status = UM_ERR_MEMORY;
    if (!work_init(&work, V.rows, V.cols, r)) {
        goto done;
    }
    status = umi_randomised_svd(V, 1, seed, work.U, work.s, work.Xt);
    if (status == UM_OK) {
        status = align(V, &work);
    }
    if (status != UM_OK) {
        goto done;
    }
    memset(pca->W.data, 0, pca->W.rows * pca->W.stride * sizeof(float));
    memset(pca->H.data, 0, pca->H.rows * pca->H.stride * sizeof(float));
    pca->n_rows = V.rows;
    for (size_t k = 0; k < r; k++) {
        write_component(pca, &work, k);
    }
    pca->divergence = divergence_of(pca, V, work.Xt.data);
done:
    work_free(&work);
    return status;
}

um_cview um_pca_activations(const um_pca *pca)
{
    um_cview H = um_const_view(pca->H);
    H.rows = pca->n_rows;
    return H;
}

um_cview um_pca_atoms(const um_pca *pca)
{
    return um_const_view(pca->W);
}

double um_pca_divergence(const um_pca *pca)
{
    return pca->divergence;
}
