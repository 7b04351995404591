#include "format/matrix_market.h"

#include "counting_allocator.h"
#include "text_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CELLS = 12 };

static const char coordinates[] = "%%MatrixMarket matrix coordinate real general\r\n"
                                  "% a comment\n"
                                  "\n"
                                  "  %another\n"
                                  " 3\t4  6 \n"
                                  "3 4 2.5\n"
                                  "1 2 1e-1\r\n"
                                  "\n"
                                  "1 1 .25\n"
                                  "% in between\n"
                                  "3 4 +0.5\n"
                                  "2 3 0\n"
                                  "3 1 -0.0";

static const float coordinate_values[CELLS] = {0.25f, 0.1f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3};

static um_status read_dense(umi_text_reader *reader, float *values, umi_matrix_market *market,
                            um_error *error)
{
    um_status status = umi_matrix_market_open(reader, market, error);
    if (status != UM_OK) {
        return status;
    }
    assert_true(market->rows * market->cols <= CELLS);
    um_view matrix = um_view_of(values, market->rows, market->cols);
    return umi_matrix_market_read(reader, market, matrix, error);
}

/* The sparse reading written out, which must be a valid matrix. */
static um_status read_sparse(umi_text_reader *reader, float *values, um_error *error)
{
    umi_matrix_market market;
    umi_sparse_builder *builder = NULL;
    um_csparse matrix;
    um_status status = umi_matrix_market_open(reader, &market, error);
    if (status == UM_OK) {
        status = umi_matrix_market_read_sparse(reader, &market, &builder, &matrix, error);
        assert_int_equal(status == UM_OK, builder != NULL);
    }
    if (status == UM_OK) {
        assert_true(um_csparse_is_valid(matrix));
        memset(values, 0, CELLS * sizeof *values);
        for (size_t r = 0; r < matrix.rows; r++) {
            for (size_t i = matrix.row_start[r]; i < matrix.row_start[r + 1]; i++) {
                values[r * matrix.cols + matrix.column[i]] = matrix.value[i];
            }
        }
    }
    umi_sparse_builder_free(builder);
    return status;
}

static void coordinates_are_read_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < sizeof coordinates; piece++) {
        text_bytes text = {coordinates, sizeof coordinates - 1, piece, SIZE_MAX};
        umi_text_reader *reader = text_bytes_reader(&text);
        umi_matrix_market market = {0};
        float values[CELLS];
        assert_int_equal(read_dense(reader, values, &market, NULL), UM_OK);
        assert_memory_equal(values, coordinate_values, sizeof values);
        assert_int_equal(market.rows, 3);
        assert_int_equal(market.cols, 4);
        assert_int_equal(market.n_lines, 6);
        assert_true(market.is_sparse && !market.is_pattern && !market.is_symmetric);
        memset(values, 0xA5, sizeof values);
        assert_int_equal(read_sparse(reader, values, NULL), UM_OK);
        assert_memory_equal(values, coordinate_values, sizeof values);
    }
}

static void every_kind_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_sparse;
        float values[CELLS];
    } rows[] = {
        {"%%MatrixMarket matrix coordinate pattern general\n2 3 3\n1 3\n2 1\n1 3\n",
         true,
         {0, 0, 2, 1, 0, 0}},
        {"%%MatrixMarket Matrix Coordinate Integer Symmetric\n3 3 3\n1 1 7\n3 1 5\n3 2 6\n",
         true,
         {7, 0, 5, 0, 0, 6, 5, 6, 0}},
        {"%%MatrixMarket matrix coordinate pattern symmetric\n2 2 2\n2 2\n2 1\n",
         true,
         {0, 1, 1, 1}},
        {"%%MatrixMarket matrix coordinate unsigned-integer general\n1 2 0\n", true, {0, 0}},
        {"%%MatrixMarket matrix array real general\n2 3\n1\n2\n3\n4\n5.5\n6\n\n",
         false,
         {1, 3, 5.5f, 2, 4, 6}},
        {"%%MatrixMarket matrix array double general\n% c\n2 3\n1 2 3\n4 5 6",
         false,
         {1, 3, 5, 2, 4, 6}},
        {"%%MatrixMarket matrix array integer symmetric\n3 3\n1\n2\n3\n4\n5\n6\n",
         false,
         {1, 2, 3, 2, 4, 5, 3, 5, 6}},
        {"%%MatrixMarket matrix array real symmetric\n1 1\n1", false, {1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text_bytes text;
        umi_text_reader *reader = text_reader_of(&text, rows[i].text);
        umi_matrix_market market;
        float values[CELLS] = {0};
        um_error error = {0};
        if (read_dense(reader, values, &market, &error) != UM_OK) {
            fail_msg("%s", error.message);
        }
        assert_memory_equal(values, rows[i].values, sizeof values);
        assert_int_equal(market.is_sparse, rows[i].is_sparse);
        if (market.is_sparse) {
            assert_int_equal(read_sparse(reader, values, &error), UM_OK);
            assert_memory_equal(values, rows[i].values, sizeof values);
        }
    }
}

static void refuses_hostile_headers(void **state)
{
    (void)state;
#define HEAD "%%MatrixMarket matrix "
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"", "x: line 1: a Matrix Market file begins"},
        {"\n" HEAD "coordinate real general\n1 1 0\n", "line 1: a Matrix Market file begins"},
        {"%%matrixmarket matrix coordinate real general\n", "line 1: a Matrix Market file begins"},
        {HEAD "coordinate real\n1 1 0\n", "line 1: this should be"},
        {HEAD "coordinate real general x\n1 1 0\n", "line 1: this should be"},
        {"%%MatrixMarket vector coordinate real general\n", "'vector' is no matrix"},
        {HEAD "co\x1bordinate real general\n", "'co?ordinate' is neither"},
        {HEAD "coordinate complex general\n1 1 0\n", "'complex' values are not read"},
        {HEAD "array pattern general\n1 1\n", "'pattern' values are not read"},
        {HEAD "coordinate real skew-symmetric\n1 1 0\n", "'skew-symmetric' matrices are not"},
        {HEAD "coordinate real hermitian\n1 1 0\n", "'hermitian' matrices are not"},
        {HEAD "coordinate real general\n", "line 2: here should be: ROWS COLUMNS ENTRIES"},
        {HEAD "coordinate real general\n% c\n1 1\n", "line 3: here should be"},
        {HEAD "coordinate real general\n1 1 0 0\n", "line 2: here should be"},
        {HEAD "coordinate real general\n1 -1 0\n", "line 2: here should be"},
        {HEAD "coordinate real general\n1 1.0 0\n", "line 2: here should be"},
        {HEAD "coordinate real general\n1 18446744073709551616 0\n", "line 2: here should be"},
        {HEAD "array real general\n1 1 1\n", "line 2: here should be: ROWS COLUMNS"},
        {HEAD "coordinate real general\n0 1 0\n", "line 2: rows and columns"},
        {HEAD "coordinate real general\n1 0 0\n", "line 2: rows and columns"},
        {HEAD "coordinate real general\n4294967297 1 0\n", "line 2: rows and columns"},
        {HEAD "coordinate real symmetric\n2 3 0\n", "line 2: a symmetric matrix"},
        {HEAD "coordinate real general\n9 9 30\n1 1 1\n", "line 2: more values are declared"},
        {HEAD "coordinate real general\n9 9 18446744073709551615\n", "more values are declared"},
        {HEAD "array real general\n9 9\n1 1 1\n", "line 2: more values are declared"},
        {HEAD "array real general\n4294967296 4294967296\n", "more values are declared"},
        {HEAD "array real symmetric\n4294967296 4294967296\n", "more values are declared"},
        {HEAD "array real symmetric\n4294967295 4294967295\n", "more values are declared"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text_bytes text;
        umi_matrix_market market = {.rows = 77};
        um_error error = {0};
        um_status status =
            umi_matrix_market_open(text_reader_of(&text, rows[i].text), &market, &error);
        if (status != UM_ERR_DATA || strstr(error.message, rows[i].message) == NULL ||
            market.rows != 77) {
            fail_msg("%s: %d, %s", rows[i].text, (int)status, error.message);
        }
    }
}

static void refuses_hostile_entries(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {HEAD "coordinate real general\n3 4 2\n1 1 1\n", "line 4: truncated: 2 values are"},
        {HEAD "coordinate real general\n3 4 1\n1 1 1\n\n1 2 1",
         "line 5: too many values: 1 values"},
        {HEAD "coordinate real general\n3 4 0\n1 1 1\n", "line 3: too many"},
        {HEAD "coordinate real general\n3 4 1\n1 1\n", "line 3: here should be: ROW COLUMN VALUE"},
        {HEAD "coordinate real general\n3 4 1\n1 1 1 1\n", "line 3: here should be"},
        {HEAD "coordinate pattern general\n3 4 1\n1 1 1\n", "line 3: here should be: ROW COLUMN"},
        {HEAD "coordinate real general\n3 4 1\n0 1 1\n", "line 3: '0' is no row"},
        {HEAD "coordinate real general\n3 4 1\n4 1 1\n", "line 3: '4' is no row"},
        {HEAD "coordinate real general\n3 4 1\n1 0 1\n", "line 3: '0' is no column"},
        {HEAD "coordinate real general\n3 4 1\n1 5 1\n", "line 3: '5' is no column"},
        {HEAD "coordinate real general\n3 4 1\n-1 1 1\n", "line 3: '-1' is no row"},
        {HEAD "coordinate real general\n3 4 1\n1 18446744073709551617 1\n", "is no column"},
        {HEAD "coordinate real general\n3 4 1\n1.0 1 1\n", "line 3: '1.0' is no row"},
        {HEAD "coordinate real general\n3 4 1\n1 1 1,5\n", "line 3: '1,5' is not a number"},
        {HEAD "coordinate real general\n3 4 1\n1 1 0x1\n", "line 3: '0x1' is not a number"},
        {HEAD "coordinate real general\n3 4 1\n1 1 nan\n", "line 3: 'nan' is not a number"},
        {HEAD "coordinate real general\n3 4 1\n2 3 -1.5\n", "row 2, column 3: -1.5 is outside"},
        {HEAD "coordinate real general\n3 4 1\n2 3 1e13\n", "row 2, column 3: 1e+13 is outside"},
        {HEAD "coordinate real general\n3 4 1\n2 3 1e400\n", "row 2, column 3: inf is outside"},
        {HEAD "coordinate real general\n3 4 2\n2 3 9e11\n2 3 9e11\n", "row 2, column 3: 1.8e+12"},
        {HEAD "coordinate real symmetric\n3 3 1\n2 3 1\n", "line 3: above the diagonal"},
        {HEAD "coordinate real symmetric\n3 3 2\n3 2 9e11\n3 2 9e11", "row 2, column 3: 1.8e+12"},
        {HEAD "array real general\n1 2\n1\n", "line 4: truncated: 2 values are declared, 1 found"},
        {HEAD "array real general\n1 2\n1\n2\n3\n", "line 5: too many"},
        {HEAD "array real general\n1 2\n1 2 3\n", "line 3: too many"},
        {HEAD "array real general\n2 2\n1\n2\n-3\n4", "row 1, column 2: -3 is outside"},
        {HEAD "array real symmetric\n2 2\n1\n-2\n3\n", "row 2, column 1: -2 is outside"},
        {HEAD "array real general\n1 2\n1\nx\n", "line 4: 'x' is not a number"},
        {HEAD "array real general\n3 4\n1 2 3 4 5 6 7 8 9\n", "one value a line"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text_bytes text;
        umi_matrix_market market;
        float values[CELLS];
        um_error error = {0};
        umi_text_reader *reader = text_reader_of(&text, rows[i].text);
        um_status status = read_dense(reader, values, &market, &error);
        if (status != UM_ERR_DATA || strstr(error.message, rows[i].message) == NULL) {
            fail_msg("%s: %d, %s", rows[i].text, (int)status, error.message);
        }
        if (market.is_sparse) {
            um_error again = {0};
            assert_int_equal(read_sparse(reader, values, &again), UM_ERR_DATA);
            assert_string_equal(again.message, error.message);
        }
    }
}

static void lines_are_short_and_of_text(void **state)
{
    (void)state;
    static char long_line[2000];
    int n =
        snprintf(long_line, sizeof long_line, "%s%01030d\n", HEAD "array real general\n1 1\n", 1);
    text_bytes text;
    umi_matrix_market market;
    float values[CELLS];
    um_error error = {0};
    umi_text_reader *reader = text_reader_of(&text, long_line);
    assert_int_equal(read_dense(reader, values, &market, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "line 3: longer than"));
    memmove(long_line + n - 1001, long_line + n - 1, 2); /* 1030 digits become 30 */
    assert_int_equal(read_dense(text_reader_of(&text, long_line), values, &market, &error), UM_OK);
    text = (text_bytes){HEAD "array real general\n1 1\n1\0\n", sizeof HEAD + 25, 9, SIZE_MAX};
    assert_int_equal(read_dense(text_bytes_reader(&text), values, &market, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "line 3: a NUL character"));
}

/* But for the last blank or digit, without which the rest is still whole. */
static void every_prefix_is_an_error(void **state)
{
    (void)state;
    for (size_t n = 0; n + 3 < sizeof coordinates - 1; n++) {
        char *copy = malloc(n + 1);
        memcpy(copy, coordinates, n);
        text_bytes text = {copy, n, SIZE_MAX, SIZE_MAX};
        umi_matrix_market market;
        float values[CELLS];
        assert_int_equal(read_dense(text_bytes_reader(&text), values, &market, NULL), UM_ERR_DATA);
        assert_int_equal(read_sparse(text_bytes_reader(&text), values, NULL), UM_ERR_DATA);
        free(copy);
    }
}

static void a_source_that_fails_or_changes_is_told(void **state)
{
    (void)state;
    text_bytes text;
    umi_text_reader *reader = text_reader_of(&text, coordinates);
    umi_matrix_market market;
    umi_sparse_builder *builder = NULL;
    um_csparse matrix;
    float values[CELLS];
    assert_int_equal(umi_matrix_market_open(reader, &market, NULL), UM_OK);
    text.fails_at = 0;
    um_view view = um_view_of(values, 3, 4);
    assert_int_equal(umi_matrix_market_read(reader, &market, view, NULL), UM_ERR_IO);
    assert_int_equal(umi_matrix_market_read_sparse(reader, &market, &builder, &matrix, NULL),
                     UM_ERR_IO);
    assert_null(builder);
    static const char *const changed[] = {HEAD "coordinate real general\n4 4 1\n1 1 1\n",
                                          HEAD "coordinate real general\n3 5 1\n1 1 1\n",
                                          HEAD "array real general\n3 4\n1\n2\n3\n4\n5\n6\n7"};
    for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
        reader = text_reader_of(&text, changed[i]);
        assert_int_equal(umi_matrix_market_read(reader, &market, view, NULL), UM_ERR_CHANGED);
        assert_int_equal(umi_matrix_market_read_sparse(reader, &market, &builder, &matrix, NULL),
                         UM_ERR_CHANGED);
        assert_null(builder);
    }
}

/* Between the two passes of the sparse reading, the entries move to another row. */
static bool read_changing(void *context, uint64_t offset, void *bytes, size_t n, size_t *n_read)
{
    static const char *const texts[] = {HEAD "coordinate real general\n3 4 2\n1 1 1\n2 2 2\n",
                                        HEAD "coordinate real general\n3 4 2\n1 1 1\n1 2 2\n",
                                        HEAD "coordinate real general\n3 4 1\n1 1 1\n\n\n\n\n"};
    /* Which one is to come, and how often the start was read: twice a pass, the first time for the
     * byte order mark. */
    size_t *const state = context;
    if (offset == 0) {
        state[1]++;
    }
    const char *now = texts[state[1] > 2 ? state[0] : 0];
    text_bytes text = {now, strlen(now), SIZE_MAX, SIZE_MAX};
    return text_bytes_read(&text, offset, bytes, n, n_read);
}

static void a_change_between_the_passes_is_told(void **state)
{
    (void)state;
    for (size_t which = 1; which <= 2; which++) {
        size_t context[2] = {which, 0};
        static umi_text_reader reader;
        reader.source = (umi_text_source){"x", 1000, read_changing, context};
        umi_matrix_market market = {3, 4, 2, true, false, false};
        umi_sparse_builder *builder = NULL;
        um_csparse matrix;
        um_status status = umi_matrix_market_read_sparse(&reader, &market, &builder, &matrix, NULL);
        assert_int_equal(status, UM_ERR_CHANGED);
        assert_null(builder);
    }
}

static um_status read_and_free(void *context)
{
    float values[CELLS];
    return read_sparse(context, values, NULL);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    text_bytes text;
    assert_true(counting_allocator_sweep(read_and_free, text_reader_of(&text, coordinates)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coordinates_are_read_in_pieces_of_any_size),
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(refuses_hostile_headers),
        cmocka_unit_test(refuses_hostile_entries),
        cmocka_unit_test(lines_are_short_and_of_text),
        cmocka_unit_test(every_prefix_is_an_error),
        cmocka_unit_test(a_source_that_fails_or_changes_is_told),
        cmocka_unit_test(a_change_between_the_passes_is_told),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
