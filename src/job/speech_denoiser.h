/* All that denoising one recording takes, in one object: dictionary, profile, gains, filter. */
#ifndef UMI_JOB_SPEECH_DENOISER_H
#define UMI_JOB_SPEECH_DENOISER_H

#include "job/denoise_file.h"
#include "job/recording.h"
#include "unmingle/view.h"

typedef struct umi_speech_denoiser umi_speech_denoiser;

/* Reads the profile; the recording is rewound. UM_ERR_DATA for a profile that does not fit or a
 * rate outside 8..192 kHz, UM_ERR_MEMORY, and what reading says. */
um_status umi_speech_denoiser_new(const umi_denoise_config *config, umi_recording *recording,
                                  umi_speech_denoiser **out, um_error *error) UM_MUST_USE;
void umi_speech_denoiser_free(umi_speech_denoiser *denoiser); /* NULL is fine */

/* Sample frames that the output comes late. */
size_t umi_speech_denoiser_delay(const umi_speech_denoiser *denoiser);

/* n sample frames in, n out. */
um_status umi_speech_denoiser_push(umi_speech_denoiser *denoiser, um_cview in, um_view out,
                                   um_error *error) UM_MUST_USE;

#endif
