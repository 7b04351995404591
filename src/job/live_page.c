#include "job/live_page.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/json.h"
#include "io/clock.h"
#include "io/page_server.h"
#include "job/live_document.h"

struct umi_live_page {
    umi_live_page_config config;
    umi_page_server *server;
};

static char *devices(void *user)
{
    const umi_live_page *page = user;
    return page->config.devices(page->config.feed.user);
}

static char *command(void *user, const char *body, size_t n_bytes, unsigned *status)
{
    const umi_live_page *page = user;
    um_error error = {UM_OK, ""};
    bool ok = page->config.command(page->config.feed.user, body, n_bytes, &error) == UM_OK;
    umi_json *answer = umi_json_object();
    char *text = NULL;
    if (umi_json_set(answer, ok ? "ok" : "error",
                     ok ? umi_json_boolean(true) : umi_json_string(error.message))) {
        text = umi_json_to_line(answer);
    }
    umi_json_free(answer);
    *status = ok ? 200 : 400;
    return text;
}

static void *open_feed(void *user)
{
    const umi_live_page *page = user;
    return umi_live_feed_new(&page->config.feed);
}

static size_t read_feed(void *reader, void *bytes, size_t size)
{
    return umi_live_feed_read(reader, umi_clock_now(), bytes, size);
}

static void close_feed(void *reader)
{
    umi_live_feed_free(reader);
}

um_status umi_live_page_new(const umi_live_page_config *config, umi_live_page **out,
                            um_error *error)
{
    *out = NULL;
    umi_live_page *page = umi_alloc(1, sizeof *page);
    if (page == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    page->config = *config;
    const umi_page_config server = {
        .port = config->port,
        .document = umi_live_document,
        .n_document = umi_live_document_bytes,
        .user = page,
        .devices = devices,
        .command = command,
        .open = open_feed,
        .read = read_feed,
        .close = close_feed,
    };
    um_status status = umi_page_server_new(&server, &page->server, error);
    if (status != UM_OK) {
        umi_free(page);
        return status;
    }
    *out = page;
    return UM_OK;
}

const char *umi_live_page_address(const umi_live_page *page)
{
    return umi_page_server_address(page->server);
}

void umi_live_page_free(umi_live_page *page)
{
    if (page != NULL) {
        umi_page_server_free(page->server);
        umi_free(page);
    }
}
