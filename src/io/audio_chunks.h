/* The containers made of chunks: WAV and its 64-bit forms, AIFF, CAF. */
#ifndef UMI_IO_AUDIO_CHUNKS_H
#define UMI_IO_AUDIO_CHUNKS_H

#include "io/audio_header.h"

/* Fills the layout of a container made of chunks from the file that begins as that container. */
um_status umi_layout_read_wav(const umi_input_file *file, umi_audio_layout *layout,
                              um_error *error) UM_MUST_USE;
um_status umi_layout_read_w64(const umi_input_file *file, umi_audio_layout *layout,
                              um_error *error) UM_MUST_USE;
um_status umi_layout_read_aiff(const umi_input_file *file, umi_audio_layout *layout,
                               um_error *error) UM_MUST_USE;
um_status umi_layout_read_caf(const umi_input_file *file, umi_audio_layout *layout,
                              um_error *error) UM_MUST_USE;

#endif
