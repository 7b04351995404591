/* Matrices in files: what a file is taken for, what is read from it, and what is refused. */
#define _DEFAULT_SOURCE
#include "io/matrix_file.h"

#include "counting_allocator.h"
#include "npy_bytes.h"
#include "scratch_group.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static um_error error;

static umi_matrix_kind kind_of(const char *name, const void *bytes, size_t n)
{
    umi_input_file input = {.descriptor = -1};
    umi_matrix_kind kind = UMI_MATRIX_NONE;
    const char *path = scratch_write(&files, name, bytes, n);
    assert_int_equal(umi_input_file_open(path, "/tmp", &input, &error), UM_OK);
    assert_int_equal(umi_matrix_kind_of(&input, &kind, &error), UM_OK);
    umi_input_file_close(&input);
    return kind;
}

static void a_file_is_told_by_its_bytes_then_by_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *bytes;
        size_t n;
        umi_matrix_kind kind;
    } rows[] = {
        {"x", "\x93NUMPY\1", 7, UMI_MATRIX_NPY},
        {"x.csv", "\x93NUMPY\1", 7, UMI_MATRIX_NPY},
        {"x", "%%MatrixMarket matrix", 21, UMI_MATRIX_MARKET},
        {"x.npy", "%%MatrixMarket matrix", 21, UMI_MATRIX_MARKET},
        {"x.npy", "1,2\n", 4, UMI_MATRIX_NPY},
        {"x.NPY", "", 0, UMI_MATRIX_NPY},
        {"x.mtx", "1,2\n", 4, UMI_MATRIX_MARKET},
        {"x.csv", "", 0, UMI_MATRIX_CSV},
        {"x.tsv", "\0\1", 2, UMI_MATRIX_CSV},
        {"x.Txt", "1 2\n", 4, UMI_MATRIX_CSV},
        {"x", "1 2\r\n\f\t\xC5\xB1", 8, UMI_MATRIX_CSV},
        {"x", "%%MatrixMarke", 13, UMI_MATRIX_CSV},
        {"csv", "1\0", 2, UMI_MATRIX_NONE},
        {".csv", "1\0", 2, UMI_MATRIX_CSV},
        {"x", "", 0, UMI_MATRIX_NONE},
        {"x.wav", "RIFF\x24\0\0\0WAVEfmt ", 16, UMI_MATRIX_NONE},
        {"x", "fLaC\0\0\0\x22", 8, UMI_MATRIX_NONE},
        {"x", "OggS\0\2", 6, UMI_MATRIX_NONE},
        {"x", "ID3\3\0", 5, UMI_MATRIX_NONE},
        {"x", "\xFF\xFB\x90\x64\0\xF", 6, UMI_MATRIX_NONE},
        {"x", "1 2\x7F", 4, UMI_MATRIX_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        umi_matrix_kind kind = kind_of(rows[i].name, rows[i].bytes, rows[i].n);
        if (kind != rows[i].kind) {
            fail_msg("%s, row %zu: taken for %d", rows[i].name, i, (int)kind);
        }
    }
}

static umi_matrix_file *open_matrix(const char *name, const void *bytes, size_t n)
{
    umi_matrix_file *file = NULL;
    const char *path = scratch_write(&files, name, bytes, n);
    if (umi_matrix_file_open(path, "/tmp", &file, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    return file;
}

/* 3 x 2, the values 1..6 by rows. */
static size_t put_small_npy(unsigned char *bytes)
{
    size_t n = npy_put_matrix_header(bytes, "<f8", false, 3, 2);
    for (size_t i = 0; i < 6; i++) {
        n += npy_put_item(bytes + n, "<f8", (double)(i + 1));
    }
    return n;
}

static void npy_is_read_whole_and_in_rows(void **state)
{
    (void)state;
    unsigned char bytes[300];
    static const float expected[6] = {1, 2, 3, 4, 5, 6};
    float values[6] = {0};
    umi_matrix_file *file = open_matrix("a\nname.npy", bytes, put_small_npy(bytes));
    const umi_matrix_info *info = umi_matrix_file_info(file);
    assert_int_equal(info->kind, UMI_MATRIX_NPY);
    assert_int_equal(info->rows, 3);
    assert_int_equal(info->cols, 2);
    assert_true(info->has_row_access);
    assert_false(info->is_sparse);
    assert_non_null(strstr(umi_matrix_file_name(file), "/a\\nname.npy"));
    size_t allocations = counting_allocator_calls();
    assert_int_equal(umi_matrix_file_read(file, 0, um_view_of(values, 3, 2), &error), UM_OK);
    assert_memory_equal(values, expected, sizeof expected);
    assert_int_equal(umi_matrix_file_read(file, 2, um_view_of(values, 1, 2), &error), UM_OK);
    assert_memory_equal(values, expected + 4, 2 * sizeof(float));
    assert_int_equal(umi_matrix_file_read(file, 3, um_view_of(values, 0, 2), &error), UM_OK);
    assert_int_equal(counting_allocator_calls(), allocations);

    static const struct {
        size_t first;
        size_t rows;
        size_t cols;
    } none[] = {{0, 4, 2}, {2, 2, 2}, {4, 0, 2}, {SIZE_MAX, 1, 2}, {1, SIZE_MAX, 2}, {0, 3, 1}};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        um_view view = um_view_of(values, none[i].rows, none[i].cols);
        assert_int_equal(umi_matrix_file_read(file, none[i].first, view, &error), UM_ERR_ARGUMENT);
    }
    um_csparse V = {0};
    assert_int_equal(umi_matrix_file_read_sparse(file, &V, &error), UM_ERR_ARGUMENT);
    umi_matrix_file_free(file);
    umi_matrix_file_free(NULL);
}

static const char market_text[] = "%%MatrixMarket matrix coordinate real symmetric\n"
                                  "2 2 2\n1 1 5\n2 1 7\n";

/* The same 2 x 2 matrix, {5, 7, 7, 0}, in every kind of text. */
static void text_is_read_whole_and_again(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *text;
        umi_matrix_kind kind;
        bool is_sparse;
    } rows[] = {
        {"x.mtx", market_text, UMI_MATRIX_MARKET, true},
        {"x", market_text, UMI_MATRIX_MARKET, true},
        {"x", "%%MatrixMarket matrix array real general\n2 2\n5\n7\n7\n0\n", UMI_MATRIX_MARKET,
         false},
        {"x.csv", "a;b\n5;7\n7;0\n", UMI_MATRIX_CSV, false},
        {"x", "5 7\n7 0\n", UMI_MATRIX_CSV, false},
    };
    static const float expected[6] = {5, 7, -1, 7, 0, -1};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        umi_matrix_file *file = open_matrix(rows[i].name, rows[i].text, strlen(rows[i].text));
        const umi_matrix_info *info = umi_matrix_file_info(file);
        assert_int_equal(info->kind, rows[i].kind);
        assert_int_equal(info->rows, 2);
        assert_int_equal(info->cols, 2);
        assert_int_equal(info->is_sparse, rows[i].is_sparse);
        assert_int_equal(info->n_entries, rows[i].is_sparse ? 4 : 0);
        assert_false(info->has_row_access);
        for (size_t pass = 0; pass < 2; pass++) {
            float values[6] = {-1, -1, -1, -1, -1, -1};
            um_view padded = {values, 2, 2, 3};
            assert_int_equal(umi_matrix_file_read(file, 0, padded, &error), UM_OK);
            assert_memory_equal(values, expected, sizeof expected);
        }
        float values[4];
        assert_int_equal(umi_matrix_file_read(file, 1, um_view_of(values, 1, 2), &error),
                         UM_ERR_DATA);
        assert_non_null(strstr(error.message, "save it as NPY"));
        umi_matrix_file_free(file);
    }
}

static void a_sparse_matrix_belongs_to_its_file(void **state)
{
    (void)state;
    static const size_t row_start[3] = {0, 2, 3};
    static const uint32_t column[3] = {0, 1, 0};
    static const float value[3] = {5, 7, 7};
    umi_matrix_file *file = open_matrix("x.mtx", market_text, strlen(market_text));
    for (size_t pass = 0; pass < 2; pass++) {
        um_csparse V = {0};
        assert_int_equal(umi_matrix_file_read_sparse(file, &V, &error), UM_OK);
        assert_int_equal(V.rows, 2);
        assert_int_equal(V.cols, 2);
        assert_memory_equal(V.row_start, row_start, sizeof row_start);
        assert_memory_equal(V.column, column, sizeof column);
        assert_memory_equal(V.value, value, sizeof value);
    }
    umi_matrix_file_free(file);
}

static void what_is_no_matrix_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *bytes;
        const char *message;
    } rows[] = {{"x.npy", "1,2\n", "x.npy: not an NPY file"},
                {"x.npy", "", "x.npy: empty file"},
                {"x.npy", "\x93NUMPY\1", "x.npy: truncated"},
                {"x.mtx", "1 2\n", "x.mtx: line 1: a Matrix Market file begins"},
                {"x.mtx", "", "x.mtx: line 1: a Matrix Market file begins"},
                {"x.csv", "\1", "x.csv: "},
                {"x.csv", "", "x.csv: a table without rows"},
                {"x", "some prose.\n", "x: a table without rows"},
                {"x", "\1\2\3", "x: not a matrix"},
                {"x", "", "x: not a matrix"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        umi_matrix_file *file = NULL;
        const char *path =
            scratch_write(&files, rows[i].name, rows[i].bytes, strlen(rows[i].bytes));
        assert_int_equal(umi_matrix_file_open(path, "/tmp", &file, &error), UM_ERR_DATA);
        assert_null(file);
        if (strstr(error.message, rows[i].message) == NULL) {
            fail_msg("%s", error.message);
        }
    }
    umi_matrix_file *file = NULL;
    assert_int_equal(umi_matrix_file_open(scratch_path(&files, "none"), "/tmp", &file, &error),
                     UM_ERR_NO_INPUT);
    assert_null(file);
}

static void standard_input_is_a_file_like_others(void **state)
{
    (void)state;
    unsigned char bytes[300];
    const char *path = scratch_write(&files, "in", bytes, put_small_npy(bytes));
    int kept = dup(STDIN_FILENO);
    int descriptor = open(path, O_RDONLY);
    assert_true(descriptor >= 0 && dup2(descriptor, STDIN_FILENO) >= 0);
    umi_matrix_file *file = NULL;
    um_status status = umi_matrix_file_open("-", files.directory, &file, &error);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
    close(descriptor);
    assert_int_equal(status, UM_OK);
    assert_string_equal(umi_matrix_file_name(file), "standard input");
    float values[6];
    assert_int_equal(umi_matrix_file_read(file, 0, um_view_of(values, 3, 2), &error), UM_OK);
    assert_true(values[5] == 6.0f);
    umi_matrix_file_free(file);
}

static void a_file_that_changes_is_told(void **state)
{
    (void)state;
    unsigned char bytes[300];
    size_t n = put_small_npy(bytes);
    float values[6];
    umi_matrix_file *file = open_matrix("x.npy", bytes, n);
    FILE *other = fopen(scratch_path(&files, "x.npy"), "r+b");
    assert_non_null(other);
    assert_int_equal(fseek(other, -8, SEEK_END), 0);
    npy_put_item(bytes, "<f8", -1); /* which would be bad data by itself */
    assert_int_equal(fwrite(bytes, 1, 8, other), 8);
    assert_int_equal(fclose(other), 0);
    /* A time of its own, however coarse the file system's clock is. */
    struct timespec times[2] = {{1, 0}, {1, 0}};
    assert_int_equal(utimensat(AT_FDCWD, files.path, times, 0), 0);
    assert_int_equal(umi_matrix_file_read(file, 0, um_view_of(values, 3, 2), &error),
                     UM_ERR_CHANGED);
    assert_non_null(strstr(error.message, "x.npy: changed"));
    umi_matrix_file_free(file);
}

static um_status open_and_free(void *path)
{
    umi_matrix_file *file = NULL;
    um_status status = umi_matrix_file_open(path, "/tmp", &file, &error);
    assert_int_equal(status == UM_OK, file != NULL);
    if (status == UM_OK && umi_matrix_file_info(file)->is_sparse) {
        um_csparse V;
        status = umi_matrix_file_read_sparse(file, &V, &error);
    }
    umi_matrix_file_free(file);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    unsigned char bytes[300];
    scratch_write(&files, "x.npy", bytes, put_small_npy(bytes));
    assert_true(counting_allocator_sweep(open_and_free, files.path) > 0);
    scratch_write(&files, "x.mtx", market_text, strlen(market_text));
    assert_true(counting_allocator_sweep(open_and_free, files.path) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_told_by_its_bytes_then_by_its_name),
        cmocka_unit_test(npy_is_read_whole_and_in_rows),
        cmocka_unit_test(text_is_read_whole_and_again),
        cmocka_unit_test(a_sparse_matrix_belongs_to_its_file),
        cmocka_unit_test(what_is_no_matrix_is_refused),
        cmocka_unit_test(standard_input_is_a_file_like_others),
        cmocka_unit_test(a_file_that_changes_is_told),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
