/* From the evidence to the gain; see denoiser.h. */
#include "core/denoiser_internal.h"

#include <math.h>

/* Of the mean of V: what is smaller says nothing. */
static const float SMALL = 1e-4f;

/* The power p, the constant b and the coefficients of the evidence. */
typedef struct coefficients {
    float power, constant;
    float ratio, first_ratio; /* log S/N, of this pass and of the first */
    float over_noise;         /* log V/N */
    float unexplained;        /* log V/(S+N) */
    float rise;               /* log R/(H_N W_N) */
} coefficients;

static const coefficients two_passes = {0.780f, 0.307f, 0.429f, 1.221f, 0.390f, 0.407f, -0.436f};
static const coefficients one_pass = {1.437f, -0.761f, 1.999f, 0.0f, -0.123f, 0.722f, 0.0f};

/* What the coefficients of two passes were fitted with. */
static const float FIXED_NOISE = 0.8f;

float umi_speech_gain_fixed_noise(void)
{
    return FIXED_NOISE;
}

static float log_ratio(float a, float b, float small, float limit)
{
    float ratio = logf((a + small) / (b + small));
    return ratio > limit ? limit : ratio < -limit ? -limit : ratio;
}

void umi_speech_log_ratio(const float *S, const float *N, float unit, size_t n, float *ratio)
{
    for (size_t f = 0; f < n; f++) {
        ratio[f] = log_ratio(S[f], N[f], SMALL * unit, 7.0f);
    }
}

/* (1 + exp(-z))^-power */
static float logistic_power(float z, float power)
{
    return expf(-power * log1pf(expf(-z)));
}

void umi_speech_gains(const umi_speech_evidence *e, size_t n, float *G)
{
    bool two = e->first != NULL;
    const coefficients *b = two ? &two_passes : &one_pass;
    float small = SMALL * e->unit;
    for (size_t f = 0; f < n; f++) {
        float N = e->N[f] + (two ? FIXED_NOISE * e->R[f] : 0.0f);
        float z = b->constant + b->ratio * log_ratio(e->S[f], N, small, 7.0f) +
                  b->over_noise * log_ratio(e->V[f], N, small, 5.0f) +
                  b->unexplained * log_ratio(e->V[f], e->S[f] + N, small, 3.0f);
        if (two) {
            z += b->first_ratio * e->first[f] + b->rise * log_ratio(e->R[f], e->N[f], small, 4.0f);
        }
        G[f] = logistic_power(z, b->power * e->strength);
    }
}
