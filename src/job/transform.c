#include "job/transform.h"

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
