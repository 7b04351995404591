/* Settings that do not go together are refused, by the name of the option that has to go. */
#define _DEFAULT_SOURCE
#include "job/factor_check.h"

#include "factor_files.h"

#include <setjmp.h>

#include <cmocka.h>

static char path[PATH_MAX];
static umi_factor_input input;

static int set_up(void **state)
{
    scratch_set_up(state);
    umi_free(put_V(path).data);
    input = open_input(path);
    return 0;
}

static int tear_down(void **state)
{
    umi_factor_input_free(&input);
    return scratch_tear_down(state);
}

static const double weights[ATOMS] = {1.0, 1.0, 1.0};

/* Each with one thing that does not go with the rest. */
static const struct {
    umi_factorisation_config how;
    umi_factor_start_config start;
    size_t n_runs;
    bool lee_seung, nndsvd;
    const char *text;
} wrong[] = {
    {.how = {.divergence = UM_DIVERGENCE_EUCLIDEAN, .solver = UMI_SOLVER_JOINT},
     .text = "--solver joint: for the Kullback-Leibler"},
    {.how = {.divergence = UM_DIVERGENCE_BETA, .beta = 0.5, .precision = UM_PRECISION_BF16},
     .text = "--precision bf16"},
    {.how = {.divergence = UM_DIVERGENCE_ITAKURA_SAITO},
     .lee_seung = true,
     .text = "--report-1999"},
    {.how = {.divergence = UM_DIVERGENCE_EUCLIDEAN, .atom_frames = 2},
     .text = "--atom-frames: for"},
    {.how = {.solver = UMI_SOLVER_VQ}, .text = "--solver vq: for the Euclidean"},
    {.how = {.atom_frames = 2, .solver = UMI_SOLVER_MU},
     .text = "--solver: not with --atom-frames"},
    {.how = {.atom_frames = 2, .sparsity_H = 1.0}, .text = "--sparsity: not"},
    {.how = {.atom_frames = 2, .sparsity_W = 1.0}, .text = "--atom-sparsity: not"},
    {.how = {.atom_frames = 2, .continuity_H = 1.0}, .text = "--continuity: not"},
    {.how = {.atom_frames = 2, .weights = weights}, .text = "--weights: not"},
    {.how = {.atom_frames = 2}, .nndsvd = true, .text = "--start nndsvd: not"},
    {.how = {.atom_frames = 2}, .start = {.highest = 880.0}, .text = "--harmonic: not"},
    {.how = {.atom_frames = 2}, .start = {.n_percussive = 1}, .text = "--percussive: not"},
    {.how = {.divergence = UM_DIVERGENCE_EUCLIDEAN, .solver = UMI_SOLVER_PCA},
     .n_runs = 2,
     .text = "--restarts: not with --solver pca"},
    {.how = {.divergence = UM_DIVERGENCE_EUCLIDEAN, .solver = UMI_SOLVER_VQ},
     .start = {.init_H = "H"},
     .text = "--init-H: not with --solver vq"},
    {.how = {.solver = UMI_SOLVER_ONLINE, .sparsity_H = 1.0},
     .text = "--sparsity: not with --solver online"},
    {.how = {.solver = UMI_SOLVER_ONLINE, .divergence = UM_DIVERGENCE_EUCLIDEAN},
     .text = "--solver online: for the Kullback"},
    {.how = {.solver = UMI_SOLVER_ONLINE}, .lee_seung = true, .text = "--report-1999: not with"},
    {.start = {.fix_W = true}, .text = "--fix-W: which W?"},
    {.start = {.init_W = "W", .highest = 880.0}, .text = "--init-W: it gives all atoms"},
    {.start = {.init_W = "W", .init_H = "H"}, .n_runs = 2, .text = "leave one of them out"},
    {.nndsvd = true, .n_runs = 2, .text = "take --start random"},
};

static void refuses_what_does_not_go_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        umi_factor_config config = {.how = wrong[i].how,
                                    .start = wrong[i].start,
                                    .n_runs = wrong[i].n_runs > 0 ? wrong[i].n_runs : 1,
                                    .lee_seung = wrong[i].lee_seung};
        um_error error = {UM_OK, ""};
        config.start.kind = wrong[i].nndsvd ? UMI_START_NNDSVD : UMI_START_RANDOM;
        assert_int_equal(umi_factor_check_settings(&config, &error), UM_ERR_ARGUMENT);
        assert_non_null(strstr(error.message, wrong[i].text));
    }
}

static void takes_the_rest(void **state)
{
    (void)state;
    const umi_factor_config right[] = {
        {.how = {.sparsity_H = 1.0,
                 .sparsity_W = 1.0,
                 .continuity_H = 1.0,
                 .weights = weights,
                 .precision = UM_PRECISION_BF16},
         .start = {.kind = UMI_START_NNDSVD, .highest = 880.0, .n_percussive = 2},
         .lee_seung = true,
         .n_runs = 1},
        {.how = {.divergence = UM_DIVERGENCE_ITAKURA_SAITO},
         .start = {.kind = UMI_START_RANDOM, .init_W = "W", .fix_W = true},
         .n_runs = 5},
        {.how = {.atom_frames = 4},
         .start = {.kind = UMI_START_RANDOM, .init_W = "W", .init_H = "H"},
         .n_runs = 1},
    };
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        um_error error;
        assert_int_equal(umi_factor_check_settings(&right[i], &error), UM_OK);
        assert_int_equal(umi_factor_check_input(&right[i], &input, &error), UM_OK);
    }
}

static void refuses_what_V_is_not_for(void **state)
{
    (void)state;
    const struct {
        umi_factor_config config;
        bool is_sparse;
        size_t cols;
        const char *text;
    } cases[] = {
        {{.save_V = true}, true, 5, "--save-V"},
        {{.how = {.solver = UMI_SOLVER_MU, .divergence = UM_DIVERGENCE_EUCLIDEAN},
          .start = {.kind = UMI_START_RANDOM}},
         true,
         5,
         "V is sparse, and of the divergences"},
        {{.how = {.atom_frames = 2}, .start = {.kind = UMI_START_RANDOM}},
         true,
         5,
         "does not go with --atom-frames"},
        {{.how = {.solver = UMI_SOLVER_PCA}, .start = {.kind = UMI_START_RANDOM}},
         true,
         5,
         "does not go with --solver pca"},
        {{.start = {.kind = UMI_START_NNDSVD}}, true, 5, "take --start random"},
        {{.start = {.kind = UMI_START_NNDSVD}}, false, (1 << 20) + 1, "1048577 columns"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_factor_input other = input;
        um_error error;
        other.is_sparse = cases[i].is_sparse;
        other.cols = cases[i].cols;
        assert_int_equal(umi_factor_check_input(&cases[i].config, &other, &error), UM_ERR_ARGUMENT);
        assert_non_null(strstr(error.message, cases[i].text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_does_not_go_together),
        cmocka_unit_test(takes_the_rest),
        cmocka_unit_test(refuses_what_V_is_not_for),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
