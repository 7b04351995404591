/* Between the device's callback and the worker: constant delay, whatever happens. */
#include "job/live_io.h"

#include "core/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { PERIOD = 16, FRAMES = 256 };

/* Frame number t of what is heard is t + 1 on both channels; 0 is silence. */
typedef struct fixture {
    umi_live_io *io;
    float next;
    float out[FRAMES];
} fixture;

static umi_live_io *io_new(size_t channels_in, size_t channels_out)
{
    umi_live_io *io = umi_alloc(umi_live_io_bytes(), 1);
    assert_non_null(io);
    umi_live_io_begin(io, channels_in, channels_out, FRAMES);
    return io;
}

static fixture fixture_new(void)
{
    fixture f = {.io = io_new(1, 1), .next = 1.0F};
    return f;
}

static void call(fixture *f, size_t n)
{
    float in[FRAMES];
    for (size_t t = 0; t < n; t++) {
        in[t] = f->next++;
    }
    umi_live_io_process(f->io, in, f->out, n, 0);
}

/* The worker gives back what it took. */
static void work(fixture *f)
{
    float block[FRAMES];
    size_t n = umi_ring_read(f->io->in, block, FRAMES);
    assert_true(umi_ring_write(f->io->out, block, n));
}

/* Frame t of this call was heard `delay` frames before it, or is silence. */
static void assert_delayed(const fixture *f, size_t n, size_t delay)
{
    for (size_t t = 0; t < n; t++) {
        float heard = f->next - (float)n + (float)t - (float)delay;
        assert_true(f->out[t] == (heard > 0.0F ? heard : 0.0F));
    }
}

static void what_is_played_trails_by_a_period(void **state)
{
    (void)state;
    fixture f = fixture_new();
    for (size_t i = 0; i < 50; i++) {
        call(&f, PERIOD);
        assert_delayed(&f, PERIOD, PERIOD);
        work(&f);
    }
    assert_int_equal(atomic_load(&f.io->overruns), 0);
    umi_free(f.io);
}

static void calls_of_any_size_trail_by_the_longest(void **state)
{
    (void)state;
    static const size_t sizes[] = {5, 16, 1, 7, 16, 30, 2, 30, 11, 30, 4};
    fixture f = fixture_new();
    size_t longest = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        bool grows = sizes[i] > longest;
        longest = grows ? sizes[i] : longest;
        call(&f, sizes[i]);
        if (!grows) {
            assert_delayed(&f, sizes[i], longest);
        }
        work(&f);
    }
    assert_int_equal(atomic_load(&f.io->overruns), 0);
    umi_free(f.io);
}

/* Silence in place of what is late, which is dropped: the delay is as before. */
static void a_late_worker_does_not_add_delay(void **state)
{
    (void)state;
    fixture f = fixture_new();
    for (size_t i = 0; i < 5; i++) {
        call(&f, PERIOD);
        work(&f);
    }
    call(&f, PERIOD);
    call(&f, PERIOD); /* the worker missed one */
    for (size_t t = 0; t < PERIOD; t++) {
        assert_true(f.out[t] == 0.0F);
    }
    assert_int_equal(atomic_load(&f.io->overruns), 1);
    assert_int_equal(atomic_load(&f.io->dropped), PERIOD);
    for (size_t i = 0; i < 5; i++) {
        work(&f);
        call(&f, PERIOD);
        assert_delayed(&f, PERIOD, PERIOD);
    }
    assert_int_equal(atomic_load(&f.io->overruns), 1);
    umi_free(f.io);
}

/* So long that the queue is full: what was not even heard counts as well, and the delay is back. */
static void a_stalled_worker_does_not_either(void **state)
{
    (void)state;
    fixture f = fixture_new();
    call(&f, PERIOD);
    work(&f);
    for (size_t i = 0; i < 3 * FRAMES / PERIOD; i++) {
        call(&f, PERIOD);
    }
    assert_true(atomic_load(&f.io->dropped) > FRAMES);
    uint64_t overruns = 0;
    for (size_t i = 0; i < 3 * FRAMES / PERIOD; i++) {
        work(&f);
        call(&f, PERIOD);
        overruns = i == 3 ? atomic_load(&f.io->overruns) : overruns;
    }
    assert_delayed(&f, PERIOD, PERIOD);
    assert_int_equal(atomic_load(&f.io->overruns), overruns);
    umi_free(f.io);
}

static void input_alone_will_do(void **state)
{
    (void)state;
    float in[2 * PERIOD] = {1.0F, 2.0F};
    umi_live_io *io = io_new(2, 0);
    umi_live_io_process(io, in, NULL, PERIOD, 0);
    assert_int_equal(umi_ring_filled(io->in), 2 * PERIOD);
    umi_live_io_process(io, in, NULL, PERIOD, 1); /* the device lost something */
    assert_int_equal(atomic_load(&io->overruns), 1);
    umi_live_io_begin(io, 2, 0, FRAMES);
    assert_int_equal(umi_ring_filled(io->in), 0);
    assert_int_equal(atomic_load(&io->overruns), 1); /* counts go on */
    umi_free(io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_played_trails_by_a_period),
        cmocka_unit_test(calls_of_any_size_trail_by_the_longest),
        cmocka_unit_test(a_late_worker_does_not_add_delay),
        cmocka_unit_test(a_stalled_worker_does_not_either),
        cmocka_unit_test(input_alone_will_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
