/* Catches what a real-time callback must not do. To be preloaded (LD_PRELOAD) into a program that
 * uses PortAudio.
 *
 * It puts itself between PortAudio and the callback. While that runs, the heap, locks and every
 * system call (by Linux's syscall user dispatch) are forbidden to its thread: the first that comes
 * is told on the standard error that the program was started with, with where it came from, and
 * ends the process by abort(). What is watched is told when a stream is opened. Heap and locks are
 * seen where they go through the symbols of the C library, so not those inside of it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <portaudio.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

enum { ALLOW = 0, BLOCK = 1, FIRST_DESCRIPTOR = 100, DEPTH = 32, LINE = 128 };

/* Of the thread. The model is one that needs no memory at the first use. */
static __thread __attribute__((tls_model("initial-exec"))) bool inside;
static __thread __attribute__((tls_model("initial-exec"))) bool dispatched;
static __thread __attribute__((tls_model("initial-exec"))) volatile char selector;

static int report_to = 2;
static PaStreamCallback *callback;
static void *callback_user;

/* -- Being caught ------------------------------------------------------------------------------ */

static void say(const char *text)
{
    (void)!write(report_to, text, strlen(text));
}

static void caught(const char *what)
{
    void *frames[DEPTH];
    inside = false;
    selector = ALLOW;
    say("rt_guard: the callback called ");
    say(what);
    say("\n");
    backtrace_symbols_fd(frames, backtrace(frames, DEPTH), report_to);
    abort();
}

static void catch_system_call(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    char what[LINE];
    inside = false;
    selector = ALLOW;
    (void)snprintf(what, sizeof what, "the system (call number %d)", info->si_syscall);
    caught(what);
}

/* -- Around the callback ----------------------------------------------------------------------- */

static bool watch_system_calls(void)
{
    return prctl(PR_SET_SYSCALL_USER_DISPATCH, 1 /* on */, 0L, 0L, &selector) == 0;
}

static int guarded(const void *in, void *out, unsigned long n, const PaStreamCallbackTimeInfo *time,
                   PaStreamCallbackFlags flags, void *user)
{
    (void)user;
    dispatched = dispatched || watch_system_calls();
    inside = true;
    selector = BLOCK;
    int result = callback(in, out, n, time, flags, callback_user);
    selector = ALLOW;
    inside = false;
    return result;
}

PaError Pa_OpenStream(PaStream **stream, const PaStreamParameters *in,
                      const PaStreamParameters *out, double rate, unsigned long period,
                      PaStreamFlags flags, PaStreamCallback *process, void *user)
{
    PaError (*open_stream)(PaStream **, const PaStreamParameters *, const PaStreamParameters *,
                           double, unsigned long, PaStreamFlags, PaStreamCallback *, void *);
    *(void **)&open_stream = dlsym(RTLD_NEXT, "Pa_OpenStream");
    callback = process;
    callback_user = user;
    say(watch_system_calls() ? "rt_guard: watches heap, locks and system calls\n"
                             : "rt_guard: watches heap and locks\n");
    (void)prctl(PR_SET_SYSCALL_USER_DISPATCH, 0 /* off */, 0L, 0L, 0L);
    return open_stream(stream, in, out, rate, period, flags, guarded, user);
}

/* -- The heap: glibc's functions under their other names --------------------------------------- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static void forbid(const char *what)
{
    if (inside) {
        caught(what);
    }
}

void *malloc(size_t size)
{
    forbid("malloc");
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    forbid("calloc");
    return __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
    forbid("realloc");
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    forbid("aligned_alloc");
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    forbid("posix_memalign");
    *block = __libc_memalign(alignment, size);
    return *block != NULL ? 0 : ENOMEM;
}

void free(void *block)
{
    forbid("free");
    __libc_free(block);
}

/* -- Locks ------------------------------------------------------------------------------------- */

typedef int mutex_function(pthread_mutex_t *);
typedef int condition_function(pthread_cond_t *);
typedef int rwlock_function(pthread_rwlock_t *);
typedef int semaphore_function(sem_t *);

static mutex_function *real_lock, *real_trylock;
static condition_function *real_signal, *real_broadcast;
static rwlock_function *real_rdlock, *real_wrlock;
static semaphore_function *real_post, *real_wait;

/* glibc has conditions of two ages, and gives the old ones to who does not say which. */
static void *condition_named(const char *name)
{
    void *function = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
    return function != NULL ? function : dlsym(RTLD_NEXT, name);
}

/* At the first lock: libraries that are set up before this one have some. */
static void find_locks(void)
{
    *(void **)&real_trylock = dlsym(RTLD_NEXT, "pthread_mutex_trylock");
    *(void **)&real_signal = condition_named("pthread_cond_signal");
    *(void **)&real_broadcast = condition_named("pthread_cond_broadcast");
    *(void **)&real_rdlock = dlsym(RTLD_NEXT, "pthread_rwlock_rdlock");
    *(void **)&real_wrlock = dlsym(RTLD_NEXT, "pthread_rwlock_wrlock");
    *(void **)&real_post = dlsym(RTLD_NEXT, "sem_post");
    *(void **)&real_wait = dlsym(RTLD_NEXT, "sem_wait");
    *(void **)&real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
}

static void forbid_lock(const char *what)
{
    forbid(what);
    if (real_lock == NULL) {
        find_locks();
    }
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    forbid_lock("pthread_mutex_lock");
    return real_lock(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    forbid_lock("pthread_mutex_trylock");
    return real_trylock(mutex);
}

int pthread_cond_signal(pthread_cond_t *condition)
{
    forbid_lock("pthread_cond_signal");
    return real_signal(condition);
}

int pthread_cond_broadcast(pthread_cond_t *condition)
{
    forbid_lock("pthread_cond_broadcast");
    return real_broadcast(condition);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    forbid_lock("pthread_rwlock_rdlock");
    return real_rdlock(lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    forbid_lock("pthread_rwlock_wrlock");
    return real_wrlock(lock);
}

int sem_post(sem_t *semaphore)
{
    forbid_lock("sem_post");
    return real_post(semaphore);
}

int sem_wait(sem_t *semaphore)
{
    forbid_lock("sem_wait");
    return real_wait(semaphore);
}

__attribute__((constructor)) static void begin(void)
{
    void *frames[1];
    struct sigaction catches = {.sa_sigaction = catch_system_call, .sa_flags = SA_SIGINFO};
    find_locks();
    /* The program may let others have its standard error, and number 2 something else. */
    int kept = fcntl(2, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    report_to = kept >= 0 ? kept : 2;
    (void)backtrace(frames, 1); /* the first one loads a library */
    (void)sigaction(SIGSYS, &catches, NULL);
}
