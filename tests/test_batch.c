/* A run over many files: what is told of each, of crashes, and of a list's part. */
#define _DEFAULT_SOURCE
#include "job/batch.h"

#include "scratch.h"
#include "shipped_speech.h"
#include "sound_file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

enum { N_ITEMS = 12 };

static scratch files;
static um_error error;
static umi_denoise_config denoise = {.strength = 1.0, .max_reduction = 40.0};
static umi_batch_item items[N_ITEMS];
static umi_batch_list list;
static char names[N_ITEMS][2][64], root[PATH_MAX], inputs[N_ITEMS][PATH_MAX];
static char told[N_ITEMS][16]; /* the status of each item */
static size_t n_told, n_to_take;
static bool stop, crash;

static int set_up(void **state)
{
    (void)state;
    scratch_make(&files);
    denoise.speech = shipped_speech();
    snprintf(root, sizeof root, "%s", scratch_path(&files, "out"));
    list = (umi_batch_list){.root = root, .items = items, .n_items = N_ITEMS};
    for (size_t i = 0; i < N_ITEMS; i++) {
        static const int32_t sound[100] = {1, 2, 3};
        snprintf(names[i][0], sizeof names[i][0], "%zu.wav", i);
        snprintf(names[i][1], sizeof names[i][1], "%zu/%zu.wav", i % 3, i);
        snprintf(inputs[i], sizeof inputs[i], "%s", scratch_path(&files, names[i][0]));
        sound_file_write_int(inputs[i], UMI_SAMPLE_S16, sound, 100, 1, 8000);
        items[i] = (umi_batch_item){inputs[i], names[i][1], 244, false, UM_OK, NULL};
    }
    memset(told, 0, sizeof told);
    n_told = 0;
    n_to_take = N_ITEMS;
    stop = crash = false;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

static int exit_code(um_status status)
{
    return 100 + (int)status;
}

static void start_worker(void *user)
{
    assert_ptr_equal(user, &files);
    if (crash) {
        /* Before the first job: the worker still gets one, and it is that which fails. */
        kill(getpid(), SIGKILL);
    }
}

static bool stopped(void *user)
{
    (void)user;
    return stop;
}

static bool finished(void *user, const char *line, size_t n_bytes, const umi_json *json)
{
    int64_t i = -1;
    (void)user;
    assert_true(n_bytes > 2 && line[0] == '{' && line[n_bytes - 1] == '}');
    assert_true(umi_json_get_integer(umi_json_get(json, "item"), &i) && i < N_ITEMS);
    assert_string_equal(told[i], "");
    snprintf(told[i], sizeof told[i], "%s", umi_json_get_string(umi_json_get(json, "status")));
    return ++n_told < n_to_take;
}

static double share;

static void tick(void *user, const umi_batch_state *state)
{
    (void)user;
    share = state->share;
    assert_true(share >= -1e-9 && share <= 1.0 + 1e-9);
}

static um_status run(umi_shard shard, umi_batch_state *state)
{
    umi_batch_config config = {.list = &list,
                               .shard = shard,
                               .work = {root, &denoise, "{}", false, false},
                               .n_jobs = 3,
                               .exit_code = exit_code,
                               .start_worker = start_worker,
                               .stopped = stopped,
                               .finished = finished,
                               .tick = tick,
                               .user = &files};
    memset(told, 0, sizeof told);
    n_told = 0;
    return umi_batch(&config, state, &error);
}

static void every_item_is_told(void **state)
{
    (void)state;
    umi_batch_state s;
    char why[] = "closed: denied";
    scratch_write(&files, names[4][0], "junk", 4);
    items[5] = (umi_batch_item){inputs[5], NULL, 0, false, UM_ERR_PERMISSION, why};
    assert_int_equal(run((umi_shard){0, 1}, &s), UM_OK);
    assert_int_equal(s.n_items, N_ITEMS);
    assert_int_equal(s.n_done, N_ITEMS - 2);
    assert_int_equal(s.n_failed, 2);
    assert_true(share > 0.999);
    for (size_t i = 0; i < N_ITEMS; i++) {
        assert_string_equal(told[i], i == 4 || i == 5 ? "failed" : "done");
    }
    items[5] = (umi_batch_item){inputs[5], names[5][1], 0, false, UM_OK, NULL};
    assert_int_equal(run((umi_shard){0, 1}, &s), UM_OK);
    assert_int_equal(s.n_skipped, N_ITEMS - 2);
    assert_int_equal(s.n_done, 1);
}

static void a_shard_is_a_part(void **state)
{
    (void)state;
    umi_batch_state s;
    assert_int_equal(run((umi_shard){2, 5}, &s), UM_OK);
    assert_int_equal(s.n_items, 2);
    for (size_t i = 0; i < N_ITEMS; i++) {
        assert_string_equal(told[i], i == 2 || i == 7 ? "done" : "");
    }
}

static void crashes_are_told(void **state)
{
    (void)state;
    umi_batch_state s;
    crash = true;
    assert_int_equal(run((umi_shard){0, 1}, &s), UM_OK);
    assert_int_equal(s.n_failed, N_ITEMS);
    assert_int_equal(n_told, N_ITEMS);
}

static void who_is_told_may_end_it(void **state)
{
    (void)state;
    umi_batch_state s;
    n_to_take = 2;
    assert_int_equal(run((umi_shard){0, 1}, &s), UM_OK);
    assert_in_range(n_told, 2, 2 + 3); /* what was begun is finished */
    stop = true;
    assert_int_equal(run((umi_shard){0, 1}, &s), UM_ERR_CANCELLED);
    assert_int_equal(n_told, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_item_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shard_is_a_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(crashes_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_told_may_end_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
