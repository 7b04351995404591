#include "core/fft.h"

#include "core/memory.h"

#include <fftw3.h>
#include <pthread.h>
#include <stdbool.h>

struct umi_fft {
    fftwf_plan forward;
    fftwf_plan inverse;
};

struct umi_fft_double {
    fftw_plan forward;
    fftw_plan inverse;
};

/* FFTW's planner, destruction of plans included, works on global tables without a lock. */
static pthread_mutex_t planner_lock = PTHREAD_MUTEX_INITIALIZER;

/* Sizes are limited to small prime factors because FFTW's ways with others allocate while they
 * transform: in 3.3.10 with primes from 37 on, and in large sizes with two factors of 11 or 13.
 * With one of them at most, none up to UMI_FFT_MAX_SIZE does. They are also the fast ones, and
 * never far apart. */
static bool is_good_size(size_t size)
{
    static const size_t primes[] = {2, 3, 5, 7};
    if (size == 0 || size % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++) {
        while (size % primes[i] == 0) {
            size /= primes[i];
        }
    }
    return size == 1 || size == 11 || size == 13;
}

size_t umi_fft_good_size(size_t size)
{
    size_t good = size < 2 ? 2 : size + size % 2;
    while (!is_good_size(good)) {
        good += 2;
    }
    return good;
}

um_status umi_fft_new(size_t size, umi_fft **out)
{
    *out = NULL;
    if (size > UMI_FFT_MAX_SIZE || !is_good_size(size)) {
        return UM_ERR_ARGUMENT;
    }
    umi_fft *fft = umi_alloc(1, sizeof *fft);
    /* The planner looks at the alignment of these arrays; with FFTW_ESTIMATE not at what is in
     * them. The transforms are given arrays with the same alignment. */
    float *samples = umi_alloc(size, sizeof *samples);
    float *spectrum = umi_alloc(size + 2, sizeof *spectrum);
    um_status status = UM_ERR_MEMORY;
    if (fft == NULL || samples == NULL || spectrum == NULL) {
        goto cleanup;
    }
    (void)pthread_mutex_lock(&planner_lock);
    fft->forward = fftwf_plan_dft_r2c_1d((int)size, samples, (fftwf_complex *)spectrum,
                                         FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    fft->inverse = fftwf_plan_dft_c2r_1d((int)size, (fftwf_complex *)spectrum, samples,
                                         FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
    (void)pthread_mutex_unlock(&planner_lock);
    if (fft->forward != NULL && fft->inverse != NULL) {
        status = UM_OK;
        *out = fft;
    }
cleanup:
    umi_free(samples);
    umi_free(spectrum);
    if (status != UM_OK) {
        umi_fft_free(fft);
    }
    return status;
}

void umi_fft_free(umi_fft *fft)
{
    if (fft == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&planner_lock);
    fftwf_destroy_plan(fft->forward); /* NULL is fine */
    fftwf_destroy_plan(fft->inverse);
    (void)pthread_mutex_unlock(&planner_lock);
    umi_free(fft);
}

void umi_fft_forward(const umi_fft *fft, float *samples, float *spectrum)
{
    fftwf_execute_dft_r2c(fft->forward, samples, (fftwf_complex *)spectrum);
}

void umi_fft_inverse(const umi_fft *fft, float *spectrum, float *samples)
{
    fftwf_execute_dft_c2r(fft->inverse, (fftwf_complex *)spectrum, samples);
}

/* -- In double -------------------------------------------------------------------------------- */

um_status umi_fft_double_new(size_t size, umi_fft_double **out)
{
    *out = NULL;
    if (size > UMI_FFT_MAX_SIZE || !is_good_size(size)) {
        return UM_ERR_ARGUMENT;
    }
    umi_fft_double *fft = umi_alloc(1, sizeof *fft);
    double *samples = umi_alloc(size, sizeof *samples);
    double *spectrum = umi_alloc(size + 2, sizeof *spectrum);
    um_status status = UM_ERR_MEMORY;
    if (fft == NULL || samples == NULL || spectrum == NULL) {
        goto cleanup;
    }
    (void)pthread_mutex_lock(&planner_lock);
    fft->forward = fftw_plan_dft_r2c_1d((int)size, samples, (fftw_complex *)spectrum,
                                        FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    fft->inverse = fftw_plan_dft_c2r_1d((int)size, (fftw_complex *)spectrum, samples,
                                        FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
    (void)pthread_mutex_unlock(&planner_lock);
    if (fft->forward != NULL && fft->inverse != NULL) {
        status = UM_OK;
        *out = fft;
    }
cleanup:
    umi_free(samples);
    umi_free(spectrum);
    if (status != UM_OK) {
        umi_fft_double_free(fft);
    }
    return status;
}

void umi_fft_double_free(umi_fft_double *fft)
{
    if (fft == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&planner_lock);
    fftw_destroy_plan(fft->forward);
    fftw_destroy_plan(fft->inverse);
    (void)pthread_mutex_unlock(&planner_lock);
    umi_free(fft);
}

void umi_fft_double_forward(const umi_fft_double *fft, double *samples, double *spectrum)
{
    fftw_execute_dft_r2c(fft->forward, samples, (fftw_complex *)spectrum);
}

void umi_fft_double_inverse(const umi_fft_double *fft, double *spectrum, double *samples)
{
    fftw_execute_dft_c2r(fft->inverse, (fftw_complex *)spectrum, samples);
}
