#include "job/live_transform.h"

#include <math.h>

/* Of analysis windows, by measure: twice as long ones tell more apart than the half of them, as
 * long as they are not much longer than notes; and of the synthesis windows. */
static const double WINDOW_SECONDS = 2048.0 / 48000.0, LONG_SECONDS = 4096.0 / 48000.0;
static const double LOWEST_SECONDS = 256.0 / 48000.0, LOW_SECONDS = 512.0 / 48000.0;
static const double QUALITY_SECONDS = 2048.0 / 48000.0;

enum { SYNTHESIS_MIN = 64 };

const char *const umi_live_latency_names[] = {"lowest", "low", "quality", NULL};

/* The largest power of two that lasts no longer than that, with a little room for rates like
 * 44.1 kHz, whose powers of two are 9 % longer than those of 48 kHz. */
static size_t samples_within(double seconds, double rate)
{
    size_t n = 16;
    while ((double)(2 * n) <= 1.005 * seconds * rate) {
        n *= 2;
    }
    return n;
}

static size_t samples_near(double seconds, double rate)
{
    return (size_t)1 << (int)rint(log2(seconds * rate));
}

um_stft_config umi_live_transform(umi_live_latency latency, double rate, size_t period)
{
    um_stft_config config = um_stft_config_default();
    um_window_config *w = &config.window;
    w->window = UM_WINDOW_ASYMMETRIC;
    w->length = samples_near(latency == UMI_LIVE_QUALITY ? LONG_SECONDS : WINDOW_SECONDS, rate);
    if (latency == UMI_LIVE_QUALITY) {
        w->synthesis_length = samples_within(QUALITY_SECONDS, rate);
        w->hop = w->synthesis_length / 4;
        return config;
    }
    w->synthesis_length =
        samples_within(latency == UMI_LIVE_LOWEST ? LOWEST_SECONDS : LOW_SECONDS, rate);
    while (latency == UMI_LIVE_LOWEST && period > 0 && w->synthesis_length > period &&
           w->synthesis_length > SYNTHESIS_MIN) {
        w->synthesis_length /= 2;
    }
    w->hop = w->synthesis_length / 2;
    return config;
}
