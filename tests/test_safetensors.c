#include "format/safetensors.h"

#include "core/memory.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* Two tensors, the one that the header names first being last in the data, and an empty one. */
static const char sound[] =
    "{\"b\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[4,28]},"
    "\"__metadata__\":{\"who\":\"me\"},"
    "\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
    "\"none\":{\"dtype\":\"I64\",\"shape\":[0,5],\"data_offsets\":[4,4]}}   ";

enum { SOUND_DATA = 28 };

static um_status parse(const char *header, size_t data_size, umi_safetensors **out, um_error *error)
{
    return umi_safetensors_parse(header, strlen(header), data_size, "x.st", out, error);
}

static void test_reads(void **state)
{
    (void)state;
    umi_safetensors *file;
    um_error error;
    assert_int_equal(parse(sound, SOUND_DATA, &file, &error), UM_OK);
    assert_int_equal(file->n_tensors, 3);
    assert_string_equal(file->tensors[0].name, "a");
    assert_string_equal(file->tensors[1].name, "none");
    const umi_tensor *b = &file->tensors[2];
    assert_string_equal(b->name, "b");
    assert_string_equal(b->dtype, "F32");
    assert_int_equal(b->n_dimensions, 2);
    assert_int_equal(b->shape[0], 2);
    assert_int_equal(b->shape[1], 3);
    assert_int_equal(b->begin, 4);
    assert_int_equal(b->n_bytes, 24);
    assert_string_equal(umi_json_get_string(umi_json_get(file->metadata, "who")), "me");
    umi_safetensors_free(file);
}

static void test_header_length(void **state)
{
    (void)state;
    static const struct {
        unsigned char prefix[UMI_SAFETENSORS_PREFIX];
        size_t file_size;
        const char *message; /* NULL: accepted */
    } rows[] = {{{2}, 10, NULL},
                {{0, 0, 16}, (1 << 20) + 8, NULL},
                {{0}, 0, "empty"},
                {{2}, 7, "too few"},
                {{0}, 100, "not a safetensors"},
                {{1}, 100, "not a safetensors"},
                {{1, 0, 16}, 1 << 30, "not a safetensors"},
                {"RIFF\xFF\xFF", 100, "not a safetensors"},
                {{255, 255, 255, 255, 255, 255, 255, 255}, 100, "18446744073709551615"},
                {{93}, 100, "truncated"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t length = 0;
        um_error error = {0};
        um_status status = umi_safetensors_header_length(rows[i].prefix, rows[i].file_size, "x.st",
                                                         &length, &error);
        if (rows[i].message == NULL) {
            assert_int_equal(status, UM_OK);
            assert_int_equal(length, rows[i].file_size - UMI_SAFETENSORS_PREFIX);
        } else {
            assert_int_equal(status, UM_ERR_DATA);
            assert_non_null(strstr(error.message, rows[i].message));
            assert_non_null(strstr(error.message, "x.st"));
        }
    }
}

/* The header with one text in place of another. */
static void edit(char *edited, const char *from, const char *to)
{
    const char *found = strstr(sound, from);
    assert_non_null(found);
    size_t n_before = (size_t)(found - sound);
    memcpy(edited, sound, n_before);
    strcpy(edited + n_before, to);
    strcat(edited, found + strlen(from));
}

static void test_hostile_headers(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        const char *message;
    } rows[] = {
        {"{\"b\"", " {\"b\"", "does not begin"},
        {"{\"b\"", "[\"b\"", "does not begin"},
        {"}   ", "", "not valid JSON"},
        {"\"a\":", "\"b\":", "duplicate object key"},
        {"\"who\":\"me\"", "\"who\":\"me\",\"who\":\"me\"", "duplicate object key"},
        {"\"me\"", "7", "__metadata__"},
        {"{\"who\":\"me\"}", "[]", "__metadata__"},
        {"{\"who\":\"me\"}", "\"me\"", "__metadata__"},
        {"\"U8\"", "\"U9\"", "dtype \"U9\""},
        {"\"U8\"", "\"F32\"", "needs 16 bytes"},
        {"\"U8\"", "8", "dtype, shape and data_offsets"},
        {"\"dtype\":\"U8\",", "", "dtype, shape and data_offsets"},
        {"\"dtype\":\"U8\",", "\"dtype\":\"U8\",\"more\":1,", "nothing else"},
        {"\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}", "\"a\":4",
         "dtype, shape"},
        {"[4]", "4", "shape"},
        {"[4]", "[-4]", "shape"},
        {"[4]", "[4.0]", "shape"},
        {"[4]", "[\"4\"]", "shape"},
        {"[4]", "[4,1,1,1,1,1,1,1,1]", "shape"},
        {"[4]", "[18446744073709551616]", "too big integer"},
        {"[4]", "[5]", "needs 5 bytes"},
        /* 2^62 * 4 * 1 and 2^62 * 3 * 4: products that wrap to 0 and to a small number. */
        {"[2,3]", "[4611686018427387904]", "larger than any memory"},
        {"[2,3]", "[4611686018427387904,6]", "larger than any memory"},
        {"[0,4]", "[-4,0]", "data_offsets"},
        {"[0,4]", "[4,0]", "data_offsets"},
        {"[0,4]", "[0,2,4]", "data_offsets"},
        {"[0,4]", "[4]", "data_offsets"},
        {"[0,4]", "[2,6]", "a gap before byte 2"},
        {"[4,28]", "[5,29]", "truncated"},
        {"[4,28]", "[0,24]", "overlaps"},
        {"[4,28]", "[3,27]", "overlaps"},
        {"[4,4]", "[28,28]", NULL},
        {"[4,4]", "[2,2]", "overlaps"},
        {"\"a\"", "\"\\u001b[2J\"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char edited[2 * sizeof sound];
        edit(edited, rows[i].from, rows[i].to);
        umi_safetensors *file;
        um_error error = {0};
        um_status status = parse(edited, SOUND_DATA, &file, &error);
        if (rows[i].message == NULL) {
            assert_int_equal(status, UM_OK);
            umi_safetensors_free(file);
        } else if (status != UM_ERR_DATA || strstr(error.message, rows[i].message) == NULL ||
                   strstr(error.message, "x.st: ") != error.message) {
            fail_msg("%s -> %s: %d, %s", rows[i].from, rows[i].to, (int)status, error.message);
        } else {
            assert_null(file);
        }
    }
}

static void test_data_size(void **state)
{
    (void)state;
    umi_safetensors *file;
    um_error error;
    assert_int_equal(parse(sound, SOUND_DATA + 3, &file, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "3 trailing bytes"));
    assert_int_equal(parse(sound, SOUND_DATA - 1, &file, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "truncated"));
    assert_int_equal(parse("{}", 0, &file, &error), UM_OK);
    umi_safetensors_free(file);
}

static um_status format_and_free(void *context)
{
    (void)context;
    umi_json *metadata = umi_json_object();
    if (!umi_json_set(metadata, "who", umi_json_string("me"))) {
        umi_json_free(metadata);
        return UM_ERR_MEMORY;
    }
    umi_tensor tensors[] = {
        {.name = "a", .dtype = "U8", .shape = {4}, .n_dimensions = 1},
        {.name = "b", .dtype = "F32", .shape = {2, 3}, .n_dimensions = 2},
        {.name = "scalar", .dtype = "F64"},
    };
    unsigned char *bytes;
    size_t n_bytes;
    size_t data_begin;
    um_error error;
    um_status status =
        umi_safetensors_format(tensors, 3, metadata, &bytes, &n_bytes, &data_begin, &error);
    if (status != UM_OK) {
        assert_null(bytes);
        return status;
    }
    static const char expected[] =
        "{\"__metadata__\":{\"who\":\"me\"},"
        "\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[4,28]},"
        "\"scalar\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[28,36]}}";
    size_t length;
    assert_int_equal(umi_safetensors_header_length(bytes, n_bytes, "x.st", &length, NULL), UM_OK);
    assert_int_equal(length % 8, 0);
    assert_in_range(length, sizeof expected - 1, sizeof expected - 1 + 7);
    assert_int_equal(data_begin, UMI_SAFETENSORS_PREFIX + length);
    assert_int_equal(n_bytes, data_begin + 36);
    assert_memory_equal(bytes + UMI_SAFETENSORS_PREFIX, expected, sizeof expected - 1);
    for (size_t i = UMI_SAFETENSORS_PREFIX + sizeof expected - 1; i < data_begin; i++) {
        assert_int_equal(bytes[i], ' ');
    }
    umi_free(bytes);
    return UM_OK;
}

static void test_format(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(format_and_free, NULL) > 0);
}

static void test_format_refuses(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t n_bytes;
    size_t data_begin;
    umi_tensor huge = {.name = "a", .dtype = "F32", .shape = {SIZE_MAX / 2, 3}, .n_dimensions = 2};
    assert_int_equal(umi_safetensors_format(&huge, 1, NULL, &bytes, &n_bytes, &data_begin, NULL),
                     UM_ERR_ARGUMENT);
    umi_tensor strange = {.name = "a", .dtype = "F33", .shape = {1}, .n_dimensions = 1};
    assert_int_equal(
        umi_safetensors_format(&strange, 1, umi_json_object(), &bytes, &n_bytes, &data_begin, NULL),
        UM_ERR_ARGUMENT);

    char *text = umi_alloc(UMI_SAFETENSORS_HEADER_MAX + 1, 1);
    memset(text, 'a', UMI_SAFETENSORS_HEADER_MAX);
    umi_json *metadata = umi_json_object();
    assert_true(umi_json_set(metadata, "long", umi_json_string(text)));
    umi_free(text);
    assert_int_equal(umi_safetensors_format(NULL, 0, metadata, &bytes, &n_bytes, &data_begin, NULL),
                     UM_ERR_ARGUMENT);
    assert_null(bytes);
}

static um_status parse_and_free(void *context)
{
    (void)context;
    umi_safetensors *file;
    um_error error;
    um_status status = parse(sound, SOUND_DATA, &file, &error);
    assert_int_equal(status == UM_OK, file != NULL);
    umi_safetensors_free(file);
    return status;
}

static void test_every_allocation_failing(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(parse_and_free, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_header_length),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_data_size),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_refuses),
        cmocka_unit_test(test_every_allocation_failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
