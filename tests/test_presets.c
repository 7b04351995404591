#define _POSIX_C_SOURCE 200809L

/* Presets: what they set, and what each mistake in one is told as. */
#include "cli/presets.h"

#include "cli/commands.h"
#include "cli/params.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static size_t row(const char *name, unsigned command)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    return (size_t)(umi_param_find(name, command) - params);
}

/* The text behind the line that tells the command, which is added. */
static umi_preset *parse(const char *text)
{
    umi_preset *preset = NULL;
    um_error error = {UM_OK, ""};
    char whole[512];
    snprintf(whole, sizeof whole, "command = separate %s", text);
    um_status status =
        umi_preset_parse(whole, "/music/x.conf", umi_command_find("separate"), &preset, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, UM_OK);
    return preset;
}

static void assert_set(const umi_preset *preset, const char *name, const char *text, int line)
{
    size_t i = row(name, UMI_SEPARATE);
    assert_int_equal(umi_preset_count(preset, i), 1);
    assert_string_equal(umi_preset_text(preset, i, 0), text);
    assert_int_equal(umi_preset_line(preset, i), line);
}

/* Lines are counted right behind comments of every kind, which libconfuse alone does not. */
static void test_values_and_lines(void **state)
{
    (void)state;
    umi_preset *preset = parse("# head\n"
                               "#\n"
                               "\n"
                               "atoms = 40 # forty\n"
                               "  # indented\n"
                               "tolerance = 1e-4#near\n"
                               "format=\"flac\"\r\n"
                               "residual = yes\n"
                               "memory = '1.5G'");
    assert_set(preset, "atoms", "40", 4);
    assert_set(preset, "tolerance", "1e-4", 6);
    assert_set(preset, "format", "flac", 7);
    assert_set(preset, "residual", "yes", 8);
    assert_set(preset, "memory", "1.5G", 9);
    assert_int_equal(umi_preset_count(preset, row("window", UMI_SEPARATE)), 0);
    assert_string_equal(umi_preset_path(preset), "/music/x.conf");
    umi_preset_free(preset);
}

static void test_empty(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# nothing\n", "# no newline",
                                        "dictionary = {}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t n;
        umi_preset *preset = parse(texts[i]);
        (void)umi_params(&n);
        for (size_t j = 0; j < n; j++) {
            assert_int_equal(umi_preset_count(preset, j), 0);
        }
        umi_preset_free(preset);
    }
}

/* Files are looked for in the preset's folder; '#' and '$' in single quotes are letters. */
static void test_paths(void **state)
{
    (void)state;
    size_t i = row("dictionary", UMI_SEPARATE);
    umi_preset *preset =
        parse("dictionary = {\"a b.safetensors\",\n  /abs/c, 'd#${e}'}\natoms = 3");
    assert_int_equal(umi_preset_count(preset, i), 3);
    assert_string_equal(umi_preset_text(preset, i, 0), "/music/a b.safetensors");
    assert_string_equal(umi_preset_text(preset, i, 1), "/abs/c");
    assert_string_equal(umi_preset_text(preset, i, 2), "/music/d#${e}");
    assert_set(preset, "atoms", "3", 3);
    umi_preset_free(preset);
    preset = parse("dictionary = one");
    assert_string_equal(umi_preset_text(preset, i, 0), "/music/one");
    umi_preset_free(preset);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"\n# c\n\natoms = 0\n", "x.conf:4: atoms: 0 is outside 1..4096"},
        {"# c\natoms = 1.5", "x.conf:2: atoms: '1.5' is not a whole number in 1..4096"},
        {"# c\n\n\nformat = mp3", "x.conf:4: format: 'mp3' is none of wav, flac"},
        {"hop = 0", "x.conf:1: hop: 0 is outside 1..1048576 samples"},
        {"residual = 1", "x.conf:1: residual: '1' is neither yes nor no"},
        {"# c\natom = 3", "x.conf:2: unknown key atom; did you mean atoms?"},
        {"colour = red", "x.conf:1: unknown key colour"},
        {"force = yes", "x.conf:1: force is an option, but not for presets"},
        {"learn = a=b", "x.conf:1: learn is an option, but not for presets"},
        {"atoms = 3\n# c\natoms = 3",
         "x.conf:3: atoms is set for a second time; the first is on line 1"},
        {"dictionary = a\n\ndictionary = {b, c}",
         "x.conf:3: dictionary is set for a second time; the first is on line 1"},
        {"atoms", "x.conf:1: "},
        {"atoms =", "x.conf:1: "},
        {"atoms 3", "x.conf:1: missing equal sign after option 'atoms'"},
        {"atoms = \"3", "x.conf:1: "},
        {"atoms = {3}", "x.conf:1: "},
        {"atoms = ''", "x.conf:1: atoms: '' is not a whole number in 1..4096"},
        {"\ndictionary = ''", "x.conf:2: dictionary: the value is empty"},
        {"atoms = ${ATOMS}", "x.conf:1: presets cannot refer to the environment"},
        {"\nformat = \"${F}\"", "x.conf:2: presets cannot refer to the environment"},
        {"// c\natoms = 0", "x.conf:1: comments start with '#'"},
        {"\n/* c */", "x.conf:2: comments start with '#'"},
        {"}", "x.conf:1: "},
        {"include(\"/etc/passwd\")", "x.conf:1: unknown key include"},
        {"\nstrength = 1",
         "x.conf:2: strength is no option of 'separate', which the preset is for"},
        {"\nlabel = a", "x.conf:2: label is no option of 'separate', which the preset is for"},
        {"\ncommand = separate", "x.conf:2: command is set for a second time"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        umi_preset *preset = (umi_preset *)1;
        um_error error = {UM_OK, ""};
        char text[256];
        snprintf(text, sizeof text, "command = separate %s", cases[i].text);
        um_status status =
            umi_preset_parse(text, "x.conf", umi_command_find("separate"), &preset, &error);
        assert_int_equal(status, UM_ERR_CONFIG);
        assert_null(preset);
        if (strncmp(error.message, cases[i].message, strlen(cases[i].message)) != 0) {
            fail_msg("\"%s\" gave \"%s\"", cases[i].text, error.message);
        }
    }
}

/* Told before anything else, and of nothing that another command could take. */
static void test_command(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "x.conf:1: say first what the preset is for: command = separate or command = denoise"},
        {"# c\nstrength = 1\ncommand = denoise", "x.conf:2: say first what the preset is for: "},
        {"\n\nno-such = 1", "x.conf:3: say first what the preset is for: "},
        {"command = dnoise", "x.conf:1: command: 'dnoise' has no presets; say command = separate "},
        {"command = learn",
         "x.conf:1: command: 'learn' has no presets; say command = separate or "},
        {"command = separate\natoms = 0",
         "x.conf:1: a preset for 'unmingle separate', not for 'denoise' ('unmingle presets'"},
        {"command = denoise\natoms = 3",
         "x.conf:2: atoms is no option of 'denoise', which the preset is for"},
        {"command = denoise\nstrenth = 1", "x.conf:2: unknown key strenth; did you mean strength?"},
        {"command = denoise\ndictionary = {a, b}",
         "x.conf:2: dictionary takes one value, not a list"},
    };
    const umi_command *denoise = umi_command_find("denoise");
    umi_preset *preset;
    um_error error;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(umi_preset_parse(cases[i].text, "x.conf", denoise, &preset, &error),
                         UM_ERR_CONFIG);
        if (strncmp(error.message, cases[i].message, strlen(cases[i].message)) != 0) {
            fail_msg("\"%s\" gave \"%s\"", cases[i].text, error.message);
        }
    }
    static const char text[] = "# c\ncommand = 'denoise'\ndictionary = a";
    for (int any = 0; any < 2; any++) {
        assert_int_equal(umi_preset_parse(text, "/m/x.conf", any ? NULL : denoise, &preset, &error),
                         UM_OK);
        assert_ptr_equal(umi_preset_command(preset), denoise);
        assert_int_equal(umi_preset_count(preset, row("dictionary", UMI_SEPARATE)), 0);
        assert_string_equal(umi_preset_text(preset, row("dictionary", UMI_DENOISE), 0), "/m/a");
        umi_preset_free(preset);
    }
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_presets.XXXXXX";
    char path[64];
    umi_preset *preset;
    um_error error;
    assert_non_null(mkdtemp(folder));

    snprintf(path, sizeof path, "%s/a.conf", folder);
    assert_int_equal(umi_preset_load(path, NULL, &preset, &error), UM_ERR_CONFIG);
    assert_non_null(strstr(error.message, path));

    FILE *file = fopen(path, "w");
    fputs("command = separate\natoms = 7", file);
    fclose(file);
    assert_int_equal(umi_preset_load(path, NULL, &preset, &error), UM_OK);
    assert_set(preset, "atoms", "7", 2);
    umi_preset_free(preset);

    file = fopen(path, "w");
    fwrite("atoms\0= 7", 1, 9, file);
    fclose(file);
    assert_int_equal(umi_preset_load(path, NULL, &preset, &error), UM_ERR_CONFIG);
    assert_non_null(strstr(error.message, "not a text file"));

    file = fopen(path, "w");
    for (int i = 0; i < 70000; i++) {
        fputc('\n', file);
    }
    fclose(file);
    assert_int_equal(umi_preset_load(path, NULL, &preset, &error), UM_ERR_CONFIG);
    assert_non_null(strstr(error.message, "longer than"));
    unlink(path);

    /* Neither may hang or be read. */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(umi_preset_load(path, NULL, &preset, &error), UM_ERR_CONFIG);
    unlink(path);
    assert_int_equal(umi_preset_load("./", NULL, &preset, &error), UM_ERR_CONFIG);
    rmdir(folder);

    assert_int_equal(umi_preset_load("no such preset", NULL, &preset, &error), UM_ERR_CONFIG);
    assert_non_null(strstr(error.message, "no such preset"));
}

static um_status attempt(void *context)
{
    umi_preset *preset;
    um_status status = umi_preset_parse(context, "x/y.conf", NULL, &preset, NULL);
    assert_true(status == UM_OK || preset == NULL);
    umi_preset_free(preset);
    return status;
}

static void test_short_memory(void **state)
{
    (void)state;
    char text[] = "command = separate\natoms = 3\ndictionary = {a, b}\n";
    assert_in_range(counting_allocator_sweep(attempt, text), 5, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_and_lines),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_short_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
