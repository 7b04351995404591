/* What um_stft holds, for the two kinds of streams. */
#ifndef UMI_CORE_STFT_H
#define UMI_CORE_STFT_H

#include "unmingle/stft.h"

#include "core/fft.h"

struct um_stft {
    size_t length;
    size_t hop;
    size_t synthesis_length;
    size_t fft_size;
    umi_fft *fft;
    float *analysis_window;  /* length */
    float *synthesis_window; /* length; divided by fft_size, which the inverse transform leaves to
                                its caller */
};

#endif
