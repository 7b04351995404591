/* Somebody else's program, which knows the library as installed: it factors a small matrix. */
#include <unmingle/nmf.h>

#include <stdio.h>

int main(void)
{
    const float values[12] = {1, 1, 2, 1, 3, 1.2f, 4, 1, 5, .8f, 6, 1};
    um_cview V = um_cview_of(values, 6, 2);
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = V.rows;
    config.n_bins = V.cols;
    config.n_components = 2;
    um_nmf *nmf = NULL;
    um_status status = um_nmf_new(&config, &nmf);
    if (status == UM_OK) {
        status = um_nmf_start_random(nmf, V, 1);
    }
    if (status == UM_OK) {
        status = um_nmf_run(nmf, V, NULL);
    }
    if (status != UM_OK) {
        fprintf(stderr, "%s\n", um_status_string(status));
        um_nmf_free(nmf);
        return 1;
    }
    size_t n_values;
    const double *curve = um_nmf_curve(nmf, &n_values);
    printf("divergence %g, at first %g\n", curve[n_values - 1], curve[0]);
    int fell = curve[n_values - 1] < 0.1 * curve[0];
    um_nmf_free(nmf);
    return fell ? 0 : 1;
}
