/* Spectra moved in pitch: where a partial lands, and that the transposed matrix is the transpose.
 */
#include "core/pitch_shift.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { F = 257 };

static double value(const umi_band_matrix *B, size_t row, const double *x)
{
    double sum = 0.0;
    for (size_t t = 0; t < B->taps; t++) {
        sum += (double)B->weights[row * B->taps + t] * x[B->first[row] + t];
    }
    return sum;
}

static const double semitones[] = {0.0, 0.5, 4.0, -4.0, 12.0, -12.0, 24.0, -24.0};
enum { N_SHIFTS = sizeof semitones / sizeof *semitones };

/* x(f) = f is moved to f / r, to the rounding of floats. */
static void frequencies_are_divided(void **state)
{
    (void)state;
    double ramp[F];
    for (size_t f = 0; f < F; f++) {
        ramp[f] = (double)f;
    }
    for (size_t i = 0; i < N_SHIFTS; i++) {
        umi_pitch_shift shift;
        double r = pow(2.0, semitones[i] / 12.0);
        assert_true(umi_pitch_shift_init(&shift, F, semitones[i]));
        assert_int_equal(shift.forward.rows, r >= 1.0 ? F : (size_t)floor((F - 1) * r) + 1);
        for (size_t f = 0; f < shift.forward.rows; f++) {
            assert_true(fabs(value(&shift.forward, f, ramp) - (double)f / r) < 1e-4);
        }
        umi_pitch_shift_free(&shift);
    }
}

/* <S x, y> = <x, S^T y>. */
static void the_transposed_is_the_transpose(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    for (size_t i = 0; i < N_SHIFTS; i++) {
        umi_pitch_shift shift;
        double x[F], y[F], left = 0.0, right = 0.0;
        assert_true(umi_pitch_shift_init(&shift, F, semitones[i]));
        for (size_t f = 0; f < F; f++) {
            x[f] = umi_random_uniform(&random);
            y[f] = umi_random_uniform(&random);
        }
        for (size_t f = 0; f < shift.forward.rows; f++) {
            left += value(&shift.forward, f, x) * y[f];
        }
        for (size_t f = 0; f < F; f++) {
            right += x[f] * value(&shift.transposed, f, y);
        }
        assert_true(fabs(left - right) < 1e-5 * left);
        umi_pitch_shift_free(&shift);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frequencies_are_divided),
        cmocka_unit_test(the_transposed_is_the_transpose),
    };
    return cmocka_run_group_tests_name("pitch_shift", tests, NULL, NULL);
}
