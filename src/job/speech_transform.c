#include "job/speech_transform.h"

#include "core/fft.h"

static const double WINDOW_SECONDS = 0.064;

/* The window is a multiple of this, its hop a quarter of that. */
enum { STEP = 64 };

um_stft_config umi_speech_transform(double sample_rate)
{
    um_stft_config config = um_stft_config_default();
    size_t n_steps = (size_t)(sample_rate * WINDOW_SECONDS / STEP + 0.5);
    n_steps = n_steps < 1 ? 1 : n_steps;
    size_t nearest = n_steps;
    for (size_t away = 0; umi_fft_good_size(nearest * STEP) != nearest * STEP; away++) {
        nearest = away % 2 == 0            ? n_steps + away / 2 + 1
                  : n_steps > away / 2 + 1 ? n_steps - away / 2 - 1
                                           : n_steps;
    }
    config.window.window = UM_WINDOW_SINE;
    config.window.length = nearest * STEP;
    config.window.hop = config.window.length / 4;
    return config;
}
