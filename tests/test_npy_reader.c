/* Rows of an NPY file, whatever its numbers are and in whatever order they lie. */
#define _DEFAULT_SOURCE
#include "io/npy_reader.h"

#include "npy_bytes.h"
#include "scratch_group.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static um_error error;

/* Integers below 128, so that every type can hold them. */
static double element(size_t row, size_t col)
{
    return (double)((row * 31 + col * 7) % 128);
}

/* Writes the matrix of element(); returns its path. `bad` replaces the element (bad_row, bad_col).
 */
static const char *write_matrix(const char *descr, bool fortran_order, size_t rows, size_t cols,
                                size_t bad_row, size_t bad_col, double bad)
{
    unsigned char *bytes = malloc(256 + 8 * rows * cols);
    size_t n = npy_put_matrix_header(bytes, descr, fortran_order, rows, cols);
    for (size_t i = 0; i < rows * cols; i++) {
        size_t row = fortran_order ? i % rows : i / cols;
        size_t col = fortran_order ? i / rows : i % cols;
        double value = row == bad_row && col == bad_col ? bad : element(row, col);
        n += npy_put_item(bytes + n, descr, value);
    }
    const char *path = scratch_write(&files, "x.npy", bytes, n);
    free(bytes);
    return path;
}

static void open_reader(const char *path, umi_input_file *input, umi_npy_reader *reader)
{
    if (umi_input_file_open(path, "/tmp", input, &error) != UM_OK ||
        umi_npy_reader_open(input, reader, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
}

/* Reads in pieces of n_piece rows into rows with a gap behind, and compares all of it. */
static void assert_reads(const char *descr, bool fortran_order, size_t n_rows, size_t n_cols,
                         size_t n_piece)
{
    umi_input_file input = {.descriptor = -1};
    umi_npy_reader *reader = malloc(sizeof *reader);
    open_reader(write_matrix(descr, fortran_order, n_rows, n_cols, SIZE_MAX, 0, 0), &input, reader);
    assert_int_equal(reader->rows, n_rows);
    assert_int_equal(reader->cols, n_cols);
    size_t stride = n_cols + 3;
    float *values = malloc(n_piece * stride * sizeof(float));
    size_t n;
    for (size_t first = 0; first < n_rows; first += n) {
        n = n_piece < n_rows - first ? n_piece : n_rows - first;
        for (size_t i = 0; i < n_piece * stride; i++) {
            values[i] = -7;
        }
        um_view rows = {values, n, n_cols, stride};
        assert_int_equal(umi_npy_reader_read(reader, first, rows, &error), UM_OK);
        for (size_t i = 0; i < n_piece * stride; i++) {
            size_t row = i / stride;
            size_t col = i % stride;
            double expected = row < n && col < n_cols ? element(first + row, col) : -7;
            if ((double)values[i] != expected) {
                fail_msg("%s: (%zu, %zu) is %g, not %g", descr, first + row, col, (double)values[i],
                         expected);
            }
        }
    }
    free(values);
    free(reader);
    umi_input_file_close(&input);
}

static void every_type_and_order_gives_the_same_matrix(void **state)
{
    (void)state;
    static const char *const types[] = {"<f4", ">f4", "<f8", ">f8", "|i1", "<i2",
                                        ">i2", "<i4", ">i4", "<i8", ">i8", "|u1",
                                        "<u2", ">u2", "<u4", ">u4", "<u8", ">u8"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        for (int fortran_order = 0; fortran_order <= 1; fortran_order++) {
            assert_reads(types[i], fortran_order != 0, 13, 5, 13);
            assert_reads(types[i], fortran_order != 0, 13, 5, 4);
            assert_reads(types[i], fortran_order != 0, 1, 1, 1);
        }
    }
}

static void matrices_larger_than_a_block_are_whole(void **state)
{
    (void)state;
    for (int fortran_order = 0; fortran_order <= 1; fortran_order++) {
        assert_reads("<f8", fortran_order != 0, 9001, 7, 9001);
        assert_reads("<f8", fortran_order != 0, 9001, 7, 5000);
        assert_reads("<f4", fortran_order != 0, 3, 70001, 2);
    }
}

static void a_value_that_is_not_valid_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *descr;
        double value;
        size_t row;
        size_t col;
        const char *message;
    } rows[] = {
        {"<f4", NAN, 0, 0, "x.npy: row 1, column 1: nan is outside"},
        {"<f4", -1, 4999, 6, "x.npy: row 5000, column 7: -1 is outside"},
        {"<f4", -INFINITY, 8999, 6, "x.npy: row 9000, column 7: -inf is outside"},
        {"<f4", INFINITY, 3, 2, "x.npy: row 4, column 3: inf is outside"},
        {">f8", 1e300, 1, 3, "x.npy: row 2, column 4: 1e+300 is outside"},
        {"<f8", 1.1e12, 4096, 0, "x.npy: row 4097, column 1: 1.1e+12 is outside"},
        {"<i8", -3, 4095, 1, "x.npy: row 4096, column 2: -3 is outside"},
    };
    for (size_t i = 0; i < 2 * (sizeof rows / sizeof rows[0]); i++) {
        umi_input_file input = {.descriptor = -1};
        umi_npy_reader *reader = malloc(sizeof *reader);
        float *values = malloc(sizeof(float) * 9000 * 7);
        open_reader(write_matrix(rows[i / 2].descr, i % 2 != 0, 9000, 7, rows[i / 2].row,
                                 rows[i / 2].col, rows[i / 2].value),
                    &input, reader);
        um_view view = um_view_of(values, 9000, 7);
        assert_int_equal(umi_npy_reader_read(reader, 0, view, &error), UM_ERR_DATA);
        if (strstr(error.message, rows[i / 2].message) == NULL) {
            fail_msg("%s", error.message);
        }
        /* The other rows can still be read; their count is from the file's start. */
        size_t next = rows[i / 2].row + 1;
        assert_int_equal(
            umi_npy_reader_read(reader, next, um_view_of(values, 9000 - next, 7), &error), UM_OK);
        assert_int_equal(umi_npy_reader_read(reader, next - 1, um_view_of(values, 1, 7), &error),
                         UM_ERR_DATA);
        assert_non_null(strstr(error.message, rows[i / 2].message));
        free(values);
        free(reader);
        umi_input_file_close(&input);
    }
}

static void values_are_rounded_to_the_nearest_and_minus_zero_is_zero(void **state)
{
    (void)state;
    static const double values[4] = {0.1, -0.0, 1e-300, 16777217.0};
    static const float expected[4] = {0.1f, 0, 0, 16777216.0f};
    unsigned char bytes[300];
    size_t n = npy_put_matrix_header(bytes, "<f8", false, 1, 4);
    for (size_t i = 0; i < 4; i++) {
        n += npy_put_item(bytes + n, "<f8", values[i]);
    }
    umi_input_file input = {.descriptor = -1};
    umi_npy_reader *reader = malloc(sizeof *reader);
    open_reader(scratch_write(&files, "x.npy", bytes, n), &input, reader);
    float read[4];
    assert_int_equal(umi_npy_reader_read(reader, 0, um_view_of(read, 1, 4), &error), UM_OK);
    assert_memory_equal(read, expected, sizeof read);
    free(reader);
    umi_input_file_close(&input);
}

static void a_file_that_shrinks_is_told(void **state)
{
    (void)state;
    umi_input_file input = {.descriptor = -1};
    umi_npy_reader *reader = malloc(sizeof *reader);
    const char *path = write_matrix("<f4", false, 5, 5, SIZE_MAX, 0, 0);
    open_reader(path, &input, reader);
    assert_int_equal(truncate(path, (off_t)input.size - 1), 0);
    float read[25];
    assert_int_equal(umi_npy_reader_read(reader, 0, um_view_of(read, 4, 5), &error), UM_OK);
    assert_int_equal(umi_npy_reader_read(reader, 0, um_view_of(read, 5, 5), &error),
                     UM_ERR_CHANGED);
    free(reader);
    umi_input_file_close(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_order_gives_the_same_matrix),
        cmocka_unit_test(matrices_larger_than_a_block_are_whole),
        cmocka_unit_test(a_value_that_is_not_valid_is_named_with_its_place),
        cmocka_unit_test(values_are_rounded_to_the_nearest_and_minus_zero_is_zero),
        cmocka_unit_test(a_file_that_shrinks_is_told),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
