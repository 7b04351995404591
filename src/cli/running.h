/* What commands that work long share: threads, progress, warnings. */
#ifndef UMI_CLI_RUNNING_H
#define UMI_CLI_RUNNING_H

#include "cli/options.h"
#include "cli/progress.h"
#include "job/thread_pool.h"
#include "job/watch.h"

typedef struct umi_running {
    umi_thread_pool *pool;
    umi_progress progress;
    um_progress callback;
    umi_watch watch; /* shows phases as progress, warnings as log lines; cancels on a signal */
} umi_running;

/* Starts the threads that the options ask for, by default one a core, at most 8. On failure it is
 * logged and the exit code is returned; else 0. The object must not move afterwards. */
int umi_running_start(umi_running *running, const umi_options *options);
void umi_running_end(umi_running *running);

/* The threads, to be handed to the library. */
um_parallel umi_running_parallel(umi_running *running);

/* Cores that this process may run on. */
size_t umi_running_cores(void);

/* Where standard input is kept while it is read: $TMPDIR, or /tmp. */
const char *umi_running_spool_directory(void);

#endif
