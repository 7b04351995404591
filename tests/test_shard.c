/* Which part of the work a run has, and how schedulers say it. */
#include "job/shard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static um_error error;

static void typed(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",      "1",     "/",     "1/",           "/2",
        "2/2",   "-1/2",  "0/0",   "1/2x",         " 1/2",
        "1/2/3", "1e0/2", "0x0/2", "0/1000000001", "0/99999999999999999999"};
    umi_shard shard;
    assert_int_equal(umi_shard_parse("0/1", &shard, &error), UM_OK);
    assert_int_equal(shard.count, 1);
    assert_int_equal(umi_shard_parse("007/1000000000", &shard, &error), UM_OK);
    assert_int_equal(shard.index, 7);
    assert_int_equal(shard.count, 1000000000);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(umi_shard_parse(wrong[i], &shard, &error), UM_ERR_ARGUMENT);
        assert_non_null(strstr(error.message, "--shard: "));
    }
}

/* Every item is in one shard. */
static void shards_share(void **state)
{
    (void)state;
    for (size_t item = 0; item < 100; item++) {
        int n = 0;
        for (uint64_t i = 0; i < 7; i++) {
            n += umi_shard_has((umi_shard){i, 7}, item);
        }
        assert_int_equal(n, 1);
        assert_true(umi_shard_has((umi_shard){item % 7, 7}, item));
    }
}

typedef struct environment_case {
    const char *count;
    umi_shard_environment environment;
    int64_t index; /* -1: refused ... */
    uint64_t n;
    const char *named; /* ... and the variable that is told */
} environment_case;

static void from_the_environment(void **state)
{
    (void)state;
    static const environment_case cases[] = {
        {"4", {"3", "0", NULL, "4", NULL}, 3, 4, NULL},
        {"4", {"4", "1", "1", "4", NULL}, 3, 4, NULL},
        {"4", {"16", "10", "2", "4", NULL}, 3, 4, NULL},
        {"4", {"3", NULL, NULL, NULL, NULL}, 3, 4, NULL},
        {"auto", {"5", "4", "1", "9", NULL}, 1, 9, NULL},
        {"4", {NULL, NULL, NULL, NULL, "2"}, 2, 4, NULL},
        {"4", {"17", "10", "2", "4", NULL}, -1, 0, "SLURM_ARRAY_TASK_ID: "},
        {"4", {"0", "1", "1", "4", NULL}, -1, 0, "SLURM_ARRAY_TASK_ID: "},
        {"4", {"5", "1", "1", "4", NULL}, -1, 0, "SLURM_ARRAY_TASK_ID: "},
        {"4", {"1", "0", "0", "4", NULL}, -1, 0, "SLURM_ARRAY_TASK_ID: "},
        {"4", {"1", "0", "1", "3", NULL}, -1, 0, "SLURM_ARRAY_TASK_COUNT: "},
        {"4", {"", "0", "1", "4", NULL}, -1, 0, "SLURM_ARRAY_TASK_ID: "},
        {"4", {"1", "-1", "1", "4", NULL}, -1, 0, "SLURM_ARRAY_TASK_MIN: "},
        {"4", {"1", "0", "x", "4", NULL}, -1, 0, "SLURM_ARRAY_TASK_STEP: "},
        {"4", {"1", "0", "1", "4.0", NULL}, -1, 0, "SLURM_ARRAY_TASK_COUNT: "},
        {"auto", {"1", "0", "1", "0", NULL}, -1, 0, "SLURM_ARRAY_TASK_ID: "},
        {"auto", {"1", "0", "1", NULL, NULL}, -1, 0, "SLURM_ARRAY_TASK_COUNT: "},
        {"auto", {NULL, NULL, NULL, "4", "2"}, -1, 0, "SLURM_ARRAY_TASK_COUNT: "},
        {"4", {NULL, NULL, NULL, NULL, "4"}, -1, 0, "JOB_COMPLETION_INDEX: "},
        {"4", {NULL, NULL, NULL, NULL, "x"}, -1, 0, "JOB_COMPLETION_INDEX: "},
        {"4", {"1", "0", "1", "4", "1"}, -1, 0, "SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX"},
        {"4", {NULL, "0", "1", "4", NULL}, -1, 0, "SLURM_ARRAY_TASK_ID: is not set"},
        {"0", {"0", "0", "1", "1", NULL}, -1, 0, "--shards: "},
        {"x", {"0", "0", "1", "1", NULL}, -1, 0, "--shards: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_shard shard;
        um_status status =
            umi_shard_from_environment(cases[i].count, &cases[i].environment, &shard, &error);
        if (cases[i].index < 0) {
            assert_int_equal(status, UM_ERR_ARGUMENT);
            assert_memory_equal(error.message, cases[i].named, strlen(cases[i].named));
        } else {
            assert_int_equal(status, UM_OK);
            assert_int_equal(shard.index, cases[i].index);
            assert_int_equal(shard.count, cases[i].n);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed),
        cmocka_unit_test(shards_share),
        cmocka_unit_test(from_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
