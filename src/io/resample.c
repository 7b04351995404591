#include "io/resample.h"

#include "core/memory.h"
#include "io/audio_format.h"

#include <assert.h>
#include <soxr.h>

struct umi_resampler {
    soxr_t soxr;
    size_t n_channels;
};

um_status umi_resampler_new(double from, double to, size_t n_channels, umi_resampler **out)
{
    assert(from >= UMI_RATE_MIN && from <= UMI_RATE_MAX);
    assert(to >= UMI_RATE_MIN && to <= UMI_RATE_MAX);
    assert(n_channels >= 1 && n_channels <= UMI_CHANNELS_MAX);
    *out = NULL;
    umi_resampler *resampler = umi_alloc(1, sizeof *resampler);
    if (resampler == NULL) {
        return UM_ERR_MEMORY;
    }
    resampler->n_channels = n_channels;
    const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ, 0);
    resampler->soxr = soxr_create(from, to, (unsigned)n_channels, NULL, NULL, &quality, NULL);
    if (resampler->soxr == NULL) {
        umi_resampler_free(resampler);
        return UM_ERR_MEMORY;
    }
    *out = resampler;
    return UM_OK;
}

void umi_resampler_free(umi_resampler *resampler)
{
    if (resampler == NULL) {
        return;
    }
    soxr_delete(resampler->soxr);
    umi_free(resampler);
}

um_status umi_resampler_push(umi_resampler *resampler, const float *in, size_t n_in, size_t *n_used,
                             float *out, size_t room, size_t *n_made)
{
    assert(in != NULL); /* to soxr that is the end */
    *n_used = 0;
    *n_made = 0;
    /* soxr takes no more at a time than would fill `room` if it held nothing back. */
    while (*n_used < n_in && *n_made < room) {
        size_t used, made;
        soxr_error_t problem =
            soxr_process(resampler->soxr, in + *n_used * resampler->n_channels, n_in - *n_used,
                         &used, out + *n_made * resampler->n_channels, room - *n_made, &made);
        if (problem != NULL) {
            return UM_ERR_MEMORY;
        }
        *n_used += used;
        *n_made += made;
    }
    return UM_OK;
}

um_status umi_resampler_flush(umi_resampler *resampler, float *out, size_t room, size_t *n_made)
{
    soxr_error_t problem = soxr_process(resampler->soxr, NULL, 0, NULL, out, room, n_made);
    return problem == NULL ? UM_OK : UM_ERR_MEMORY;
}
