#include "format/npy.h"

#include "npy_bytes.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const char sound[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n";

/* Reads a whole file that has this text and data_size bytes of data. */
static um_status parse(const char *text, int version, size_t data_size, umi_npy *npy,
                       um_error *error)
{
    unsigned char header[1000];
    size_t length = npy_put_header(header, version, text);
    size_t data_begin = 0;
    um_status status = umi_npy_data_begin(header, length + data_size, "x.npy", &data_begin, error);
    if (status == UM_OK) {
        assert_int_equal(data_begin, length);
        /* On the heap and of just this size, so that a sanitizer sees every byte too far. */
        unsigned char *copy = malloc(length);
        memcpy(copy, header, length);
        status = umi_npy_parse(copy, data_begin, data_size, "x.npy", npy, error);
        free(copy);
    }
    return status;
}

static void reads_what_numpy_writes(void **state)
{
    (void)state;
    for (int version = 1; version <= 3; version++) {
        umi_npy npy = {.fortran_order = true, .big_endian = true};
        assert_int_equal(parse(sound, version, 24, &npy, NULL), UM_OK);
        assert_int_equal(npy.type, UMI_NPY_FLOAT);
        assert_int_equal(npy.item_bytes, 4);
        assert_false(npy.big_endian);
        assert_false(npy.fortran_order);
        assert_int_equal(npy.n_dimensions, 2);
        assert_int_equal(npy.shape[0], 2);
        assert_int_equal(npy.shape[1], 3);
    }
    static const struct {
        const char *text;
        size_t data_size;
        umi_npy expected;
    } rows[] = {
        {"{\"shape\":(2,3,),\"fortran_order\":True,\"descr\":\">f8\"}",
         48,
         {UMI_NPY_FLOAT, 8, true, true, 2, {2, 3, 0}}},
        {"{'descr': '|b1', 'fortran_order': False, 'shape': (7,), }\n",
         7,
         {UMI_NPY_BOOL, 1, false, false, 1, {7, 0, 0}}},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n",
         1,
         {UMI_NPY_UNSIGNED, 1, false, false, 0, {0, 0, 0}}},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3, 4), }\n",
         192,
         {UMI_NPY_SIGNED, 8, false, false, 3, {2, 3, 4}}},
        {"{'descr': '>i2', 'fortran_order': False, 'shape': (18446744073709551615, 0), }\n",
         0,
         {UMI_NPY_SIGNED, 2, true, false, 2, {SIZE_MAX, 0, 0}}},
        {"{'descr': '<u4', 'fortran_order': False, 'shape': (18446744073709551615, 2, 0), }\n",
         0,
         {UMI_NPY_UNSIGNED, 4, false, false, 3, {SIZE_MAX, 2, 0}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        umi_npy npy = {0};
        const umi_npy *expected = &rows[i].expected;
        assert_int_equal(parse(rows[i].text, 1, rows[i].data_size, &npy, NULL), UM_OK);
        assert_int_equal(npy.type, expected->type);
        assert_int_equal(npy.item_bytes, expected->item_bytes);
        assert_int_equal(npy.big_endian, expected->big_endian);
        assert_int_equal(npy.fortran_order, expected->fortran_order);
        assert_int_equal(npy.n_dimensions, expected->n_dimensions);
        assert_memory_equal(npy.shape, expected->shape, sizeof npy.shape);
    }
}

static void refuses_hostile_headers(void **state)
{
    (void)state;
    static const struct {
        const char *from; /* of `sound`, to be replaced */
        const char *to;
        const char *message;
    } rows[] = {
        {"{", "[", "damaged"},
        {"}   \n", "", "damaged"},
        {"}   \n", "} x", "damaged"},
        {"'descr': '<f4', ", "", "damaged"},
        {"'fortran_order': False, ", "", "damaged"},
        {"'shape': (2, 3), ", "", "damaged"},
        {"'shape'", "'descr': '<f4', 'shape'", "damaged"},
        {"'shape'", "'fortran_order': True, 'shape'", "damaged"},
        {"(2, 3)", "(2, 3), 'shape': (2, 3)", "damaged"},
        {"'shape'", "'more': 1, 'shape'", "damaged"},
        {"'shape'", "'a key of more than fifteen characters': 1, 'shape'", "damaged"},
        {"'<f4'", "'<f4", "damaged"},
        {"'<f4'", "\"<f4'", "damaged"},
        {"'<f4'", "'<\\x664'", "damaged"},
        {"'<f4'", "[('a', '<f4'), ('b', '<f4')]", "records"},
        {"'<f4'", "4", "damaged"},
        {"False,", "False", "damaged"},
        {"False", "false", "damaged"},
        {"False", "0", "damaged"},
        {"(2, 3)", "[2, 3]", "damaged"},
        {"(2, 3)", "(2, 3", "damaged"},
        {"(2, 3)", "(2 3)", "damaged"},
        {"(2, 3)", "(, 2)", "damaged"},
        {"(2, 3)", "(6)", "damaged"},
        {"(2, 3)", "(-2, 3)", "damaged"},
        {"(2, 3)", "(2.0, 3)", "damaged"},
        {"(2, 3)", "(0x2, 3)", "damaged"},
        {"(2, 3)", "(18446744073709551616, 3)", "damaged"},
        {"(2, 3)", "(99999999999999999999999, 3)", "damaged"},
        /* Products that wrap to 24: 2^62 * 4 * 1 and (2^61 + 3) * 2 * 4. */
        {"(2, 3)", "(4611686018427387904, 6)", "larger than any memory"},
        {"(2, 3)", "(2305843009213693955, 2)", "larger than any memory"},
        {"(2, 3)", "(2, 3, 1, 1)", "4 dimensions"},
        {"(2, 3)", "(2, 4)", "truncated: the shape needs 32 bytes, 24 are there"},
        {"(2, 3)", "(2, 2)", "trailing bytes: the shape needs 16 bytes, 24 are there"},
        {"(2, 3)", "(0, 3)", "trailing bytes"},
        {"'<f4'", "'<f2'", "type '<f2'"},
        {"'<f4'", "'<c8'", "type '<c8'"},
        {"'<f4'", "'|f4'", "type '|f4'"},
        {"'<f4'", "'=f4'", "type '=f4'"},
        {"'<f4'", "'<f16'", "type '<f16'"},
        {"'<f4'", "'|O'", "type '|O'"},
        {"'<f4'", "''", "type ''"},
        {"'<f4'", "'\x1b[2J'", "type '?[2J'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[400];
        const char *found = strstr(sound, rows[i].from);
        assert_non_null(found);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(found - sound), sound, rows[i].to,
                 found + strlen(rows[i].from));
        umi_npy npy = {.n_dimensions = 77};
        um_error error = {0};
        um_status status = parse(text, 1, 24, &npy, &error);
        if (status != UM_ERR_DATA || strstr(error.message, rows[i].message) == NULL ||
            strncmp(error.message, "x.npy: ", 7) != 0 || npy.n_dimensions != 77) {
            fail_msg("%s: %d, %s", text, (int)status, error.message);
        }
    }
}

static void refuses_hostile_prefixes(void **state)
{
    (void)state;
    static const struct {
        unsigned char prefix[UMI_NPY_PREFIX + 1];
        size_t file_size;
        const char *message; /* NULL: accepted, and the data begins at file_size */
    } rows[] = {
        {"\x93NUMPY\1\0\6", 16, NULL},
        {"\x93NUMPY\2\0\6", 18, NULL},
        {"\x93NUMPY\1\0\xF6\xFF", 65536, NULL},
        {"\x93NUMPY\3\0\xF4\xFF", 65536, NULL},
        {"", 0, "empty"},
        {"\x93NUMPY\1\0\2", 11, "too few"},
        {"\x93NUMPY", 6, "too few"},
        {"\x93NUMPZ\1\0\2", 100, "not an NPY file"},
        {"RIFF", 4, "not an NPY file"},
        {"\x93NUMPY\0\0\2", 100, "version 0.0"},
        {"\x93NUMPY\4\0\2", 100, "version 4.0"},
        {"\x93NUMPY\1\1\2", 100, "version 1.1"},
        {"\x93NUMPY\1\0\7", 16, "truncated"},
        {"\x93NUMPY\1\0\xFF\xFF", 99999, "at most 65526"},
        {"\x93NUMPY\2\0\xFF\xFF\xFF\xFF", SIZE_MAX, "at most 65524"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t data_begin = 0;
        um_error error = {0};
        um_status status =
            umi_npy_data_begin(rows[i].prefix, rows[i].file_size, "x.npy", &data_begin, &error);
        if (rows[i].message == NULL) {
            assert_int_equal(status, UM_OK);
            assert_int_equal(data_begin, rows[i].file_size);
        } else if (status != UM_ERR_DATA || strstr(error.message, rows[i].message) == NULL) {
            fail_msg("row %zu: %d, %s", i, (int)status, error.message);
        }
    }
}

static void every_prefix_is_an_error(void **state)
{
    (void)state;
    enum { DATA = 24 };
    unsigned char file[1000];
    size_t length = npy_put_header(file, 1, sound);
    for (size_t n = 0; n < length + DATA; n++) {
        unsigned char *copy = malloc(n + UMI_NPY_PREFIX);
        memcpy(copy, file, n);
        memset(copy + n, 0, UMI_NPY_PREFIX);
        size_t data_begin = 0;
        umi_npy npy;
        um_status status = umi_npy_data_begin(copy, n, "x.npy", &data_begin, NULL);
        if (status == UM_OK) {
            assert_in_range(data_begin, 0, n);
            status = umi_npy_parse(copy, data_begin, n - data_begin, "x.npy", &npy, NULL);
        }
        free(copy);
        assert_int_equal(status, UM_ERR_DATA);
    }
}

static void an_array_is_a_matrix_of_one_or_more_rows(void **state)
{
    (void)state;
    static const struct {
        size_t n_dimensions;
        size_t shape[3];
        size_t rows; /* 0: refused */
        size_t cols;
    } rows[] = {{2, {4, 5, 0}, 4, 5}, {1, {5, 0, 0}, 1, 5}, {0, {0, 0, 0}, 0, 0},
                {3, {2, 2, 2}, 0, 0}, {2, {0, 5, 0}, 0, 0}, {2, {5, 0, 0}, 0, 0},
                {1, {0, 0, 0}, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        umi_npy npy = {.n_dimensions = rows[i].n_dimensions};
        memcpy(npy.shape, rows[i].shape, sizeof npy.shape);
        size_t n_rows = 0;
        size_t n_cols = 0;
        um_status status = umi_npy_matrix(&npy, "x.npy", &n_rows, &n_cols, NULL);
        assert_int_equal(status, rows[i].rows > 0 ? UM_OK : UM_ERR_DATA);
        assert_int_equal(n_rows, rows[i].rows);
        assert_int_equal(n_cols, rows[i].cols);
    }
}

/* Items whose bytes are written out by hand. */
static void items_have_the_value_that_their_bytes_say(void **state)
{
    (void)state;
    static const struct {
        umi_npy npy;
        unsigned char item[9];
        double value;
    } rows[] = {
        {{.type = UMI_NPY_FLOAT, .item_bytes = 4}, "\0\0\x28\x42", 42},
        {{.type = UMI_NPY_FLOAT, .item_bytes = 4, .big_endian = true}, "\x42\x28\0\0", 42},
        {{.type = UMI_NPY_FLOAT, .item_bytes = 4}, "\0\0\x80\xFF", -INFINITY},
        {{.type = UMI_NPY_FLOAT, .item_bytes = 4}, "\1\0\0\0", FLT_TRUE_MIN},
        {{.type = UMI_NPY_FLOAT, .item_bytes = 8}, "\0\0\0\0\0\0\x45\xC0", -42},
        {{.type = UMI_NPY_FLOAT, .item_bytes = 8, .big_endian = true}, "\x40\x45\0\0\0\0\0\0", 42},
        {{.type = UMI_NPY_FLOAT, .item_bytes = 8}, "\x9C\x75\0\x88\x3C\xE4\x37\x7E", 1e300},
        {{.type = UMI_NPY_SIGNED, .item_bytes = 1}, "\x80", -128},
        {{.type = UMI_NPY_SIGNED, .item_bytes = 1}, "\x7F", 127},
        {{.type = UMI_NPY_SIGNED, .item_bytes = 2}, "\xFE\xFF", -2},
        {{.type = UMI_NPY_SIGNED, .item_bytes = 2, .big_endian = true}, "\x01\x02", 258},
        {{.type = UMI_NPY_SIGNED, .item_bytes = 4}, "\0\0\0\x80", -2147483648.0},
        {{.type = UMI_NPY_SIGNED, .item_bytes = 8}, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", -1},
        {{.type = UMI_NPY_SIGNED, .item_bytes = 8}, "\0\0\0\0\0\0\0\x80", -0x1p63},
        {{.type = UMI_NPY_SIGNED, .item_bytes = 8, .big_endian = true}, "\0\0\0\0\0\0\1\0", 256},
        {{.type = UMI_NPY_UNSIGNED, .item_bytes = 1}, "\xFF", 255},
        {{.type = UMI_NPY_UNSIGNED, .item_bytes = 2}, "\xFF\xFF", 65535},
        {{.type = UMI_NPY_UNSIGNED, .item_bytes = 4}, "\0\0\0\x80", 2147483648.0},
        {{.type = UMI_NPY_UNSIGNED, .item_bytes = 8}, "\0\0\0\0\0\0\0\x80", 0x1p63},
        {{.type = UMI_NPY_BOOL, .item_bytes = 1}, "\1", 1},
        {{.type = UMI_NPY_BOOL, .item_bytes = 1}, "\0", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = umi_npy_value(&rows[i].npy, rows[i].item);
        if (value != rows[i].value) {
            fail_msg("row %zu: %g, not %g", i, value, rows[i].value);
        }
        /* In a row of three, unaligned: the middle one must be the same again. */
        unsigned char items[1 + 3 * 8] = {0};
        size_t n = rows[i].npy.item_bytes;
        memcpy(items + 1 + n, rows[i].item, n);
        float values[3] = {1, 1, 1};
        umi_npy_to_float(&rows[i].npy, items + 1, 3, values);
        float expected[3] = {0, (float)rows[i].value, 0};
        assert_memory_equal(values, expected, sizeof values);
    }
}

static void a_header_is_written_as_the_format_says(void **state)
{
    (void)state;
    static const struct {
        size_t n_dimensions;
        size_t shape[3];
        const char *text;
    } rows[] = {
        {2, {2, 3, 0}, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } "},
        {1, {5, 0, 0}, "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), } "},
        {0, {0, 0, 0}, "{'descr': '<f4', 'fortran_order': False, 'shape': (), } "},
        {3, {7, 8, 9}, "{'descr': '<f4', 'fortran_order': False, 'shape': (7, 8, 9), } "},
        {3,
         {SIZE_MAX, SIZE_MAX, SIZE_MAX},
         "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615, "
         "18446744073709551615, 18446744073709551615), } "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char header[UMI_NPY_WRITTEN_MAX];
        size_t length = umi_npy_format(rows[i].shape, rows[i].n_dimensions, header);
        assert_int_equal(length % 64, 0);
        assert_memory_equal(header, "\x93NUMPY\1\0", 8);
        assert_int_equal(header[8] + 256 * header[9], length - 10);
        assert_memory_equal(header + 10, rows[i].text, strlen(rows[i].text));
        for (size_t b = 10 + strlen(rows[i].text); b < length - 1; b++) {
            assert_int_equal(header[b], ' ');
        }
        assert_int_equal(header[length - 1], '\n');
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static const float values[6] = {0, 1, 0.1f, FLT_TRUE_MIN, 1e12f, 3};
    static const size_t shape[2] = {3, 2};
    unsigned char file[UMI_NPY_WRITTEN_MAX + sizeof values];
    size_t length = umi_npy_format(shape, 2, file);
    umi_npy_from_float(values, 6, file + length);
    size_t data_begin = 0;
    umi_npy npy;
    assert_int_equal(umi_npy_data_begin(file, length + sizeof values, "x", &data_begin, NULL),
                     UM_OK);
    assert_int_equal(data_begin, length);
    assert_int_equal(umi_npy_parse(file, length, sizeof values, "x", &npy, NULL), UM_OK);
    float read[6];
    umi_npy_to_float(&npy, file + length, 6, read);
    assert_memory_equal(read, values, sizeof values);
    assert_memory_equal(file + length + 4, "\0\0\x80\x3F", 4); /* 1, little endian */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_numpy_writes),
        cmocka_unit_test(refuses_hostile_headers),
        cmocka_unit_test(refuses_hostile_prefixes),
        cmocka_unit_test(every_prefix_is_an_error),
        cmocka_unit_test(an_array_is_a_matrix_of_one_or_more_rows),
        cmocka_unit_test(items_have_the_value_that_their_bytes_say),
        cmocka_unit_test(a_header_is_written_as_the_format_says),
        cmocka_unit_test(what_is_written_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
