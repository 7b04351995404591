/* The hash is XXH3's, whatever the length. */
#define _DEFAULT_SOURCE
#include "io/file_hash.h"

#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

/* `xxhsum -H2` of the first n bytes of 0, 1, ..., 250, 0, 1, ... */
static const struct {
    size_t n;
    const char *hash;
} known[] = {
    {0, "99aa06d3014798d86001c324468d497f"},     {1, "a6cd5e9392000f6ac44bdff4074eecdb"},
    {240, "65b5be86da5540e7c92b68e16f83bbb6"},   {65536, "f5e7bc5d3d8675bfaaae63800707a868"},
    {65537, "0924e7a3a30e818770331d53d92bbc56"}, {200000, "b0b4a8995101f27bf0543157a23a8634"}};

static void known_values(void **state)
{
    (void)state;
    static unsigned char bytes[200000];
    char hash[UMI_FILE_HASH_SIZE];
    um_error error;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i % 251);
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(umi_file_hash(scratch_write(&files, "a", bytes, known[i].n), hash, &error),
                         UM_OK);
        assert_string_equal(hash, known[i].hash);
    }
}

static void no_file(void **state)
{
    (void)state;
    char hash[UMI_FILE_HASH_SIZE];
    um_error error;
    assert_int_equal(umi_file_hash(scratch_path(&files, "none"), hash, &error), UM_ERR_NO_INPUT);
    assert_int_equal(umi_file_hash(files.directory, hash, &error), UM_ERR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(no_file),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
