/* Ctrl-C and its kin.
 *
 * SIGINT, SIGTERM and SIGHUP are only noted. Long work asks umi_signals_caught (progress.h does so
 * for it), stops, and cleans up; main then raises the signal again with its default action, so that
 * the shell sees a program that died of it. Work that does not stop within UMI_SIGNALS_PATIENCE, or
 * that waits for a pipe on which nothing comes, dies of the signal where it stands, its unfinished
 * outputs removed; and a second signal of the same kind kills at once.
 * SIGPIPE and SIGXFSZ are ignored: writing then fails with EPIPE or EFBIG, which is handled. */
#ifndef UMI_CLI_SIGNALS_H
#define UMI_CLI_SIGNALS_H

/* Seconds. */
enum { UMI_SIGNALS_PATIENCE = 4 };

/* What was ignored when the program was started (nohup) stays ignored. */
void umi_signals_install(void);

/* The same in a process that was forked off: its parent's threads are not there, so it needs a
 * sweeper of its own. It has a second less, so that it is gone before its parent; and a second
 * signal does not kill it, as one may come from the terminal and one from the parent. */
void umi_signals_install_in_fork(void);

/* The signal that asked the program to stop, or 0. */
int umi_signals_caught(void);

/* Dies of the signal that was caught; returns when there was none. */
void umi_signals_raise_again(void);

#endif
