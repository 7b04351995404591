#define _POSIX_C_SOURCE 200809L

#include "cli/signals.h"

#include "io/temporary.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t caught, is_giving_up, has_sweeper;
static sem_t time_is_over;
static unsigned patience = UMI_SIGNALS_PATIENCE;

static void note(int number)
{
    caught = number;
    alarm(patience);
}

/* The time is over: another thread removes what was begun, which no handler may do, and dies of the
 * signal as if it had never been caught. Should that hang as well, the next alarm ends it. */
static void give_up(int number)
{
    (void)number;
    if (is_giving_up || !has_sweeper) {
        umi_signals_raise_again();
    }
    is_giving_up = 1;
    (void)alarm(1);
    (void)sem_post(&time_is_over);
}

static void *sweep(void *unused)
{
    while (sem_wait(&time_is_over) != 0) {
        /* interrupted */
    }
    umi_output_abort_all();
    umi_signals_raise_again();
    return unused;
}

/* Starts the thread that waits for the time to be over; it hears no signal itself. */
static void start_sweeper(void)
{
    pthread_t thread;
    sigset_t all, before;
    if (has_sweeper || sem_init(&time_is_over, 0, 0) != 0) {
        return;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, sweep, NULL) == 0) {
        (void)pthread_detach(thread);
        has_sweeper = 1;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void install(int flags)
{
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction late = {.sa_handler = give_up};
    struct sigaction action = {.sa_handler = note, .sa_flags = flags};
    sigemptyset(&ignore.sa_mask);
    sigemptyset(&late.sa_mask);
    sigemptyset(&action.sa_mask);
    caught = 0;
    start_sweeper();
    for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
        struct sigaction before;
        if (sigaction(stops[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(stops[i], &action, NULL);
        }
    }
    sigaction(SIGALRM, &late, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

void umi_signals_install(void)
{
    /* The second Ctrl-C is for a program that does not come to its end. */
    install((int)SA_RESETHAND);
}

void umi_signals_install_in_fork(void)
{
    has_sweeper = 0;
    is_giving_up = 0;
    patience = UMI_SIGNALS_PATIENCE - 1;
    install(0);
}

int umi_signals_caught(void)
{
    return caught;
}

void umi_signals_raise_again(void)
{
    int number = caught;
    if (number != 0) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, number);
        signal(number, SIG_DFL);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        raise(number);
    }
}
