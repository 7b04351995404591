/* Which device somebody means. */
#include "io/device_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static umi_device items[] = {
    {"USB Microphone", "ALSA", 1, 0, 48000.0, false, false},
    {"USB", "ALSA", 2, 2, 48000.0, false, false},
    {"Speakers", "ALSA", 0, 2, 48000.0, false, true},
    {"Built-in", "ALSA", 2, 2, 44100.0, true, false},
};
static const umi_devices devices = {items, 4}, none = {NULL, 0};

static void assert_found(umi_device_use use, const char *name, size_t expected)
{
    size_t place = 99;
    um_error error;
    assert_int_equal(umi_device_find(&devices, use, name, &place, &error), UM_OK);
    assert_int_equal(place, expected);
}

static void by_name_part_or_default(void **state)
{
    (void)state;
    assert_found(UMI_DEVICE_IN, "USB", 1); /* exactly, though another has it as a part */
    assert_found(UMI_DEVICE_IN, "micro", 0);
    assert_found(UMI_DEVICE_OUT, "us", 1); /* the microphone does not play */
    assert_found(UMI_DEVICE_IN, NULL, 3);
    assert_found(UMI_DEVICE_OUT, NULL, 2);
}

static void assert_refused(const umi_devices *list, const char *name, um_status expected,
                           const char *word)
{
    size_t place;
    um_error error;
    assert_int_equal(umi_device_find(list, UMI_DEVICE_IN, name, &place, &error), expected);
    assert_non_null(strstr(error.message, word));
}

static void others_are_told(void **state)
{
    (void)state;
    assert_refused(&devices, "usb", UM_ERR_ARGUMENT, "'USB Microphone', 'USB'");
    assert_refused(&devices, "Speakers", UM_ERR_NO_DEVICE, "'Built-in'");
    assert_refused(&none, "USB", UM_ERR_NO_DEVICE, "none");
    assert_refused(&none, NULL, UM_ERR_NO_DEVICE, "connect one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_name_part_or_default),
        cmocka_unit_test(others_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
