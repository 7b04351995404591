/* Who is let in to a page of this machine: by name, by page of origin, by secret. */
#include "io/page_guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static umi_page_guard guard;

static int set_up(void **state)
{
    (void)state;
    return umi_page_guard_init(&guard, 8080) ? 0 : -1;
}

static umi_page_field said(const char *text)
{
    umi_page_field field = {text, strlen(text), 1};
    return field;
}

static const umi_page_field unsaid = {"", 0, 0};

/* Whether it is let in; a refusal is one line. */
static bool admits(umi_page_field host, umi_page_field origin, umi_page_field token)
{
    const char *reason = umi_page_guard_refusal(&guard, host, origin, token);
    assert_true(reason == NULL || strchr(reason, '\n') == reason + strlen(reason) - 1);
    return reason == NULL;
}

static void hosts(void **state)
{
    (void)state;
    umi_page_field token = said(guard.token);
    static const char *const others[] = {"",
                                         "127.0.0.1",
                                         "127.0.0.1:8081",
                                         "127.0.0.1:80800",
                                         "127.0.0.1:8080 ",
                                         "LOCALHOST:8080",
                                         "evil.example:8080",
                                         "127.0.0.2:8080",
                                         "[::1]:8080",
                                         "127.0.0.1:808"};
    assert_true(admits(said("127.0.0.1:8080"), unsaid, token));
    assert_true(admits(said("localhost:8080"), unsaid, token));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(admits(said(others[i]), unsaid, token));
    }
    umi_page_field twice = said("127.0.0.1:8080");
    twice.count = 2;
    assert_false(admits(twice, unsaid, token));
    assert_false(admits(unsaid, unsaid, token));
}

static void origins(void **state)
{
    (void)state;
    umi_page_field host = said("127.0.0.1:8080");
    umi_page_field token = said(guard.token);
    static const char *const others[] = {"",
                                         "null",
                                         "http://127.0.0.1",
                                         "http://127.0.0.1:8081",
                                         "https://127.0.0.1:8080",
                                         "http://127.0.0.1:8080/",
                                         "http://evil.example",
                                         "127.0.0.1:8080"};
    assert_true(admits(host, said("http://127.0.0.1:8080"), token));
    assert_true(admits(host, said("http://localhost:8080"), token));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(admits(host, said(others[i]), token));
    }
    umi_page_field twice = said("http://127.0.0.1:8080");
    twice.count = 2;
    assert_false(admits(host, twice, token));
}

static void tokens(void **state)
{
    (void)state;
    umi_page_field host = said("127.0.0.1:8080");
    assert_int_equal(strspn(guard.token, "0123456789abcdef"), UMI_PAGE_SECRET_DIGITS);
    assert_true(admits(host, unsaid, said(guard.token)));
    assert_false(admits(host, unsaid, unsaid));
    assert_false(admits(host, unsaid, said("")));
    for (size_t i = 0; i < UMI_PAGE_SECRET_DIGITS; i++) {
        char wrong[UMI_PAGE_SECRET_DIGITS + 2];
        strcpy(wrong, guard.token);
        wrong[i] = wrong[i] == '0' ? '1' : '0';
        assert_false(admits(host, unsaid, said(wrong)));
        strcpy(wrong, guard.token);
        wrong[i] = '\0';
        assert_false(admits(host, unsaid, said(wrong)));
    }
    char longer[UMI_PAGE_SECRET_DIGITS + 2];
    strcat(strcpy(longer, guard.token), "0");
    assert_false(admits(host, unsaid, said(longer)));
    umi_page_field twice = said(guard.token);
    twice.count = 2;
    assert_false(admits(host, unsaid, twice));
}

/* No two secrets are alike; the address holds the one; port 80 goes without saying. */
static void names(void **state)
{
    (void)state;
    umi_page_guard other;
    char address[UMI_PAGE_ADDRESS_SIZE];
    assert_true(umi_page_guard_init(&other, 80));
    assert_string_not_equal(other.token, guard.token);
    strcat(strcpy(address, "http://127.0.0.1/?token="), other.token);
    assert_string_equal(other.address, address);
    assert_string_equal(other.hosts[1], "localhost");
    assert_memory_equal(guard.address, "http://127.0.0.1:8080/?token=", 29);
    assert_true(umi_page_guard_init(&other, 65535));
    assert_memory_equal(other.address, "http://127.0.0.1:65535/?token=", 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),
        cmocka_unit_test(origins),
        cmocka_unit_test(tokens),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
