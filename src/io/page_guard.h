/* Who may use a page that is served on this machine: whoever knows a secret, and comes by our name.
 *
 * Any page of any site can make a browser send requests to 127.0.0.1, and by DNS rebinding under a
 * name of its own. So Host must be one of ours, Origin (which browsers add to requests of pages)
 * ours or absent, and the token right. */
#ifndef UMI_IO_PAGE_GUARD_H
#define UMI_IO_PAGE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digits of a secret: 128 bits in hexadecimal. */
enum { UMI_PAGE_SECRET_DIGITS = 32 };
enum { UMI_PAGE_HOSTS = 2, UMI_PAGE_HOST_SIZE = 32, UMI_PAGE_ADDRESS_SIZE = 80 };

typedef struct umi_page_guard {
    char hosts[UMI_PAGE_HOSTS][UMI_PAGE_HOST_SIZE]; /* what Host may be */
    char token[UMI_PAGE_SECRET_DIGITS + 1];
    char address[UMI_PAGE_ADDRESS_SIZE]; /* for people: http://127.0.0.1:PORT/?token=DIGITS */
} umi_page_guard;

/* What a request says of something that it should say once. */
typedef struct umi_page_field {
    const char *value; /* the last one, length bytes */
    size_t length;
    size_t count; /* how often it was there */
} umi_page_field;

/* A new secret from the system; false, with errno, when it gives none. */
bool umi_page_secret(char digits[UMI_PAGE_SECRET_DIGITS + 1]);

/* For the server on that port, with a new token; false, with errno, when there is none. */
bool umi_page_guard_init(umi_page_guard *guard, uint16_t port);

/* Why a request is refused, a sentence and a newline; NULL when it is not. How long that takes does
 * not tell how much of a token is right. */
const char *umi_page_guard_refusal(const umi_page_guard *guard, umi_page_field host,
                                   umi_page_field origin, umi_page_field token);

#endif
