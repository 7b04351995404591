/* The transforms against the sums that define them, formed in double. */
#include "core/fft.h"
#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

static const double PI = 3.14159265358979323846;

/* Of the root mean square; single precision reaches about 1e-7. */
static const double MAX_ERROR = 5e-7;

/* Every prime factor, odd and even numbers of radix-2 steps. */
static const size_t SIZES[] = {2, 4, 6, 10, 14, 16, 18, 64, 210, 486, 512, 1250, 1470, 2048, 4802};
enum { N_SIZES = sizeof SIZES / sizeof *SIZES };

static float *random_floats(size_t n, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    float *x = umi_alloc(n, sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)umi_random_normal(&random);
    }
    return x;
}

static umi_fft *new_fft(size_t size)
{
    umi_fft *fft = NULL;
    assert_int_equal(umi_fft_new(size, &fft), UM_OK);
    assert_non_null(fft);
    return fft;
}

static void test_forward_is_the_dft(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_SIZES; k++) {
        size_t n = SIZES[k];
        umi_fft *fft = new_fft(n);
        float *x = random_floats(n, n);
        float *kept = random_floats(n, n);
        float *X = umi_alloc(n + 2, sizeof *X);
        umi_fft_forward(fft, x, X);
        assert_memory_equal(x, kept, n * sizeof *x);
        double error = 0.0;
        double energy = 0.0;
        for (size_t f = 0; f <= n / 2; f++) {
            double re = 0.0;
            double im = 0.0;
            for (size_t t = 0; t < n; t++) {
                double angle = -2.0 * PI * (double)(f * t % n) / (double)n;
                re += (double)x[t] * cos(angle);
                im += (double)x[t] * sin(angle);
            }
            error += pow((double)X[2 * f] - re, 2.0) + pow((double)X[2 * f + 1] - im, 2.0);
            energy += re * re + im * im;
        }
        assert_true(sqrt(error / energy) < MAX_ERROR);
        umi_free(x);
        umi_free(kept);
        umi_free(X);
        umi_fft_free(fft);
    }
}

static void test_inverse_is_the_sum_of_its_waves(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_SIZES; k++) {
        size_t n = SIZES[k];
        umi_fft *fft = new_fft(n);
        float *X = random_floats(n + 2, n);
        float *kept = random_floats(n + 2, n);
        float *x = umi_alloc(n, sizeof *x);
        umi_fft_inverse(fft, X, x);
        double error = 0.0;
        double energy = 0.0;
        for (size_t t = 0; t < n; t++) {
            /* Bins 0 and n / 2 once, by their real parts; the others twice, for their mirrors. */
            double sum = (double)kept[0] + (t % 2 == 0 ? 1.0 : -1.0) * (double)kept[n];
            for (size_t f = 1; f < n / 2; f++) {
                double angle = 2.0 * PI * (double)(f * t % n) / (double)n;
                sum +=
                    2.0 * ((double)kept[2 * f] * cos(angle) - (double)kept[2 * f + 1] * sin(angle));
            }
            error += pow((double)x[t] - sum, 2.0);
            energy += sum * sum;
        }
        assert_true(sqrt(error / energy) < MAX_ERROR);
        umi_free(X);
        umi_free(kept);
        umi_free(x);
        umi_fft_free(fft);
    }
}

/* In double: the transform of a wave and its way back, to the precision of the type. */
static void test_double(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_SIZES; k++) {
        size_t n = SIZES[k], bin = n / 3;
        umi_fft_double *fft = NULL;
        assert_int_equal(umi_fft_double_new(n, &fft), UM_OK);
        double *x = umi_alloc(n, sizeof *x), *X = umi_alloc(n + 2, sizeof *X);
        for (size_t t = 0; t < n; t++) {
            x[t] = cos(2.0 * PI * (double)(bin * t % n) / (double)n + 1.0);
        }
        umi_fft_double_forward(fft, x, X);
        for (size_t f = 0; f <= n / 2; f++) {
            /* Half of the wave is in the mirror bin, but for the bin that has none. */
            double share = f != bin ? 0.0 : bin == 0 ? 1.0 : 0.5;
            double im = bin == 0 ? 0.0 : share * sin(1.0);
            assert_true(fabs(X[2 * f] / (double)n - share * cos(1.0)) < 1e-13);
            assert_true(fabs(X[2 * f + 1] / (double)n - im) < 1e-13);
        }
        umi_fft_double_inverse(fft, X, x);
        for (size_t t = 0; t < n; t++) {
            double wave = cos(2.0 * PI * (double)(bin * t % n) / (double)n + 1.0);
            assert_true(fabs(x[t] / (double)n - wave) < 1e-13);
        }
        umi_free(x);
        umi_free(X);
        umi_fft_double_free(fft);
    }
    umi_fft_double *none = NULL;
    assert_int_equal(umi_fft_double_new(34, &none), UM_ERR_ARGUMENT);
    umi_fft_double_free(NULL);
}

static void test_same_size_same_bits(void **state)
{
    (void)state;
    enum { N = 4096 };
    umi_fft *first = new_fft(N);
    umi_fft *other = new_fft(1000); /* so that the planner has something to remember */
    umi_fft *second = new_fft(N);
    float *x = random_floats(N, 1);
    float *X = umi_alloc(N + 2, sizeof *X);
    float *Y = umi_alloc(N + 2, sizeof *Y);
    umi_fft_forward(first, x, X);
    umi_fft_forward(second, x, Y);
    assert_memory_equal(X, Y, (N + 2) * sizeof *X);
    umi_fft_free(first);
    umi_fft_free(other);
    umi_fft_free(second);
    umi_free(x);
    umi_free(X);
    umi_free(Y);
}

/* An even product of 2, 3, 5 and 7, with 11 or 13 once at most. */
static bool is_good(size_t n)
{
    bool even = n % 2 == 0;
    for (size_t p = 2; p <= 7; p++) {
        while (n % p == 0) {
            n /= p;
        }
    }
    return even && (n == 1 || n == 11 || n == 13);
}

static void test_good_sizes(void **state)
{
    (void)state;
    assert_int_equal(umi_fft_good_size(0), 2);
    for (size_t n = 1; n < 3000; n++) {
        size_t expected = n;
        while (!is_good(expected)) {
            expected++;
        }
        assert_int_equal(umi_fft_good_size(n), expected);
    }
    assert_int_equal(umi_fft_good_size(UMI_FFT_MAX_SIZE), UMI_FFT_MAX_SIZE);
    assert_int_equal(umi_fft_good_size(UMI_FFT_MAX_SIZE - 1), UMI_FFT_MAX_SIZE);
}

static void test_refused_sizes(void **state)
{
    (void)state;
    const size_t refused[] = {0, 1, 3, 11, 15, 34, 242, 286, 338, 4095, 4098, 1 << 21, SIZE_MAX};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        int something;
        umi_fft *fft = (umi_fft *)(void *)&something;
        assert_int_equal(umi_fft_new(refused[i], &fft), UM_ERR_ARGUMENT);
        assert_null(fft);
    }
    umi_fft_free(NULL);
}

static um_status make_fft(void *context)
{
    (void)context;
    umi_fft *fft = NULL;
    um_status status = umi_fft_new(480, &fft);
    assert_true((status == UM_OK) == (fft != NULL));
    umi_fft_free(fft);
    return status;
}

static void test_survives_failing_allocations(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(make_fft, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward_is_the_dft),
        cmocka_unit_test(test_inverse_is_the_sum_of_its_waves),
        cmocka_unit_test(test_double),
        cmocka_unit_test(test_same_size_same_bits),
        cmocka_unit_test(test_good_sizes),
        cmocka_unit_test(test_refused_sizes),
        cmocka_unit_test(test_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
