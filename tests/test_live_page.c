/* The page of a live run: the document is the one in src/page, the stream is the feed's, and what
 * is asked gets to the run and back. */
#define _DEFAULT_SOURCE
#include "job/live_page.h"

#include "core/error.h"
#include "core/memory.h"
#include "http_client.h"

#include <stdbool.h>

static http_client client;
static umi_live_page *page;
static int run; /* stands for the engine */

static void state(void *user, umi_live_state *out)
{
    assert_ptr_equal(user, &run);
    memset(out, 0, sizeof *out);
    out->latency = "low";
}

static bool frame(void *user, uint64_t after, umi_live_frame *out)
{
    (void)user;
    memset(out, 0, sizeof *out);
    out->number = after + 1;
    return true;
}

static void atoms(void *user, umi_live_atoms *out)
{
    (void)user;
    out->model = 0;
    out->n_atoms = 0;
}

/* Obeys "go" only. */
static um_status command(void *user, const char *text, size_t n_bytes, um_error *error)
{
    assert_ptr_equal(user, &run);
    return n_bytes == 2 && strcmp(text, "go") == 0
               ? UM_OK
               : umi_error_set(error, UM_ERR_ARGUMENT, "\"%s\" is no command", text);
}

static char *devices(void *user)
{
    assert_ptr_equal(user, &run);
    char *text = umi_alloc(3, 1);
    return strcpy(text, "[]");
}

static int start(void **unused)
{
    const umi_live_page_config config = {
        .feed = {&run, state, frame, atoms}, .command = command, .devices = devices};
    um_error error;
    (void)unused;
    return umi_live_page_new(&config, &page, &error) == UM_OK &&
                   http_client_read(&client, umi_live_page_address(page))
               ? 0
               : -1;
}

static int stop(void **unused)
{
    (void)unused;
    umi_live_page_free(page);
    return 0;
}

static void serves_the_document(void **unused)
{
    (void)unused;
    const char *answer = http_ask(&client, "GET", "/", "", "");
    assert_int_equal(http_status(answer), 200);
    assert_non_null(strstr(answer, "<title>unmingle live</title>"));
    assert_non_null(strstr(answer, "async function listen("));       /* the script is inside */
    assert_non_null(strstr(answer, "#spectrogram {"));               /* and the style */
    assert_null(strstr(answer, "00000000000000000000000000000000")); /* with a nonce each */
    assert_non_null(strstr(answer, "</html>\n"));
    assert_null(strstr(answer, "src=\""));
}

static void passes_on_what_is_asked(void **unused)
{
    (void)unused;
    const char *answer = http_ask(&client, "POST", "/command", "Content-Length: 2\r\n", "go");
    assert_int_equal(http_status(answer), 200);
    assert_non_null(strstr(answer, "\r\n\r\n{\"ok\":true}"));
    answer = http_ask(&client, "POST", "/command", "Content-Length: 3\r\n", "fly");
    assert_int_equal(http_status(answer), 400);
    assert_non_null(strstr(answer, "\r\n\r\n{\"error\":\"\\\"fly\\\" is no command\"}"));
    answer = http_ask(&client, "GET", "/devices", "", "");
    assert_non_null(strstr(answer, "\r\n\r\n[]"));
}

/* The state first, at once. */
static void streams_the_feed(void **unused)
{
    (void)unused;
    int s = http_open_stream(&client);
    uint8_t bytes[64 * 1024];
    size_t n = 0;
    size_t body = 0;
    for (ssize_t got; n < 2000 && (got = recv(s, bytes + n, sizeof bytes - n, 0)) > 0;) {
        n += (size_t)got;
    }
    close(s);
    for (size_t i = 0; i + 4 < n && body == 0; i++) {
        body = memcmp(bytes + i, "\r\n\r\n", 4) == 0 ? i + 4 : 0;
    }
    /* The first chunk: its length in hexadecimal, then the message of kind 1. */
    const uint8_t *line = memchr(bytes + body, '\n', n - body);
    assert_non_null(line);
    assert_int_equal(line[5], 1);
    assert_memory_equal(line + 9, "{\"condition\":\"running\"", 22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(serves_the_document, start, stop),
        cmocka_unit_test_setup_teardown(passes_on_what_is_asked, start, stop),
        cmocka_unit_test_setup_teardown(streams_the_feed, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
