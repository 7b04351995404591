/* Fourier transforms of real signals of even size, in float32 and, for the metrics, in double. */
#ifndef UMI_CORE_FFT_H
#define UMI_CORE_FFT_H

#include "unmingle/status.h"

#include <stddef.h>

/* The plans for one size. It never changes after _new: any number of threads may transform with
 * it at once. */
typedef struct umi_fft umi_fft;

/* The largest size. */
enum { UMI_FFT_MAX_SIZE = 1 << 20 };

/* The smallest even product of 2, 3, 5 and 7, times 11 or 13 once or not at all, that is >= size;
 * size up to UMI_FFT_MAX_SIZE. */
size_t umi_fft_good_size(size_t size);

/* UM_ERR_ARGUMENT when umi_fft_good_size(size) != size or size > UMI_FFT_MAX_SIZE;
 * UM_ERR_MEMORY; *out is then NULL. Any thread
 * may make and free plans: FFTW's planner is called under a lock. (That lock is ours: a process
 * that also uses FFTW by itself must call fftwf_make_planner_thread_safe.) The same size gives
 * the same bits each time, for plans are estimated and not timed. */
um_status umi_fft_new(size_t size, umi_fft **out) UM_MUST_USE;
void umi_fft_free(umi_fft *fft);

/* Both arrays below start on a multiple of UMI_ALIGNMENT, do not overlap, and belong to the call
 * while it runs. It allocates nothing.
 *
 * spectrum[2 f], spectrum[2 f + 1] = Re, Im of sum over t of samples[t] exp(-2 pi i f t / size),
 * f = 0..size / 2. The size samples keep their values. */
void umi_fft_forward(const umi_fft *fft, float *samples, float *spectrum);

/* The inverse without its factor: after a forward transform gives size * samples[t]. The
 * size / 2 + 1 complex values of the spectrum are overwritten; the imaginary parts of the first
 * and the last one count as 0. */
void umi_fft_inverse(const umi_fft *fft, float *spectrum, float *samples);

/* -- The same in double ----------------------------------------------------------------------- */

typedef struct umi_fft_double umi_fft_double;

um_status umi_fft_double_new(size_t size, umi_fft_double **out) UM_MUST_USE;
void umi_fft_double_free(umi_fft_double *fft);
void umi_fft_double_forward(const umi_fft_double *fft, double *samples, double *spectrum);
void umi_fft_double_inverse(const umi_fft_double *fft, double *spectrum, double *samples);

#endif
