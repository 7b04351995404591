/* Devices as JSON. */
#include "job/device_list.h"

#include "core/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void tells_all_of_each(void **state)
{
    (void)state;
    umi_device items[] = {{"A \"mic\"", "ALSA", 2, 0, 44100.0, true, false},
                          {"B", "JACK", 0, 8, 48000.0, false, true}};
    umi_devices devices = {items, 2};
    umi_json *json = umi_device_list_json(&devices);
    char *line = umi_json_to_line(json);
    assert_string_equal(
        line, "[{\"name\":\"A \\\"mic\\\"\",\"host\":\"ALSA\",\"inputs\":2,\"outputs\":0,"
              "\"rate\":44100,\"default_in\":true,\"default_out\":false},"
              "{\"name\":\"B\",\"host\":\"JACK\",\"inputs\":0,\"outputs\":8,\"rate\":48000,"
              "\"default_in\":false,\"default_out\":true}]");
    umi_json_free(json);
    umi_free(line);
}

static void none_is_an_empty_list(void **state)
{
    (void)state;
    umi_devices none = {NULL, 0};
    umi_json *json = umi_device_list_json(&none);
    assert_true(umi_json_is_array(json));
    assert_int_equal(umi_json_length(json), 0);
    umi_json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_all_of_each),
        cmocka_unit_test(none_is_an_empty_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
