/* HTTP by raw sockets to a server on this machine, so that a test can say what no client would. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Where the server is, read from its address. */
typedef struct http_client {
    uint16_t port;
    char token[64];
} http_client;

static inline bool http_client_read(http_client *client, const char *address)
{
    return sscanf(address, "http://127.0.0.1:%hu/?token=%63s", &client->port, client->token) == 2;
}

static inline int http_dial(const http_client *client)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(client->port)};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {5, 0};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(s, (struct sockaddr *)&place, sizeof place), 0);
    return s;
}

/* What comes until the server hangs up, or until `enough` is in it. The text ends with NUL and is
 * valid until the next call. */
static inline const char *http_hear(int s, const char *enough)
{
    static char answer[256 * 1024];
    size_t n = 0;
    ssize_t got;
    answer[0] = '\0';
    while (n < sizeof answer - 1 && (got = recv(s, answer + n, sizeof answer - 1 - n, 0)) > 0) {
        n += (size_t)got;
        answer[n] = '\0';
        if (enough != NULL && strstr(answer, enough) != NULL) {
            break;
        }
    }
    return answer;
}

static inline void http_say(int s, const char *text)
{
    /* The server may hang up on us in the middle. */
    (void)!send(s, text, strlen(text), MSG_NOSIGNAL);
}

static inline const char *http_talk(const http_client *client, const char *text)
{
    int s = http_dial(client);
    http_say(s, text);
    const char *answer = http_hear(s, NULL);
    close(s);
    return answer;
}

/* A request with the right Host and token: "GET", "/devices", further header lines, a body. */
static inline const char *http_ask(const http_client *client, const char *method, const char *path,
                                   const char *headers, const char *body)
{
    char text[16 * 1024];
    snprintf(text, sizeof text,
             "%s %s?token=%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s\r\n%s",
             method, path, client->token, client->port, headers, body);
    return http_talk(client, text);
}

static inline int http_status(const char *answer)
{
    int status = 0;
    return sscanf(answer, "HTTP/1.%*d %d", &status) == 1 ? status : 0;
}

/* A socket on which the stream comes. */
static inline int http_open_stream(const http_client *client)
{
    char text[256];
    snprintf(text, sizeof text, "GET /stream?token=%s HTTP/1.1\r\nHost: localhost:%u\r\n\r\n",
             client->token, client->port);
    int s = http_dial(client);
    http_say(s, text);
    return s;
}

#endif
