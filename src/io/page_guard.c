#define _DEFAULT_SOURCE /* getrandom */
#include "io/page_guard.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

bool umi_page_secret(char digits[UMI_PAGE_SECRET_DIGITS + 1])
{
    unsigned char drawn[UMI_PAGE_SECRET_DIGITS / 2];
    /* So few bytes come whole or not at all. */
    if (getrandom(drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn) {
        return false;
    }
    for (size_t i = 0; i < sizeof drawn; i++) {
        snprintf(digits + 2 * i, 3, "%02x", drawn[i]);
    }
    return true;
}

bool umi_page_guard_init(umi_page_guard *guard, uint16_t port)
{
    static const char *const hosts[UMI_PAGE_HOSTS] = {"127.0.0.1", "localhost"};
    for (size_t i = 0; i < UMI_PAGE_HOSTS; i++) {
        /* Browsers leave the port of HTTP out. */
        snprintf(guard->hosts[i], UMI_PAGE_HOST_SIZE, port == 80 ? "%s" : "%s:%u", hosts[i], port);
    }
    if (!umi_page_secret(guard->token)) {
        return false;
    }
    snprintf(guard->address, sizeof guard->address, "http://%s/?token=%s", guard->hosts[0],
             guard->token);
    return true;
}

static bool is_text(umi_page_field field, const char *text)
{
    return field.count == 1 && field.length == strlen(text) &&
           memcmp(field.value, text, field.length) == 0;
}

static bool is_token(umi_page_field field, const char *token)
{
    if (field.count != 1 || field.length != UMI_PAGE_SECRET_DIGITS) {
        return false;
    }
    unsigned char difference = 0;
    for (size_t i = 0; i < UMI_PAGE_SECRET_DIGITS; i++) {
        difference |= (unsigned char)(field.value[i] ^ token[i]);
    }
    return difference == 0;
}

const char *umi_page_guard_refusal(const umi_page_guard *guard, umi_page_field host,
                                   umi_page_field origin, umi_page_field token)
{
    bool host_fits = false;
    bool origin_fits = origin.count == 0;
    for (size_t i = 0; i < UMI_PAGE_HOSTS; i++) {
        char ours[UMI_PAGE_HOST_SIZE + 8];
        snprintf(ours, sizeof ours, "http://%s", guard->hosts[i]);
        host_fits |= is_text(host, guard->hosts[i]);
        origin_fits |= is_text(origin, ours);
    }
    if (!host_fits) {
        return "This page is served under 127.0.0.1 and localhost only.\n";
    }
    if (!origin_fits) {
        return "Another page may not use this one.\n";
    }
    if (!is_token(token, guard->token)) {
        return "The address is not whole: open the one that unmingle printed, to its last "
               "digit.\n";
    }
    return NULL;
}
