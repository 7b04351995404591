/* What of activations lasts, and what does not.
 *
 * A sound that is struck is loud at its onset, and gone soon after; what an atom has in every one
 * of several neighbouring frames is none of it. Taking away the running minimum leaves the onsets.
 */
#ifndef UMI_CORE_RUNNING_MINIMUM_H
#define UMI_CORE_RUNNING_MINIMUM_H

#include "unmingle/view.h"

/* Updates of the activations between two times that what lasts is taken away. */
enum { UMI_RUNNING_MINIMUM_UPDATES = 5 };

/* For every column first .. first + n - 1 of H, each frame t: H[t] = H[t] - min over |u - t| <=
 * reach of H[u], over the frames that there are, and UMI_MODEL_FLOOR at least, so that updates can
 * raise it again. `scratch`: H.rows floats. */
void umi_running_minimum_subtract(um_view H, size_t first, size_t n, size_t reach, float *scratch);

#endif
