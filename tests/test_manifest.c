/* Both kinds of lists, and mistakes in them, each told with its place. */
#include "job/manifest.h"

#include "core/memory.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "input" or "input>output", each with a '|' behind it; of failures the message. */
static const char *parsed(const char *bytes, size_t n)
{
    static char text[1 << 17];
    umi_manifest manifest;
    um_error error;
    size_t used = 0;
    um_status status = umi_manifest_parse(bytes, n, "list", &manifest, &error);
    if (status != UM_OK) {
        assert_int_equal(status, UM_ERR_DATA);
        assert_int_equal(manifest.n_entries, 0);
        return strcpy(text, error.message);
    }
    text[0] = '\0';
    for (size_t i = 0; i < manifest.n_entries; i++) {
        const umi_manifest_entry *e = &manifest.entries[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s|", e->input,
                                 e->output != NULL ? ">" : "", e->output != NULL ? e->output : "");
    }
    umi_manifest_free(&manifest);
    return text;
}

static const char *parsed_text(const char *text)
{
    return parsed(text, strlen(text));
}

static void lines_of_json(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"\n \t\r\n\n", ""},
        {"\"a\"", "a|"},
        {"\xEF\xBB\xBF\"a\"\r\n  \"b c\\n\"  \n", "a|b c\n|"},
        {"{\"input\":\"a\"}\n{\"output\":\"./x//y\",\"input\":\"/b\"}", "a|/b>x/y|"},
        {"\"-\"", "./-|"},
        {"{\"input\": \"\\u0171\", \"output\": \"..a\"}", "ű>..a|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(parsed_text(cases[i][0]), cases[i][1]);
    }
}

static void names_that_end_in_nul(void **state)
{
    (void)state;
    static const char names[] = "a b\0line\nend\0\"quoted\"\0-\0\xFF\xFE";
    assert_string_equal(parsed(names, sizeof names), "a b|line\nend|\"quoted\"|./-|\xFF\xFE|");
    assert_string_equal(parsed(names, sizeof names - 1), "a b|line\nend|\"quoted\"|./-|\xFF\xFE|");
}

static void mistakes_have_a_place(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\"a\"\n\nb", "list:3: not one JSON"},
        {"\"a\", \"b\"", "list:1: not one JSON"},
        {"\"a\"]", "list:1: not one JSON"},
        {"]", "list:1: not one JSON"},
        {"1", "list:1: neither"},
        {"[\"a\"]", "list:1: neither"},
        {"null", "list:1: neither"},
        {"{\"output\": \"a\"}", "list:1: 'input' is missing"},
        {"{\"input\": \"a\", \"input\": \"b\"}", "list:1: not one JSON"},
        {"{\"in\\nput\": \"a\"}", "list:1: unknown key in\\nput"},
        {"{\"input\": null}", "list:1: input is no string"},
        {"{\"input\": \"\"}", "list:1: the path is empty"},
        {"{\"input\": \"a\", \"output\": \"\"}", "list:1: the output must"},
        {"{\"input\": \"a\", \"output\": \"../b\"}", "list:1: the output must"},
        {"{\"input\": \"a\", \"output\": \"b.OGG\"}", "list:1: Ogg cannot be written"},
        {"\"a\\u0000b\"", "list:1: not one JSON"},
        {"\"\xFF\"", "list:1: not one JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_memory_equal(parsed_text(cases[i][0]), cases[i][1], strlen(cases[i][1]));
    }
    assert_memory_equal(parsed("a\0\0b", 4), "list, entry 2: the path is empty", 32);
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    static char text[UMI_MANIFEST_LINE_MAX + 10];
    memset(text, 'x', sizeof text);
    text[0] = '"';
    text[4096] = '"';
    assert_int_equal(strlen(parsed(text, 4097)), 4096); /* 4095 and the '|' */
    text[4096] = 'x';
    text[4097] = '"';
    assert_non_null(strstr(parsed(text, 4098), "list:1: the path is too long"));
    assert_non_null(strstr(parsed(text, UMI_MANIFEST_LINE_MAX), "list:1: not one JSON"));
    assert_non_null(strstr(parsed(text, UMI_MANIFEST_LINE_MAX + 1), "list:1: longer than"));
    text[4095] = text[9000] = '\0';
    assert_non_null(strstr(parsed(text, 9001), "list, entry 2: the path is too long"));
}

static um_status attempt(void *context)
{
    static const char text[] = "\"a\"\n{\"input\": \"b\", \"output\": \"c\"}\n";
    umi_manifest manifest;
    um_error error;
    (void)context;
    um_status status = umi_manifest_parse(text, sizeof text - 1, "list", &manifest, &error);
    umi_manifest_free(&manifest);
    return status;
}

static void memory(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(attempt, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_json),
        cmocka_unit_test(names_that_end_in_nul),
        cmocka_unit_test(mistakes_have_a_place),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
