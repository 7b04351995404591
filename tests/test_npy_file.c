/* Arrays written row by row are whole NPY files, or a told failure. */
#define _DEFAULT_SOURCE
#include "io/npy_file.h"

#include "counting_allocator.h"
#include "io/output_set.h"
#include "scratch_group.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>

#include <cmocka.h>

static um_error error;

static umi_npy_file *create(const char *name, size_t n_dimensions, size_t a, size_t b, size_t c)
{
    (void)remove(scratch_path(&files, name));
    umi_npy_file_config config = {files.path, "shown/name", n_dimensions, {a, b, c}};
    umi_npy_file *file = NULL;
    if (umi_npy_file_new(&config, &file, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    return file;
}

/* The file that `name` should be: the header as npy.c writes it, then the floats. */
static void assert_file(const char *name, const size_t *shape, size_t n_dimensions,
                        const float *values, size_t n)
{
    size_t size = UMI_NPY_WRITTEN_MAX + n * sizeof(float);
    unsigned char *expected = malloc(size + 1);
    unsigned char *found = malloc(size + 1);
    size_t length = umi_npy_format(shape, n_dimensions, expected);
    umi_npy_from_float(values, n, expected + length);
    assert_int_equal(scratch_read(scratch_path(&files, name), found, size + 1),
                     length + n * sizeof(float));
    assert_memory_equal(found, expected, length + n * sizeof(float));
    free(expected);
    free(found);
}

static void a_matrix_comes_in_rows_of_any_number_and_stride(void **state)
{
    (void)state;
    enum { ROWS = 300, COLS = 501, STRIDE = 512 }; /* more than one block of the writer */
    float *padded = malloc(sizeof(float) * ROWS * STRIDE);
    float *plain = malloc(sizeof(float) * ROWS * COLS);
    for (size_t i = 0; i < (size_t)ROWS * STRIDE; i++) {
        padded[i] = (float)i;
    }
    for (size_t r = 0; r < ROWS; r++) {
        memcpy(plain + r * COLS, padded + r * STRIDE, sizeof(float) * COLS);
    }
    umi_npy_file *file = create("a.npy", 2, ROWS, COLS, 0);
    for (size_t r = 0, n = 0; r < ROWS; r += n, n++) {
        n = n < ROWS - r ? n : ROWS - r;
        um_cview rows = {padded + r * STRIDE, n, COLS, STRIDE};
        assert_int_equal(umi_npy_file_write(file, rows, &error), UM_OK);
    }
    assert_int_equal(umi_npy_file_finish(file, &error), UM_OK);
    umi_npy_file_free(file);
    static const size_t shape[] = {ROWS, COLS};
    assert_file("a.npy", shape, 2, plain, (size_t)ROWS * COLS);

    um_cview whole = {padded, ROWS, COLS, STRIDE};
    assert_int_equal(umi_npy_file_write_matrix(scratch_path(&files, "b.npy"), NULL, whole, &error),
                     UM_OK);
    assert_file("b.npy", shape, 2, plain, (size_t)ROWS * COLS);
    free(padded);
    free(plain);
}

static void three_dimensions_are_rows_of_the_last(void **state)
{
    (void)state;
    static const float values[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const size_t shape[] = {2, 3, 2};
    umi_npy_file *file = create("c.npy", 3, 2, 3, 2);
    assert_int_equal(umi_npy_file_write(file, um_cview_of(values, 6, 2), &error), UM_OK);
    assert_int_equal(umi_npy_file_finish(file, &error), UM_OK);
    umi_npy_file_free(file);
    assert_file("c.npy", shape, 3, values, 12);
}

static void the_shape_is_a_promise(void **state)
{
    (void)state;
    static const float values[6] = {0};
    umi_npy_file *file = create("d.npy", 2, 2, 3, 0);
    assert_int_equal(umi_npy_file_write(file, um_cview_of(values, 2, 2), &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_npy_file_write(file, um_cview_of(values, 1, 3), &error), UM_OK);
    assert_int_equal(umi_npy_file_write(file, um_cview_of(values, 2, 3), &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_npy_file_finish(file, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "shown/name: 1 of 2 rows"));
    assert_int_equal(umi_npy_file_write(file, um_cview_of(values, 1, 3), &error), UM_OK);
    assert_int_equal(umi_npy_file_finish(file, &error), UM_OK);
    umi_npy_file_free(file);
    umi_npy_file_free(NULL);
}

static void what_cannot_be_created_is_told(void **state)
{
    (void)state;
    static const struct {
        size_t n_dimensions;
        size_t shape[3];
    } rows[] = {{1, {3, 0, 0}},
                {0, {0, 0, 0}},
                {4, {1, 1, 1}},
                {2, {SIZE_MAX, 2, 0}},
                {2, {SIZE_MAX / 4, 1, 0}},
                {3, {SIZE_MAX, 2, 1}}};
    umi_npy_file *file = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        umi_npy_file_config config = {
            scratch_path(&files, "none.npy"), NULL, rows[i].n_dimensions, {0, 0, 0}};
        memcpy(config.shape, rows[i].shape, sizeof config.shape);
        assert_int_equal(umi_npy_file_new(&config, &file, &error), UM_ERR_ARGUMENT);
        assert_null(file);
        assert_false(scratch_exists(config.path));
    }
    umi_npy_file_config config = {scratch_write(&files, "there.npy", "x", 1), NULL, 2, {1, 1, 0}};
    assert_int_equal(umi_npy_file_new(&config, &file, &error), UM_ERR_CREATE);
    assert_non_null(strstr(error.message, "there.npy: "));
    config.path = "/nowhere/x.npy";
    assert_int_equal(umi_npy_file_new(&config, &file, &error), UM_ERR_CREATE);
    assert_null(file);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    static float values[400000];
    struct rlimit old, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 500000;
    (void)signal(SIGXFSZ, SIG_IGN);
    umi_npy_file *file = create("full.npy", 2, 4, 100000, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    um_status status = umi_npy_file_write(file, um_cview_of(values, 4, 100000), &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, UM_ERR_IO);
    assert_non_null(strstr(error.message, "shown/name: "));
    umi_npy_file_free(file);
}

/* What a job does: several matrices that appear together. */
static void matrices_are_published_as_a_set(void **state)
{
    (void)state;
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    static const size_t shape[] = {2, 3};
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", scratch_path(&files, "set"));
    umi_output_set *set = NULL;
    assert_int_equal(umi_output_set_begin(directory, false, &set, &error), UM_OK);
    assert_int_equal(umi_npy_file_write_matrix(umi_output_set_path(set, "W.npy"),
                                               umi_output_set_shown_path(set, "W.npy"),
                                               um_cview_of(values, 2, 3), &error),
                     UM_OK);
    assert_false(scratch_exists(directory));
    assert_int_equal(umi_output_set_commit(set, NULL, 0, &error), UM_OK);
    umi_output_set_free(set);
    assert_file("set/W.npy", shape, 2, values, 6);
}

static um_status write_and_remove(void *context)
{
    (void)context;
    static const float value = 1;
    const char *path = scratch_path(&files, "short.npy");
    um_status status = umi_npy_file_write_matrix(path, NULL, um_cview_of(&value, 1, 1), &error);
    (void)remove(path);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(write_and_remove, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matrix_comes_in_rows_of_any_number_and_stride),
        cmocka_unit_test(three_dimensions_are_rows_of_the_last),
        cmocka_unit_test(the_shape_is_a_promise),
        cmocka_unit_test(what_cannot_be_created_is_told),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(matrices_are_published_as_a_set),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
