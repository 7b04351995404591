#include "cli/exit_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

#include <cmocka.h>

/* The numbers are those of the system's own sysexits.h. */
static void test_codes(void **state)
{
    (void)state;
    static const struct {
        um_status status;
        int code;
    } cases[] = {
        {UM_OK, EX_OK},
        {UM_ERR_ARGUMENT, EX_USAGE},
        {UM_ERR_DATA, EX_DATAERR},
        {UM_ERR_NO_INPUT, EX_NOINPUT},
        {UM_ERR_INTERNAL, EX_SOFTWARE},
        {UM_ERR_MEMORY, EX_OSERR},
        {UM_ERR_CREATE, EX_CANTCREAT},
        {UM_ERR_IO, EX_IOERR},
        {UM_ERR_CHANGED, EX_TEMPFAIL},
        {UM_ERR_CANCELLED, EX_TEMPFAIL},
        {UM_ERR_PERMISSION, EX_NOPERM},
        {UM_ERR_CONFIG, EX_CONFIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(umi_exit_code(cases[i].status), cases[i].code);
    }
    assert_int_equal(umi_exit_code((um_status)999), EX_SOFTWARE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_codes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
