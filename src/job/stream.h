/* A recording through the separator, or what else takes sound apart, into its stems, block by
 * block.
 */
#ifndef UMI_JOB_STREAM_H
#define UMI_JOB_STREAM_H

#include "job/recording.h"
#include "job/stems.h"
#include "unmingle/separator.h"

/* Frames a block, so that what is held of a block does not grow with channels and stems. */
size_t umi_stream_block_frames(size_t n_channels, size_t n_stems);

/* What takes sound apart: `push` takes the next frames and fills as many of every stem, which
 * belong to the sound `delay` frames before. The last stem need not be filled where nobody asks for
 * its energy: as it is written, it is the rest. `push` must bear a block of no frames. */
typedef struct umi_stream_splitter {
    size_t delay;
    um_status (*push)(void *user, um_cview in, const um_view *stems, um_error *error);
    void *user;
} umi_stream_splitter;

/* Reads the recording from its start and writes every frame of every stem; the stems were made
 * with umi_stream_block_frames. Progress is in frames. UM_ERR_MEMORY, UM_ERR_CANCELLED, UM_ERR_IO
 * and so on. */
um_status umi_stream_split(umi_recording *recording, const umi_stream_splitter *splitter,
                           umi_stems *stems, size_t n_stems, const um_progress *progress,
                           um_error *error) UM_MUST_USE;

/* The same by a separator. What its callbacks return but UM_OK is returned; they set *error. */
um_status umi_stream(umi_recording *recording, um_separator *separator, umi_stems *stems,
                     size_t n_stems, const um_progress *progress, um_error *error) UM_MUST_USE;

#endif
