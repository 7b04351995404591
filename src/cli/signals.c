#define _POSIX_C_SOURCE 200809L

#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void note(int number)
{
    caught = number;
    alarm(UMI_SIGNALS_PATIENCE);
}

/* The time is over: die as if the signal had never been caught. The kernel takes it from there. */
static void give_up(int number)
{
    (void)number;
    umi_signals_raise_again();
}

void umi_signals_install(void)
{
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    /* SA_RESETHAND: the second Ctrl-C is for a program that does not come to its end. */
    struct sigaction late = {.sa_handler = give_up};
    struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&ignore.sa_mask);
    sigemptyset(&late.sa_mask);
    sigemptyset(&action.sa_mask);
    caught = 0;
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

int umi_signals_caught(void)
{
    return caught;
}

void umi_signals_raise_again(void)
{
    int number = caught;
    if (number != 0) {
        signal(number, SIG_DFL);
        raise(number);
    }
}
