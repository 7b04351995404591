/* The server of the page, by raw sockets: what it lets in, what it refuses, and that nobody who
 * comes to it can hold it up. */
#define _DEFAULT_SOURCE
#include "io/page_server.h"

#include "core/memory.h"
#include "http_client.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

/* More than the system holds for a reader, who has a buffer of his own too. */
enum { BUFFERED_MAX = 512 * 1024 };

static const char document[] = "<script nonce=\"" UMI_PAGE_NONCE "\"></script>"
                               "<style nonce=\"" UMI_PAGE_NONCE "\"></style>";

/* What the server's callbacks have seen; atomic, for they come from its threads. */
static atomic_size_t n_open, n_closed, n_commands, n_bytes_read, n_inside;
static atomic_bool overlap, flood, silence, hold, is_held;

enum { PATIENCE_MS = 4000 }; /* less than the client's */
static umi_page_server *server;
static http_client client;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static char *copy(const char *text)
{
    char *made = umi_alloc(strlen(text) + 1, 1);
    strcpy(made, text);
    return made;
}

static void enter(void)
{
    if (atomic_fetch_add(&n_inside, 1) != 0) {
        atomic_store(&overlap, true);
    }
}

static void leave(void)
{
    atomic_fetch_sub(&n_inside, 1);
}

/* Takes as long as devices may, while others come in between; or as long as it is held. */
static char *devices(void *user)
{
    (void)user;
    pause_ms(2);
    is_held = hold;
    for (long ms = 0; hold && ms < PATIENCE_MS; ms++) {
        pause_ms(1);
    }
    return copy(hold ? "not let go" : "[]");
}

/* Says how long the body was; refuses "bad", has no memory for "short". */
static char *command(void *user, const char *body, size_t n_bytes, unsigned *status)
{
    (void)user;
    char text[64];
    enter();
    pause_ms(2); /* time for others to come in between */
    atomic_fetch_add(&n_commands, 1);
    snprintf(text, sizeof text, "{\"n\":%zu,\"first\":%d,\"nul\":%d}", n_bytes, body[0],
             body[n_bytes]);
    *status = strcmp(body, "bad") == 0 ? 400 : *status;
    leave();
    return strcmp(body, "short") == 0 ? NULL : copy(text);
}

/* A reader gets "tick" ten times a second, or as much as he takes. */
typedef struct reader {
    double next;
} reader;

static void *open_reader(void *user)
{
    (void)user;
    atomic_fetch_add(&n_open, 1);
    return umi_alloc(1, sizeof(reader));
}

static size_t read_reader(void *opaque, void *bytes, size_t size)
{
    reader *r = opaque;
    size_t n = 0;
    enter();
    if (atomic_load(&flood)) {
        memset(bytes, 'x', size);
        n = size;
    } else if (!silence && seconds() >= r->next) {
        r->next = seconds() + 0.1;
        memcpy(bytes, "tick", 4);
        n = 4;
    }
    atomic_fetch_add(&n_bytes_read, n);
    leave();
    return n;
}

static void close_reader(void *opaque)
{
    umi_free(opaque);
    atomic_fetch_add(&n_closed, 1);
}

static int start(void **state)
{
    umi_page_config config = {.document = document,
                              .n_document = sizeof document - 1,
                              .devices = devices,
                              .command = command,
                              .open = open_reader,
                              .read = read_reader,
                              .close = close_reader};
    um_error error;
    (void)state;
    n_open = n_closed = n_commands = n_bytes_read = n_inside = 0;
    overlap = flood = silence = hold = is_held = false;
    if (umi_page_server_new(&config, &server, &error) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    return http_client_read(&client, umi_page_server_address(server)) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    double before = seconds();
    umi_page_server_free(server);
    return seconds() - before < 4 && n_open == n_closed && !overlap ? 0 : -1;
}

/* The document is whole, its nonces are the policy's, and those of another load differ. */
static void gives_the_document(void **state)
{
    (void)state;
    char nonces[2][33];
    for (size_t i = 0; i < 2; i++) {
        const char *answer = http_ask(&client, "GET", "/", "", "");
        char expected[sizeof document], policy[64];
        assert_int_equal(http_status(answer), 200);
        const char *body = strstr(answer, "\r\n\r\n") + 4;
        assert_int_equal(strlen(body), sizeof document - 1);
        snprintf(nonces[i], sizeof nonces[i], "%.32s", body + 15);
        snprintf(expected, sizeof expected,
                 "<script nonce=\"%.32s\"></script><style nonce=\"%.32s\"></style>", nonces[i],
                 nonces[i]);
        assert_string_equal(body, expected);
        assert_non_null(strstr(answer, "Content-Security-Policy: default-src 'none'; "));
        snprintf(policy, sizeof policy, "script-src 'nonce-%.32s'; ", nonces[i]);
        assert_non_null(strstr(answer, policy));
        snprintf(policy, sizeof policy, "style-src 'nonce-%.32s'; ", nonces[i]);
        assert_non_null(strstr(answer, policy));
        assert_non_null(strstr(answer, "connect-src 'self'; "));
        assert_non_null(strstr(answer, "X-Content-Type-Options: nosniff\r\n"));
        assert_non_null(strstr(answer, "Referrer-Policy: no-referrer\r\n"));
        assert_non_null(strstr(answer, "Cache-Control: no-store\r\n"));
    }
    assert_string_not_equal(nonces[0], nonces[1]);
}

static void refuses_strangers(void **state)
{
    (void)state;
    static const char *const paths[] = {"GET /",         "GET /stream",  "GET /devices",
                                        "POST /command", "GET /nothing", "OPTIONS /command"};
    char text[512];
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", paths[i],
                 client.port);
        assert_int_equal(http_status(http_talk(&client, text)), 403);
        snprintf(text, sizeof text, "%s?token=%s HTTP/1.1\r\nHost: evil.example:%u\r\n\r\n",
                 paths[i], client.token, client.port);
        assert_int_equal(http_status(http_talk(&client, text)), 403);
        snprintf(
            text, sizeof text,
            "%s?token=%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nOrigin: http://evil.example\r\n\r\n",
            paths[i], client.token, client.port);
        assert_int_equal(http_status(http_talk(&client, text)), 403);
        snprintf(text, sizeof text, "%s?token=%s&token=%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
                 paths[i], client.token, client.token, client.port);
        assert_int_equal(http_status(http_talk(&client, text)), 403);
        snprintf(text, sizeof text, "%s?token=%s%%00 HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
                 paths[i], client.token, client.port);
        assert_int_equal(http_status(http_talk(&client, text)), 403);
    }
    snprintf(text, sizeof text,
             "GET /?token=%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nHost: evil.example\r\n\r\n",
             client.token, client.port);
    assert_true(http_status(http_talk(&client, text)) == 403 ||
                http_status(http_talk(&client, text)) == 400);
    snprintf(text, sizeof text, "GET /?token=%s HTTP/1.0\r\n\r\n", client.token);
    assert_true(http_status(http_talk(&client, text)) == 403 ||
                http_status(http_talk(&client, text)) == 400);
    assert_int_equal(n_open, 0);
    assert_int_equal(n_commands, 0);

    snprintf(text, sizeof text, "Origin: http://localhost:%u\r\n", client.port);
    assert_int_equal(http_status(http_ask(&client, "GET", "/devices", text, "")), 200);
    assert_int_equal(http_status(http_ask(&client, "GET", "/nothing", "", "")), 404);
    assert_int_equal(http_status(http_ask(&client, "DELETE", "/", "", "")), 405);
    assert_int_equal(http_status(http_ask(&client, "GET", "/command", "", "")), 405);
    assert_int_equal(
        http_status(http_ask(&client, "POST", "/devices", "Content-Length: 0\r\n", "")), 405);
}

static void takes_commands(void **state)
{
    (void)state;
    static char body[UMI_PAGE_COMMAND_MAX + 2];
    char length[64];
    memset(body, 'a', sizeof body - 2);
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
    const char *answer = http_ask(&client, "POST", "/command", length, body);
    assert_int_equal(http_status(answer), 200);
    assert_non_null(strstr(answer, "{\"n\":4096,\"first\":97,\"nul\":0}"));
    answer = http_ask(&client, "POST", "/command", "Content-Length: 0\r\n", "");
    assert_non_null(strstr(answer, "{\"n\":0,\"first\":0,\"nul\":0}"));
    assert_int_equal(
        http_status(http_ask(&client, "POST", "/command", "Content-Length: 3\r\n", "bad")), 400);
    assert_int_equal(
        http_status(http_ask(&client, "POST", "/command", "Content-Length: 5\r\n", "short")), 500);
    assert_int_equal(n_commands, 4);

    /* One byte more, none announced, and all that needs no number. */
    body[sizeof body - 2] = 'a';
    assert_int_equal(
        http_status(http_ask(&client, "POST", "/command", "Content-Length: 4097\r\n", body)), 413);
    assert_int_equal(http_status(http_ask(&client, "POST", "/command",
                                          "Content-Length: 99999999999999999999\r\n", "")) /
                         100,
                     4);
    assert_int_equal(
        http_status(http_ask(&client, "POST", "/command", "Content-Length: -1\r\n", "")) / 100, 4);
    assert_int_equal(http_status(http_ask(&client, "POST", "/command", "", "")), 411);
    assert_int_equal(
        http_status(http_ask(&client, "POST", "/command", "Transfer-Encoding: chunked\r\n",
                             "3\r\nabc\r\n0\r\n\r\n")),
        411);
    assert_int_equal(
        http_status(http_ask(&client, "GET", "/", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        411);
    assert_int_equal(http_status(http_ask(&client, "GET", "/", "Content-Length: 1\r\n", "x")), 413);
    assert_int_equal(n_commands, 4);
}

/* Whatever comes, the next request is answered. */
static void survives_nonsense(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\xfc\x03\x03",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        "POST /command HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "GET /%00%ff/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    static char endless[300 * 1024];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int s = http_dial(&client);
        http_say(s, texts[i]);
        shutdown(s, SHUT_WR);
        int status = http_status(http_hear(s, NULL));
        assert_true(status == 0 || status >= 400);
        close(s);
    }
    /* A head without an end. */
    memset(endless, 'a', sizeof endless - 1);
    memcpy(endless, "GET /?", 6);
    int status = http_status(http_talk(&client, endless));
    assert_true(status == 0 || status >= 400);
    memcpy(endless, "GET / HTTP/1.1\r\nX: ", 19);
    status = http_status(http_talk(&client, endless));
    assert_true(status == 0 || status >= 400);
    assert_int_equal(http_status(http_ask(&client, "GET", "/devices", "", "")), 200);
}

/* What there is comes at once, and again; who hangs up is noticed. */
static void streams(void **state)
{
    (void)state;
    int s = http_open_stream(&client);
    assert_non_null(strstr(http_hear(s, "tick"), "200"));
    assert_non_null(strstr(http_hear(s, "tick"), "tick"));
    assert_int_equal(n_open, 1);
    assert_int_equal(n_closed, 0);
    close(s);
    for (size_t i = 0; i < 200 && n_closed == 0; i++) {
        pause_ms(10);
    }
    assert_int_equal(n_closed, 1);
}

/* Freed while there is nothing to send, and no more to come. */
static void silent_stream(void **state)
{
    (void)state;
    silence = true;
    int s = http_open_stream(&client);
    while (n_open < 1) {
        pause_ms(5);
    }
    assert_int_equal(stop(NULL), 0);
    assert_int_equal(start(NULL), 0);
    close(s);
}

/* Readers who take nothing of a flood fill a bounded buffer each, and others are served meanwhile.
 */
static void stalled_readers(void **state)
{
    (void)state;
    int stalled[6];
    flood = true;
    for (size_t i = 0; i < 6; i++) {
        stalled[i] = http_open_stream(&client);
    }
    while (n_open < 6) {
        pause_ms(5);
    }
    size_t before = SIZE_MAX;
    while (n_bytes_read != before) {
        before = n_bytes_read;
        pause_ms(100);
    }
    assert_true(n_bytes_read < 6 * (size_t)BUFFERED_MAX);
    flood = false;
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(http_status(http_ask(&client, "GET", "/devices", "", "")), 200);
    }
    int s = http_open_stream(&client);
    assert_non_null(strstr(http_hear(s, "tick"), "tick"));
    close(s);
    /* The server is freed while they are still there. */
    assert_int_equal(stop(NULL), 0);
    assert_int_equal(start(NULL), 0);
    for (size_t i = 0; i < 6; i++) {
        close(stalled[i]);
    }
}

/* While devices are listed, commands are obeyed and streams go on. */
static void slow_devices(void **state)
{
    (void)state;
    char ask[256];
    int stream = http_open_stream(&client), list = http_dial(&client);
    hold = true;
    snprintf(ask, sizeof ask, "GET /devices?token=%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
             client.token, client.port);
    http_say(list, ask);
    while (!is_held) {
        pause_ms(5);
    }
    assert_int_equal(
        http_status(http_ask(&client, "POST", "/command", "Content-Length: 1\r\n", "x")), 200);
    assert_non_null(strstr(http_hear(stream, "tick"), "tick"));
    hold = false;
    assert_non_null(strstr(http_hear(list, "[]"), "[]"));
    close(stream);
    close(list);
}

/* More connections than there may be: hung up on at once, and room again when others go. */
static void bounds_connections(void **state)
{
    (void)state;
    int held[UMI_PAGE_CONNECTIONS_MAX];
    for (size_t i = 0; i < UMI_PAGE_CONNECTIONS_MAX; i++) {
        held[i] = http_open_stream(&client);
        http_hear(held[i], "tick");
    }
    assert_int_equal(n_open, UMI_PAGE_CONNECTIONS_MAX);
    assert_int_equal(http_status(http_ask(&client, "GET", "/devices", "", "")), 0);
    for (size_t i = 0; i < UMI_PAGE_CONNECTIONS_MAX; i++) {
        close(held[i]);
    }
    int status = 0;
    for (size_t i = 0; i < 300 && status != 200; i++) {
        pause_ms(10);
        status = http_status(http_ask(&client, "GET", "/devices", "", ""));
    }
    assert_int_equal(status, 200);
}

static void ports(void **state)
{
    (void)state;
    umi_page_config config = {.port = client.port};
    umi_page_server *other;
    um_error error;
    char expected[32];
    assert_int_equal(umi_page_server_new(&config, &other, &error), UM_ERR_CREATE);
    assert_null(other);
    snprintf(expected, sizeof expected, "port %u", client.port);
    assert_non_null(strstr(error.message, expected));
    umi_page_server_free(NULL);

    /* Not to be had by another name of this machine, so much less from another machine. */
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(client.port)};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(s, (struct sockaddr *)&place, sizeof place), -1);
    close(s);

    /* The same port is free again at once, though connections of it linger. */
    assert_int_equal(http_status(http_ask(&client, "GET", "/devices", "", "")), 200);
    umi_page_server_free(server);
    assert_int_equal(umi_page_server_new(&config, &server, &error), UM_OK);
    char address[64];
    snprintf(address, sizeof address, "http://127.0.0.1:%u/?token=", client.port);
    assert_memory_equal(umi_page_server_address(server), address, strlen(address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_the_document, start, stop),
        cmocka_unit_test_setup_teardown(refuses_strangers, start, stop),
        cmocka_unit_test_setup_teardown(takes_commands, start, stop),
        cmocka_unit_test_setup_teardown(survives_nonsense, start, stop),
        cmocka_unit_test_setup_teardown(streams, start, stop),
        cmocka_unit_test_setup_teardown(silent_stream, start, stop),
        cmocka_unit_test_setup_teardown(stalled_readers, start, stop),
        cmocka_unit_test_setup_teardown(slow_devices, start, stop),
        cmocka_unit_test_setup_teardown(bounds_connections, start, stop),
        cmocka_unit_test_setup_teardown(ports, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
