/* Activations that were kept come back as they were, in whatever order of atoms is asked for. */
#define _DEFAULT_SOURCE
#include "job/kept_activations.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "matrices.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

enum { N_FRAMES = 700, N_ATOMS = 5, WIDTH = 3, COLS = N_ATOMS * WIDTH };

static um_view H;
static char folder[PATH_MAX];
static um_error error;

static int make_H(void **state)
{
    umi_random random = umi_random_seeded(6);
    H = matrix_random(N_FRAMES, COLS, 0.3, &random);
    return scratch_set_up(state);
}

static int free_H(void **state)
{
    umi_free(H.data);
    return scratch_tear_down(state);
}

static um_cview rows_of(size_t first, size_t n)
{
    um_cview rows = {um_row(H, first), n, COLS, H.stride};
    return rows;
}

/* Writes the first n_frames in batches, as a set of files; the folder is `folder` then. */
static um_status keep(const char *name, size_t n_frames, size_t n_promised)
{
    umi_output_set *set = NULL;
    umi_activations_writer *writer = NULL;
    snprintf(folder, sizeof folder, "%s", scratch_path(&files, name));
    assert_int_equal(umi_output_set_begin(folder, false, &set, &error), UM_OK);
    um_status status = umi_activations_writer_new(set, n_promised, COLS, &writer, &error);
    for (size_t first = 0, n; status == UM_OK && first < n_frames; first += n) {
        n = 1 + first % 128;
        n = n < n_frames - first ? n : n_frames - first;
        status = umi_activations_writer_take(writer, rows_of(first, n));
    }
    if (status == UM_OK) {
        status = umi_activations_writer_finish(writer, &error);
    }
    umi_activations_writer_free(writer);
    if (status == UM_OK) {
        status = umi_output_set_commit(set, NULL, 0, &error);
    }
    umi_output_set_free(set);
    return status;
}

static umi_kept_activations *open_kept(void)
{
    umi_kept_activations *kept;
    assert_int_equal(umi_kept_activations_open(folder, N_ATOMS, &kept, &error), UM_OK);
    assert_int_equal(umi_kept_activations_rows(kept), N_FRAMES);
    assert_int_equal(umi_kept_activations_width(kept), WIDTH);
    return kept;
}

static void come_back_in_any_order(void **state)
{
    (void)state;
    static const size_t orders[][N_ATOMS] = {{0, 1, 2, 3, 4}, {3, 0, 4, 2, 1}};
    assert_int_equal(keep("orders", N_FRAMES, N_FRAMES), UM_OK);
    umi_kept_activations *kept = open_kept();
    for (size_t o = 0; o < 3; o++) {
        const size_t *order = orders[o % 2]; /* the first one twice: begun anew */
        um_view got = matrix_new(N_FRAMES, COLS);
        umi_kept_activations_begin(kept, order, &error);
        for (size_t first = 0, n; first < N_FRAMES; first += n) {
            n = 1 + (first + 50) % 128;
            n = n < N_FRAMES - first ? n : N_FRAMES - first;
            um_view batch = {um_row(got, first), n, COLS, got.stride};
            assert_int_equal(umi_kept_activations_give(kept, batch), UM_OK);
        }
        for (size_t t = 0; t < N_FRAMES; t++) {
            for (size_t i = 0; i < COLS; i++) {
                size_t from = i / N_ATOMS * N_ATOMS + order[i % N_ATOMS];
                assert_true(um_row(got, t)[i] == um_row(H, t)[from]);
            }
        }
        umi_free(got.data);
    }
    umi_kept_activations_free(kept);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const size_t order[N_ATOMS] = {0, 1, 2, 3, 4};
    umi_kept_activations *kept;
    assert_int_equal(keep("fit", N_FRAMES, N_FRAMES), UM_OK);
    assert_int_equal(umi_kept_activations_open(folder, 4, &kept, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "activations.npy: 15 columns do not fit 4 atoms"));
    assert_null(kept);
    kept = open_kept();
    umi_kept_activations_begin(kept, order, &error);
    um_view got = matrix_new(N_FRAMES + 1, COLS);
    um_view narrow = {got.data, 1, COLS - 1, got.stride};
    um_view rest = {got.data, N_FRAMES - 10, COLS, got.stride};
    um_view last = {um_row(got, N_FRAMES - 10), 11, COLS, got.stride};
    assert_int_equal(umi_kept_activations_give(kept, narrow), UM_ERR_DATA);
    assert_int_equal(umi_kept_activations_give(kept, rest), UM_OK);
    um_row(got, N_FRAMES)[0] = 1.0F;
    assert_int_equal(umi_kept_activations_give(kept, last),
                     UM_OK); /* past the end nothing sounds */
    assert_true(um_row(got, N_FRAMES)[0] == 0.0F);
    assert_non_null(strstr(error.message, "activations.npy: "));
    umi_kept_activations_free(kept);
    umi_free(got.data);
    assert_int_equal(umi_kept_activations_open(files.directory, 4, &kept, &error), UM_ERR_NO_INPUT);
    assert_null(kept);
    umi_kept_activations_free(NULL);
}

/* All of the rows that were promised, or no file. */
static void rows_that_are_missing(void **state)
{
    (void)state;
    assert_int_equal(keep("missing", N_FRAMES - 1, N_FRAMES), UM_ERR_ARGUMENT);
    assert_false(scratch_exists(folder));
    /* Rows past the last one that was promised are silence, and left out. */
    assert_int_equal(keep("missing", N_FRAMES, N_FRAMES - 1), UM_OK);
    umi_activations_writer_free(NULL);
}

static um_status open_and_give(void *context)
{
    (void)context;
    static const size_t order[N_ATOMS] = {0, 1, 2, 3, 4};
    static float room[COLS];
    umi_kept_activations *kept;
    um_status status = umi_kept_activations_open(folder, N_ATOMS, &kept, &error);
    assert_int_equal(status == UM_OK, kept != NULL);
    if (status == UM_OK) {
        umi_kept_activations_begin(kept, order, &error);
        status = umi_kept_activations_give(kept, um_view_of(room, 1, COLS));
    }
    umi_kept_activations_free(kept);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_int_equal(keep("allocations", N_FRAMES, N_FRAMES), UM_OK);
    assert_true(counting_allocator_sweep(open_and_give, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(come_back_in_any_order),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(rows_that_are_missing),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("kept_activations", tests, make_H, free_H);
}
