#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "io/audio_host.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, WAIT_MS = 50 };
static const double KILL_SECONDS = 1.0;

struct umi_audio_host {
    int control;             /* to the host's process ... */
    pid_t pid;               /* ... which this is */
    umi_stream_pulse *pulse; /* in a page of its own before the memory */
    size_t mapped;           /* bytes, from `pulse` on */
    bool (*stopped)(void *user);
    void *user;
};

/* -- Messages ------------------------------------------------------------------------------- */

/* Packets on a pair of sockets, between the program and the process of a list or of a stream. Both
 * are the same program at work, so structures and addresses go as they are. */

typedef struct request {
    bool opens; /* a stream; else a list is wanted */
    umi_stream_config config;
    bool has_in, has_out;
    char in[UMI_DEVICE_NAME_SIZE], out[UMI_DEVICE_NAME_SIZE];
} request;

/* The first has the pid alone, so that what hangs later can be killed. */
typedef struct reply {
    pid_t pid;
    um_error error;
    size_t n_devices; /* which follow, one a packet */
    umi_stream_info info;
} reply;

static bool send_packet(int fd, const void *packet, size_t size)
{
    ssize_t sent;
    do {
        sent = send(fd, packet, size, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

/* True when the other end, and so the process that has it, is gone by then. */
static bool gone_until(int fd, double until)
{
    char rest[sizeof(reply)];
    while (umi_clock_now() < until) {
        struct pollfd watched = {.fd = fd, .events = POLLIN};
        if (poll(&watched, 1, 10) > 0 && recv(fd, rest, sizeof rest, 0) == 0) {
            return true;
        }
    }
    return false;
}

static bool send_descriptor(int fd, int descriptor)
{
    char byte = 0;
    _Alignas(struct cmsghdr) char space[CMSG_SPACE(sizeof descriptor)] = {0};
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){CMSG_LEN(sizeof descriptor), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    return sendmsg(fd, &message, MSG_NOSIGNAL) == 1;
}

/* -1 at the end. */
static int receive_descriptor(int fd)
{
    char byte;
    int descriptor;
    _Alignas(struct cmsghdr) char space[CMSG_SPACE(sizeof descriptor)];
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    ssize_t got;
    do {
        got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    const struct cmsghdr *head = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    if (head == NULL) {
        return -1;
    }
    memcpy(&descriptor, CMSG_DATA(head), sizeof descriptor);
    return descriptor;
}

/* -- The process of a list or a stream --------------------------------------------------------- */

static void answer_list(int fd, reply *answer)
{
    umi_devices devices;
    answer->error.status = umi_portaudio_list(&devices, &answer->error);
    answer->n_devices = devices.n;
    bool sent = send_packet(fd, answer, sizeof *answer);
    for (size_t i = 0; i < devices.n && sent; i++) {
        sent = send_packet(fd, &devices.items[i], sizeof devices.items[i]);
    }
    umi_portaudio_end();
}

/* Opens the stream; then a packet starts it, and the end of the connection closes it. */
static void run_stream(int fd, const umi_stream_config *config, umi_stream_pulse *pulse,
                       reply *answer)
{
    char byte;
    umi_portaudio_stream stream;
    answer->error.status = umi_portaudio_open(&stream, config, pulse, &answer->error);
    answer->info = stream.info;
    bool opened = answer->error.status == UM_OK;
    bool sent = send_packet(fd, answer, sizeof *answer);
    while (opened && sent && recv(fd, &byte, 1, 0) == 1) {
        answer->error.status = umi_portaudio_start(&stream, &answer->error);
        sent = send_packet(fd, answer, sizeof *answer);
    }
    if (opened) {
        umi_portaudio_close(&stream);
    } else {
        umi_portaudio_end();
    }
}

_Noreturn static void work(int fd, umi_stream_pulse *pulse)
{
    static const struct rlimit no_core = {0, 0};
    request asked;
    reply answer = {.pid = getpid()};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGCHLD, SIG_DFL);
    (void)setrlimit(RLIMIT_CORE, &no_core); /* PortAudio's assertions are not ours */
    if (recv(fd, &asked, sizeof asked, 0) != sizeof asked ||
        !send_packet(fd, &answer, sizeof answer)) {
        _exit(1);
    }
    answer.error.status = umi_portaudio_begin(&answer.error);
    if (answer.error.status != UM_OK) {
        (void)send_packet(fd, &answer, sizeof answer);
    } else if (asked.opens) {
        asked.config.in = asked.has_in ? asked.in : NULL;
        asked.config.out = asked.has_out ? asked.out : NULL;
        run_stream(fd, &asked.config, pulse, &answer);
    } else {
        answer_list(fd, &answer);
    }
    _exit(0);
}

/* -- The host ---------------------------------------------------------------------------------- */

/* ALSA and JACK print a hundred lines when there is no device, and nobody reads here. */
static void silence(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2 && null >= 0; fd++) {
        (void)dup2(null, fd);
    }
}

_Noreturn static void serve(int control, umi_stream_pulse *pulse)
{
    static const int ignored[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        (void)signal(ignored[i], SIG_IGN); /* it ends when the program does */
    }
    silence();
    int fd;
    while ((fd = receive_descriptor(control)) >= 0) {
        if (fork() == 0) {
            (void)close(control);
            work(fd, pulse);
        }
        (void)close(fd);
    }
    _exit(0);
}

um_status umi_audio_host_new(const umi_audio_host_config *config, umi_audio_host **out,
                             um_error *error)
{
    int ends[2] = {-1, -1};
    *out = NULL;
    umi_audio_host *host = umi_alloc(1, sizeof *host);
    if (host == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for sound devices");
    }
    host->stopped = config->stopped;
    host->user = config->user;
    host->mapped = PAGE + config->memory_size;
    void *memory =
        mmap(NULL, host->mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    host->pulse = memory != MAP_FAILED ? memory : NULL;
    host->pid = -1;
    if (host->pulse != NULL && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
        host->pid = fork();
    }
    if (host->pid == 0) {
        (void)close(ends[0]);
        serve(ends[1], host->pulse);
    }
    int reason = errno;
    host->control = ends[0];
    if (ends[1] >= 0) {
        (void)close(ends[1]);
    }
    if (host->pid < 0) {
        umi_audio_host_free(host);
        return umi_error_set(error, reason == ENOMEM ? UM_ERR_MEMORY : UM_ERR_IO,
                             "no process for the sound devices: %s", strerror(reason));
    }
    *out = host;
    return UM_OK;
}

void umi_audio_host_free(umi_audio_host *host)
{
    if (host == NULL) {
        return;
    }
    if (host->control >= 0) {
        (void)close(host->control);
    }
    if (host->pid > 0) {
        (void)waitpid(host->pid, NULL, 0);
    }
    if (host->pulse != NULL) {
        (void)munmap(host->pulse, host->mapped);
    }
    umi_free(host);
}

void *umi_audio_host_memory(const umi_audio_host *host)
{
    return (char *)host->pulse + PAGE;
}

/* -- The program's side ------------------------------------------------------------------------ */

/* A process at work for us, at the other end of `fd`; pid 0: not known. */
typedef struct errand {
    int fd;
    pid_t pid;
} errand;

/* True: it is gone. As long as its end of the connection is open no other process has its pid. */
static bool end_job(const errand *job, double seconds)
{
    (void)shutdown(job->fd, SHUT_WR);
    bool gone = gone_until(job->fd, umi_clock_now() + seconds);
    if (!gone && job->pid > 0) {
        (void)kill(job->pid, SIGKILL);
        gone = gone_until(job->fd, umi_clock_now() + KILL_SECONDS);
    }
    (void)close(job->fd);
    return gone;
}

/* False when the other end is closed or does not send by then, or nobody wants to wait any more. */
static bool receive_until(const umi_audio_host *host, int fd, void *packet, size_t size,
                          double until)
{
    while (umi_clock_now() < until && !(host->stopped != NULL && host->stopped(host->user))) {
        struct pollfd watched = {.fd = fd, .events = POLLIN};
        if (poll(&watched, 1, WAIT_MS) > 0) {
            ssize_t got = recv(fd, packet, size, 0);
            if (got >= 0 || errno != EINTR) {
                return got == (ssize_t)size;
            }
        }
    }
    return false;
}

static um_status no_answer(um_error *error)
{
    return umi_error_set(error, UM_ERR_NO_DEVICE, "the sound system does not answer");
}

/* Has a process work at it, and waits for what it says. */
static um_status begin_job(const umi_audio_host *host, const request *asked, errand *job,
                           reply *answer, um_error *error)
{
    int ends[2];
    double until = umi_clock_now() + UMI_OPEN_SECONDS;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return umi_error_set(error, UM_ERR_IO, "no connection to a sound device: %s",
                             strerror(errno));
    }
    *job = (errand){.fd = ends[0], .pid = 0};
    bool sent = send_descriptor(host->control, ends[1]);
    (void)close(ends[1]);
    sent = sent && send_packet(job->fd, asked, sizeof *asked) &&
           receive_until(host, job->fd, answer, sizeof *answer, until);
    job->pid = sent ? answer->pid : 0;
    sent = sent && receive_until(host, job->fd, answer, sizeof *answer, until);
    um_status status = !sent ? no_answer(error)
                       : answer->error.status != UM_OK
                           ? umi_error_set(error, answer->error.status, "%s", answer->error.message)
                           : UM_OK;
    if (status != UM_OK) {
        (void)end_job(job, sent ? KILL_SECONDS : 0.0);
    }
    return status;
}

um_status umi_devices_get(umi_audio_host *host, umi_devices *devices, um_error *error)
{
    request asked = {.opens = false};
    reply answer;
    errand job;
    *devices = (umi_devices){NULL, 0};
    um_status status = begin_job(host, &asked, &job, &answer, error);
    if (status != UM_OK) {
        return status;
    }
    devices->items = umi_alloc(answer.n_devices, sizeof *devices->items);
    if (devices->items == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the list of devices");
    }
    double until = umi_clock_now() + UMI_OPEN_SECONDS;
    for (size_t i = 0; i < answer.n_devices && status == UM_OK; i++) {
        if (receive_until(host, job.fd, &devices->items[i], sizeof *devices->items, until)) {
            devices->n++;
        } else {
            status = no_answer(error);
        }
    }
    (void)end_job(&job, KILL_SECONDS);
    if (status != UM_OK) {
        umi_devices_free(devices);
    }
    return status;
}

struct umi_stream {
    const umi_audio_host *host;
    errand job;
    umi_stream_info info;
    const umi_stream_pulse *pulse;
};

/* False for a name that is too long to be one. */
static bool take_name(const char *name, char copy[UMI_DEVICE_NAME_SIZE], bool *has_name)
{
    *has_name = name != NULL;
    return name == NULL || snprintf(copy, UMI_DEVICE_NAME_SIZE, "%s", name) < UMI_DEVICE_NAME_SIZE;
}

um_status umi_stream_open(umi_audio_host *host, const umi_stream_config *config, umi_stream **out,
                          um_error *error)
{
    request asked = {.opens = true, .config = *config};
    reply answer;
    *out = NULL;
    assert(config->user == NULL || ((char *)config->user >= (char *)umi_audio_host_memory(host) &&
                                    (char *)config->user < (char *)host->pulse + host->mapped));
    if (!take_name(config->in, asked.in, &asked.has_in) ||
        !take_name(config->out, asked.out, &asked.has_out)) {
        return umi_error_set(error, UM_ERR_NO_DEVICE, "no device has a name as long as that");
    }
    umi_stream *stream = umi_alloc(1, sizeof *stream);
    if (stream == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the sound device");
    }
    atomic_store(&host->pulse->heartbeat, 0);
    atomic_store(&host->pulse->period, 0);
    um_status status = begin_job(host, &asked, &stream->job, &answer, error);
    if (status != UM_OK) {
        umi_free(stream);
        return status;
    }
    stream->host = host;
    stream->info = answer.info;
    stream->pulse = host->pulse;
    *out = stream;
    return UM_OK;
}

um_status umi_stream_start(umi_stream *stream, um_error *error)
{
    char byte = 0;
    reply answer;
    if (!send_packet(stream->job.fd, &byte, 1) ||
        !receive_until(stream->host, stream->job.fd, &answer, sizeof answer,
                       umi_clock_now() + UMI_OPEN_SECONDS)) {
        return no_answer(error);
    }
    return answer.error.status == UM_OK
               ? UM_OK
               : umi_error_set(error, answer.error.status, "%s", answer.error.message);
}

const umi_stream_info *umi_stream_get_info(const umi_stream *stream)
{
    return &stream->info;
}

uint64_t umi_stream_heartbeat(const umi_stream *stream)
{
    return atomic_load_explicit(&stream->pulse->heartbeat, memory_order_relaxed);
}

size_t umi_stream_period(const umi_stream *stream)
{
    return atomic_load_explicit(&stream->pulse->period, memory_order_relaxed);
}

bool umi_stream_close(umi_stream *stream, double seconds)
{
    bool gone = stream == NULL || end_job(&stream->job, seconds);
    umi_free(stream);
    return gone;
}
