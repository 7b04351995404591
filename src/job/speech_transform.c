#include "job/speech_transform.h"

#include "core/fft.h"

#include <math.h>

static const double WINDOW_SECONDS = 0.064;

enum {
    HOPS = 4,     /* a window, whose length is a multiple of it */
    SHORTEST = 16 /* that window.h allows, and a good size */
};

um_stft_config umi_speech_transform(double sample_rate)
{
    um_stft_config config = um_stft_config_default();
    double wanted = fmax(sample_rate * WINDOW_SECONDS, SHORTEST);
    size_t below = (size_t)(wanted / HOPS) * HOPS;
    size_t above = below;
    while (umi_fft_good_size(below) != below) {
        below -= HOPS;
    }
    while ((double)above < wanted || umi_fft_good_size(above) != above) {
        above += HOPS;
    }
    config.window.window = UM_WINDOW_SINE;
    config.window.length = wanted - (double)below <= (double)above - wanted ? below : above;
    config.window.hop = config.window.length / HOPS;
    return config;
}
