/* Gains and covariances of a dictionary: room for them, their rules, and their place in the file.
 */
#define _GNU_SOURCE /* memmem */
#include "unmingle/dictionary.h"

#include "counting_allocator.h"
#include "dictionary_sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void sizes_of_the_room(void **state)
{
    (void)state;
    um_dictionary *d = sample_dictionary();
    assert_true(d->gains.data == NULL && d->gains.rows == 0);
    assert_true(d->covariances.data == NULL && d->covariances.rows == 0);
    assert_int_equal(um_dictionary_add_gains(d, 0), UM_ERR_ARGUMENT);
    assert_int_equal(um_dictionary_add_gains(d, 65), UM_ERR_ARGUMENT);
    assert_int_equal(um_dictionary_add_covariances(d, 0), UM_ERR_ARGUMENT);
    assert_int_equal(um_dictionary_add_covariances(d, 65), UM_ERR_ARGUMENT);
    assert_int_equal(um_dictionary_add_gains(d, 64), UM_OK);
    assert_int_equal(um_dictionary_add_gains(d, 3), UM_OK); /* in its place */
    assert_true(d->gains.rows == 2 && d->gains.cols == 3 && um_row(d->gains, 1)[2] == 0);
    assert_int_equal(um_dictionary_add_covariances(d, 3), UM_OK);
    assert_true(d->covariances.rows == 2 && d->covariances.cols == 9 * SAMPLE_BINS);
    um_dictionary_free(d);
}

static void sources_are_labels_that_differ(void **state)
{
    (void)state;
    static const char *const labels[] = {"b", "a", "b", "c", "a"};
    um_dictionary *d;
    assert_int_equal(um_dictionary_new(5, 2, 9, &d), UM_OK);
    for (size_t k = 0; k < 5; k++) {
        strcpy(d->labels[k], labels[k]);
    }
    assert_int_equal(um_dictionary_n_sources(d), 3);
    assert_int_equal(um_dictionary_add_covariances(d, 2), UM_OK);
    assert_true(d->covariances.rows == 3 && d->covariances.cols == 36); /* of one frame */
    um_dictionary_free(d);
    assert_int_equal(um_dictionary_new(4096, 1, 262145, &d), UM_OK);
    for (size_t k = 0; k < 4096; k++) {
        d->labels[k][0] = (char)('!' + k % 64);
        d->labels[k][1] = (char)('!' + k / 64);
    }
    assert_int_equal(um_dictionary_n_sources(d), 4096);
    assert_int_equal(um_dictionary_add_covariances(d, 2), UM_ERR_ARGUMENT); /* 2^32 values */
    um_dictionary_free(d);
}

static void check_round_trip(const um_dictionary *d, const char *version)
{
    void *bytes, *again;
    size_t n_bytes, n_again;
    um_dictionary *read;
    um_error error = {0};
    assert_int_equal(um_dictionary_format(d, &bytes, &n_bytes, &error), UM_OK);
    char found[32];
    snprintf(found, sizeof found, "\"format_version\":\"%s\"", version);
    assert_non_null(memmem(bytes, n_bytes, found, strlen(found)));
    if (um_dictionary_parse(bytes, n_bytes, "d", &read, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    assert_same_dictionary(read, d);
    assert_int_equal(um_dictionary_format(read, &again, &n_again, &error), UM_OK);
    assert_true(n_again == n_bytes && memcmp(again, bytes, n_bytes) == 0);
    /* Not a byte may be missing. */
    um_dictionary *cut;
    for (size_t n = n_bytes - 40; n < n_bytes; n++) {
        assert_int_equal(um_dictionary_parse(bytes, n, "d", &cut, NULL), UM_ERR_CONFIG);
    }
    um_dictionary_free(read);
    um_dictionary_free_bytes(bytes);
    um_dictionary_free_bytes(again);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    um_dictionary *d = sample_dictionary_in_space(true, true);
    check_round_trip(d, "2");
    um_dictionary_free(d);
    d = sample_dictionary_in_space(true, false);
    check_round_trip(d, "2");
    um_dictionary_free(d);
    d = sample_dictionary_in_space(false, true);
    check_round_trip(d, "2");
    um_dictionary_free(d);
    d = sample_dictionary();
    check_round_trip(d, "1");
    um_dictionary_free(d);
}

/* -- Rules ------------------------------------------------------------------------------------- */

static void break_gain(um_dictionary *d)
{
    um_row(d->gains, 1)[0] = -0.5f;
}

static void break_gain_nan(um_dictionary *d)
{
    um_row(d->gains, 1)[1] = NAN;
}

static void break_gain_infinity(um_dictionary *d)
{
    um_row(d->gains, 0)[1] = INFINITY;
}

static void break_gain_sum(um_dictionary *d)
{
    um_row(d->gains, 1)[1] += 0.0011f;
}

static void bend_gain_sum(um_dictionary *d)
{
    um_row(d->gains, 1)[1] += 0.0009f;
}

static void break_gain_rows(um_dictionary *d)
{
    d->gains.rows = 1;
}

static void break_covariance(um_dictionary *d)
{
    um_row(d->covariances, 1)[4 * 8 + 2] = INFINITY;
}

static void break_power(um_dictionary *d)
{
    um_row(d->covariances, 0)[4 * 3 + 3] = -1e-30f;
}

static void bend_covariance(um_dictionary *d)
{
    um_row(d->covariances, 0)[4 * 3 + 2] = -1e-30f;
    um_row(d->covariances, 0)[4 * 3 + 1] = -1e-30f;
}

static void break_label(um_dictionary *d)
{
    strcpy(d->labels[1], d->labels[0]); /* one source less */
}

static void break_channels(um_dictionary *d)
{
    assert_int_equal(um_dictionary_add_covariances(d, 3), UM_OK);
}

static void break_square(um_dictionary *d)
{
    d->covariances.cols = 2 * SAMPLE_BINS;
}

static void every_rule(void **state)
{
    (void)state;
    static const struct {
        void (*change)(um_dictionary *d);
        const char *message; /* NULL: nothing wrong */
    } rows[] = {{break_gain, "gains[1][0]: -0.5 is not a finite number >= 0"},
                {break_gain_nan, "gains[1][1]: nan"},
                {break_gain_infinity, "gains[0][1]: inf"},
                {break_gain_sum, "gains[1]: the sum is 1.0011 and should be 1"},
                {bend_gain_sum, NULL},
                {break_gain_rows, "gains: 1 rows of 2 channels for 2 atoms"},
                {break_covariance, "covariances[1][8][2]: inf is not a finite number"},
                {break_power, "covariances[0][3][3]: -1e-30 is not a finite number >= 0"},
                {bend_covariance, NULL},
                {break_label, "covariances: 2 rows"},
                {break_channels, "covariances: 2 rows of 81 values"},
                {break_square, "covariances: 2 rows of 18 values"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        um_dictionary *d = sample_dictionary_in_space(true, true);
        rows[i].change(d);
        void *bytes;
        size_t n_bytes;
        um_error error = {0};
        um_status status = um_dictionary_format(d, &bytes, &n_bytes, &error);
        assert_int_equal(status, rows[i].message == NULL ? UM_OK : UM_ERR_ARGUMENT);
        if (rows[i].message != NULL && strstr(error.message, rows[i].message) == NULL) {
            fail_msg("%s: %s", rows[i].message, error.message);
        }
        um_dictionary_free_bytes(bytes);
        um_dictionary_free(d);
    }
}

/* -- Files ------------------------------------------------------------------------------------- */

/* Edits of one text of the header, of the same length, so that all offsets stay. */
static void hostile_files(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *message;
    } rows[] = {
        {"\"format_version\":\"2\"", "\"format_version\":\"1\"", "should hold W alone"},
        {"\"format_version\":\"2\"", "\"format_version\":\"3\"", "is not 1 or 2"},
        {"\"gains\"", "\"games\"", "W and gains, or covariances, or both"},
        {"\"W\"", "\"w\"", "W and gains, or covariances, or both"},
        {"\"gains\":{\"dtype\":\"F32\"", "\"gains\":{\"dtype\":\"I32\"", "gains: dtype is I32"},
        {"\"shape\":[2,2]", "\"shape\":[4,1]", "gains: shape is not [atoms, 1..64 channels]"},
        {"\"shape\":[2,9,4]", "\"shape\":[4,9,2]", "covariances: shape is not [different labels"},
        {"\"shape\":[2,9,4]", "\"shape\":[2,4,9]", "covariances: shape is not [different labels"},
        {"\"shape\":[2,9,4]", "\"shape\":[1,8,9]", "covariances: shape is not [different labels"},
    };
    um_dictionary *d = sample_dictionary_in_space(true, true);
    void *bytes;
    size_t n_bytes;
    assert_int_equal(um_dictionary_format(d, &bytes, &n_bytes, NULL), UM_OK);
    um_dictionary_free(d);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char *file = malloc(n_bytes);
        assert_non_null(file);
        memcpy(file, bytes, n_bytes);
        char *place = memmem(file, n_bytes, rows[i].from, strlen(rows[i].from));
        assert_non_null(place);
        memcpy(place, rows[i].to, strlen(rows[i].from));
        um_error error = {0};
        um_dictionary *read;
        assert_int_equal(um_dictionary_parse(file, n_bytes, "d", &read, &error), UM_ERR_CONFIG);
        assert_null(read);
        if (strncmp(error.message, "d: ", 3) != 0 ||
            strstr(error.message, rows[i].message) == NULL) {
            fail_msg("%s: %s", rows[i].message, error.message);
        }
        free(file);
    }
    um_dictionary_free_bytes(bytes);
}

static um_status add_write_and_read(void *dictionary)
{
    um_dictionary *d = dictionary;
    void *bytes = NULL;
    size_t n_bytes;
    um_dictionary *read = NULL;
    um_error error = {0};
    um_status status = um_dictionary_add_gains(d, 1);
    if (status == UM_OK) {
        um_row(d->gains, 0)[0] = um_row(d->gains, 1)[0] = 1;
        status = um_dictionary_add_covariances(d, 1);
    }
    if (status == UM_OK) {
        status = um_dictionary_format(d, &bytes, &n_bytes, &error);
    }
    if (status == UM_OK) {
        status = um_dictionary_parse(bytes, n_bytes, "d", &read, &error);
    }
    assert_int_equal(status == UM_OK, read != NULL);
    um_dictionary_free(read);
    um_dictionary_free_bytes(bytes);
    return status;
}

static void every_allocation_failing(void **state)
{
    (void)state;
    um_dictionary *d = sample_dictionary();
    /* Afterwards it has its tensors, which later attempts only replace. */
    assert_int_equal(add_write_and_read(d), UM_OK);
    assert_true(counting_allocator_sweep(add_write_and_read, d) > 12);
    um_dictionary_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_the_room),       cmocka_unit_test(sources_are_labels_that_differ),
        cmocka_unit_test(what_is_written_is_read), cmocka_unit_test(every_rule),
        cmocka_unit_test(hostile_files),           cmocka_unit_test(every_allocation_failing),
    };
    return cmocka_run_group_tests_name("dictionary_space", tests, NULL, NULL);
}
