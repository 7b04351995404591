/* The mathematics of BSS Eval's blocks against a slow computation in time that shares no code with
 * it, over signals of more than one block. */
#include "core/bss_eval_internal.h"
#include "core/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_SOURCES = 2, MAX_CHANNELS = 2, MAX_LINES = N_SOURCES * MAX_CHANNELS };
enum { TAPS = 6, N_FRAMES = 2 * 1019, RUNG = N_FRAMES + TAPS - 1 };
enum { MAX_UNKNOWNS = MAX_LINES * TAPS };

static size_t n_channels;
static float references[N_SOURCES][MAX_CHANNELS * N_FRAMES];
static float estimates[N_SOURCES][MAX_CHANNELS * N_FRAMES];

static double sample(const float *interleaved, size_t channel, size_t t, size_t delay)
{
    return t >= delay && t - delay < N_FRAMES
               ? (double)interleaved[(t - delay) * n_channels + channel]
               : 0;
}

static double delayed(size_t first_line, size_t unknown, size_t t)
{
    size_t line = first_line + unknown / TAPS;
    return sample(references[line / n_channels], line % n_channels, t, unknown % TAPS);
}

/* Solves A x = b by Gaussian elimination with pivots. */
static void eliminate(double A[MAX_UNKNOWNS][MAX_UNKNOWNS + 1], size_t n, double *x)
{
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t r = k; r < n; r++) {
            pivot = fabs(A[r][k]) > fabs(A[pivot][k]) ? r : pivot;
        }
        for (size_t c = 0; c <= n; c++) {
            double swapped = A[k][c];
            A[k][c] = A[pivot][c];
            A[pivot][c] = swapped;
        }
        for (size_t r = k + 1; r < n; r++) {
            double factor = A[r][k] / A[k][k];
            for (size_t c = k; c <= n; c++) {
                A[r][c] -= factor * A[k][c];
            }
        }
    }
    for (size_t k = n; k-- > 0;) {
        x[k] = A[k][n];
        for (size_t c = k + 1; c < n; c++) {
            x[k] -= A[k][c] * x[c];
        }
        x[k] /= A[k][k];
    }
}

/* The projection of one channel of an estimate on n_lines references from first_line on. */
static void slow_projection(size_t source, size_t channel, size_t first_line, size_t n_lines,
                            double *projection)
{
    double A[MAX_UNKNOWNS][MAX_UNKNOWNS + 1] = {{0}}, x[MAX_UNKNOWNS];
    size_t n = n_lines * TAPS;
    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t < RUNG; t++) {
            for (size_t j = 0; j < n; j++) {
                A[i][j] += delayed(first_line, i, t) * delayed(first_line, j, t);
            }
            A[i][n] += delayed(first_line, i, t) * sample(estimates[source], channel, t, 0);
        }
    }
    eliminate(A, n, x);
    for (size_t t = 0; t < RUNG; t++) {
        projection[t] = 0;
        for (size_t i = 0; i < n; i++) {
            projection[t] += x[i] * delayed(first_line, i, t);
        }
    }
}

static um_bss_figures slow_figures(size_t source)
{
    double s = 0, own = 0, all = 0, s_e = 0, own_s = 0, all_own = 0, e_own = 0, e_all = 0;
    for (size_t c = 0; c < n_channels; c++) {
        double p[RUNG], q[RUNG];
        slow_projection(source, c, source * n_channels, n_channels, p);
        slow_projection(source, c, 0, N_SOURCES * n_channels, q);
        for (size_t t = 0; t < RUNG; t++) {
            double r = sample(references[source], c, t, 0);
            double e = sample(estimates[source], c, t, 0);
            s += r * r;
            own += p[t] * p[t];
            all += q[t] * q[t];
            s_e += (r - e) * (r - e);
            own_s += (p[t] - r) * (p[t] - r);
            all_own += (q[t] - p[t]) * (q[t] - p[t]);
            e_own += (e - p[t]) * (e - p[t]);
            e_all += (e - q[t]) * (e - q[t]);
        }
    }
    um_bss_figures figures = {10 * log10(s / s_e), 10 * log10(s / own_s), 10 * log10(own / all_own),
                              10 * log10(all / e_all), 10 * log10(own / e_own)};
    return figures;
}

/* Estimates hold shares of both sources, of their neighbours in time and of noise. */
static void make_sound(void)
{
    umi_random random = umi_random_seeded(n_channels);
    size_t n = N_FRAMES * n_channels;
    for (size_t q = 0; q < N_SOURCES; q++) {
        for (size_t i = 0; i < n; i++) {
            references[q][i] = (float)(0.1 * (double)(q + 1) * umi_random_normal(&random));
            estimates[q][i] = (float)(0.03 * umi_random_normal(&random));
        }
    }
    for (size_t q = 0; q < N_SOURCES; q++) {
        for (size_t i = 3; i < n; i++) {
            estimates[q][i] += 0.8F * references[q][i] + 0.2F * references[q][i - 3] +
                               0.1F * references[N_SOURCES - 1 - q][i - 2];
        }
    }
}

static void fast_figures(um_bss_figures *figures)
{
    um_bss_eval_config config = {N_SOURCES, n_channels, TAPS, SIZE_MAX};
    um_bss_eval *bss;
    um_cview s[N_SOURCES], e[N_SOURCES];
    for (size_t q = 0; q < N_SOURCES; q++) {
        s[q] = um_cview_of(references[q], N_FRAMES, n_channels);
        e[q] = um_cview_of(estimates[q], N_FRAMES, n_channels);
    }
    assert_int_equal(um_bss_eval_new(&config, &bss, NULL), UM_OK);
    /* Whole blocks, so that all that rings on is in one more. */
    assert_int_equal(N_FRAMES, 2 * bss->block_length);
    assert_int_equal(um_bss_eval_correlate(bss, s, e), UM_OK);
    assert_int_equal(um_bss_eval_solve(bss), UM_OK);
    assert_int_equal(um_bss_eval_measure(bss, s, e), UM_OK);
    assert_int_equal(um_bss_eval_finish(bss, figures), UM_OK);
    um_bss_eval_free(bss);
}

static void assert_dB(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-6)) {
        fail_msg("%.9g dB, expected %.9g", value, expected);
    }
}

static void agrees_with_sums_in_time(void **state)
{
    (void)state;
    for (n_channels = 1; n_channels <= MAX_CHANNELS; n_channels++) {
        make_sound();
        um_bss_figures figures[N_SOURCES];
        fast_figures(figures);
        for (size_t q = 0; q < N_SOURCES; q++) {
            um_bss_figures expected = slow_figures(q);
            assert_dB(figures[q].sdr, expected.sdr);
            assert_dB(figures[q].isr, expected.isr);
            assert_dB(figures[q].sir, expected.sir);
            assert_dB(figures[q].sar, expected.sar);
            assert_dB(figures[q].sdr_v3, expected.sdr_v3);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_sums_in_time),
    };
    return cmocka_run_group_tests_name("bss_eval_block", tests, NULL, NULL);
}
