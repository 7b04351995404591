/* Neighbouring frames side by side, as one. */
#ifndef UMI_CORE_STACK_H
#define UMI_CORE_STACK_H

#include "unmingle/view.h"

/* row[n_stacked * V.cols] = the frames of V round frame t, n_stacked (odd) of them, the earliest
 * first. The first and last frame stand for those that lie beyond the ends. */
void umi_stack_frame(um_cview V, size_t t, size_t n_stacked, float *row);

#endif
