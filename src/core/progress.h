/* Telling whoever listens how far the work is. */
#ifndef UMI_CORE_PROGRESS_H
#define UMI_CORE_PROGRESS_H

#include "unmingle/progress.h"

#include <stddef.h>

/* False when the listener wants the work to stop; true when nobody listens. */
static inline bool umi_progress_report(const um_progress *progress, double done, double total,
                                       double divergence)
{
    return progress == NULL || progress->report == NULL ||
           progress->report(progress->user, done, total, divergence);
}

#endif
