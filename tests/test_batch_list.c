/* Which items a run has, where their outputs go, and which lists are refused. */
#define _DEFAULT_SOURCE
#include "job/batch_list.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static scratch files;
static um_error error;
static umi_batch_list list;
static char before[PATH_MAX];

/* The tests work in the scratch folder, so that paths are short. */
static int set_up(void **state)
{
    (void)state;
    scratch_make(&files);
    return getcwd(before, sizeof before) != NULL && chdir(files.directory) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    umi_batch_list_free(&list);
    int result = chdir(before);
    scratch_remove(&files);
    return result;
}

static void make(const char *name)
{
    if (name[strlen(name) - 1] == '/') {
        assert_int_equal(mkdir(name, 0777), 0);
    } else {
        scratch_write(&files, name, "12345", 5);
    }
}

/* Lists the operands, NULL after the last, for `output`. */
static um_status list_of(const char *output, bool residue, const char *const *operands)
{
    umi_batch_list_config config = {
        .operands = operands, .output = output, .residue = residue, .shard = {0, 1}};
    while (operands[config.n_operands] != NULL) {
        config.n_operands++;
    }
    umi_batch_list_free(&list);
    return umi_batch_list_new(&config, &list, &error);
}

/* "input>output|..." */
static const char *items(void)
{
    static char text[4096];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < list.n_items; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s>%s|", list.items[i].input,
                                 list.items[i].problem != NULL ? "!" : list.items[i].output);
    }
    return text;
}

static void assert_list(const char *output, const char *const *operands, const char *expected)
{
    if (list_of(output, false, operands) != UM_OK) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(items(), expected);
}

#define OPERANDS(...)                                                                              \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void one_folder_is_mirrored(void **state)
{
    (void)state;
    make("in/");
    make("in/s/");
    make("in/s/b.flac");
    make("in/a.wav");
    make("in/c.mp3");
    assert_list("out", OPERANDS("in"), "in/a.wav>a.wav|in/c.mp3>c.mp3.flac|in/s/b.flac>s/b.flac|");
    assert_string_equal(list.root, "out");
    assert_false(list.is_single);
    assert_int_equal(list.items[0].n_bytes, 5);
    make("in/out/");
    make("in/out/a.wav");
    assert_list("in/out", OPERANDS("in/"),
                "in/a.wav>a.wav|in/c.mp3>c.mp3.flac|in/s/b.flac>s/b.flac|");
}

static void several_operands_keep_their_names(void **state)
{
    (void)state;
    make("in/");
    make("in/a.wav");
    make("a.wav");
    assert_list("out", OPERANDS("a.wav", "in//", "in/../none.ogg"),
                "a.wav>a.wav|in//a.wav>in/a.wav|in/../none.ogg>none.ogg.flac|");
    assert_int_equal(list.items[2].n_bytes, 0);
    assert_int_equal(chdir("in"), 0);
    assert_list("../out", OPERANDS(".", "../a.wav"), "./a.wav>in/a.wav|../a.wav>a.wav|");
}

static void one_file(void **state)
{
    (void)state;
    make("x.wav/");
    static const char *const cases[][3] = {
        {"b.flac", ".", "a.wav>b.flac|"},     {"d/b.au", "d", "a.wav>b.au|"},
        {"/b.au", "/", "a.wav>b.au|"},        {"d", "d", "a.wav>a.wav|"},
        {"b.wav/", "b.wav/", "a.wav>a.wav|"}, {"x.wav", "x.wav", "a.wav>a.wav|"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_list(cases[i][0], OPERANDS("a.wav"), cases[i][2]);
        assert_string_equal(list.root, cases[i][1]);
        assert_true(list.is_single);
    }
    assert_list("b.wav", OPERANDS("-"), "->b.wav|");
    assert_int_equal(list_of("out", false, OPERANDS("-")), UM_ERR_ARGUMENT);
    assert_int_equal(list_of("b.wav", false, OPERANDS("-", "a.wav")), UM_ERR_ARGUMENT);
    assert_int_equal(list_of("b.ogg", false, OPERANDS("a.wav")), UM_ERR_ARGUMENT);
    assert_int_equal(list_of("", false, OPERANDS("a.wav")), UM_ERR_ARGUMENT);
}

static void residues(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"a.wav", "a.residue.wav"},
                                           {"a.mp3.flac", "a.mp3.residue.flac"},
                                           {"x.y/a", "x.y/a.residue"},
                                           {"x/.wav", "x/.wav.residue"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = umi_batch_residue_name(cases[i][0]);
        assert_string_equal(name, cases[i][1]);
        umi_free(name);
    }
}

static void a_manifest_keeps_paths(void **state)
{
    (void)state;
    static const char text[] = "\"x/./a.wav\"\n\"/y/b.mp3\"\n{\"input\":\"../c\",\"output\":\"d\"}";
    scratch_write(&files, "list", text, sizeof text - 1);
    umi_batch_list_config config = {.manifest = "list", .output = "out", .shard = {0, 1}};
    assert_int_equal(umi_batch_list_new(&config, &list, &error), UM_OK);
    assert_string_equal(items(), "x/./a.wav>x/a.wav|/y/b.mp3>y/b.mp3.flac|../c>d|");
    assert_false(list.is_single);
    umi_batch_list_free(&list);
    scratch_write(&files, "list", "\"../a.wav\"", 10);
    assert_int_equal(umi_batch_list_new(&config, &list, &error), UM_ERR_DATA);
    assert_int_equal(list.n_items, 0);
}

static void a_shard_has_the_same_items(void **state)
{
    (void)state;
    make("in/");
    make("in/a.wav");
    make("in/b.wav");
    make("in/c.wav");
    static const char *const operands[] = {"in"};
    umi_batch_list_config config = {
        .operands = operands, .n_operands = 1, .output = "out", .shard = {1, 2}};
    assert_int_equal(umi_batch_list_new(&config, &list, &error), UM_OK);
    assert_string_equal(items(), "in/a.wav>a.wav|in/b.wav>b.wav|in/c.wav>c.wav|");
    assert_int_equal(list.items[0].n_bytes, 0); /* another run's business */
    assert_int_equal(list.items[1].n_bytes, 5);
    assert_int_equal(list.items[2].n_bytes, 0);
}

static um_status attempt(void *context)
{
    (void)context;
    um_status status = list_of("out", true, OPERANDS("in", "a.wav"));
    umi_batch_list_free(&list);
    return status;
}

static void memory(void **state)
{
    (void)state;
    make("in/");
    make("in/b.wav");
    assert_true(counting_allocator_sweep(attempt, NULL) >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_folder_is_mirrored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(several_operands_keep_their_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(residues, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_manifest_keeps_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shard_has_the_same_items, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
