/* Frames that are kept: the last ones, or all of a stretch, thinned. */
#include "job/live_frames.h"

#include "matrices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOM = 8, BINS = 3 };

/* Frame t has t in every bin. */
static void give(umi_live_frames *frames, void (*keep)(umi_live_frames *, const float *), size_t n)
{
    for (size_t t = 0; t < n; t++) {
        float frame[BINS] = {(float)t, (float)t, (float)t};
        keep(frames, frame);
    }
}

static void the_last_frames_stay(void **state)
{
    (void)state;
    umi_live_frames frames;
    assert_true(umi_live_frames_init(&frames, ROOM, BINS));
    give(&frames, umi_live_frames_keep_last, 5);
    assert_int_equal(umi_live_frames_kept(&frames).rows, 5);
    umi_live_frames_free(&frames);
    assert_true(umi_live_frames_init(&frames, ROOM, BINS));
    give(&frames, umi_live_frames_keep_last, 21);
    um_cview kept = umi_live_frames_kept(&frames);
    bool seen[21] = {false};
    assert_int_equal(kept.rows, ROOM);
    for (size_t i = 0; i < kept.rows; i++) {
        seen[(size_t)um_crow(kept, i)[BINS - 1]] = true;
    }
    for (size_t t = 0; t < 21; t++) {
        assert_int_equal(seen[t], t >= 21 - ROOM);
    }
    umi_live_frames_free(&frames);
}

/* However many come: from the first on, evenly spread, between half of the room and all of it. */
static void a_stretch_is_thinned_evenly(void **state)
{
    (void)state;
    umi_live_frames frames;
    for (size_t n = 1; n < 200; n++) {
        assert_true(umi_live_frames_init(&frames, ROOM, BINS));
        give(&frames, umi_live_frames_keep_all, n);
        um_cview kept = umi_live_frames_kept(&frames);
        assert_true(kept.rows <= ROOM && (kept.rows == n || kept.rows >= ROOM / 2));
        float step = kept.rows > 1 ? um_crow(kept, 1)[0] : 1.0f;
        for (size_t i = 0; i < kept.rows; i++) {
            assert_true(um_crow(kept, i)[0] == step * (float)i);
        }
        assert_true(step * (float)kept.rows >= (float)n); /* up to the end */
        umi_live_frames_free(&frames);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_frames_stay),
        cmocka_unit_test(a_stretch_is_thinned_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
