/* The queue between threads. */
#include "core/ring.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void gives_back_what_it_took(void **state)
{
    (void)state;
    umi_ring *ring = umi_ring_new(5); /* 8 */
    float in[8], out[8];
    assert_non_null(ring);
    float next = 0.0F, expected = 0.0F;
    for (size_t round = 0; round < 100; round++) { /* over the end, at every place */
        size_t n = 1 + round % 5;
        for (size_t i = 0; i < n; i++) {
            in[i] = next++;
        }
        assert_true(umi_ring_write(ring, in, n));
        assert_int_equal(umi_ring_filled(ring), n);
        assert_int_equal(umi_ring_read(ring, out, 8), n);
        for (size_t i = 0; i < n; i++) {
            assert_true(out[i] == expected++);
        }
    }
    umi_ring_free(ring);
}

static void a_block_is_never_cut(void **state)
{
    (void)state;
    umi_ring *ring = umi_ring_new(8);
    const float in[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    float out[8];
    assert_true(umi_ring_write(ring, in, 6));
    assert_false(umi_ring_write(ring, in, 3));
    assert_int_equal(umi_ring_filled(ring), 6);
    assert_int_equal(umi_ring_read(ring, NULL, 5), 5);
    assert_true(umi_ring_write(ring, in, 7));
    assert_int_equal(umi_ring_read(ring, out, 8), 8);
    assert_true(out[0] == 6.0F && out[1] == 1.0F && out[7] == 7.0F);
    assert_int_equal(umi_ring_read(ring, out, 8), 0);
    umi_ring_free(ring);
    umi_ring_free(NULL);
    assert_null(umi_ring_new(0));
}

enum { N_THREADED = 200000 };

static void *write_all(void *argument)
{
    umi_ring *ring = argument;
    for (size_t i = 0; i < N_THREADED;) {
        float sample = (float)i;
        i += umi_ring_write(ring, &sample, 1) ? 1 : 0;
    }
    return NULL;
}

static void threads_see_every_sample_in_order(void **state)
{
    (void)state;
    umi_ring *ring = umi_ring_new(64);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_all, ring), 0);
    float out[50];
    size_t n_wrong = 0;
    for (size_t n = 0; n < N_THREADED;) {
        size_t got = umi_ring_read(ring, out, 50);
        for (size_t i = 0; i < got; i++) {
            n_wrong += out[i] != (float)n++;
        }
    }
    assert_int_equal(n_wrong, 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    umi_ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_it_took),
        cmocka_unit_test(a_block_is_never_cut),
        cmocka_unit_test(threads_see_every_sample_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
