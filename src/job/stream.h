/* A recording through the separator into its stems, block by block. */
#ifndef UMI_JOB_STREAM_H
#define UMI_JOB_STREAM_H

#include "job/recording.h"
#include "job/stems.h"
#include "unmingle/separator.h"

/* Frames a block, so that what is held of a block does not grow with channels and stems. */
size_t umi_stream_block_frames(size_t n_channels, size_t n_stems);

/* Reads the recording from its start and writes every frame of every stem; the stems were made
 * with umi_stream_block_frames. Progress is in frames. UM_ERR_MEMORY, UM_ERR_CANCELLED, UM_ERR_IO
 * and so on. */
um_status umi_stream(umi_recording *recording, um_separator *separator, umi_stems *stems,
                     size_t n_stems, const um_progress *progress, um_error *error) UM_MUST_USE;

#endif
