/* What the files of a live run share. */
#ifndef UMI_JOB_LIVE_INTERNAL_H
#define UMI_JOB_LIVE_INTERNAL_H

#include "io/audio_host.h"
#include "job/live.h"
#include "job/live_worker.h"
#include "job/thread.h"

struct umi_live {
    umi_live_config config;
    double rate; /* of the separation */
    um_stft_config stft;
    umi_live_display *display;
    umi_live_learning *learning;
    umi_live_mixer mixer;
    umi_live_recorder *recorder;
    umi_live_worker *worker;
    umi_audio_host *host;
    umi_live_io *io; /* in the host's memory */

    /* The stream, by the thread that ticks. */
    umi_stream *stream;
    bool hangs;
    uint64_t heartbeat; /* when it was looked at last */
    double heard_at;    /* when that count last rose; all times are monotonic, s */
    double ticked_at;
    double retry_at, pause; /* when to try again, and how long to wait then */
    bool was_silent;

    umi_lock *lock;       /* of what follows */
    umi_stream_info info; /* of the last stream that was open */
    umi_live_condition condition;
    char message[UMI_LIVE_TEXT_SIZE];
    char in[UMI_LIVE_NAME_SIZE], out[UMI_LIVE_NAME_SIZE]; /* asked for; "": the default */
    bool plays, reopen;
};

#endif
