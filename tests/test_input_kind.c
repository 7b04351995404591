/* Folders, dictionaries by name or by bytes, and all the rest. */
#define _DEFAULT_SOURCE
#include "job/input_kind.h"

#include "dictionary_sample.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

static void kinds_are_told_apart(void **state)
{
    (void)state;
    size_t n;
    unsigned char *dictionary = sample_file(sample_header, sample_values, &n);
    unsigned char wave[44] = "RIFF$   WAVEfmt ";
    assert_int_equal(umi_input_kind_of(files.directory), UMI_INPUT_FOLDER);
    assert_int_equal(umi_input_kind_of("-"), UMI_INPUT_RECORDING);
    assert_int_equal(umi_input_kind_of("no such.wav"), UMI_INPUT_RECORDING);
    assert_int_equal(umi_input_kind_of("no such.safetensors"), UMI_INPUT_DICTIONARY);
    assert_int_equal(umi_input_kind_of(scratch_write(&files, "any name", dictionary, n)),
                     UMI_INPUT_DICTIONARY);
    assert_int_equal(umi_input_kind_of(scratch_write(&files, "short", dictionary, 8)),
                     UMI_INPUT_RECORDING);
    assert_int_equal(umi_input_kind_of(scratch_write(&files, "wave", wave, sizeof wave)),
                     UMI_INPUT_RECORDING);
    free(dictionary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told_apart),
    };
    return cmocka_run_group_tests_name("input_kind", tests, scratch_set_up, scratch_tear_down);
}
