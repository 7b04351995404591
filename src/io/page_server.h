/* One page, served to the browsers of this machine: a document, a stream of bytes down, commands
 * up. The one home of libmicrohttpd.
 *
 *     GET  /          the document
 *     GET  /stream    bytes without an end, for each reader its own
 *     GET  /devices   a JSON text
 *     POST /command   at most UMI_PAGE_COMMAND_MAX bytes, answered with a JSON text
 *
 * Other programs and other pages of the same browser are shut out: only the loopback interface is
 * bound, and what io/page_guard.h does not let in gets 403 and a sentence. The document comes with
 * a Content-Security-Policy by which it may talk to us alone and runs no script but its own: those
 * whose nonce is UMI_PAGE_NONCE, which a new one takes the place of at each load.
 *
 * Every connection has a thread of its own, so that a reader who stalls waits alone. */
#ifndef UMI_IO_PAGE_SERVER_H
#define UMI_IO_PAGE_SERVER_H

#include "unmingle/status.h"

#include <stddef.h>
#include <stdint.h>

/* What stands for the nonce in the document, and is as long. */
#define UMI_PAGE_NONCE "00000000000000000000000000000000"

enum {
    UMI_PAGE_COMMAND_MAX = 4096,
    UMI_PAGE_CONNECTIONS_MAX = 32 /* more are closed at once */
};

/* The calls come from the server's threads, never two at once, and should be short: while one runs
 * nobody is served. Only `devices`, which takes as long as devices do, may run beside any other.
 * Texts are freed with umi_free; NULL (no memory) is answered with 500. */
typedef struct umi_page_config {
    uint16_t port;        /* 0: any that is free */
    const void *document; /* HTML, UTF-8; stays with the caller until the server is freed */
    size_t n_document;    /* bytes */
    void *user;
    char *(*devices)(void *user);
    /* `body` ends with NUL; *status, an HTTP status, is 200 before the call. */
    char *(*command)(void *user, const char *body, size_t n_bytes, unsigned *status);
    /* A reader of the stream comes (NULL: no memory), takes up to `size` bytes (0: there are none
     * yet, it is asked again some milliseconds later), and goes. Something should come once in a
     * while, for it is by sending that we learn that somebody has hung up. */
    void *(*open)(void *user);
    size_t (*read)(void *reader, void *bytes, size_t size);
    void (*close)(void *reader);
} umi_page_config;

typedef struct umi_page_server umi_page_server;

/* Serves as soon as it returns. UM_ERR_CREATE or UM_ERR_PERMISSION when the port is not to be had,
 * with a message; UM_ERR_MEMORY, UM_ERR_INTERNAL (the system gives no random numbers). */
um_status umi_page_server_new(const umi_page_config *config, umi_page_server **out,
                              um_error *error) UM_MUST_USE;

/* http://127.0.0.1:PORT/?token=HEX; lives as long as the server. */
const char *umi_page_server_address(const umi_page_server *server);

/* Hangs up on everybody, closes their streams and waits for the threads: well below a second,
 * whatever the readers do. NULL is fine. */
void umi_page_server_free(umi_page_server *server);

#endif
