#include "core/denoiser_internal.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 200 };

typedef struct evidence {
    float V[N], S[N], N_[N], first[N], R[N];
} evidence;

static evidence random_evidence(void)
{
    umi_random random = umi_random_seeded(5);
    evidence e;
    for (size_t f = 0; f < N; f++) {
        e.V[f] = (float)umi_random_uniform(&random);
        e.S[f] = (float)umi_random_uniform(&random);
        e.N_[f] = f % 9 == 0 ? 0.0f : (float)umi_random_uniform(&random);
        e.first[f] = (float)(4.0 * umi_random_uniform(&random) - 2.0);
        e.R[f] = (float)umi_random_uniform(&random);
    }
    return e;
}

static double clamped_log(double a, double b, double limit)
{
    return fmax(-limit, fmin(limit, log((a + 5e-5) / (b + 5e-5))));
}

static void follows_its_formula(void **state)
{
    (void)state;
    evidence e = random_evidence();
    float G[N], fast[N];
    umi_speech_evidence two = {e.V, e.S, e.N_, e.first, e.R, 0.5f, 0.7f};
    umi_speech_evidence one = {e.V, e.S, e.N_, NULL, NULL, 0.5f, 1.0f};
    umi_speech_gains(&two, N, G);
    umi_speech_gains(&one, N, fast);
    for (size_t f = 0; f < N; f++) {
        double V = (double)e.V[f], S = (double)e.S[f], atoms = (double)e.N_[f];
        double R = (double)e.R[f], noise = atoms + 0.8 * R;
        double z = 0.307 + 0.429 * clamped_log(S, noise, 7) + 1.221 * (double)e.first[f] +
                   0.390 * clamped_log(V, noise, 5) + 0.407 * clamped_log(V, S + noise, 3) -
                   0.436 * clamped_log(R, atoms, 4);
        assert_float_equal(G[f], pow(1.0 + exp(-z), -0.780 * 0.7), 1e-5);
        z = -0.761 + 1.999 * clamped_log(S, atoms, 7) - 0.123 * clamped_log(V, atoms, 5) +
            0.722 * clamped_log(V, S + atoms, 3);
        assert_float_equal(fast[f], pow(1.0 + exp(-z), -1.437), 1e-5);
    }
}

static void extremes_stay_within_0_and_1(void **state)
{
    (void)state;
    const float values[] = {0.0f, 1e-30f, 1e-6f, 1.0f, 1e12f};
    enum { V_N = 5 };
    for (size_t i = 0; i < V_N * V_N * V_N; i++) {
        float v = values[i % V_N], s = values[i / V_N % V_N], n = values[i / V_N / V_N];
        float first = 7.0f, gain;
        umi_speech_evidence e = {&v, &s, &n, &first, &n, 1.0f, 1.0f};
        umi_speech_gains(&e, 1, &gain);
        assert_true(gain >= 0.0f && gain <= 1.0f);
    }
}

static void no_strength_takes_nothing(void **state)
{
    (void)state;
    evidence e = random_evidence();
    float G[N];
    umi_speech_evidence none = {e.V, e.S, e.N_, e.first, e.R, 0.5f, 0.0f};
    umi_speech_gains(&none, N, G);
    for (size_t f = 0; f < N; f++) {
        assert_true(G[f] == 1.0f);
    }
}

static void ratios_are_held(void **state)
{
    (void)state;
    const float S[] = {0.0f, 1.0f, 3.0f, 1e9f}, noise[] = {1.0f, 1.0f, 1.0f, 0.0f};
    float ratio[4];
    umi_speech_log_ratio(S, noise, 1.0f, 4, ratio);
    assert_float_equal(ratio[0], -7.0, 0.0);
    assert_float_equal(ratio[1], 0.0, 0.0);
    assert_float_equal(ratio[2], log(3.0001 / 1.0001), 1e-6);
    assert_float_equal(ratio[3], 7.0, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_its_formula),
        cmocka_unit_test(extremes_stay_within_0_and_1),
        cmocka_unit_test(no_strength_takes_nothing),
        cmocka_unit_test(ratios_are_held),
    };
    return cmocka_run_group_tests_name("speech_gain", tests, NULL, NULL);
}
