/* Labelled sources and their atoms. */
#include "job/live_labels.h"

#include "core/matrix.h"
#include "core/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void labels_that_mean_something_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "rest", "residual", "a/b", ".hidden", "a\nb"};
    um_error error;
    assert_int_equal(umi_live_label_check("noise", &error), UM_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        error.message[0] = '\0';
        assert_int_equal(umi_live_label_check(wrong[i], &error), UM_ERR_ARGUMENT);
        assert_true(error.message[0] != '\0');
    }
}

static void there_is_room_for_so_many(void **state)
{
    (void)state;
    umi_live_labels labels = {.n = 0};
    char name[16];
    um_error error;
    for (size_t i = 0; i < UMI_LIVE_LABELS_MAX; i++) {
        (void)snprintf(name, sizeof name, "s%zu", i);
        assert_int_equal(umi_live_labels_check_room(&labels, name, &error), UM_OK);
        umi_live_labels_set(&labels, name, umi_matrix_new(2 + i, 5));
    }
    assert_int_equal(umi_live_labels_check_room(&labels, "one more", &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_labels_check_room(&labels, "s3", &error), UM_OK);
    assert_int_equal(umi_live_labels_n_atoms(&labels), 7 * 2 + 21);
    umi_live_labels_free(&labels);
    assert_int_equal(labels.n, 0);
}

static void one_comes_in_the_place_of_its_name(void **state)
{
    (void)state;
    umi_live_labels labels = {.n = 0};
    umi_live_labels_set(&labels, "a", umi_matrix_new(2, 5));
    umi_live_labels_set(&labels, "b", umi_matrix_new(3, 5));
    umi_live_labels_set(&labels, "c", umi_matrix_new(4, 5));
    umi_live_labels_set(&labels, "a", umi_matrix_new(7, 5));
    assert_int_equal(umi_live_labels_find(&labels, "a"), 0);
    assert_int_equal(umi_live_labels_n_atoms(&labels), 14);
    umi_live_labels_remove(&labels, 1);
    assert_int_equal(umi_live_labels_find(&labels, "b"), 2); /* none */
    assert_int_equal(umi_live_labels_find(&labels, "c"), 1);
    assert_int_equal(labels.items[1].W.rows, 4);
    umi_live_labels_free(&labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_that_mean_something_are_refused),
        cmocka_unit_test(there_is_room_for_so_many),
        cmocka_unit_test(one_comes_in_the_place_of_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
