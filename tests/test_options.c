#define _DEFAULT_SOURCE /* mkstemps */

/* The command line: what each form of an option sets, and what each mistake is told as. */
#include "cli/options.h"

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
#include <unistd.h>

#include <cmocka.h>

enum { MAX_ARGUMENTS = 32 };

/* Splits at blanks; the words are kept in a buffer of the test's. */
typedef struct line {
    char text[1024];
    char *argv[MAX_ARGUMENTS + 1];
    int argc;
} line;

static void split(const char *text, line *l)
{
    l->argc = 0;
    snprintf(l->text, sizeof l->text, "%s", text);
    for (char *word = strtok(l->text, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(l->argc < MAX_ARGUMENTS);
        l->argv[l->argc++] = word;
    }
    l->argv[l->argc] = NULL;
}

static um_status parse(const char *text, line *l, umi_options *options, um_error *error)
{
    split(text, l);
    const umi_command *command = umi_command_find(l->argv[0]);
    assert_non_null(command);
    assert_int_equal(umi_options_new(command, options), UM_OK);
    return umi_options_parse(options, l->argc, l->argv, error);
}

static void parse_ok(const char *text, line *l, umi_options *options)
{
    um_error error = {UM_OK, ""};
    um_status status = parse(text, l, options, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, UM_OK);
}

/* The built-in value of one of separate's parameters, as the table has it. */
static umi_value built_in(const char *name)
{
    umi_value value;
    const umi_param *param = umi_param_find(name, UMI_SEPARATE);
    assert_int_equal(umi_param_parse(param, param->initial, &value, NULL), UM_OK);
    return value;
}

static void test_built_in(void **state)
{
    (void)state;
    line l;
    umi_options o;
    parse_ok("separate song.wav", &l, &o);
    /* What is tuned now and then is not written down here again. */
    assert_int_equal(o.sources, built_in("sources").integer);
    assert_int_equal(o.atoms, built_in("atoms").integer);
    assert_true(o.exponent == built_in("exponent").real);
    assert_true(o.memory == built_in("memory").integer);
    assert_true(o.sources >= 2 && o.atoms >= 1 && o.exponent >= 0.5 && o.memory >= 1u << 24);
    assert_int_equal(o.window, 0);
    assert_int_equal(o.hop, 0);
    assert_int_equal(o.threads, 0);
    assert_int_equal(o.format, UMI_FORMAT_WAV);
    assert_int_equal(o.sample_format, UMI_SAMPLE_FORMAT_KEEP);
    assert_null(o.output);
    assert_false(o.residual || o.force || o.json || o.quiet || o.verbose);
    assert_int_equal(o.n_operands, 1);
    assert_string_equal(o.operands[0].text, "song.wav");
    assert_null(o.operands[0].label);
    assert_int_equal(umi_options_origin(&o, "atoms"), UMI_BUILT_IN);
    umi_options_free(&o);
}

static void test_every_form(void **state)
{
    (void)state;
    line l;
    umi_options o;
    parse_ok("separate a.wav -o out --sources=3 --atoms 40 --residual -qv --learn x=y --learn z=w "
             "--memory 1G --exponent 2.5 --window-sh sine --sample-format float --seed 9 -- -b.wav",
             &l, &o);
    assert_string_equal(o.output, "out");
    assert_int_equal(o.sources, 3);
    assert_int_equal(o.atoms, 40);
    assert_true(o.residual && o.quiet && o.verbose);
    assert_int_equal(o.learn.count, 2);
    assert_string_equal(o.learn.items[0], "x=y");
    assert_string_equal(o.learn.items[1], "z=w");
    assert_true(o.memory == 1u << 30);
    assert_true(o.exponent == 2.5);
    assert_int_equal(o.window_shape, 1);
    assert_int_equal(o.sample_format, UMI_SAMPLE_FORMAT_FLOAT);
    assert_int_equal(o.seed, 9);
    assert_int_equal(o.n_operands, 2);
    assert_string_equal(o.operands[1].text, "-b.wav");
    assert_int_equal(umi_options_origin(&o, "seed"), UMI_FROM_OPTION);
    assert_int_equal(umi_options_origin(&o, "hop"), UMI_BUILT_IN);
    umi_options_free(&o);

    parse_ok("separate -ox - --seed 1 --seed 2", &l, &o);
    assert_string_equal(o.output, "x");
    assert_string_equal(o.operands[0].text, "-");
    assert_int_equal(o.seed, 2);
    umi_options_free(&o);
}

/* A file belongs to the label before it, wherever other options stand. */
static void test_labels(void **state)
{
    (void)state;
    static const char *const labels[] = {"drums", "drums", "bass", "bass", "drums"};
    line l;
    umi_options o;
    parse_ok("learn --label drums a.wav --atoms 9 b.wav --label bass c.wav -o d.st -- -d.wav", &l,
             &o);
    assert_int_equal(o.n_operands, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(o.operands[i].label, labels[i]);
    }
    assert_string_equal(o.operands[3].text, "-d.wav");
    assert_int_equal(o.atoms, 9);
    umi_options_free(&o);
    /* The same label twice is two places of one source. */
    parse_ok("learn --label drums a --label bass b --label drums c -o d", &l, &o);
    assert_string_equal(o.operands[2].label, labels[4]);
    umi_options_free(&o);
}

static void test_help(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        umi_help help;
    } cases[] = {
        {"separate --help", UMI_HELP_EVERYDAY},
        {"learn -h", UMI_HELP_EVERYDAY},
        {"score --help=all", UMI_HELP_ALL},
        {"separate a.wav --sources 3 --help", UMI_HELP_EVERYDAY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        line l;
        umi_options o;
        parse_ok(cases[i].text, &l, &o);
        assert_int_equal(o.help, cases[i].help);
        umi_options_free(&o);
    }
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"separate", "IN... is missing (see 'unmingle separate --help')"},
        {"separate a --sorces 3",
         "unknown option --sorces; did you mean --sources? (see 'unmingle separate --help')"},
        {"separate a --sorces=3",
         "unknown option --sorces; did you mean --sources? (see 'unmingle separate --help')"},
        {"separate a --colour", "unknown option --colour (see 'unmingle separate --help')"},
        {"separate a --label x",
         "--label is no option of separate (see 'unmingle separate --help')"},
        {"separate a --win 3",
         "--win may be --window, --window-shape (see 'unmingle separate --help')"},
        {"separate a -z", "unknown option -z (see 'unmingle separate --help')"},
        {"separate a --sources", "--sources needs a value (see 'unmingle separate --help')"},
        {"separate a -o", "-o needs a value (see 'unmingle separate --help')"},
        {"separate a --force=yes", "--force takes no value (see 'unmingle separate --help')"},
        {"separate a --sources 1", "--sources: 1 is outside 2..64 or auto"},
        {"separate a --sources -2", "--sources: -2 is outside 2..64 or auto"},
        {"separate a --sources x", "--sources: 'x' is not a whole number in 2..64 or auto"},
        {"separate a --format mp3", "--format: 'mp3' is none of wav, flac"},
        {"separate a --output=", "--output: the value is empty"},
        {"separate a --help=more",
         "--help takes no value but 'all' (see 'unmingle separate --help')"},
        {"learn --label a b", "--output DICT is missing (see 'unmingle learn --help')"},
        {"learn b -o c", "--label NAME is missing, or --speech (see 'unmingle learn --help')"},
        {"learn b --label a c -o d",
         "b stands before the first --label (see 'unmingle learn --help')"},
        {"learn --label a --label b c -o d",
         "no files after --label a (see 'unmingle learn --help')"},
        {"learn --label a -o d", "FILES... is missing (see 'unmingle learn --help')"},
        {"score --reference a", "--estimate DIR is missing (see 'unmingle score --help')"},
        {"score --reference a --estimate b c",
         "'c' is one argument too many (see 'unmingle score --help')"},
        {"info", "FILE... is missing (see 'unmingle info --help')"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        line l;
        umi_options o;
        um_error error = {UM_OK, ""};
        assert_int_equal(parse(cases[i].text, &l, &o, &error), UM_ERR_ARGUMENT);
        assert_int_equal(error.status, UM_ERR_ARGUMENT);
        assert_string_equal(error.message, cases[i].message);
        umi_options_free(&o);
    }
}

/* Built-in < preset < option, whatever the order on the line. */
static void test_order_of_preset(void **state)
{
    (void)state;
    char path[] = "/tmp/test_options.XXXXXX.conf";
    char text[256];
    line l;
    umi_options o;
    int file = mkstemps(path, 5);
    static const char preset[] =
        "command = separate\natoms = 7\nhop = 64\nresidual = yes\ndictionary = {a, b}\n";
    assert_true(write(file, preset, sizeof preset - 1) == (ssize_t)(sizeof preset - 1));
    close(file);

    snprintf(text, sizeof text, "separate x --atoms 9 --preset %s --dictionary c", path);
    parse_ok(text, &l, &o);
    assert_int_equal(o.atoms, 9);
    assert_int_equal(o.hop, 64);
    assert_int_equal(o.sources, built_in("sources").integer);
    assert_true(o.residual);
    assert_int_equal(o.dictionary.count, 1);
    assert_string_equal(o.dictionary.items[0], "c");
    assert_int_equal(umi_options_origin(&o, "atoms"), UMI_FROM_OPTION);
    assert_int_equal(umi_options_origin(&o, "hop"), UMI_FROM_PRESET);
    assert_int_equal(umi_options_origin(&o, "sources"), UMI_BUILT_IN);
    umi_options_free(&o);

    snprintf(text, sizeof text, "separate x --preset %s --atoms 10 --residual=no", path);
    parse_ok(text, &l, &o);
    assert_int_equal(o.atoms, 10);
    assert_false(o.residual);
    assert_int_equal(o.dictionary.count, 2);
    assert_string_equal(o.dictionary.items[1], "/tmp/b");
    umi_options_free(&o);
    unlink(path);

    um_error error;
    assert_int_equal(parse("separate x --preset no-such", &l, &o, &error), UM_ERR_CONFIG);
    assert_non_null(strstr(error.message, "no-such"));
    umi_options_free(&o);
}

static um_status attempt(void *context)
{
    line l;
    umi_options o;
    split(context, &l);
    um_status status = umi_options_new(umi_command_find(l.argv[0]), &o);
    if (status == UM_OK) {
        status = umi_options_parse(&o, l.argc, l.argv, NULL);
    }
    umi_options_free(&o);
    return status;
}

static void test_short_memory(void **state)
{
    (void)state;
    char text[] = "separate a --learn b=c --dictionary d --learn e=f";
    assert_in_range(counting_allocator_sweep(attempt, text), 4, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in),     cmocka_unit_test(test_every_form),
        cmocka_unit_test(test_labels),       cmocka_unit_test(test_help),
        cmocka_unit_test(test_mistakes),     cmocka_unit_test(test_order_of_preset),
        cmocka_unit_test(test_short_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
