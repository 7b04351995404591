/* What a recording says of itself, found by our own careful reading of its header.
 *
 * This is the allow-list: only what is described here is ever decoded. For the containers that hold
 * plain samples (WAV, RF64, W64, AIFF, AU, CAF) it gives the place of the samples, so that no other
 * parser sees the header; for FLAC, Ogg and MP3 the place of the coded stream behind any tag. */
#ifndef UMI_IO_AUDIO_LAYOUT_H
#define UMI_IO_AUDIO_LAYOUT_H

#include "io/audio_header.h"

/* UM_ERR_DATA, with the file's name and the reason, for anything that is not on the list: another
 * kind of file, another codec, a damaged header, or channels and rate out of limits. UM_ERR_IO. */
um_status umi_audio_layout_read(const umi_input_file *file, umi_audio_layout *layout,
                                um_error *error) UM_MUST_USE;

#endif
