/* What 'unmingle separate' left in its folder, to make other stems from. */
#ifndef UMI_JOB_KEPT_RESULT_H
#define UMI_JOB_KEPT_RESULT_H

#include "job/kept_activations.h"
#include "job/recording.h"
#include "job/recording_origin.h"
#include "unmingle/dictionary.h"

typedef struct umi_kept_result {
    um_dictionary *atoms; /* those of one frame have gains */
    umi_kept_activations *activations;
    double exponent; /* of the masks */
    size_t shifts;   /* semitones, see shift_list.h */
    bool residual;   /* its last stem took what no atom explains */
    umi_recording_origin origin;
    uint64_t n_frames; /* sample frames of the recording */
    size_t n_channels; /* of it */
} umi_kept_result;

/* Opens the result in `directory`. UM_ERR_NO_INPUT when there is no such folder, or no such file in
 * it; UM_ERR_DATA when unmingle.json is not that of a separation, or what it tells of does not fit;
 * UM_ERR_CONFIG for a bad file of atoms, UM_ERR_MEMORY and so on; the message names the file. On
 * failure *kept is empty. */
um_status umi_kept_result_open(const char *directory, umi_kept_result *kept,
                               um_error *error) UM_MUST_USE;
void umi_kept_result_close(umi_kept_result *kept); /* an empty one is fine */

/* Whether this is the recording that the result, in `directory`, was made from: by its bytes, where
 * they are known, and by what it holds; and whether the activations are for as many frames.
 * UM_ERR_DATA when it is not. */
um_status umi_kept_result_check(const umi_kept_result *kept, const char *directory,
                                const umi_recording_origin *origin, const umi_recording *recording,
                                um_error *error) UM_MUST_USE;

#endif
