/* The worker between the device's callback and the separator. */
#define _POSIX_C_SOURCE 200809L
#include "job/live_worker.h"

#include "core/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "live_parts.h"

enum { N_BLOCKS = 80, N = N_BLOCKS * PARTS_PERIOD };

typedef struct fixture {
    live_parts parts;
    umi_live_mixer mixer;
    umi_live_io *io;
    umi_live_worker *worker;
    float heard[2 * N], played[2 * N];
} fixture;

static fixture *setup(size_t channels_in, size_t channels_out, double device_rate)
{
    static fixture f;
    memset(&f, 0, sizeof f);
    f.parts = live_parts_new(channels_in);
    umi_live_mixer_init(&f.mixer);
    f.io = umi_alloc(umi_live_io_bytes(), 1);
    umi_live_io_begin(f.io, channels_in, channels_out, 4096);
    umi_live_worker_config config = {.separator = um_separator_config_default(),
                                     .n_bins = f.parts.n_bins,
                                     .rate = PARTS_RATE,
                                     .learning = f.parts.learning,
                                     .learn_every = 4,
                                     .display = f.parts.display,
                                     .mixer = &f.mixer};
    config.separator.stft = f.parts.stft;
    config.separator.n_channels = channels_in;
    config.separator.n_components_max = UMI_LIVE_ATOMS_MAX;
    assert_int_equal(umi_live_worker_new(&config, &f.worker, NULL), UM_OK);
    assert_int_equal(umi_live_worker_start(f.worker, f.io, device_rate, NULL), UM_OK);
    for (size_t i = 0; i < 2 * N; i++) {
        f.heard[i] = sinf(0.01F * (float)i) * cosf(0.0003F * (float)(i * i % 65536));
    }
    return &f;
}

/* Plays so many blocks, each when the worker has made what it will take. */
static void play(fixture *f)
{
    size_t C = f->io->channels_in, D = f->io->channels_out;
    for (size_t b = 0; b < N_BLOCKS; b++) {
        umi_live_io_process(f->io, f->heard + b * PARTS_PERIOD * C,
                            f->played + b * PARTS_PERIOD * D, PARTS_PERIOD, 0);
        while (f->io->gap + umi_ring_filled(f->io->out) / D < PARTS_PERIOD) {
            wait_a_little();
        }
    }
}

static void teardown(fixture *f)
{
    umi_live_worker_stop(f->worker);
    umi_live_worker_free(f->worker);
    live_parts_free(&f->parts);
    umi_free(f->io);
}

/* The sources add up to what was heard; one channel goes to both speakers. */
static void what_is_heard_is_played(void **state)
{
    (void)state;
    fixture *f = setup(1, 2, PARTS_RATE);
    play(f);
    size_t delay = PARTS_PERIOD + umi_live_worker_delay(f->worker);
    for (size_t t = delay; t < N; t++) {
        assert_true(fabsf(f->played[2 * t] - f->heard[t - delay]) < 1e-6F);
        assert_true(f->played[2 * t + 1] == f->played[2 * t]);
    }
    assert_int_equal(atomic_load(&f->io->overruns), 0);
    umi_live_frame frame;
    assert_true(umi_live_display_newest(f->parts.display, 0, &frame));
    assert_true(frame.in > 200 && frame.n_sources == 1);
    teardown(f);
}

static void what_is_muted_is_not(void **state)
{
    (void)state;
    fixture *f = setup(2, 2, PARTS_RATE);
    atomic_store(&f->mixer.mute[UMI_LIVE_SOURCES_MAX - 1], true); /* the rest, which is all */
    play(f);
    for (size_t t = 2 * PARTS_PERIOD; t < 2 * N; t++) {
        assert_true(f->played[t] == 0.0F);
    }
    teardown(f);
}

static void silence_is_noticed(void **state)
{
    (void)state;
    fixture *f = setup(1, 1, PARTS_RATE);
    play(f);
    assert_true(umi_live_worker_silence(f->worker) == 0.0);
    memset(f->heard, 0, sizeof f->heard);
    play(f);
    double seconds = (double)N / PARTS_RATE;
    assert_true(fabs(umi_live_worker_silence(f->worker) - seconds) < 1e-6);
    teardown(f);
}

/* The delay is longer by what the filters need, and always the same. */
static void another_rate_is_converted(void **state)
{
    (void)state;
    fixture *f = setup(1, 1, 2.0 * PARTS_RATE);
    for (size_t i = 0; i < N; i++) {
        f->heard[i] = sinf(0.05F * (float)i);
    }
    play(f);
    assert_int_equal(atomic_load(&f->io->overruns), 0);
    double lag = umi_live_worker_resampling_delay(f->worker) * 2.0 * PARTS_RATE;
    size_t delay = PARTS_PERIOD + (size_t)lrint(lag) + 2 * umi_live_worker_delay(f->worker);
    for (size_t t = delay + 1000; t < N; t++) {
        assert_true(fabsf(f->played[t] - f->heard[t - delay]) < 1e-3F);
    }
    teardown(f);
}

static void nonsense_from_the_device_is_silence(void **state)
{
    (void)state;
    fixture *f = setup(1, 1, PARTS_RATE);
    f->heard[1000] = NAN;
    f->heard[2000] = INFINITY;
    play(f);
    size_t delay = PARTS_PERIOD + umi_live_worker_delay(f->worker);
    for (size_t t = delay; t < N; t++) {
        float expected = isfinite(f->heard[t - delay]) ? f->heard[t - delay] : 0.0F;
        assert_true(fabsf(f->played[t] - expected) < 1e-6F);
    }
    teardown(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_heard_is_played),
        cmocka_unit_test(what_is_muted_is_not),
        cmocka_unit_test(silence_is_noticed),
        cmocka_unit_test(another_rate_is_converted),
        cmocka_unit_test(nonsense_from_the_device_is_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
