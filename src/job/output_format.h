/* What an output is stored as, when it is to be like the input as far as its container allows. */
#ifndef UMI_JOB_OUTPUT_FORMAT_H
#define UMI_JOB_OUTPUT_FORMAT_H

#include "job/recording.h"
#include "job/watch.h"
#include "unmingle/status.h"

/* What the user asks for. */
typedef struct umi_output_wish {
    umi_container container;
    bool keep_sample; /* the recording's sample format, else `sample` */
    umi_sample sample;
} umi_output_wish;

/* The format of stems of a recording: its own, but for what is wished. As _fit below. */
um_status umi_output_format_choose(const umi_output_wish *wish, const umi_recording *recording,
                                   const umi_watch *watch, umi_audio_format *format,
                                   um_error *error) UM_MUST_USE;

/* Makes of *format, whose container is chosen, one that this container holds: decoded sound, which
 * has no depth of its own, gets 24 bits; FLAC at most 24, with a warning, and 16 for A-law and
 * u-law. `name`, of the recording, is for messages. UM_ERR_ARGUMENT for more channels than FLAC
 * holds. */
um_status umi_output_format_fit(umi_audio_format *format, const char *name, const umi_watch *watch,
                                um_error *error) UM_MUST_USE;

#endif
