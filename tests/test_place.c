/* Places: what was panned has one, noise in all channels has none, and angles are angles. */
#include "core/place.h"

#include "core/memory.h"
#include "core/random.h"
#include "unmingle/matrix_mask.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { F = 33, T = 400, C_MAX = 4 };

static const size_t channel_counts[] = {1, 2, C_MAX};
enum { N_COUNTS = sizeof channel_counts / sizeof channel_counts[0] };

/* Covariance sums of a sound that reaches channel c by way[c], with noise of its own in each. */
static double *sums_new(size_t C, const double complex *way, double noise)
{
    umi_random random = umi_random_seeded(5);
    double *sums = umi_alloc(C * C * F, sizeof(double));
    float spectrum[2 * C_MAX * F];
    for (size_t t = 0; t < T; t++) {
        for (size_t f = 0; f < F; f++) {
            double complex s =
                umi_random_uniform(&random) - 0.5 + I * (umi_random_uniform(&random) - 0.5);
            for (size_t c = 0; c < C; c++) {
                double complex n =
                    umi_random_uniform(&random) - 0.5 + I * (umi_random_uniform(&random) - 0.5);
                double complex x = way[c] * s + noise * n;
                spectrum[2 * (c * F + f)] = (float)creal(x);
                spectrum[2 * (c * F + f) + 1] = (float)cimag(x);
            }
        }
        um_covariance_add(spectrum, C, F, sums);
    }
    return sums;
}

static void what_was_panned_has_one_place(void **state)
{
    (void)state;
    const double complex way[C_MAX] = {0.3, 0.9 + 0.2 * I, -0.4 * I, 0.0};
    for (size_t i = 0; i < N_COUNTS; i++) {
        size_t C = channel_counts[i];
        double length = 0.0;
        umi_place truth = {{0}, 1.0};
        for (size_t c = 0; c < C; c++) {
            length += creal(way[c] * conj(way[c]));
        }
        for (size_t c = 0; c < C; c++) {
            truth.direction[c] = way[c] / sqrt(length);
        }
        double *sums = sums_new(C, way, 0.0);
        umi_place found = umi_place_of(sums, C, F);
        assert_true(fabs(found.share - 1.0) < 1e-6);
        assert_true(umi_place_angle(&found, &truth, C) < 0.01);
        umi_free(sums);
    }
}

/* With noise of variance v in each of C channels beside power p of the source the largest
 * eigenvalue is p + v, of p + C v in all. */
static void noise_takes_its_share(void **state)
{
    (void)state;
    const double complex way[C_MAX] = {0.5, 0.5, 0.5, 0.5};
    for (size_t i = 1; i < N_COUNTS; i++) {
        double C = (double)channel_counts[i], p = 0.25 * C, v = 0.2;
        double *sums = sums_new(channel_counts[i], way, sqrt(v));
        umi_place found = umi_place_of(sums, channel_counts[i], F);
        assert_true(fabs(found.share - (p + v) / (p + C * v)) < 0.01);
        umi_free(sums);
        const double complex nowhere[C_MAX] = {0};
        sums = sums_new(channel_counts[i], nowhere, 1.0);
        found = umi_place_of(sums, channel_counts[i], F);
        assert_true(fabs(found.share - 1.0 / C) < 0.02);
        umi_free(sums);
    }
}

static void angles_are_those_between_directions(void **state)
{
    (void)state;
    const double degree = acos(-1.0) / 180.0;
    umi_place a = {{1.0, 0.0}, 1.0};
    for (double angle = 0.0; angle <= 90.0; angle += 7.5) {
        /* A common phase is none of the place's. */
        umi_place b = {{cos(angle * degree) * cexp(1.3 * I), sin(angle * degree) * cexp(1.3 * I)},
                       1.0};
        assert_true(fabs(umi_place_angle(&a, &b, 2) - angle) < 1e-5);
    }
}

/* The fit of n points of a sound with one way into two channels, to the covariance of another. */
static double fit_of(const double complex *way, const double complex *covariance_way, double noise)
{
    float covariance[4 * F], spectrum[4 * F];
    double *sums = sums_new(2, covariance_way, noise);
    um_covariance_finish(sums, 2, F, covariance);
    umi_free(sums);
    umi_random random = umi_random_seeded(6);
    umi_place_fit fit = {0.0, 0.0};
    for (size_t f = 0; f < F; f++) {
        double s = f % 3 == 0 ? 0.0 : umi_random_uniform(&random); /* some bins are silent */
        for (size_t c = 0; c < 2; c++) {
            spectrum[2 * (c * F + f)] = (float)(s * creal(way[c]));
            spectrum[2 * (c * F + f) + 1] = (float)(s * cimag(way[c]));
        }
    }
    umi_place_fit_add(&fit, covariance, spectrum, 2, F);
    assert_true(fit.weight > 0.0);
    return fit.sum / fit.weight;
}

/* For R = a a^H + e I with |a| = 1 a point along a has x^H R^-1 x / |x|^2 = 1 / (1 + e), one across
 * 1 / e, and det R = e (1 + e). */
static void a_fit_is_a_likelihood_of_directions(void **state)
{
    (void)state;
    const double complex left[C_MAX] = {0.8, 0.6 * I}, across[C_MAX] = {0.6, -0.8 * I};
    const double e = 1e-4; /* what um_covariance_finish adds */
    double along = 2.0 * log(1.0 + e) - log(e * (1.0 + e));
    double beside = 2.0 * log(e) - log(e * (1.0 + e));
    assert_true(fabs(fit_of(left, left, 0.0) - along) < 0.01);
    assert_true(fabs(fit_of(across, left, 0.0) - beside) < 0.01);
    /* What comes from everywhere says nothing of any direction. */
    const double complex nowhere[C_MAX] = {0};
    assert_true(fabs(fit_of(left, nowhere, 1.0)) < 0.2);
}

static void silence_is_nowhere(void **state)
{
    (void)state;
    static const double sums[4 * F];
    assert_true(umi_place_of(sums, 2, F).share == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_panned_has_one_place),
        cmocka_unit_test(noise_takes_its_share),
        cmocka_unit_test(angles_are_those_between_directions),
        cmocka_unit_test(a_fit_is_a_likelihood_of_directions),
        cmocka_unit_test(silence_is_nowhere),
    };
    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
