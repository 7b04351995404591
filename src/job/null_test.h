/* The null test: do the stems, as they are on disk, add up to the recording? */
#ifndef UMI_JOB_NULL_TEST_H
#define UMI_JOB_NULL_TEST_H

#include "job/recording.h"

/* Reads the recording and the finished stems again and compares: *peak becomes the largest
 * magnitude of recording - sum of stems, full scale 1. UM_ERR_IO for a stem whose length or number
 * of channels is not the recording's, UM_ERR_CANCELLED, and what reading says. */
um_status umi_null_test(umi_recording *recording, const char *const *paths, size_t n_stems,
                        const um_progress *progress, double *peak, um_error *error) UM_MUST_USE;

#endif
