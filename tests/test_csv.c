#include "format/csv.h"

#include "counting_allocator.h"
#include "text_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CELLS = 12 };

static um_status read_table(umi_text_reader *reader, umi_csv *csv, float *values, um_error *error)
{
    um_status status = umi_csv_measure(reader, csv, error);
    if (status != UM_OK) {
        return status;
    }
    assert_true(csv->rows * csv->cols <= CELLS);
    return umi_csv_read(reader, csv, um_view_of(values, csv->rows, csv->cols), error);
}

static void tables_of_every_make_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        umi_csv csv;
        float values[CELLS];
    } rows[] = {
        {"1,2,3\n4,5,6\n", {2, 3, ',', false}, {1, 2, 3, 4, 5, 6}},
        {"1,2,3\r\n4,5,6", {2, 3, ',', false}, {1, 2, 3, 4, 5, 6}},
        {"\xEF\xBB\xBF"
         "1;2\n3;4\n\n \n\t\n\r\n",
         {2, 2, ';', false},
         {1, 2, 3, 4}},
        {"1\t2\n3\t4\n\n\n", {2, 2, '\t', false}, {1, 2, 3, 4}},
        {"1 2\n3 4\n", {2, 2, ' ', false}, {1, 2, 3, 4}},
        {"  1   2  \n3   4\n5 6 ", {3, 2, ' ', false}, {1, 2, 3, 4, 5, 6}},
        {" 1 , 2.5 ,3e0\n 4,\t5, 6 \n", {2, 3, ',', false}, {1, 2.5f, 3, 4, 5, 6}},
        {"7", {1, 1, ' ', false}, {7}},
        {"7\n8\n9\n", {3, 1, ' ', false}, {7, 8, 9}},
        {"\n \n# made by savetxt\n#\n\n1 2\n", {1, 2, ' ', false}, {1, 2}},
        {"a,b\n1,2\n", {1, 2, ',', true}, {1, 2}},
        {"# x\na\tb c\n1\t2\n", {1, 2, '\t', true}, {1, 2}},
        {"bin;power\n-0;+.5e1\n", {1, 2, ';', true}, {0, 5}},
        {"\"a, b\";\"c \"\"d\"\"\" ; e\n1;2;3\n", {1, 3, ';', true}, {1, 2, 3}},
        {"\"a;b\",\"c\td\"\n1,2\n", {1, 2, ',', true}, {1, 2}},
        {"\"100\",\"200\"\n1,2\n", {1, 2, ',', true}, {1, 2}},
        {"\"100\" \"200\"\n1 2\n", {1, 2, ' ', true}, {1, 2}},
        {"\"a\" \t\"b\t\"\n1\t2\n", {1, 2, '\t', true}, {1, 2}},
        {"one two\n1 2\n", {1, 2, ' ', true}, {1, 2}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = strlen(rows[i].text);
        for (size_t piece = 1; piece <= n; piece++) {
            text_bytes text = {rows[i].text, n, piece, SIZE_MAX};
            umi_csv csv = {0};
            float values[CELLS] = {0};
            um_error error = {0};
            if (read_table(text_bytes_reader(&text), &csv, values, &error) != UM_OK) {
                fail_msg("%s: %s", rows[i].text, error.message);
            }
            assert_int_equal(csv.rows, rows[i].csv.rows);
            assert_int_equal(csv.cols, rows[i].csv.cols);
            assert_int_equal(csv.delimiter, rows[i].csv.delimiter);
            assert_int_equal(csv.has_header, rows[i].csv.has_header);
            assert_memory_equal(values, rows[i].values, sizeof values);
        }
    }
}

static void whatever_is_doubtful_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"", "x: a table without rows"},
        {"\n\n", "x: a table without rows"},
        {"# only\n# comments", "x: a table without rows"},
        {"a,b\n", "x: a table without rows"},
        {"\xFF\xFE"
         "1",
         "x: not UTF-8"},
        {"1,2\n3\n", "x: line 2: 1 cells; line 1 has 2"},
        {"# c\n1,2\n3,4,5\n", "x: line 3: 3 cells; line 2 has 2"},
        {"a,b,c\n1,2\n", "x: line 2: 2 cells; line 1 has 3"},
        {"  1   2  \n3 \t 4\n5 6 7", "x: line 3: 3 cells"},
        {"1,2\n3,\n", "x: line 2, column 2: '' is no number"},
        {"1,2\n,3\n", "x: line 2, column 1: '' is no number"},
        {"1,2,\n", "x: line 1, column 3: '' is no name"},
        {",a\n0,1\n", "x: line 1, column 1: '' is no name"},
        {"\ta\n0\t1\n", "x: line 1, column 1: '' is no name"},
        {"\"\",a\n0,1\n", "x: line 1, column 1: '' is no name"},
        {"1\t\t2\n", "x: line 1, column 2: '' is no name"},
        {"1\t2\n\t\n", "x: line 2, column 1: '' is no number"},
        {"1,2\n3,x\n", "x: line 2, column 2: 'x' is not a number"},
        {"1,2\n3,4 5\n", "x: line 2, column 2: '4 5' is not a number"},
        {"1;2\n3;4,5\n", "x: line 2, column 2: '4,5' is not a number; the decimal sign"},
        {"1,2\n3,\x1b\n", "x: line 2, column 2: '?' is not a number"},
        {"1,2\n3,0x4\n", "'0x4' is not a number"},
        {"1,2\n3,NA\n", "'NA' is not a number"},
        {"1,2\n# c\n3,4\n", "x: line 2: 1 cells"},
        {"1,2\n3,4#\n", "'4#' is not a number"},
        {"1,2\n3,4\r5,6\n", "x: line 2: 3 cells"},
        {"1,x\n3,4\n", "x: line 1: neither a header nor a row"},
        {"1,\"2\"\n3,4\n", "x: line 1: neither a header nor a row"},
        {"a,nan\n3,4\n", "x: line 1: neither a header nor a row"},
        {"a,b\n3,\"4\"\n", "x: line 2, column 2: '4' is in quotes"},
        {"\"a,b\n3,4\n", "x: line 1, column 1: 'a,b' has no closing quote"},
        {"\"a", "x: line 1, column 1: 'a' has no closing quote"},
        {"\"a\"b,c\n3,4\n", "x: line 1, column 1: 'a' has something behind"},
        {"\"a\"\"b\"c,c\n3,4\n", "x: line 1, column 1: 'a\"b' has something behind"},
        {"1,2\n\n3,4\n", "x: line 2: a blank line within"},
        {"a,b\n \n3,4\n", "x: line 2: a blank line within"},
        {"1,2\n3,-4\n", "x: row 2, column 2: -4 is outside"},
        {"a,b\n3,-4\n", "x: row 1, column 2: -4 is outside"},
        {"1,nan\n", "x: row 1, column 2: nan is outside"},
        {"NaN,-Inf\n", "x: row 1, column 1: nan is outside"},
        {"-Inf\n", "x: row 1, column 1: -inf is outside"},
        {"infinity\n", "x: row 1, column 1: inf is outside"},
        {"1,1e300\n", "x: row 1, column 2: 1e+300 is outside"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text_bytes text;
        umi_csv csv;
        float values[CELLS];
        um_error error = {0};
        um_status status = read_table(text_reader_of(&text, rows[i].text), &csv, values, &error);
        if (status != UM_ERR_DATA || strncmp(error.message, "x: ", 3) != 0 ||
            strstr(error.message, rows[i].message) == NULL) {
            fail_msg("%s: %d, %s", rows[i].text, (int)status, error.message);
        }
    }
}

/* A number may have many digits, but not any number of them; a name may. */
static void long_cells_do_not_overflow(void **state)
{
    (void)state;
    enum { N = 1000 };
    static char long_text[2 * N + 10];
    for (size_t n = 390; n < 410; n++) {
        memset(long_text, '0', n);
        memcpy(long_text + n, "\n", 2);
        text_bytes text;
        umi_csv csv;
        float values[CELLS];
        um_error error = {0};
        um_status status = read_table(text_reader_of(&text, long_text), &csv, values, &error);
        assert_int_equal(status, n <= 400 ? UM_OK : UM_ERR_DATA);
    }
    for (int is_quoted = 0; is_quoted <= 1; is_quoted++) {
        memset(long_text, 'a', N);
        memcpy(long_text + N, ",b\n1,2", 7);
        if (is_quoted != 0) {
            long_text[0] = '"';
            long_text[N - 1] = '"';
        }
        text_bytes text;
        umi_csv csv;
        float values[CELLS];
        assert_int_equal(read_table(text_reader_of(&text, long_text), &csv, values, NULL), UM_OK);
        assert_int_equal(csv.cols, 2);
        assert_true(csv.has_header);
    }
}

/* Up to the second row's second cell; from there on the rest is whole again. */
static void every_prefix_is_an_error_or_a_shorter_table(void **state)
{
    (void)state;
    static const char whole[] = "\"a\",\"b,\",c\n1,2,3\n4,5,6";
    for (size_t n = 0; n < sizeof whole; n++) {
        char *copy = malloc(n + 1);
        memcpy(copy, whole, n);
        text_bytes text = {copy, n, SIZE_MAX, SIZE_MAX};
        umi_csv csv;
        float values[CELLS];
        um_status status = read_table(text_bytes_reader(&text), &csv, values, NULL);
        bool ends_in_row = n == sizeof whole - 7 || n == sizeof whole - 6 || n == sizeof whole - 1;
        assert_int_equal(status, ends_in_row ? UM_OK : UM_ERR_DATA);
        free(copy);
    }
}

static void a_source_that_fails_or_changes_is_told(void **state)
{
    (void)state;
    static const char *const changed[] = {"1,2\n", "1,2\n3,4\n5,6\n", "1,2,3\n3,4,5\n", "1\n2\n"};
    text_bytes text;
    umi_csv csv;
    float values[CELLS] = {0};
    um_view view = um_view_of(values, 2, 2);
    for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
        assert_int_equal(umi_csv_measure(text_reader_of(&text, "1,2\n3,4\n"), &csv, NULL), UM_OK);
        um_status status = umi_csv_read(text_reader_of(&text, changed[i]), &csv, view, NULL);
        /* Rows that are shorter only look ragged; that the file changed is for its reader to see.
         */
        assert_int_equal(status, i == 3 ? UM_ERR_DATA : UM_ERR_CHANGED);
        assert_true(values[4] == 0.0f); /* the first number behind the matrix */
    }
    umi_text_reader *reader = text_reader_of(&text, "1,2\n3,4\n");
    text.piece = 2;
    for (text.fails_at = 0; text.fails_at < 8; text.fails_at++) {
        assert_int_equal(umi_csv_measure(reader, &csv, NULL), UM_ERR_IO);
        csv = (umi_csv){2, 2, ',', false};
        assert_int_equal(umi_csv_read(reader, &csv, view, NULL), UM_ERR_IO);
    }
}

static void nothing_is_allocated(void **state)
{
    (void)state;
    text_bytes text;
    umi_csv csv;
    float values[CELLS];
    size_t before = counting_allocator_calls();
    assert_int_equal(read_table(text_reader_of(&text, "a,b\n1,2\n3,4\n"), &csv, values, NULL),
                     UM_OK);
    assert_int_equal(counting_allocator_calls(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_of_every_make_are_read),
        cmocka_unit_test(whatever_is_doubtful_is_refused),
        cmocka_unit_test(long_cells_do_not_overflow),
        cmocka_unit_test(every_prefix_is_an_error_or_a_shorter_table),
        cmocka_unit_test(a_source_that_fails_or_changes_is_told),
        cmocka_unit_test(nothing_is_allocated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
