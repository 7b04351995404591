#define _GNU_SOURCE /* sched_getaffinity */
#include "cli/running.h"

#include "cli/exit_code.h"
#include "cli/log.h"

#include <sched.h>
#include <stdlib.h>

/* Without --threads, at most so many: the factorisation cuts its frames into no more parts than
 * that, and every further thread would take scratch memory and find little to do. */
enum { THREADS_MAX = 8 };

static void show_phase(void *user, const char *phase, double from, double to)
{
    umi_progress_phase(user, phase, from, to);
}

static void show_warning(void *user, const char *message)
{
    (void)user;
    umi_log(UMI_LOG_WARNING, "%s", message);
}

size_t umi_running_cores(void)
{
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) {
        return CPU_SETSIZE; /* more cores than a cpu_set_t has bits */
    }
    return (size_t)CPU_COUNT(&cores);
}

static size_t default_threads(void)
{
    size_t n = umi_running_cores();
    return n < THREADS_MAX ? n : THREADS_MAX;
}

int umi_running_start(umi_running *running, const umi_options *options)
{
    size_t n_threads = options->threads > 0 ? (size_t)options->threads : default_threads();
    um_status status = umi_thread_pool_new(n_threads, &running->pool);
    if (status != UM_OK) {
        umi_log(UMI_LOG_ERROR, "cannot start %zu threads", n_threads);
        return (int)umi_exit_code(status);
    }
    running->callback = umi_progress_callback(&running->progress);
    running->watch = (umi_watch){&running->callback, show_phase, show_warning, &running->progress};
    return UMI_EXIT_OK;
}

void umi_running_end(umi_running *running)
{
    umi_thread_pool_free(running->pool);
    running->pool = NULL;
}

um_parallel umi_running_parallel(umi_running *running)
{
    return umi_thread_pool_parallel(running->pool);
}

const char *umi_running_spool_directory(void)
{
    const char *directory = getenv("TMPDIR");
    return directory != NULL && directory[0] != '\0' ? directory : "/tmp";
}
