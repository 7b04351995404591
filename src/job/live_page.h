/* The page of a live run: shows what goes on, and passes on what people ask for. */
#ifndef UMI_JOB_LIVE_PAGE_H
#define UMI_JOB_LIVE_PAGE_H

#include "job/live_feed.h"
#include "unmingle/status.h"

#include <stddef.h>
#include <stdint.h>

/* All calls come from threads of the page's own, never two at once, with feed.user. They should be
 * short: while one runs the page hears nothing else. Only `devices` may run beside any other. */
typedef struct umi_live_page_config {
    uint16_t port; /* 0: any that is free */
    umi_live_feed_config feed;
    /* A JSON text, an object whose "do" says what; a failure's message is shown to people. */
    um_status (*command)(void *user, const char *text, size_t n_bytes, um_error *error);
    /* The devices there are, as a JSON array of {name, inputs, outputs, rate, default_in,
     * default_out}; umi_free; NULL when memory is short. */
    char *(*devices)(void *user);
} umi_live_page_config;

typedef struct umi_live_page umi_live_page;

/* Serves as soon as it returns; fails as umi_page_server_new does. */
um_status umi_live_page_new(const umi_live_page_config *config, umi_live_page **out,
                            um_error *error) UM_MUST_USE;

/* What to open in a browser; lives as long as the page. */
const char *umi_live_page_address(const umi_live_page *page);

/* Ends within a second. NULL is fine. */
void umi_live_page_free(umi_live_page *page);

#endif
