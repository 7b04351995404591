/* A live run on a terminal: a meter for every source, a line of figures, and keys. */
#ifndef UMI_CLI_LIVE_TERMINAL_H
#define UMI_CLI_LIVE_TERMINAL_H

#include "job/live_state.h"

#include <stdio.h>

typedef struct umi_live_terminal umi_live_terminal;

enum { UMI_LIVE_COMMAND_SIZE = 128 };

/* Draws on `out`, and takes keys from standard input where that is a terminal, which stops echoing
 * them until _free. NULL when memory is short. */
umi_live_terminal *umi_live_terminal_new(FILE *out);

/* Leaves what was drawn last, and the terminal as it was. NULL is fine. */
void umi_live_terminal_free(umi_live_terminal *terminal);

/* Draws over what was drawn before. */
void umi_live_terminal_draw(umi_live_terminal *terminal, const umi_live_state *state,
                            const umi_live_frame *frame);

/* Takes what was drawn away, so that lines can be printed. */
void umi_live_terminal_clear(umi_live_terminal *terminal);

/* A key that was pressed, as the command that it means (job/live.h), or "q" to end; false when none
 * waits, or means nothing. */
bool umi_live_terminal_key(umi_live_terminal *terminal, const umi_live_state *state,
                           char command[UMI_LIVE_COMMAND_SIZE]);

#endif
