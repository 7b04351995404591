/* Where the sources of a model are, for matrix masks, when nothing but the mix tells of it. */
#ifndef UMI_JOB_MODEL_PLACES_H
#define UMI_JOB_MODEL_PLACES_H

#include "job/model.h"
#include "job/recording.h"
#include "unmingle/stft.h"

/* Fills model->R from the frames of the recording: at every bin the covariance of a source is that
 * of the points which are its alone by the model. It stays empty, and masks are ratios, unless
 * every source comes from one place and these differ clearly. Frames are few enough for any length
 * of recording. Needs gains; does nothing with one channel, one source or a source without atoms.
 * UM_ERR_MEMORY, UM_ERR_CANCELLED and what reading says. */
um_status umi_model_find_places(umi_model *model, const um_stft_config *stft,
                                umi_recording *recording, um_parallel parallel, uint64_t seed,
                                const um_progress *progress, um_error *error) UM_MUST_USE;

#endif
