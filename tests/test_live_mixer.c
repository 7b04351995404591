/* Sources played together. */
#include "job/live_mixer.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 32 };

typedef struct fixture {
    umi_live_mixer mixer;
    um_view sources[UMI_LIVE_SOURCES_MAX], out;
} fixture;

/* Source i is 2^i throughout, so that a sum tells who is in it. */
static void setup(fixture *f)
{
    umi_live_mixer_init(&f->mixer);
    f->out = matrix_new(N, 2);
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        f->sources[i] = matrix_new(N, 2);
        for (size_t t = 0; t < N; t++) {
            um_row(f->sources[i], t)[0] = um_row(f->sources[i], t)[1] = (float)(1 << i);
        }
    }
}

static void teardown(fixture *f)
{
    umi_free(f->out.data);
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        umi_free(f->sources[i].data);
    }
}

/* Mixes twice: a change is faded in the first block, and whole in the second. */
static float settled(fixture *f)
{
    umi_live_mixer_mix(&f->mixer, f->sources, f->out);
    umi_live_mixer_mix(&f->mixer, f->sources, f->out);
    for (size_t t = 0; t < N; t++) {
        assert_true(um_row(f->out, t)[0] == um_row(f->out, 0)[0]);
        assert_true(um_row(f->out, t)[1] == um_row(f->out, 0)[0]);
    }
    return um_row(f->out, 0)[0];
}

static void gain_mute_and_solo(void **state)
{
    (void)state;
    fixture f;
    setup(&f);
    assert_true(settled(&f) == 255.0F);
    atomic_store(&f.mixer.mute[3], true);
    assert_true(settled(&f) == 255.0F - 8.0F);
    atomic_store(&f.mixer.gain[4], 0.5F);
    assert_true(settled(&f) == 255.0F - 8.0F - 8.0F);
    atomic_store(&f.mixer.solo[3], true); /* muted all the same */
    atomic_store(&f.mixer.solo[4], true);
    assert_true(settled(&f) == 8.0F);
    teardown(&f);
}

static void changes_are_faded(void **state)
{
    (void)state;
    fixture f;
    setup(&f);
    atomic_store(&f.mixer.mute[7], true);
    um_view none = {f.out.data, 0, 2, f.out.stride};
    umi_live_mixer_mix(&f.mixer, f.sources, none); /* changes nothing yet */
    umi_live_mixer_mix(&f.mixer, f.sources, f.out);
    for (size_t t = 1; t < N; t++) {
        float step = um_row(f.out, t - 1)[0] - um_row(f.out, t)[0];
        assert_true(fabsf(step - 128.0F / (float)N) < 1e-3F);
    }
    teardown(&f);
}

static void settings_go_with_their_sources(void **state)
{
    (void)state;
    fixture f;
    setup(&f);
    atomic_store(&f.mixer.gain[2], 0.25F);
    atomic_store(&f.mixer.mute[7], true); /* the rest */
    umi_live_mixer_remove(&f.mixer, 0);
    assert_true(atomic_load(&f.mixer.gain[1]) == 0.25F);
    assert_true(atomic_load(&f.mixer.gain[2]) == 1.0F);
    assert_false(atomic_load(&f.mixer.mute[6]));
    assert_true(atomic_load(&f.mixer.mute[7]));
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gain_mute_and_solo),
        cmocka_unit_test(changes_are_faded),
        cmocka_unit_test(settings_go_with_their_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
