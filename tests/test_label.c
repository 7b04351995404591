/* Which labels may be given. */
#include "cli/label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void good_ones(void **state)
{
    (void)state;
    static const char *const good[] = {"drums", "a b", "Gitarre 2", "fl\xC3\xB6te", "mix 2", "a.b"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(umi_label_check("--learn", good[i], NULL), UM_OK);
    }
}

static void bad_ones_are_told_why(void **state)
{
    (void)state;
    static const struct {
        const char *label, *reason;
    } bad[] = {{"", "1 to 64 bytes"},         {"a/b", "no '/'"},
               {".hidden", "in front"},       {"residual", "no source explains"},
               {"mix", "the mixture"},        {"mixture", "the mixture"},
               {"a\nb", "cannot name a stem"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        um_error error = {UM_OK, ""};
        assert_int_equal(umi_label_check("--label", bad[i].label, &error), UM_ERR_ARGUMENT);
        assert_non_null(strstr(error.message, bad[i].reason));
        assert_ptr_equal(strstr(error.message, "--label: "), error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones),
        cmocka_unit_test(bad_ones_are_told_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
