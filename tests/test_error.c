/* Messages: formatted, cut at a whole character, never required. */
#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { ROOM = sizeof((um_error *)NULL)->message - 1 }; /* without the NUL */

static void the_message_is_formatted(void **state)
{
    (void)state;
    um_error error = {UM_OK, "left over from before"};
    assert_int_equal(umi_error_set(&error, UM_ERR_DATA, "%s:%d: empty", "x.conf", 12), UM_ERR_DATA);
    assert_int_equal(error.status, UM_ERR_DATA);
    assert_string_equal(error.message, "x.conf:12: empty");
}

static void nobody_needs_to_listen(void **state)
{
    (void)state;
    assert_int_equal(umi_error_set(NULL, UM_ERR_IO, "%d", 1), UM_ERR_IO);
}

static void long_messages_are_cut_at_a_character(void **state)
{
    (void)state;
    const char *const characters[] = {"z", "\xC5\xB1", "\xE2\x82\xAC", "\xF0\x9D\x84\x9E"};
    for (size_t bytes = 1; bytes <= 4; bytes++) {
        /* Letters, then the character, then more: the character is there when all of it fits. */
        for (size_t n_letters = ROOM - 5; n_letters <= ROOM; n_letters++) {
            char text[ROOM + 16];
            um_error error;
            memset(text, 'a', n_letters);
            strcpy(text + n_letters, characters[bytes - 1]);
            strcat(text, "xxxxxx");
            (void)umi_error_set(&error, UM_ERR_DATA, "%s", text);
            text[n_letters + bytes > ROOM ? n_letters : ROOM] = '\0';
            assert_string_equal(error.message, text);
        }
    }
}

static void a_message_that_just_fits_is_whole(void **state)
{
    (void)state;
    char text[ROOM + 1];
    um_error error;
    memset(text, 'a', ROOM - 3);
    strcpy(text + ROOM - 3, "\xE2\x82\xAC");
    (void)umi_error_set(&error, UM_ERR_DATA, "%s", text);
    assert_string_equal(error.message, text);
}

/* Bytes that are no UTF-8 at all must not make it run off the front. */
static void stray_bytes_do_no_harm(void **state)
{
    (void)state;
    char text[2 * ROOM];
    um_error error;
    memset(text, 0x80, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)umi_error_set(&error, UM_ERR_DATA, "%s", text);
    assert_true(strlen(error.message) <= ROOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_message_is_formatted),
        cmocka_unit_test(nobody_needs_to_listen),
        cmocka_unit_test(long_messages_are_cut_at_a_character),
        cmocka_unit_test(a_message_that_just_fits_is_whole),
        cmocka_unit_test(stray_bytes_do_no_harm),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
