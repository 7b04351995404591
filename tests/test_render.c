/* Stems of other groups, as a job: the separation's own come back, and what fails leaves nothing.
 */
#define _DEFAULT_SOURCE
#include "job/render.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "kept_folder.h"

#include <setjmp.h>

#include <cmocka.h>

static kept_folder kept;
static char output[PATH_MAX], warned[512];
static um_error error;

static int make_folder(void **state)
{
    (void)state;
    bool made = kept_folder_make(&kept, true);
    snprintf(output, sizeof output, "%s", scratch_path(&kept.made, "out"));
    return made ? 0 : 1;
}

static int remove_folder(void **state)
{
    (void)state;
    kept_folder_remove(&kept);
    return 0;
}

static int remove_output(void **state)
{
    (void)state;
    scratch_remove_tree(AT_FDCWD, output);
    return 0;
}

static void take_warning(void *user, const char *message)
{
    (void)user;
    snprintf(warned, sizeof warned, "%s", message);
}

static umi_render_config config_of(const umi_atom_group *groups, size_t n_groups)
{
    umi_render_config config = {.directory = kept.stems,
                                .output = output,
                                .groups = groups,
                                .n_groups = n_groups,
                                .single = n_groups == 0,
                                .format = {UMI_CONTAINER_WAV, true, UMI_SAMPLE_S16},
                                .parallel = um_parallel_serial()};
    config.watch.warn = take_warning;
    warned[0] = '\0';
    return config;
}

static void assert_same_file(const char *name)
{
    static unsigned char old[KEPT_FRAMES * KEPT_CHANNELS * 4], new[sizeof old];
    char path[PATH_MAX + 80];
    snprintf(path, sizeof path, "%s/%s", kept.stems, name);
    size_t n = scratch_read(path, old, sizeof old);
    snprintf(path, sizeof path, "%s/%s", output, name);
    assert_true(n > KEPT_FRAMES && n < sizeof old);
    assert_int_equal(scratch_read(path, new, sizeof new), n);
    assert_memory_equal(old, new, n);
}

/* The atoms of each source, read from the dictionary's labels. */
static size_t n_of_first_source(void)
{
    um_dictionary *d;
    size_t n = 0;
    assert_int_equal(
        um_dictionary_load(scratch_path(&kept.made, "stems/atoms.safetensors"), &d, &error), UM_OK);
    while (n < d->W.rows && strcmp(d->labels[n], "source-1") == 0) {
        n++;
    }
    um_dictionary_free(d);
    return n;
}

static void own_groups_give_the_same_stems(void **state)
{
    (void)state;
    size_t n = n_of_first_source();
    assert_true(n > 0 && n < KEPT_ATOMS);
    umi_atom_range first = {1, n}, second = {n + 1, KEPT_ATOMS};
    umi_atom_group groups[] = {{"source-1", &first, 1, false}, {"source-2", &second, 1, false}};
    umi_render_config config = config_of(groups, 2);
    umi_render_result result;
    assert_int_equal(umi_render(&config, &result, &error), UM_OK);
    assert_int_equal(scratch_count(output), 5); /* with the residual, the report and the page */
    assert_same_file("source-1.wav");
    assert_same_file("source-2.wav");
    assert_same_file("residual.wav");
    assert_true(result.stems.null_peak == 0.0 && result.exponent == 2.0);
    assert_string_equal(warned, "");
    umi_render_result_free(&result);
    umi_render_result_free(&result);
}

static void what_is_left_over_is_told(void **state)
{
    (void)state;
    umi_atom_range some[] = {{2, 3}, {5, 5}};
    umi_atom_group group = {"lead", some, 2, false};
    umi_render_config config = config_of(&group, 1);
    umi_render_result result;
    assert_int_equal(umi_render(&config, &result, &error), UM_OK);
    assert_non_null(strstr(warned, "stems: in no group are atoms 1, 4, 6; they make the stem "
                                   "'residual'"));
    assert_int_equal(result.stems.n_stems, 2);
    assert_string_equal(result.stems.labels[1], "residual");
    assert_int_equal(umi_stem_set_count_atoms(&result.stems, 0), 3);
    assert_int_equal(umi_stem_set_count_atoms(&result.stems, 1), 3);
    umi_render_result_free(&result);
}

static void every_atom_by_itself(void **state)
{
    (void)state;
    umi_render_config config = config_of(NULL, 0);
    umi_render_result result;
    assert_int_equal(umi_render(&config, &result, &error), UM_OK);
    assert_int_equal(scratch_count(output), KEPT_ATOMS + 3);
    assert_true(result.stems.null_peak == 0.0);
    umi_json *json = umi_render_report(&config, &result);
    assert_string_equal(umi_json_get_string(umi_json_get(json, "command")), "render");
    assert_string_equal(umi_json_get_string(umi_json_get(json, "from")), kept.stems);
    assert_int_equal(umi_json_length(umi_json_get(json, "stems")), KEPT_ATOMS + 1);
    const umi_json *page = umi_json_at(umi_json_get(json, "kept"), 0);
    assert_string_equal(umi_json_get_string(umi_json_get(page, "file")), "index.html");
    umi_json_free(json);
    umi_render_result_free(&result);
}

static void failures_leave_nothing(void **state)
{
    (void)state;
    umi_atom_range past = {7, 7}, one = {1, 1};
    umi_atom_group wrong = {"lead", &past, 1, false}, right = {"lead", &one, 1, false};
    static const struct {
        const char *input, *output;
        um_status status;
        const char *message;
    } rows[] = {{NULL, NULL, UM_ERR_ARGUMENT, "there is no atom 7"},
                {"/no/such.wav", NULL, UM_ERR_NO_INPUT, "/no/such.wav: "},
                {"-", NULL, UM_ERR_ARGUMENT, "not on standard input"},
                {NULL, kept.stems, UM_ERR_ARGUMENT, "take another -o"},
                {NULL, kept.made.directory, UM_ERR_ARGUMENT, "take another -o"}};
    size_t n_stems = scratch_count(kept.stems);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        umi_render_config config = config_of(i == 0 ? &wrong : &right, 1);
        umi_render_result result;
        config.input = rows[i].input;
        config.force = true;
        config.output = rows[i].output != NULL ? rows[i].output : output;
        assert_int_equal(umi_render(&config, &result, &error), rows[i].status);
        if (strstr(error.message, rows[i].message) == NULL) {
            fail_msg("%s: %s", rows[i].message, error.message);
        }
        assert_true(result.stems.shares == NULL && result.grouping.labels == NULL);
        assert_false(scratch_exists(output));
        assert_int_equal(scratch_count(kept.stems), n_stems);
        assert_true(scratch_exists(kept.recording));
    }
}

static bool refuse(void *user, double done, double total, double divergence)
{
    (void)user;
    (void)done;
    (void)total;
    (void)divergence;
    return false;
}

static void cancelled(void **state)
{
    (void)state;
    um_progress progress = {refuse, NULL};
    umi_render_config config = config_of(NULL, 0);
    umi_render_result result;
    config.watch.progress = &progress;
    assert_int_equal(umi_render(&config, &result, &error), UM_ERR_CANCELLED);
    assert_false(scratch_exists(output));
}

static um_status render_and_remove(void *context)
{
    (void)context;
    umi_atom_range some = {2, 3};
    umi_atom_group groups[] = {{"lead", &some, 1, false}, {"rest", NULL, 0, true}};
    umi_render_config config = config_of(groups, 2);
    umi_render_result result;
    um_status status = umi_render(&config, &result, &error);
    assert_int_equal(scratch_exists(output), status == UM_OK);
    umi_render_result_free(&result);
    (void)remove_output(NULL);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(render_and_remove, NULL) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(own_groups_give_the_same_stems, remove_output),
        cmocka_unit_test_teardown(what_is_left_over_is_told, remove_output),
        cmocka_unit_test_teardown(every_atom_by_itself, remove_output),
        cmocka_unit_test_teardown(failures_leave_nothing, remove_output),
        cmocka_unit_test_teardown(cancelled, remove_output),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("render", tests, make_folder, remove_folder);
}
