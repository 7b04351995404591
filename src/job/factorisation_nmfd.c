/* The engine of nmfd.h: atoms of several frames, Kullback-Leibler. */
#include "core/memory.h"
#include "job/factorisation_internal.h"
#include "unmingle/nmfd.h"

static double bytes(const umi_factorisation_config *config, umi_start start,
                    const umi_factor_input *input)
{
    enum { TILE_FRAMES = 32, PARTS = 8 }; /* see core */
    double columns = (double)umi_padded(input->cols);
    double K_padded = (double)umi_padded(config->n_components);
    double T = (double)config->atom_frames;
    (void)start;
    double floats = 2.0 * ((double)input->rows + PARTS * T) * K_padded;
    floats += (PARTS + 2.0) * T * (double)config->n_components * columns;
    floats += (double)config->parallel.n_workers * (TILE_FRAMES + T) * (columns + T * K_padded);
    return floats * sizeof(float);
}

static um_status make(umi_factorisation *f)
{
    um_nmfd_config config = um_nmfd_config_default();
    um_nmfd *nmfd;
    config.n_frames = f->input->rows;
    config.n_bins = f->input->cols;
    config.n_components = f->config.n_components;
    config.atom_frames = f->config.atom_frames;
    config.iterations = f->config.iterations;
    config.tolerance = f->config.tolerance;
    config.parallel = f->config.parallel;
    um_status status = um_nmfd_new(&config, &nmfd);
    f->object = nmfd;
    f->curve_step = config.check_every;
    return status;
}

static void free_object(void *object)
{
    um_nmfd_free(object);
}

static um_status start(umi_factorisation *f, const umi_factor_start *given, uint64_t seed)
{
    um_nmfd *nmfd = f->object;
    um_status status = UM_OK;
    if (!umi_factor_start_is_whole(given)) {
        status = um_nmfd_start_random(nmfd, um_const_view(f->input->V), seed);
    }
    if (status == UM_OK && given->W.data != NULL) {
        status = um_nmfd_set_atoms(nmfd, 0, um_const_view(given->W), given->fix_W);
    }
    if (status == UM_OK && given->H.data != NULL) {
        status = um_nmfd_set_activations(nmfd, um_const_view(given->H));
    }
    return status;
}

static um_status run(umi_factorisation *f, const um_progress *progress)
{
    um_nmfd *nmfd = f->object;
    um_status status = um_nmfd_run(nmfd, um_const_view(f->input->V), progress);
    f->W = um_nmfd_atoms(nmfd);
    f->H = um_nmfd_activations(nmfd);
    f->curve = um_nmfd_curve(nmfd, &f->n_curve);
    f->iterations = um_nmfd_iterations(nmfd);
    f->divergence = f->n_curve > 0 ? f->curve[f->n_curve - 1] : 0.0;
    f->precision = UM_PRECISION_FP32;
    return status;
}

const umi_engine umi_engine_nmfd = {bytes, make, free_object, start, run};
