#include "cli/params.h"

#include "cli/options.h"
#include "job/factorisation.h"
#include "unmingle/window.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A name, and a letter, means one thing within a command. */
static void test_unique(void **state)
{
    (void)state;
    size_t n;
    const umi_param *params = umi_params(&n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            if ((params[i].commands & params[j].commands) != 0) {
                assert_string_not_equal(params[i].name, params[j].name);
                assert_true(params[i].letter == 0 || params[i].letter != params[j].letter);
            }
        }
        assert_string_not_equal(params[i].name, "help");
        assert_true(params[i].letter != 'h');
    }
}

static void test_rows_are_whole(void **state)
{
    (void)state;
    size_t n;
    const umi_param *params = umi_params(&n);
    for (size_t i = 0; i < n; i++) {
        const umi_param *p = &params[i];
        size_t length = strlen(p->detail);
        assert_true(p->commands != 0 && (p->commands & ~(unsigned)UMI_EVERY_COMMAND) == 0);
        assert_true(p->offset < sizeof(umi_options));
        assert_true((p->kind == UMI_FLAG) == (p->metavar == NULL));
        assert_true((p->kind == UMI_CHOICE) == (p->choices != NULL));
        assert_true(!p->repeatable || p->kind == UMI_TEXT || p->kind == UMI_PATH);
        assert_true(p->initial == NULL || p->initial_words == NULL);
        assert_true(p->min <= p->max);
        assert_true(islower((unsigned char)p->help[0]));
        /* Completions put it between double quotes. */
        assert_null(strpbrk(p->help, "\"$`\\"));
        assert_true(isupper((unsigned char)p->detail[0]) && p->detail[length - 1] == '.');
        assert_true(p->group < UMI_N_GROUPS);
        assert_true(strlen(umi_group_title(p->group)) > 0);
    }
}

/* Rows that share a field of the options have its type. */
static void test_shared_fields(void **state)
{
    (void)state;
    size_t n;
    const umi_param *params = umi_params(&n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (params[i].offset == params[j].offset) {
                assert_string_equal(params[i].name, params[j].name);
                assert_int_equal(params[i].kind, params[j].kind);
                assert_int_equal(params[i].repeatable, params[j].repeatable);
            }
        }
    }
}

static void test_built_in_values_are_in_range(void **state)
{
    (void)state;
    size_t n;
    const umi_param *params = umi_params(&n);
    for (size_t i = 0; i < n; i++) {
        umi_value value;
        if (params[i].initial != NULL) {
            assert_int_equal(umi_param_parse(&params[i], params[i].initial, &value, NULL), UM_OK);
            assert_string_equal(umi_param_default(&params[i]), params[i].initial);
        }
    }
}

static void test_choices_are_the_enums(void **state)
{
    (void)state;
    static const struct {
        const char *name, *word;
        unsigned place;
    } cases[] = {
        {"format", "wav", UMI_FORMAT_WAV},
        {"format", "flac", UMI_FORMAT_FLAC},
        {"sample-format", "keep", UMI_SAMPLE_FORMAT_KEEP},
        {"sample-format", "16", UMI_SAMPLE_FORMAT_16},
        {"sample-format", "24", UMI_SAMPLE_FORMAT_24},
        {"sample-format", "32", UMI_SAMPLE_FORMAT_32},
        {"sample-format", "float", UMI_SAMPLE_FORMAT_FLOAT},
        {"start", "nndsvd", UMI_START_NNDSVD},
        {"start", "random", UMI_START_RANDOM},
        {"window-shape", "hann", UM_WINDOW_HANN},
        {"window-shape", "sine", UM_WINDOW_SINE},
        {"window-shape", "kbd", UM_WINDOW_KBD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        umi_value value;
        const umi_param *param = umi_param_find(cases[i].name, UMI_SEPARATE);
        assert_non_null(param);
        assert_int_equal(umi_param_parse(param, cases[i].word, &value, NULL), UM_OK);
        assert_int_equal(value.choice, cases[i].place);
    }
    for (unsigned i = 0; umi_window_choices[i] != NULL; i++) {
        assert_string_equal(umi_window_choices[i], um_window_name((um_window)i));
    }
    for (unsigned i = 0; umi_solver_choices[i] != NULL; i++) {
        assert_string_equal(umi_solver_choices[i], umi_solver_name((umi_solver)i));
    }
    const umi_param *divergence = umi_param_find("divergence", UMI_FACTOR);
    for (unsigned i = 0; divergence->choices[i] != NULL; i++) {
        assert_string_equal(divergence->choices[i], umi_divergence_name((um_divergence)i));
    }
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(umi_param_find("atoms", UMI_LEARN)->commands, UMI_LEARN);
    assert_int_equal(umi_param_find("atoms", UMI_SEPARATE)->commands, UMI_SEPARATE);
    assert_null(umi_param_find("atoms", UMI_INFO));
    assert_null(umi_param_find("atom", UMI_EVERY_COMMAND));
}

static void test_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *name, *low, *below, *high, *above, *range;
    } cases[] = {
        {"atoms", "1", "0", "4096", "4097", "1..4096"},
        {"atoms", "1", "-3", "4096", "99999", "1..4096"},
        {"sources", "2", "1", "64", "65", "2..64 or auto"},
        {"exponent", "0.5", "0.49", "4", "4.0001", "0.5..4"},
        {"tolerance", "0", "-1e-9", "1", "1.1", "0..1"},
        {"memory", "16M", "15.9M", "1T", "1.1T", "16M..1T"},
        {"window", "16", "15", "1048576", "1048577", "16..1048576 samples"},
        {"seed", "0", "-1", "9007199254740991", "9007199254740992", "0..9007199254740991"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        umi_value value;
        um_error error;
        const umi_param *param = umi_param_find(cases[i].name, UMI_SEPARATE);
        assert_int_equal(umi_param_parse(param, cases[i].low, &value, NULL), UM_OK);
        assert_int_equal(umi_param_parse(param, cases[i].high, &value, NULL), UM_OK);
        assert_int_equal(umi_param_parse(param, cases[i].below, &value, &error), UM_ERR_ARGUMENT);
        assert_non_null(strstr(error.message, cases[i].below));
        assert_non_null(strstr(error.message, cases[i].range));
        assert_int_equal(umi_param_parse(param, cases[i].above, &value, &error), UM_ERR_ARGUMENT);
        assert_non_null(strstr(error.message, cases[i].range));
    }
}

static void test_messages(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *message;
    } cases[] = {
        {"atoms", "x", "'x' is not a whole number in 1..4096"},
        {"atoms", "1.5", "'1.5' is not a whole number in 1..4096"},
        {"exponent", "1,5", "'1,5' is not a number in 0.5..4"},
        {"memory", "much", "'much' is not a size such as 512M or 1.5G in 16M..1T"},
        {"format", "mp3", "'mp3' is none of wav, flac"},
        {"residual", "maybe", "'maybe' is neither yes nor no"},
        {"output", "", "the value is empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        umi_value value;
        um_error error;
        const umi_param *param = umi_param_find(cases[i].name, UMI_SEPARATE);
        assert_int_equal(umi_param_parse(param, cases[i].text, &value, &error), UM_ERR_ARGUMENT);
        assert_string_equal(error.message, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unique),
        cmocka_unit_test(test_rows_are_whole),
        cmocka_unit_test(test_shared_fields),
        cmocka_unit_test(test_built_in_values_are_in_range),
        cmocka_unit_test(test_choices_are_the_enums),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
