/* What the system's numbers mean, and that a full disk is remembered once. */
#include "io/file_error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void reading(void **state)
{
    (void)state;
    assert_int_equal(umi_status_of_reading(ENOENT), UM_ERR_NO_INPUT);
    assert_int_equal(umi_status_of_reading(EACCES), UM_ERR_PERMISSION);
    assert_int_equal(umi_status_of_reading(EIO), UM_ERR_IO);
    assert_int_equal(umi_status_of_reading(ENXIO), UM_ERR_DATA);
}

static void writing(void **state)
{
    (void)state;
    assert_int_equal(umi_status_of_writing(EACCES), UM_ERR_PERMISSION);
    assert_int_equal(umi_status_of_writing(ENOENT), UM_ERR_CREATE);
    assert_int_equal(umi_status_of_writing(EROFS), UM_ERR_CREATE);
    assert_int_equal(umi_status_of_writing(ENOMEM), UM_ERR_MEMORY);
    assert_int_equal(umi_status_of_writing(EIO), UM_ERR_IO);
    assert_int_equal(umi_status_of_writing(EFBIG), UM_ERR_IO);
    assert_false(umi_disk_was_full());
}

static void a_full_disk_is_told_once(void **state)
{
    (void)state;
    static const int full[] = {ENOSPC, EDQUOT};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(umi_status_of_writing(full[i]), UM_ERR_IO);
        assert_int_equal(umi_status_of_writing(EACCES), UM_ERR_PERMISSION);
        assert_true(umi_disk_was_full());
        assert_false(umi_disk_was_full());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(writing),
        cmocka_unit_test(a_full_disk_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
