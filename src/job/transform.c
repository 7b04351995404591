#include "job/transform.h"

#include "core/error.h"

#include <math.h>

static const double window_seconds = 0.0928798; /* 4096 samples at 44.1 kHz */

um_stft_config umi_transform(double sample_rate, size_t window, size_t hop, um_window shape)
{
    um_stft_config config = um_stft_config_default();
    config.window.window = shape;
    config.window.length =
        window > 0 ? window : (size_t)1 << (int)rint(log2(sample_rate * window_seconds));
    config.window.hop = hop > 0 ? hop : config.window.length / 4;
    return config;
}

um_status umi_transform_sizes(const um_stft_config *config, size_t *n_bins, size_t *fft_size,
                              um_error *error)
{
    um_stft *stft;
    um_error reason = {UM_OK, ""};
    um_status status = um_stft_new(config, &stft, &reason);
    if (status != UM_OK) {
        return umi_error_set(error, status, "--window, --hop: %.900s", reason.message);
    }
    *n_bins = um_stft_n_bins(stft);
    *fft_size = um_stft_fft_size(stft);
    um_stft_free(stft);
    return UM_OK;
}
