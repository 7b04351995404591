/* What names are those of sound, and of which container. */
#include "job/sound_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void sound_names(void **state)
{
    (void)state;
    const char *const sound[] = {"a.wav", "a.b.FLAC", "- \xC5\xB1.Mp3", "a.aiff", "a.oga"};
    const char *const other[] = {"wav",  "a.wav.json", "meta.json", ".a.wav",
                                 ".wav", "a.wavx",     "a."};
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        assert_true(umi_is_sound_name(sound[i]));
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        assert_false(umi_is_sound_name(other[i]));
    }
}

static void containers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        umi_container container;
    } cases[] = {{"a.wav", UMI_CONTAINER_WAV},    {"a.RF64", UMI_CONTAINER_WAV},
                 {"a.w64", UMI_CONTAINER_W64},    {"a.Aif", UMI_CONTAINER_AIFF},
                 {"a.snd", UMI_CONTAINER_AU},     {"a.caf", UMI_CONTAINER_CAF},
                 {".a.flac", UMI_CONTAINER_FLAC}, {"a.mp3.flac", UMI_CONTAINER_FLAC},
                 {"a.opus", UMI_CONTAINER_OGG},   {"a.mp3", UMI_CONTAINER_MP3}};
    umi_container container;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(umi_container_of_name(cases[i].name, &container));
        assert_int_equal(container, cases[i].container);
    }
    container = UMI_CONTAINER_MP3;
    assert_false(umi_container_of_name("wav", &container));
    assert_false(umi_container_of_name("a.wav.txt", &container));
    assert_int_equal(container, UMI_CONTAINER_MP3);
}

static void small_and_capital_letters(void **state)
{
    (void)state;
    assert_true(umi_equal_names("MiX.wav", 3, "mix"));
    assert_false(umi_equal_names("mix.wav", 7, "mix"));
    assert_false(umi_equal_names("m\xC5x", 3, "m\xE5x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_names),
        cmocka_unit_test(containers),
        cmocka_unit_test(small_and_capital_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
