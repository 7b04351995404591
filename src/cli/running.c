#define _POSIX_C_SOURCE 200809L
#include "cli/running.h"

#include "cli/exit_code.h"
#include "cli/log.h"

#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 256 };

static void show_phase(void *user, const char *phase, double from, double to)
{
    umi_progress_phase(user, phase, from, to);
}

static void show_warning(void *user, const char *message)
{
    (void)user;
    umi_log(UMI_LOG_WARNING, "%s", message);
}

static size_t n_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (size_t)n;
}

int umi_running_start(umi_running *running, const umi_options *options)
{
    size_t n_threads = options->threads > 0 ? (size_t)options->threads : n_cores();
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
