/* The scratch directory of a whole group of tests: made before the first, removed after the last.
 */
#ifndef SCRATCH_GROUP_H
#define SCRATCH_GROUP_H

#include "scratch.h"

static scratch files;

static inline int scratch_set_up(void **state)
{
    (void)state;
    scratch_make(&files);
    return 0;
}

static inline int scratch_tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

#endif
