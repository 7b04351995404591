/* Random start values: above zero everywhere, because a multiplicative update cannot leave zero. */
#include "core/matrix.h"
#include "core/nmfd_internal.h"
#include "core/random.h"

#include <math.h>

/* Natural logarithm of how far the random start of an atom falls over its frames. */
static const double START_DECAY = 3.0;

static void random_atom(um_nmfd *nmfd, size_t k, umi_random *random)
{
    size_t T = nmfd->config.atom_frames, F = nmfd->config.n_bins;
    float *w = um_row(nmfd->W, k);
    for (size_t tau = 0; tau < T; tau++) {
        double level = exp(-START_DECAY * (double)tau / (double)T);
        for (size_t f = 0; f < F; f++) {
            w[tau * F + f] = (float)(level * umi_random_start_value(random));
        }
    }
    bool normalised = umi_row_normalise(w, T * F);
    (void)normalised; /* its values are above zero */
    umi_nmfd_expand(nmfd, k);
}

um_status um_nmfd_start_random(um_nmfd *nmfd, um_cview V, uint64_t seed)
{
    if (nmfd == NULL || V.data == NULL || V.rows < 1 || V.rows > nmfd->config.n_frames ||
        V.cols != nmfd->config.n_bins || !umi_tile_magnitudes_are_valid(V)) {
        return UM_ERR_ARGUMENT;
    }
    umi_random random = umi_random_seeded(seed);
    size_t K = nmfd->config.n_components;
    for (size_t k = 0; k < K; k++) {
        if (!nmfd->fixed[k]) {
            random_atom(nmfd, k, &random);
        }
    }
    /* An atom sums to 1, so each activation adds itself to the model; start values have the mean
     * 0.55. */
    double scale = umi_matrix_sum(V) / ((double)V.rows * (double)K * 0.55);
    for (size_t n = 0; n < V.rows; n++) {
        for (size_t k = 0; k < K; k++) {
            umi_nmfd_activations(nmfd, n)[k] = (float)(scale * umi_random_start_value(&random));
        }
    }
    return UM_OK;
}
