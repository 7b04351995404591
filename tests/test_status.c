/* Every status has a sentence of its own. */
#include "unmingle/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void every_status_has_its_own_phrase(void **state)
{
    (void)state;
    const char *unknown = um_status_string((um_status)(UM_ERR_CANCELLED + 1));
    assert_non_null(unknown);
    for (int a = UM_OK; a <= UM_ERR_CANCELLED; a++) {
        const char *phrase = um_status_string((um_status)a);
        assert_non_null(phrase);
        assert_true(phrase[0] != '\0');
        assert_string_not_equal(phrase, unknown);
        for (int b = UM_OK; b < a; b++) {
            assert_string_not_equal(phrase, um_status_string((um_status)b));
        }
    }
}

static void success_is_zero(void **state)
{
    (void)state;
    assert_int_equal(UM_OK, 0);
    assert_string_equal(um_status_string(UM_OK), "ok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_phrase),
        cmocka_unit_test(success_is_zero),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
