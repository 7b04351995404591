/* What a reader of the live stream gets, and when, with a clock of the test's own. */
#include "job/live_feed.h"

#include "job/live_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The engine's part. */
static umi_live_state the_state;
static uint64_t atoms_model, newest;
static umi_live_feed *feed;

static void state(void *user, umi_live_state *out)
{
    *out = *(const umi_live_state *)user;
}

static bool frame(void *user, uint64_t after, umi_live_frame *out)
{
    (void)user;
    if (newest <= after) {
        return false;
    }
    memset(out, 0, sizeof *out);
    out->number = newest;
    return true;
}

static void atoms(void *user, umi_live_atoms *out)
{
    (void)user;
    out->model = atoms_model;
    out->n_atoms = 1;
}

static int set_up(void **unused)
{
    (void)unused;
    memset(&the_state, 0, sizeof the_state);
    the_state.latency = "low";
    the_state.model = atoms_model = 1;
    newest = 0;
    const umi_live_feed_config config = {&the_state, state, frame, atoms};
    feed = umi_live_feed_new(&config);
    return feed != NULL ? 0 : -1;
}

static int tear_down(void **unused)
{
    (void)unused;
    umi_live_feed_free(feed);
    return 0;
}

/* All that there is at `now`, one letter a message: s, f or a; at most `most` messages. */
static const char *hear_some(double now, size_t most)
{
    static uint8_t message[UMI_LIVE_MESSAGE_SIZE];
    static char heard[64];
    size_t n;
    size_t n_heard = 0;
    while (n_heard < most && (n = umi_live_feed_read(feed, now, message, sizeof message)) > 0) {
        assert_in_range(n, 9, sizeof message);
        assert_int_equal(n - 8, message[0] | message[1] << 8 | message[2] << 16);
        assert_in_range(message[4], 1, 3);
        heard[n_heard++] = " sfa"[message[4]];
    }
    heard[n_heard] = '\0';
    return heard;
}

static const char *hear(double now)
{
    return hear_some(now, 60);
}

static void begins_with_all(void **unused)
{
    (void)unused;
    assert_string_equal(hear(100), "sa");
    assert_string_equal(hear(100), "");
}

static void state_on_change(void **unused)
{
    (void)unused;
    hear(0);
    for (int i = 1; i <= 9; i++) {
        assert_string_equal(hear(i / 10.), "");
    }
    assert_string_equal(hear(1.01), "s");
    the_state.sources[0].mute = true; /* of a source that is not there */
    assert_string_equal(hear(1.2), "");
    the_state.frozen = true;
    assert_string_equal(hear(1.4), "s");
    assert_string_equal(hear(1.6), "");
    the_state.frozen = false;
    assert_string_equal(hear(1.61), ""); /* looked at ten times a second */
    assert_string_equal(hear(1.71), "s");
}

static void atoms_on_change(void **unused)
{
    (void)unused;
    hear(0);
    the_state.model = atoms_model = 2;
    assert_string_equal(hear(0.2), "sa");
    /* Atoms newer than the state told: sent once, and not again when the state tells. */
    the_state.model = 3;
    atoms_model = 4;
    assert_string_equal(hear(0.4), "sa");
    assert_string_equal(hear(0.45), "");
    the_state.model = 4;
    assert_string_equal(hear(0.6), "s");
    the_state.model = atoms_model = 5;
    assert_string_equal(hear(0.8), "sa");
}

/* Looked for every 4 ms for 10 s, of a source that makes 200 a second: 40 a second, evenly. */
static void frames_to_the_beat(void **unused)
{
    (void)unused;
    size_t n = 0;
    double last = 0;
    hear(0);
    for (int i = 0; i < 2500; i++) {
        double now = 0.1003 + 0.004 * i;
        newest = 1 + (uint64_t)(now * 200);
        const char *heard = hear(now);
        if (strchr(heard, 'f') != NULL) {
            assert_true(n == 0 || (now - last > 0.019 && now - last < 0.031));
            last = now;
            n++;
        }
    }
    assert_in_range(n, 398, 401);
}

/* Who comes late gets one frame, not all that he has missed, and then the beat again. */
static void slow_readers_miss_frames(void **unused)
{
    (void)unused;
    hear(0);
    newest = 10;
    assert_string_equal(hear(0.05), "f");
    newest = 400;
    assert_string_equal(hear(10), "sf");
    newest = 401;
    assert_string_equal(hear(10.01), "");
    assert_string_equal(hear(10.03), "f");
    assert_string_equal(hear(10.06), ""); /* there is none that is newer */
}

/* Read byte by byte, the stream is the same, and a message that has begun does not change. */
static void in_small_pieces(void **unused)
{
    (void)unused;
    uint8_t whole[2048], pieces[2048];
    size_t n = umi_live_feed_read(feed, 0, whole, sizeof whole);
    tear_down(NULL);
    set_up(NULL);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(umi_live_feed_read(feed, 0.001 * (double)i, pieces + i, 1), 1);
        the_state.frozen = true;
    }
    assert_memory_equal(whole, pieces, n);
    assert_string_equal(hear(5), "sa");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(begins_with_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(state_on_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(atoms_on_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(frames_to_the_beat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(slow_readers_miss_frames, set_up, tear_down),
        cmocka_unit_test_setup_teardown(in_small_pieces, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
