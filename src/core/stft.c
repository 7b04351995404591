#include "core/stft.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/window.h"

um_stft_config um_stft_config_default(void)
{
    return (um_stft_config){.window = um_window_config_default(), .fft_size = 0};
}

static um_status check_fft_size(const um_stft_config *config, um_error *error)
{
    size_t size = config->fft_size;
    if (size == 0) {
        return UM_OK;
    }
    if (size < config->window.length || size > UMI_FFT_MAX_SIZE) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "fft_size: %zu is outside %zu, the window's length, to %d; %zu "
                             "would do",
                             size, config->window.length, UMI_FFT_MAX_SIZE,
                             umi_fft_good_size(config->window.length));
    }
    if (umi_fft_good_size(size) != size) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "fft_size: %zu is not an even product of 2, 3, 5 and 7, with 11 or 13 "
                             "once at most; %zu would do",
                             size, umi_fft_good_size(size));
    }
    return UM_OK;
}

um_status um_stft_new(const um_stft_config *config, um_stft **out, um_error *error)
{
    if (out != NULL) {
        *out = NULL;
    }
    if (config == NULL || out == NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "an STFT needs a configuration and a place");
    }
    um_status status = umi_window_check(&config->window, error);
    if (status == UM_OK) {
        status = check_fft_size(config, error);
    }
    if (status != UM_OK) {
        return status;
    }
    um_stft *stft = umi_alloc(1, sizeof *stft);
    if (stft == NULL) {
        goto no_memory;
    }
    stft->length = config->window.length;
    stft->hop = config->window.hop;
    stft->synthesis_length = umi_window_synthesis_length(&config->window);
    stft->fft_size =
        config->fft_size != 0 ? config->fft_size : umi_fft_good_size(config->window.length);
    stft->analysis_window = umi_alloc(stft->length, sizeof(float));
    stft->synthesis_window = umi_alloc(stft->length, sizeof(float));
    if (stft->analysis_window == NULL || stft->synthesis_window == NULL ||
        umi_fft_new(stft->fft_size, &stft->fft) != UM_OK) {
        goto no_memory;
    }
    status = um_window_pair(&config->window, stft->analysis_window, stft->synthesis_window, error);
    if (status != UM_OK) {
        um_stft_free(stft);
        return status;
    }
    for (size_t t = 0; t < stft->length; t++) {
        stft->synthesis_window[t] /= (float)stft->fft_size;
    }
    *out = stft;
    return UM_OK;

no_memory:
    um_stft_free(stft);
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for an STFT of %zu samples",
                         config->window.length);
}

void um_stft_free(um_stft *stft)
{
    if (stft == NULL) {
        return;
    }
    umi_fft_free(stft->fft);
    umi_free(stft->analysis_window);
    umi_free(stft->synthesis_window);
    umi_free(stft);
}

size_t um_stft_n_bins(const um_stft *stft)
{
    return stft->fft_size / 2 + 1;
}

size_t um_stft_fft_size(const um_stft *stft)
{
    return stft->fft_size;
}

size_t um_stft_hop(const um_stft *stft)
{
    return stft->hop;
}

size_t um_stft_length(const um_stft *stft)
{
    return stft->length;
}

size_t um_stft_synthesis_length(const um_stft *stft)
{
    return stft->synthesis_length;
}
