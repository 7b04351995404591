#define _POSIX_C_SOURCE 200809L
#include "cli/live_page.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/json.h"
#include "io/audio_device.h"
#include "io/page_server.h"
#include "job/live_feed.h"
#include "page/live_document.h"

#include <string.h>
#include <time.h>

struct umi_live_page {
    umi_live *live;
    umi_page_server *server;
};

/* -- The stream -------------------------------------------------------------------------------- */

static void get_state(void *user, umi_live_state *state)
{
    umi_live_get_state(user, state);
}

static bool get_frame(void *user, uint64_t after, umi_live_frame *frame)
{
    return umi_live_newest(user, after, frame);
}

static void get_atoms(void *user, umi_live_atoms *atoms)
{
    umi_live_get_atoms(user, atoms);
}

static void *open_reader(void *user)
{
    umi_live_page *page = user;
    umi_live_feed_config config = {page->live, get_state, get_frame, get_atoms};
    return umi_live_feed_new(&config);
}

static size_t read_more(void *reader, void *bytes, size_t size)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return umi_live_feed_read(reader, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec, bytes,
                              size);
}

static void close_reader(void *reader)
{
    umi_live_feed_free(reader);
}

/* -- Questions --------------------------------------------------------------------------------- */

static char *to_line(umi_json *json, bool ok)
{
    char *line = ok ? umi_json_to_line(json) : NULL;
    umi_json_free(json);
    return line;
}

static umi_json *device_to_json(const umi_device *device)
{
    umi_json *json = umi_json_object();
    if (umi_json_set(json, "name", umi_json_string(device->name)) &&
        umi_json_set(json, "inputs", umi_json_integer((int64_t)device->inputs)) &&
        umi_json_set(json, "outputs", umi_json_integer((int64_t)device->outputs)) &&
        umi_json_set(json, "rate", umi_json_number(device->rate)) &&
        umi_json_set(json, "default_in", umi_json_boolean(device->default_in)) &&
        umi_json_set(json, "default_out", umi_json_boolean(device->default_out))) {
        return json;
    }
    umi_json_free(json);
    return NULL;
}

static char *list_devices(void *user)
{
    (void)user;
    umi_devices devices = {NULL, 0};
    umi_json *list = umi_json_array();
    um_status status = umi_devices_get(&devices, NULL); /* without any the list is empty */
    bool ok = status != UM_ERR_MEMORY;
    for (size_t i = 0; i < devices.n && ok; i++) {
        ok = umi_json_append(list, device_to_json(&devices.items[i]));
    }
    umi_devices_free(&devices);
    return to_line(list, ok);
}

static char *obey(void *user, const char *body, size_t n_bytes, unsigned *status)
{
    umi_live_page *page = user;
    um_error error;
    umi_json *answer = umi_json_object();
    if (umi_live_command(page->live, body, n_bytes, &error) == UM_OK) {
        return to_line(answer, umi_json_set(answer, "ok", umi_json_boolean(true)));
    }
    *status = 400;
    return to_line(answer, umi_json_set(answer, "error", umi_json_string(error.message)));
}

/* -- Making one -------------------------------------------------------------------------------- */

um_status umi_live_page_new(umi_live *live, unsigned port, umi_live_page **out, um_error *error)
{
    *out = NULL;
    umi_live_page *page = umi_alloc(1, sizeof *page);
    if (page == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the page");
    }
    page->live = live;
    umi_page_config config = {
        .port = (uint16_t)port,
        .document = umi_live_document,
        .n_document = umi_live_document_size,
        .user = page,
        .devices = list_devices,
        .command = obey,
        .open = open_reader,
        .read = read_more,
        .close = close_reader,
    };
    um_status status = umi_page_server_new(&config, &page->server, error);
    if (status != UM_OK) {
        umi_free(page);
        return status;
    }
    *out = page;
    return UM_OK;
}

void umi_live_page_free(umi_live_page *page)
{
    if (page != NULL) {
        umi_page_server_free(page->server);
        umi_free(page);
    }
}

const char *umi_live_page_address(const umi_live_page *page)
{
    return umi_page_server_address(page->server);
}
