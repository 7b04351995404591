/* What lasts is taken away. */
#include "core/running_minimum.h"

#include "core/kernels/kernels.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 12 };

static void onsets_stay(void **state)
{
    (void)state;
    /* Column 1: a tone of 2 with a stroke of 5 more at frame 6, and a gap at 0. Column 0 is not
     * asked for. */
    um_view H = matrix_new(N, 3);
    float scratch[N];
    for (size_t t = 0; t < N; t++) {
        um_row(H, t)[0] = 7.0F;
        um_row(H, t)[1] = t == 0 ? 0.0F : t == 6 ? 7.0F : 2.0F;
        um_row(H, t)[2] = (float)t;
    }
    umi_running_minimum_subtract(H, 1, 2, 2, scratch);
    for (size_t t = 0; t < N; t++) {
        float tone = t == 6 ? 5.0F : t == 1 || t == 2 ? 2.0F : UMI_MODEL_FLOOR;
        assert_true(um_row(H, t)[0] == 7.0F);
        assert_true(um_row(H, t)[1] == tone);
        float rise = t < 2 ? (float)t : 2.0F;
        assert_true(um_row(H, t)[2] == (rise > UMI_MODEL_FLOOR ? rise : UMI_MODEL_FLOOR));
    }
    umi_free(H.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(onsets_stay)};
    return cmocka_run_group_tests_name("running_minimum", tests, NULL, NULL);
}
