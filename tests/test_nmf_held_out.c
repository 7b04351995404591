/* Held-out cells: they change nothing that the updates see, and tell a right model from one that
 * learned by heart. */
#include "matrices.h"
#include "nmf_in_double.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const nmf_shape shape = {300, 40, 1, 4, 0, true, 1.0, UM_SOLVER_MU};

static um_nmf *run(const nmf_shape *s, double share, um_cview V, size_t iterations)
{
    um_nmf_config config = nmf_shape_config(s, iterations);
    config.held_out = share;
    config.held_out_seed = 77;
    um_nmf *nmf = nmf_shape_start(s, config, V, 4);
    assert_int_equal(um_nmf_run(nmf, V, NULL), UM_OK);
    return nmf;
}

/* Which cells are hidden shows in the result: the divergence of an absurd V there is not seen. Here
 * one cell after the other is made absurd, and the curve either notices or does not. */
static void hidden_cells_are_not_seen(void **state)
{
    (void)state;
    nmf_shape s = {6, 30, 1, 2, 0, true, 1.0, UM_SOLVER_MU};
    um_view V = nmf_shape_spectrogram(&s, 0.0, 1);
    um_nmf *before = run(&s, 0.3, um_const_view(V), 5);
    size_t n_hidden, n_unseen = 0;
    double held_out = um_nmf_held_out(before, &n_hidden);
    for (size_t i = 0; i < s.n_frames * s.n_bins; i++) {
        float *cell = um_row(V, i / s.n_bins) + i % s.n_bins;
        float value = *cell;
        *cell = value * 2.0F + 1.0F;
        um_nmf *nmf;
        um_nmf_config config = nmf_shape_config(&s, 0);
        config.held_out = 0.3;
        config.held_out_seed = 77;
        assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
        assert_int_equal(um_nmf_set_atoms(nmf, 0, um_nmf_atoms(before), false), UM_OK);
        assert_int_equal(um_nmf_set_activations(nmf, um_nmf_activations(before)), UM_OK);
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
        size_t n;
        double seen = um_nmf_curve(nmf, &n)[0];
        double now = um_nmf_held_out(nmf, &n);
        assert_int_equal(n, n_hidden);
        bool unseen = fabs(seen - um_nmf_divergence(before)) < 1e-4;
        n_unseen += unseen;
        assert_true(unseen == (fabs(now - held_out) > 1e-3));
        um_nmf_free(nmf);
        *cell = value;
    }
    assert_int_equal(n_unseen, n_hidden);
    um_nmf_free(before);
    umi_free(V.data);
}

static void share_is_kept_and_parts_add_up(void **state)
{
    (void)state;
    um_view V = nmf_shape_spectrogram(&shape, 0.1, 2);
    double cells = (double)(shape.n_frames * shape.n_bins);
    for (double share = 0.05; share < 0.85; share += 0.25) {
        um_nmf *nmf = run(&shape, share, um_const_view(V), 10);
        size_t n_hidden;
        double hidden = um_nmf_held_out(nmf, &n_hidden);
        double spread = sqrt(cells * share * (1 - share));
        assert_true(fabs((double)n_hidden - share * cells) < 5 * spread);
        double_model m = double_model_of(nmf);
        double all = double_model_divergence(&m, um_const_view(V), 1.0);
        assert_true(fabs(hidden + um_nmf_divergence(nmf) - all) < 1e-5 * all);
        double_model_free(&m);
        um_nmf_free(nmf);
    }
    um_nmf *none = run(&shape, 0.0, um_const_view(V), 1);
    size_t n_hidden;
    assert_true(um_nmf_held_out(none, &n_hidden) == 0.0 && n_hidden == 0);
    um_nmf_free(none);
    umi_free(V.data);
}

static void divergence_of_what_is_seen_never_rises(void **state)
{
    (void)state;
    for (int joint = 0; joint < 2; joint++) {
        nmf_shape s = shape;
        s.solver = joint ? UM_SOLVER_JOINT : UM_SOLVER_MU;
        um_view V = nmf_shape_spectrogram(&s, 0.3, 3);
        um_nmf *nmf = run(&s, 0.2, um_const_view(V), 100);
        size_t n;
        const double *curve = um_nmf_curve(nmf, &n);
        for (size_t i = 1; i < n; i++) {
            assert_true(curve[i] <= curve[i - 1] + 1e-6 * curve[0]);
        }
        assert_true(curve[n - 1] < 0.95 * curve[0]);
        um_nmf_free(nmf);
        umi_free(V.data);
    }
}

/* Poisson counts of a product of four: more atoms always explain the seen cells better, but the
 * hidden ones only up to four. */
static void too_many_atoms_show(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(12);
    nmf_shape s = {400, 40, 1, 4, 0, true, 1.0, UM_SOLVER_MU};
    um_view H = matrix_random(s.n_frames, 4, 0.5, &random),
            W = matrix_random(4, s.n_bins, 0.5, &random);
    um_view V = matrix_product(um_const_view(H), um_const_view(W));
    for (size_t i = 0; i < s.n_frames * s.n_bins; i++) {
        float *v = um_row(V, i / s.n_bins) + i % s.n_bins;
        double limit = exp(-5.0 * (double)*v), product = 1.0; /* Knuth's Poisson numbers */
        size_t count = 0;
        while ((product *= umi_random_uniform(&random)) > limit) {
            count++;
        }
        *v = (float)count;
    }
    double seen[3], hidden[3];
    const size_t ranks[3] = {2, 4, 12};
    for (size_t r = 0; r < 3; r++) {
        s.n_components = ranks[r];
        um_nmf *nmf = run(&s, 0.1, um_const_view(V), 300);
        size_t n_hidden;
        hidden[r] = um_nmf_held_out(nmf, &n_hidden);
        seen[r] = um_nmf_divergence(nmf);
        um_nmf_free(nmf);
    }
    assert_true(seen[0] > seen[1] && seen[1] > seen[2]);
    assert_true(hidden[0] > 1.05 * hidden[1] && hidden[2] > 1.05 * hidden[1]);
    umi_free(H.data);
    umi_free(W.data);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_cells_are_not_seen),
        cmocka_unit_test(share_is_kept_and_parts_add_up),
        cmocka_unit_test(divergence_of_what_is_seen_never_rises),
        cmocka_unit_test(too_many_atoms_show),
    };
    return cmocka_run_group_tests_name("nmf_held_out", tests, NULL, NULL);
}
