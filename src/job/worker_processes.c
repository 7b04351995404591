#define _GNU_SOURCE
#include "job/worker_processes.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 100, RECEIVE_BYTES = 1 << 16 };

/* What a worker exits with when it was stopped at work. */
enum { WAS_STOPPED = 2 };

/* From worker to parent: a header, then n bytes. From parent to worker: a uint64_t, the job. */
typedef enum message_kind { PROGRESS, ANSWER } message_kind;
typedef struct header {
    uint32_t kind, n;
} header;

typedef struct worker {
    pid_t process;
    int socket; /* -1: there is no such worker */
    bool busy;
    size_t job;
    char *buffer; /* what has come and makes no message yet */
    size_t n_buffer, room;
} worker;

typedef struct pool {
    const umi_workers *config;
    worker *workers;
    struct pollfd *polled;
    bool no_more, has_job; /* has_job: one that no worker could be started for yet */
    size_t job;
} pool;

/* -- In a worker ------------------------------------------------------------------------------- */

static bool send_all(int socket, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t sent = send(socket, at, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool send_message(int socket, message_kind kind, const void *bytes, size_t n)
{
    header h = {(uint32_t)kind, (uint32_t)n};
    return send_all(socket, &h, sizeof h) && send_all(socket, bytes, n);
}

/* Receives exactly n bytes. False at the end, or when stopped while waiting. */
static bool receive_all(const umi_workers *config, int socket, void *bytes, size_t n)
{
    char *at = bytes;
    while (n > 0) {
        ssize_t got = recv(socket, at, n, 0);
        if (got < 0 && errno == EINTR && !config->stopped(config->user)) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        at += got;
        n -= (size_t)got;
    }
    return true;
}

typedef struct teller {
    const umi_workers *config;
    int socket;
    double told; /* when, on the clock */
} teller;

static bool tell_progress(void *user, double done, double total, double divergence)
{
    teller *t = user;
    double now = umi_clock_now();
    (void)divergence;
    if (t->config->stopped(t->config->user)) {
        return false;
    }
    if (now - t->told < 1e-3 * TICK_MS) {
        return true;
    }
    t->told = now;
    double share = total > 0.0 ? done / total : 0.0;
    return send_message(t->socket, PROGRESS, &share, sizeof share);
}

static _Noreturn void be_worker(const umi_workers *config, int socket)
{
    uint64_t job;
    if (config->start != NULL) {
        config->start(config->user);
    }
    while (!config->stopped(config->user) && receive_all(config, socket, &job, sizeof job)) {
        teller t = {config, socket, umi_clock_now()};
        um_progress progress = {tell_progress, &t};
        char *answer = config->work(config->user, (size_t)job, &progress);
        if (config->stopped(config->user)) {
            _exit(WAS_STOPPED); /* the job is hardly done, and nothing is said of it */
        }
        if (answer == NULL || !send_message(socket, ANSWER, answer, strlen(answer))) {
            _exit(1);
        }
        umi_free(answer);
    }
    _exit(0); /* not exit: what the parent had not yet written is the parent's to write */
}

/* -- In the parent ----------------------------------------------------------------------------- */

static void close_worker(worker *w)
{
    if (w->socket >= 0) {
        (void)close(w->socket);
    }
    umi_free(w->buffer);
    *w = (worker){.socket = -1};
}

/* False with errno. */
static bool start_worker(pool *p, worker *w)
{
    int ends[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return false;
    }
    (void)fflush(NULL);
    pid_t process = fork();
    if (process < 0) {
        int reason = errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        errno = reason;
        return false;
    }
    if (process == 0) {
        (void)close(ends[0]);
        /* The others' sockets: while anybody has one open, its worker would see no end. */
        for (size_t i = 0; i < p->config->n_workers; i++) {
            if (p->workers[i].socket >= 0) {
                (void)close(p->workers[i].socket);
            }
        }
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(1);
        }
        be_worker(p->config, ends[1]);
    }
    (void)close(ends[1]);
    *w = (worker){.process = process, .socket = ends[0]};
    return true;
}

/* The worker's end was seen; waits for it and tells whose job it took with it. */
static void bury(pool *p, worker *w)
{
    int status = 0;
    while (waitpid(w->process, &status, 0) < 0 && errno == EINTR) {
        /* again */
    }
    bool busy = w->busy;
    size_t job = w->job;
    close_worker(w);
    if (busy && WIFEXITED(status) && WEXITSTATUS(status) == WAS_STOPPED) {
        /* A signal to all of us reaches the parent, too, if a little later. */
        (void)poll(NULL, 0, TICK_MS);
        busy = !p->config->stopped(p->config->user);
    }
    if (busy) {
        p->config->died(p->config->user, job, status);
    }
}

/* Ends a worker that is idle: it sees the end of its socket. */
static void dismiss(worker *w)
{
    pid_t process = w->process;
    close_worker(w);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
        /* again */
    }
}

static bool have_job(pool *p)
{
    if (!p->has_job && !p->no_more) {
        p->has_job = p->config->next(p->config->user, &p->job);
        p->no_more = !p->has_job;
    }
    return p->has_job;
}

/* Gives every worker that is idle a job, or its leave; how many are at work then. */
static size_t hand_out(pool *p)
{
    size_t n_busy = 0;
    for (size_t i = 0; i < p->config->n_workers; i++) {
        worker *w = &p->workers[i];
        if (!w->busy && have_job(p) && (w->socket >= 0 || start_worker(p, w))) {
            uint64_t job = p->job;
            w->busy = true;
            w->job = p->job;
            p->has_job = false;
            (void)send_all(w->socket, &job, sizeof job); /* of a dead worker the end is seen */
        } else if (!w->busy && w->socket >= 0) {
            dismiss(w);
        }
        n_busy += w->busy;
    }
    return n_busy;
}

static bool make_room(worker *w)
{
    if (w->room - w->n_buffer >= RECEIVE_BYTES) {
        return true;
    }
    size_t room = 2 * w->room + RECEIVE_BYTES;
    char *buffer = room <= 4 * UMI_ANSWER_MAX ? umi_alloc(room, 1) : NULL;
    if (buffer == NULL) {
        return false;
    }
    if (w->n_buffer > 0) {
        memcpy(buffer, w->buffer, w->n_buffer);
    }
    umi_free(w->buffer);
    w->buffer = buffer;
    w->room = room;
    return true;
}

/* Acts on the messages that are complete; false for one that no worker of ours sends. */
static bool take_messages(pool *p, worker *w)
{
    header h;
    size_t at = 0;
    while (w->n_buffer - at >= sizeof h) {
        memcpy(&h, w->buffer + at, sizeof h);
        const char *bytes = w->buffer + at + sizeof h;
        if (h.n > UMI_ANSWER_MAX || !w->busy) {
            return false;
        }
        if (w->n_buffer - at < sizeof h + h.n) {
            break;
        }
        if (h.kind == PROGRESS && h.n == sizeof(double)) {
            double share;
            memcpy(&share, bytes, sizeof share);
            p->config->progressed(p->config->user, w->job, share);
        } else {
            w->busy = false;
            p->config->answered(p->config->user, w->job, bytes, h.n);
        }
        at += sizeof h + h.n;
    }
    memmove(w->buffer, w->buffer + at, w->n_buffer - at);
    w->n_buffer -= at;
    return true;
}

static void receive(pool *p, worker *w)
{
    ssize_t got = -1;
    if (make_room(w)) {
        got = recv(w->socket, w->buffer + w->n_buffer, w->room - w->n_buffer, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            return;
        }
    }
    if (got > 0) {
        w->n_buffer += (size_t)got;
        if (take_messages(p, w)) {
            return;
        }
    }
    if (got != 0) {
        (void)kill(w->process, SIGKILL); /* it lives, and nothing more can be had from it */
    }
    bury(p, w);
}

/* Waits for messages, and takes them. */
static void wait_for_workers(pool *p)
{
    size_t n = p->config->n_workers;
    for (size_t i = 0; i < n; i++) {
        p->polled[i] = (struct pollfd){.fd = p->workers[i].socket, .events = POLLIN};
    }
    if (poll(p->polled, n, TICK_MS) > 0) {
        for (size_t i = 0; i < n; i++) {
            if (p->polled[i].revents != 0) {
                receive(p, &p->workers[i]);
            }
        }
    }
    p->config->tick(p->config->user);
}

static void stop_all(pool *p)
{
    for (size_t i = 0; i < p->config->n_workers; i++) {
        if (p->workers[i].socket >= 0) {
            (void)kill(p->workers[i].process, SIGTERM);
        }
    }
    for (size_t i = 0; i < p->config->n_workers; i++) {
        if (p->workers[i].socket >= 0) {
            dismiss(&p->workers[i]);
        }
    }
}

um_status umi_workers_run(const umi_workers *config, um_error *error)
{
    pool p = {.config = config};
    um_status status = UM_OK;
    p.workers = umi_alloc(config->n_workers, sizeof *p.workers);
    p.polled = umi_alloc(config->n_workers, sizeof *p.polled);
    if (p.workers == NULL || p.polled == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory for %zu workers",
                               config->n_workers);
    }
    for (size_t i = 0; status == UM_OK && i < config->n_workers; i++) {
        p.workers[i].socket = -1;
    }
    while (status == UM_OK) {
        if (config->stopped(config->user)) {
            stop_all(&p);
            status = umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
        } else if (hand_out(&p) > 0) {
            wait_for_workers(&p);
        } else if (p.has_job) {
            status =
                umi_error_set(error, UM_ERR_MEMORY, "cannot start a worker: %s", strerror(errno));
        } else {
            break;
        }
    }
    umi_free(p.workers);
    umi_free(p.polled);
    return status;
}
