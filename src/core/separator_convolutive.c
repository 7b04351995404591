/* Atoms that last several frames, in the separator: neighbouring frames couple, so that activations
 * are found for a batch together with what lies around it. */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/separator_internal.h"

#include <string.h>

um_status umi_separator_convolutive_init(um_separator *s)
{
    const um_separator_dictionary *d = s->own;
    size_t T = d->atom_frames, K = d->W.rows;
    um_nmfd_config config = um_nmfd_config_default();
    config.n_frames = s->n_frames + 2 * s->halo;
    config.n_bins = s->n_bins;
    config.n_components = K;
    config.atom_frames = T;
    config.activation_iterations = s->config.iterations;
    config.iterations = 0;
    config.check_every = s->config.iterations;
    config.parallel = s->config.parallel;
    um_status status = um_nmfd_new(&config, &s->nmfd);
    if (status == UM_OK) {
        status = um_nmfd_set_atoms(s->nmfd, 0, um_const_view(d->W), true);
    }
    s->windows = umi_alloc((T - 1 + s->n_frames) * K, sizeof(float));
    s->start = umi_matrix_new(config.n_frames, K);
    bool whole = s->windows != NULL && s->start.data != NULL;
    return status == UM_OK && !whole ? UM_ERR_MEMORY : status;
}

/* The same for all atoms, such that the model of a frame would have its sum. */
static void start_flat(um_cview V, um_view H)
{
    for (size_t n = 0; n < V.rows; n++) {
        double sum = 0.0;
        for (size_t f = 0; f < V.cols; f++) {
            sum += (double)um_crow(V, n)[f];
        }
        for (size_t k = 0; k < H.cols; k++) {
            um_row(H, n)[k] = (float)(sum / (double)H.cols);
        }
    }
}

um_status umi_separator_convolutive_solve(um_separator *s)
{
    size_t K = s->own->W.rows;
    um_cview V = {s->V.data, s->n_held, s->n_points, s->V.stride};
    um_view start = {s->start.data, s->n_held, K, s->start.stride};
    start_flat(V, start);
    um_status status = um_nmfd_set_activations(s->nmfd, um_const_view(start));
    if (status == UM_OK) {
        status = um_nmfd_run(s->nmfd, V, NULL);
    }
    if (status != UM_OK) {
        return status;
    }
    um_cview H = um_nmfd_activations(s->nmfd);
    for (size_t i = 0; i < s->n_batch_frames; i++) {
        memcpy(um_row(s->H, s->n_before + i), um_crow(H, s->n_before + i), K * sizeof(float));
    }
    return UM_OK;
}

/* The first of a source's windows. */
static float *windows_of(const um_separator *s, size_t source)
{
    const um_separator_dictionary *d = s->own;
    return s->windows + (d->atom_frames - 1 + s->n_frames) * d->first_of[source];
}

void umi_separator_convolutive_window(um_separator *s)
{
    const um_separator_dictionary *d = s->own;
    size_t behind = d->atom_frames - 1;
    for (size_t source = 0; source < d->n_sources; source++) {
        size_t first = d->first_of[source], n = d->first_of[source + 1] - first;
        float *window = windows_of(s, source);
        for (size_t i = 0; i < behind + s->n_batch_frames; i++, window += n) {
            /* Before the first frame of all nothing sounds. */
            bool held = s->n_before + i >= behind;
            for (size_t k = 0; k < n; k++) {
                window[k] = held ? um_row(s->H, s->n_before + i - behind)[first + k] : 0.0f;
            }
        }
    }
}

void umi_separator_convolutive_model(const um_separator *s, size_t source, size_t first, um_view M)
{
    const um_separator_dictionary *d = s->own;
    size_t n = d->first_of[source + 1] - d->first_of[source];
    const float *window = windows_of(s, source) + (first - s->n_before) * n;
    s->kernels.model(M.rows, M.cols, d->atom_frames * n, window, n,
                     um_row(d->D, d->atom_frames * d->first_of[source]), d->D.stride, M.data,
                     M.stride);
}
