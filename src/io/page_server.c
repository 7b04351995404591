#define _GNU_SOURCE /* memmem */
#include "io/page_server.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/page_guard.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STREAM_BLOCK = 16 * 1024 };
/* What the kernel holds back for a reader who stalls is old when he goes on, so it should be
 * little: about a second of the stream. */
enum { SEND_BUFFER = 16 * 1024 };
enum { PATIENCE_SECONDS = 30, TICK_NS = 8 * 1000 * 1000 };

static const char html[] = "text/html; charset=utf-8";
static const char json[] = "application/json";
static const char plain[] = "text/plain; charset=utf-8";
static const char bytes_type[] = "application/octet-stream";

struct umi_page_server {
    umi_page_config config;
    struct MHD_Daemon *daemon;
    pthread_mutex_t turn; /* one call of the config's at a time, but for `devices` */
    atomic_bool stopping;
    umi_page_guard guard;
};

typedef struct stream {
    umi_page_server *server;
    void *reader;
} stream;

/* A request whose head has been let in. */
typedef struct request {
    size_t n_bytes;
    char body[UMI_PAGE_COMMAND_MAX + 1];
} request;

typedef struct search {
    const char *key;
    umi_page_field found;
} search;

/* -- Who is let in ----------------------------------------------------------------------------- */

static enum MHD_Result note_value(void *cls, enum MHD_ValueKind kind, const char *key,
                                  size_t key_size, const char *value, size_t value_size)
{
    search *wanted = cls;
    (void)kind;
    if (key_size == strlen(wanted->key) && strncasecmp(key, wanted->key, key_size) == 0) {
        wanted->found.value = value != NULL ? value : "";
        wanted->found.length = value_size;
        wanted->found.count++;
    }
    return MHD_YES;
}

static umi_page_field find(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                           const char *key)
{
    search wanted = {key, {"", 0, 0}};
    (void)MHD_get_connection_values_n(connection, kind, note_value, &wanted);
    return wanted.found;
}

/* The status to refuse a request with for the body that it announces, 0 when it is fine. */
static unsigned refusal_of_body(struct MHD_Connection *connection, size_t most)
{
    umi_page_field encoding = find(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    umi_page_field length = find(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    size_t n_bytes = 0;
    if (encoding.count > 0 || length.count > 1 || (length.count == 0 && most > 0)) {
        return MHD_HTTP_LENGTH_REQUIRED;
    }
    for (size_t i = 0; i < length.length; i++) {
        char digit = length.value[i];
        if (digit < '0' || digit > '9') {
            return MHD_HTTP_BAD_REQUEST;
        }
        n_bytes = n_bytes * 10 + (size_t)(digit - '0');
        if (n_bytes > most) {
            return MHD_HTTP_CONTENT_TOO_LARGE;
        }
    }
    return 0;
}

/* -- Answers ----------------------------------------------------------------------------------- */

/* Gives `response`, which may be NULL, away. */
static enum MHD_Result send_response(struct MHD_Connection *connection, unsigned status,
                                     const char *type, struct MHD_Response *response)
{
    if (response == NULL) {
        return MHD_NO;
    }
    const char *headers[][2] = {
        {MHD_HTTP_HEADER_CONTENT_TYPE, type},
        {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
    };
    enum MHD_Result sent = MHD_YES;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0] && sent == MHD_YES; i++) {
        sent = MHD_add_response_header(response, headers[i][0], headers[i][1]);
    }
    if (sent == MHD_YES) {
        sent = MHD_queue_response(connection, status, response);
    }
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result send_plain(struct MHD_Connection *connection, unsigned status,
                                  const char *text)
{
    return send_response(connection, status, plain,
                         MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                         MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result send_no_memory(struct MHD_Connection *connection)
{
    return send_plain(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "There is not enough memory.\n");
}

/* `text` is freed here. */
static enum MHD_Result send_json(struct MHD_Connection *connection, unsigned status, char *text)
{
    if (text == NULL) {
        return send_no_memory(connection);
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
    umi_free(text);
    return send_response(connection, status, json, response);
}

static enum MHD_Result send_document(umi_page_server *server, struct MHD_Connection *connection)
{
    size_t n = server->config.n_document;
    char nonce[sizeof UMI_PAGE_NONCE];
    char policy[512];
    char *text = umi_alloc(n, 1);
    if (text == NULL || !umi_page_secret(nonce)) {
        umi_free(text);
        return send_no_memory(connection);
    }
    memcpy(text, server->config.document, n);
    char *at = text;
    while ((at = memmem(at, n - (size_t)(at - text), UMI_PAGE_NONCE, strlen(nonce))) != NULL) {
        memcpy(at, nonce, strlen(nonce));
    }
    snprintf(policy, sizeof policy,
             "default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; "
             "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
             "frame-ancestors 'none'",
             nonce, nonce);
    struct MHD_Response *response = MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_COPY);
    umi_free(text);
    if (response != NULL &&
        MHD_add_response_header(response, "Content-Security-Policy", policy) != MHD_YES) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return send_response(connection, MHD_HTTP_OK, html, response);
}

static enum MHD_Result send_devices(umi_page_server *server, struct MHD_Connection *connection)
{
    char *text = server->config.devices(server->config.user);
    return send_json(connection, MHD_HTTP_OK, text);
}

static enum MHD_Result send_answer(umi_page_server *server, struct MHD_Connection *connection,
                                   const request *asked)
{
    unsigned status = MHD_HTTP_OK;
    pthread_mutex_lock(&server->turn);
    char *text = server->config.command(server->config.user, asked->body, asked->n_bytes, &status);
    pthread_mutex_unlock(&server->turn);
    return send_json(connection, status, text);
}

/* -- The stream -------------------------------------------------------------------------------- */

/* Sleeps on the connection's own thread while there is nothing: a look at a counter each tick. */
static ssize_t read_stream(void *cls, uint64_t position, char *bytes, size_t size)
{
    stream *self = cls;
    umi_page_server *server = self->server;
    const struct timespec tick = {0, TICK_NS};
    (void)position;
    while (!atomic_load(&server->stopping)) {
        pthread_mutex_lock(&server->turn);
        size_t n = server->config.read(self->reader, bytes, size);
        pthread_mutex_unlock(&server->turn);
        assert(n <= size);
        if (n > 0) {
            return (ssize_t)n;
        }
        (void)nanosleep(&tick, NULL);
    }
    return MHD_CONTENT_READER_END_OF_STREAM;
}

static void close_stream(void *cls)
{
    stream *self = cls;
    umi_page_server *server = self->server;
    pthread_mutex_lock(&server->turn);
    server->config.close(self->reader);
    pthread_mutex_unlock(&server->turn);
    umi_free(self);
}

static enum MHD_Result send_stream(umi_page_server *server, struct MHD_Connection *connection)
{
    stream *self = umi_alloc(1, sizeof *self);
    if (self == NULL) {
        return send_no_memory(connection);
    }
    self->server = server;
    pthread_mutex_lock(&server->turn);
    self->reader = server->config.open(server->config.user);
    pthread_mutex_unlock(&server->turn);
    if (self->reader == NULL) {
        umi_free(self);
        return send_no_memory(connection);
    }
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, self, close_stream);
    if (response == NULL) {
        close_stream(self);
    }
    return send_response(connection, MHD_HTTP_OK, bytes_type, response);
}

/* -- Requests ---------------------------------------------------------------------------------- */

/* Looks at the head of a request: answers it, or makes *admitted and lets the body come. */
static enum MHD_Result admit(umi_page_server *server, struct MHD_Connection *connection,
                             const char *path, const char *method, void **admitted)
{
    const char *reason = umi_page_guard_refusal(
        &server->guard, find(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST),
        find(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ORIGIN),
        find(connection, MHD_GET_ARGUMENT_KIND, "token"));
    if (reason != NULL) {
        return send_plain(connection, MHD_HTTP_FORBIDDEN, reason);
    }
    bool is_command = strcmp(path, "/command") == 0;
    if (!is_command && strcmp(path, "/") != 0 && strcmp(path, "/stream") != 0 &&
        strcmp(path, "/devices") != 0) {
        return send_plain(connection, MHD_HTTP_NOT_FOUND, "There is nothing here.\n");
    }
    if (strcmp(method, is_command ? MHD_HTTP_METHOD_POST : MHD_HTTP_METHOD_GET) != 0) {
        return send_plain(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Not by this method.\n");
    }
    unsigned status = refusal_of_body(connection, is_command ? UMI_PAGE_COMMAND_MAX : 0);
    if (status != 0) {
        return send_plain(connection, status,
                          "A command is at most 4096 bytes, and says how many.\n");
    }
    *admitted = umi_alloc(1, sizeof(request));
    return *admitted != NULL ? MHD_YES : send_no_memory(connection);
}

/* Called for the head, for each part of the body, and at its end. */
static enum MHD_Result serve(void *cls, struct MHD_Connection *connection, const char *path,
                             const char *method, const char *version, const char *part,
                             size_t *part_size, void **admitted)
{
    umi_page_server *server = cls;
    request *asked = *admitted;
    (void)version;
    if (asked == NULL) {
        return admit(server, connection, path, method, admitted);
    }
    if (*part_size > 0) {
        if (*part_size > UMI_PAGE_COMMAND_MAX - asked->n_bytes) {
            return MHD_NO;
        }
        memcpy(asked->body + asked->n_bytes, part, *part_size);
        asked->n_bytes += *part_size;
        *part_size = 0;
        return MHD_YES;
    }
    switch (path[1]) {
    case 'c':
        return send_answer(server, connection, asked);
    case 'd':
        return send_devices(server, connection);
    case 's':
        return send_stream(server, connection);
    default:
        return send_document(server, connection);
    }
}

static void forget_request(void *cls, struct MHD_Connection *connection, void **admitted,
                           enum MHD_RequestTerminationCode how)
{
    (void)cls;
    (void)connection;
    (void)how;
    umi_free(*admitted);
    *admitted = NULL;
}

/* -- The server -------------------------------------------------------------------------------- */

/* A socket that listens on the loopback interface, and its port; -1 with errno. */
static int listen_on(uint16_t port, uint16_t *actual)
{
    int on = 1;
    int buffer = SEND_BUFFER;
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof place;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) {
        return -1;
    }
    /* Connections inherit the size of the buffer. */
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer) != 0 ||
        bind(listener, (struct sockaddr *)&place, size) != 0 || listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&place, &size) != 0) {
        int reason = errno;
        (void)close(listener);
        errno = reason;
        return -1;
    }
    *actual = ntohs(place.sin_port);
    return listener;
}

um_status umi_page_server_new(const umi_page_config *config, umi_page_server **out, um_error *error)
{
    *out = NULL;
    umi_page_server *server = umi_alloc(1, sizeof *server);
    if (server == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    um_status status = UM_OK;
    uint16_t port;
    server->config = *config;
    pthread_mutex_init(&server->turn, NULL);
    int listener = listen_on(config->port, &port);
    if (listener < 0) {
        status = umi_error_set(error, umi_status_of_writing(errno),
                               "page: port %u of 127.0.0.1: %s; take another, or any that is free",
                               config->port, strerror(errno));
        goto fail;
    }
    if (!umi_page_guard_init(&server->guard, port)) {
        status =
            umi_error_set(error, UM_ERR_INTERNAL, "page: no random numbers: %s", strerror(errno));
        goto fail;
    }

    /* Signals are the main thread's affair. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    server->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            MHD_USE_ITC,
        0, NULL, NULL, serve, server, MHD_OPTION_LISTEN_SOCKET, listener,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)UMI_PAGE_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PATIENCE_SECONDS, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_COMPLETED, forget_request, NULL, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    listener = -1; /* libmicrohttpd closes it, where it fails too */
    if (server->daemon == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "page: no memory or no thread for it");
        goto fail;
    }
    *out = server;
    return UM_OK;
fail:
    if (listener >= 0) {
        (void)close(listener);
    }
    umi_page_server_free(server);
    return status;
}

const char *umi_page_server_address(const umi_page_server *server)
{
    return server->guard.address;
}

void umi_page_server_free(umi_page_server *server)
{
    if (server == NULL) {
        return;
    }
    atomic_store(&server->stopping, true);
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
    }
    pthread_mutex_destroy(&server->turn);
    umi_free(server);
}
