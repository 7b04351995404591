/* How much sound a separator takes at once: bounded in bytes, and whole where frames couple. */
#include "core/separator_batch.h"

#include "core/tile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void few_bytes(void **state)
{
    (void)state;
    for (size_t columns = 1; columns <= (size_t)1 << 24; columns *= 4) {
        for (size_t n_sources = 1; n_sources <= 64; n_sources *= 2) {
            umi_separator_batch batch = umi_separator_batch_of(columns, n_sources, 1, false);
            size_t bytes = batch.n_frames * columns * (2 * n_sources + 1) * sizeof(float);
            assert_true(batch.n_frames == 1 || bytes <= (size_t)16 << 20);
            assert_true(batch.n_frames >= 1 && batch.n_frames <= 128);
            assert_true(batch.n_frames < UMI_TILE_FRAMES || batch.n_frames % UMI_TILE_FRAMES == 0);
            assert_int_equal(umi_separator_batch_late(batch), 0);
        }
    }
    assert_int_equal(umi_separator_batch_of(4098, 4, 1, false).n_frames, 96);
}

/* A halo of its own length, or more, would cost more than it gives. */
static void coupled_frames(void **state)
{
    (void)state;
    umi_separator_batch coupled = umi_separator_batch_of(100000, 2, 1, true);
    assert_int_equal(coupled.n_frames, 128);
    assert_int_equal(coupled.halo, 64);
    assert_int_equal(umi_separator_batch_late(coupled), 191);
    umi_separator_batch lasting = umi_separator_batch_of(1025, 3, 8, false);
    assert_int_equal(lasting.n_frames, 128);
    assert_int_equal(lasting.halo, 32);
    assert_int_equal(umi_separator_batch_of(1025, 3, 16, false).halo, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_bytes),
        cmocka_unit_test(coupled_frames),
    };
    return cmocka_run_group_tests_name("separator_batch", tests, NULL, NULL);
}
