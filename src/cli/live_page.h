/* The page of a live run: what the server is asked, answered by the run. */
#ifndef UMI_CLI_LIVE_PAGE_H
#define UMI_CLI_LIVE_PAGE_H

#include "job/live.h"

typedef struct umi_live_page umi_live_page;

/* Serves the page of `live`, which must stay until _free. Port 0: any. What umi_page_server_new
 * says. */
um_status umi_live_page_new(umi_live *live, unsigned port, umi_live_page **out,
                            um_error *error) UM_MUST_USE;
void umi_live_page_free(umi_live_page *page); /* NULL is fine */

const char *umi_live_page_address(const umi_live_page *page);

#endif
