/* The page that plays the stems of a run in a browser: one HTML file beside them, which asks for
 * nothing but them. What it is made of, but for the data, is in src/page/listen. */
#ifndef UMI_JOB_LISTENING_PAGE_H
#define UMI_JOB_LISTENING_PAGE_H

#include "io/output_set.h"
#include "job/kept_result.h"
#include "job/stem_set.h"

extern const char umi_listening_page_name[]; /* "index.html" */

/* Writes the page for these stems of `recording`, its path, or "-". `kept` has their atoms, each
 * with the label of its stem; its activations are read from the first one on; NULL: there are none.
 * A picture of atoms that would be too high is left out. UM_ERR_MEMORY, UM_ERR_IO and so on. */
um_status umi_listening_page_write(const char *recording, const umi_stem_set *stems,
                                   umi_kept_result *kept, umi_output_set *output,
                                   um_error *error) UM_MUST_USE;

#endif
