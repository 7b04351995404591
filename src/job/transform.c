#include "job/transform.h"

#include <math.h>

/* What the program takes besides the frames that it learns from: code, libraries, the separator's
 * batch; measured with stereo sound. */
static const size_t memory_besides = (size_t)48 << 20;

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

size_t umi_learning_memory(size_t memory)
{
    return memory > 2 * memory_besides ? memory - memory_besides : memory / 2;
}
