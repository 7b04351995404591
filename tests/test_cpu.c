#include "unmingle/cpu.h"

#include "core/kernels/kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <pthread.h>

#include <cmocka.h>

static const char *const levels[] = {"scalar", "sse2", "neon", "avx2", "avx512"};
enum { N_LEVELS = 5 };

static void a_limit_is_never_passed(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_LEVELS; i++) {
        assert_int_equal(um_cpu_limit(levels[i]), UM_OK);
        size_t got = 0;
        while (got < N_LEVELS && strcmp(um_cpu_level(), levels[got]) != 0) {
            got++;
        }
        /* "sse2" and "neon" are one level. */
        assert_true(got <= i || (i == 1 && got == 2));
        umi_kernels selected;
        umi_kernels_select(&selected, levels[i]);
        assert_string_equal(selected.name, um_cpu_level());
        assert_ptr_equal(selected.ratio, umi_kernels_get()->ratio);
    }
}

static void the_scalar_level_is_always_there(void **state)
{
    (void)state;
    assert_int_equal(um_cpu_limit("scalar"), UM_OK);
    assert_string_equal(um_cpu_level(), "scalar");
}

static void auto_and_null_lift_the_limit(void **state)
{
    (void)state;
    umi_kernels best;
    umi_kernels_select(&best, NULL);
    assert_int_equal(um_cpu_limit("scalar"), UM_OK);
    assert_int_equal(um_cpu_limit("auto"), UM_OK);
    assert_string_equal(um_cpu_level(), best.name);
    assert_int_equal(um_cpu_limit("scalar"), UM_OK);
    assert_int_equal(um_cpu_limit(NULL), UM_OK);
    assert_string_equal(um_cpu_level(), best.name);
}

static void other_names_change_nothing(void **state)
{
    (void)state;
    assert_int_equal(um_cpu_limit("scalar"), UM_OK);
    assert_int_equal(um_cpu_limit("AVX2"), UM_ERR_ARGUMENT);
    assert_int_equal(um_cpu_limit(""), UM_ERR_ARGUMENT);
    assert_int_equal(um_cpu_limit("avx512 "), UM_ERR_ARGUMENT);
    assert_string_equal(um_cpu_level(), "scalar");
}

/* What a thread does while others do the same. A table that is not whole has NULL in it. */
static void *limit_and_look(void *argument)
{
    size_t *n_bad = argument;
    for (size_t i = 0; i < 2000; i++) {
        *n_bad += um_cpu_limit(levels[i % N_LEVELS]) != UM_OK;
        const umi_kernels *kernels = umi_kernels_get();
        *n_bad += kernels->name == NULL || kernels->ratio == NULL || kernels->magnitude == NULL;
    }
    return NULL;
}

static void threads_always_see_a_whole_table(void **state)
{
    (void)state;
    pthread_t threads[4];
    size_t n_bad[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, limit_and_look, &n_bad[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(n_bad[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First, while nobody has asked for a table yet. */
        cmocka_unit_test(threads_always_see_a_whole_table),
        cmocka_unit_test(a_limit_is_never_passed),
        cmocka_unit_test(the_scalar_level_is_always_there),
        cmocka_unit_test(auto_and_null_lift_the_limit),
        cmocka_unit_test(other_names_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
