/* The denoiser as an object: what it takes, what noise it learns. */
#include "unmingle/denoiser.h"

#include "counting_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "noisy_section.h"

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    um_view atoms = section_atoms();
    um_cview given = um_const_view(atoms);
    um_denoiser_config good = um_denoiser_config_default();
    um_denoiser *denoiser = NULL;
    good.n_bins = SECTION_BINS;
    um_denoiser_config wrong[6] = {good, good, good, good, good, good};
    wrong[0].n_bins = 15;
    wrong[1].n_bins = SECTION_BINS + 1; /* not those of the atoms */
    wrong[2].n_frames = 0;
    wrong[3].n_frames = 65537;
    wrong[4].frame_rate = 0.5;
    wrong[5].frame_rate = NAN;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(um_denoiser_new(&wrong[i], given, &denoiser), UM_ERR_ARGUMENT);
        assert_null(denoiser);
    }
    assert_int_equal(um_denoiser_new(NULL, given, &denoiser), UM_ERR_ARGUMENT);
    assert_int_equal(um_denoiser_new(&good, given, NULL), UM_ERR_ARGUMENT);
    um_row(atoms, 2)[7] = -1.0F;
    assert_int_equal(um_denoiser_new(&good, given, &denoiser), UM_ERR_ARGUMENT);
    /* The fast way looks at the middle frame alone. */
    um_row(atoms, 2)[7] = 1.0F;
    memset(um_row(atoms, 2) + SECTION_BINS, 0, SECTION_BINS * sizeof(float));
    good.fast = true;
    assert_int_equal(um_denoiser_new(&good, given, &denoiser), UM_ERR_ARGUMENT);
    um_denoiser_free(NULL);
    umi_free(atoms.data);
}

static void wrong_sections_are_refused(void **state)
{
    (void)state;
    um_denoiser *d = section_denoiser(false);
    um_view V = section_new(1.0), G = matrix_new(SECTION_FRAMES, SECTION_BINS);
    um_cview narrow = {V.data, V.rows, SECTION_BINS - 1, V.stride};
    assert_int_equal(um_denoiser_set_noise(d, narrow), UM_ERR_ARGUMENT);
    assert_int_equal(um_denoiser_find_noise(d, narrow), UM_ERR_ARGUMENT);
    assert_int_equal(um_denoiser_gains(d, narrow, G), UM_ERR_ARGUMENT);
    um_view less = {G.data, G.rows - 1, G.cols, G.stride};
    assert_int_equal(um_denoiser_gains(d, um_const_view(V), less), UM_ERR_ARGUMENT);
    um_row(V, 5)[5] = NAN;
    assert_int_equal(um_denoiser_find_noise(d, um_const_view(V)), UM_ERR_ARGUMENT);
    assert_int_equal(um_denoiser_gains(d, um_const_view(V), G), UM_ERR_ARGUMENT);
    um_denoiser_free(d);
    umi_free(V.data);
    umi_free(G.data);
}

static void assert_all_pass(um_view G)
{
    for (size_t t = 0; t < G.rows; t++) {
        for (size_t f = 0; f < G.cols; f++) {
            assert_true(um_row(G, t)[f] == 1.0F);
        }
    }
}

static void without_noise_all_passes(void **state)
{
    (void)state;
    um_denoiser *d = section_denoiser(false);
    um_view V = section_new(1.0), G = matrix_new(SECTION_FRAMES, SECTION_BINS);
    assert_int_equal(um_denoiser_gains(d, um_const_view(V), G), UM_OK);
    assert_all_pass(G);
    um_view silence = matrix_new(SECTION_FRAMES, SECTION_BINS);
    assert_int_equal(um_denoiser_find_noise(d, um_const_view(silence)), UM_OK);
    assert_int_equal(um_denoiser_gains(d, um_const_view(silence), G), UM_OK);
    assert_all_pass(G);
    assert_int_equal(um_denoiser_set_noise(d, um_const_view(silence)), UM_OK);
    assert_int_equal(um_denoiser_gains(d, um_const_view(V), G), UM_OK);
    assert_all_pass(G);
    um_denoiser_free(d);
    umi_free(V.data);
    umi_free(G.data);
    umi_free(silence.data);
}

static void work_allocates_nothing(void **state)
{
    (void)state;
    um_denoiser *d = section_denoiser(false);
    um_view V = section_new(1.0), G = matrix_new(SECTION_FRAMES, SECTION_BINS);
    size_t calls = counting_allocator_calls();
    assert_int_equal(um_denoiser_find_noise(d, um_const_view(V)), UM_OK);
    assert_int_equal(um_denoiser_set_noise(d, um_const_view(V)), UM_OK);
    assert_int_equal(um_denoiser_gains(d, um_const_view(V), G), UM_OK);
    assert_int_equal(counting_allocator_calls(), calls);
    um_denoiser_free(d);
    umi_free(V.data);
    umi_free(G.data);
}

static um_status attempt(void *context)
{
    const um_view *atoms = context;
    um_denoiser_config config = um_denoiser_config_default();
    um_denoiser *denoiser;
    config.n_bins = SECTION_BINS;
    um_status status = um_denoiser_new(&config, um_const_view(*atoms), &denoiser);
    if (status != UM_OK) {
        assert_null(denoiser);
    }
    um_denoiser_free(denoiser);
    return status;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    um_view atoms = section_atoms();
    assert_true(counting_allocator_sweep(attempt, &atoms) > 10);
    umi_free(atoms.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_arguments_are_refused), cmocka_unit_test(wrong_sections_are_refused),
        cmocka_unit_test(without_noise_all_passes),    cmocka_unit_test(work_allocates_nothing),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("denoiser", tests, NULL, NULL);
}
