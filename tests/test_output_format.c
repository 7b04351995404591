/* What becomes of a recording's format in another container. */
#include "job/output_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t n_warnings;

static void warn(void *user, const char *message)
{
    (void)user;
    assert_memory_equal(message, "a.x: ", 5);
    n_warnings++;
}

static const umi_watch watch = {NULL, NULL, warn, NULL};

static umi_sample fitted(umi_container container, umi_sample sample)
{
    umi_audio_format format = {container, sample, 44100, 8};
    assert_int_equal(umi_output_format_fit(&format, "a.x", &watch, NULL), UM_OK);
    assert_int_equal(format.container, container);
    assert_int_equal(format.channels, 8);
    return format.sample;
}

static void most_containers_hold_all_but_lossy(void **state)
{
    (void)state;
    n_warnings = 0;
    for (int sample = UMI_SAMPLE_U8; sample < UMI_SAMPLE_LOSSY; sample++) {
        assert_int_equal(fitted(UMI_CONTAINER_WAV, (umi_sample)sample), sample);
        assert_int_equal(fitted(UMI_CONTAINER_CAF, (umi_sample)sample), sample);
    }
    assert_int_equal(fitted(UMI_CONTAINER_WAV, UMI_SAMPLE_LOSSY), UMI_SAMPLE_S24);
    assert_int_equal(n_warnings, 0);
}

static void flac_holds_24_bits_and_8_channels(void **state)
{
    (void)state;
    n_warnings = 0;
    assert_int_equal(fitted(UMI_CONTAINER_FLAC, UMI_SAMPLE_S16), UMI_SAMPLE_S16);
    assert_int_equal(fitted(UMI_CONTAINER_FLAC, UMI_SAMPLE_LOSSY), UMI_SAMPLE_S24);
    assert_int_equal(fitted(UMI_CONTAINER_FLAC, UMI_SAMPLE_ULAW), UMI_SAMPLE_S16);
    assert_int_equal(n_warnings, 0);
    assert_int_equal(fitted(UMI_CONTAINER_FLAC, UMI_SAMPLE_S32), UMI_SAMPLE_S24);
    assert_int_equal(fitted(UMI_CONTAINER_FLAC, UMI_SAMPLE_DOUBLE), UMI_SAMPLE_S24);
    assert_int_equal(n_warnings, 2);
    umi_audio_format wide = {UMI_CONTAINER_FLAC, UMI_SAMPLE_S16, 44100, 9};
    um_error error;
    assert_int_equal(umi_output_format_fit(&wide, "a.x", &watch, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "a.x: has 9 channels"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(most_containers_hold_all_but_lossy),
        cmocka_unit_test(flac_holds_24_bits_and_8_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
