/* What --format and --sample-format ask for together. */
#include "cli/output_wish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_pair(void **state)
{
    (void)state;
    static const umi_sample samples[] = {UMI_SAMPLE_FLOAT, UMI_SAMPLE_S16, UMI_SAMPLE_S24,
                                         UMI_SAMPLE_S32, UMI_SAMPLE_FLOAT};
    for (unsigned i = UMI_SAMPLE_FORMAT_KEEP; i <= UMI_SAMPLE_FORMAT_FLOAT; i++) {
        for (unsigned format = UMI_FORMAT_WAV; format <= UMI_FORMAT_FLAC; format++) {
            umi_options options = {.format = format, .sample_format = i};
            umi_output_wish wish;
            um_error error = {UM_OK, ""};
            bool flac = format == UMI_FORMAT_FLAC;
            um_status status = umi_output_wish_of(&options, &wish, &error);
            if (flac && (i == UMI_SAMPLE_FORMAT_32 || i == UMI_SAMPLE_FORMAT_FLOAT)) {
                assert_int_equal(status, UM_ERR_ARGUMENT);
                assert_ptr_equal(strstr(error.message, "--sample-format: FLAC"), error.message);
                continue;
            }
            assert_int_equal(status, UM_OK);
            assert_int_equal(wish.container, flac ? UMI_CONTAINER_FLAC : UMI_CONTAINER_WAV);
            assert_int_equal(wish.keep_sample, i == UMI_SAMPLE_FORMAT_KEEP);
            assert_int_equal(wish.sample, samples[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_pair)};
    return cmocka_run_group_tests_name("output_wish", tests, NULL, NULL);
}
