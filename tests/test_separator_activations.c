/* Activations out of the separator and into it again: all frames, in order, and the same bits. */
#include "core/memory.h"
#include "job/thread_pool.h"
#include "matrices.h"
#include "unmingle/separator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Source 1 has two atoms, source 0 one, the last one none. */
enum { N_SAMPLES = 30000, C = 2, HOP = 16, N_BINS = 33, K = 3, N_SOURCES = 3 };
enum { N_FRAMES_MAX = N_SAMPLES / HOP + 1 };

static const size_t source_of[K] = {1, 0, 1};
static um_view atoms, gains, sound;

static int make_inputs(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(4);
    atoms = matrix_random(K, N_BINS, 0.3, &random);
    gains = matrix_random(K, C, 0.0, &random);
    sound = matrix_random(N_SAMPLES, C, 0.0, &random);
    return 0;
}

static int free_inputs(void **state)
{
    (void)state;
    umi_free(atoms.data);
    umi_free(gains.data);
    umi_free(sound.data);
    return 0;
}

/* What goes out, or what is given. */
typedef struct record {
    float H[N_FRAMES_MAX][K];
    size_t n, n_calls, fails_at;
} record;

static um_status take(void *user, um_cview H)
{
    record *r = user;
    assert_int_equal(H.cols, K);
    assert_true(H.rows > 0 && r->n + H.rows <= N_FRAMES_MAX);
    for (size_t i = 0; i < H.rows; i++) {
        memcpy(r->H[r->n++], um_crow(H, i), sizeof r->H[0]);
    }
    r->n_calls++;
    return r->n_calls == r->fails_at ? UM_ERR_IO : UM_OK;
}

static um_status give(void *user, um_view H)
{
    record *r = user;
    assert_int_equal(H.cols, K);
    assert_true(H.rows > 0 && r->n + H.rows <= N_FRAMES_MAX);
    for (size_t i = 0; i < H.rows; i++) {
        memcpy(um_row(H, i), r->H[r->n++], sizeof r->H[0]);
    }
    r->n_calls++;
    return r->n_calls == r->fails_at ? UM_ERR_DATA : UM_OK;
}

static um_separator *make(record *out, record *in, size_t n_sources, const size_t *sources,
                          um_parallel parallel)
{
    um_separator_config config = um_separator_config_default();
    config.stft.window.length = 64;
    config.stft.window.hop = HOP;
    config.n_channels = C;
    config.iterations = 8;
    config.parallel = parallel;
    config.activations_out = out != NULL ? take : NULL;
    config.activations_in = in != NULL ? give : NULL;
    config.activations_user = out != NULL ? out : in;
    um_separator *separator;
    um_separator_dictionary_config dictionary = {.atoms = um_const_view(atoms),
                                                 .gains = um_const_view(gains),
                                                 .source_of = sources,
                                                 .n_sources = n_sources,
                                                 .residual = true};
    assert_int_equal(um_separator_new(&config, &dictionary, &separator, NULL), UM_OK);
    return separator;
}

/* Pushes all in blocks, of any sizes where block_size is 0, up to the first that fails. */
static um_status separate(um_separator *separator, size_t n_sources, size_t block_size,
                          um_view *stems)
{
    umi_random random = umi_random_seeded(3);
    for (size_t first = 0, n; first < N_SAMPLES; first += n) {
        um_view blocks[N_SOURCES];
        n = block_size > 0 ? block_size : umi_random_below(&random, 4000);
        n = n < N_SAMPLES - first ? n : N_SAMPLES - first;
        for (size_t i = 0; i < n_sources; i++) {
            blocks[i] = (um_view){um_row(stems[i], first), n, C, stems[i].stride};
        }
        um_cview in = {um_row(sound, first), n, C, sound.stride};
        um_status status = um_separator_push(separator, in, blocks);
        if (status != UM_OK) {
            return status;
        }
    }
    return UM_OK;
}

static um_status run(record *out, record *in, size_t block_size, um_parallel parallel,
                     um_view stems[N_SOURCES])
{
    um_separator *separator = make(out, in, N_SOURCES, source_of, parallel);
    for (size_t i = 0; i < N_SOURCES; i++) {
        stems[i] = matrix_new(N_SAMPLES, C);
    }
    um_status status = separate(separator, N_SOURCES, block_size, stems);
    um_separator_free(separator);
    return status;
}

static void free_stems(um_view stems[N_SOURCES])
{
    for (size_t i = 0; i < N_SOURCES; i++) {
        umi_free(stems[i].data);
    }
}

/* As um_separator_frames has them, whatever the blocks, to the last frame. */
static void every_frame_goes_out_in_order(void **state)
{
    (void)state;
    static record whole, pieces, watched;
    size_t n_workers = 3;
    um_view stems[N_SOURCES];
    memset(&whole, 0, sizeof whole);
    assert_int_equal(run(&whole, NULL, N_SAMPLES, um_parallel_serial(), stems), UM_OK);
    free_stems(stems);
    assert_int_equal(whole.n, N_SAMPLES / HOP);
    assert_true(whole.n_calls > 3); /* several batches */
    memset(&pieces, 0, sizeof pieces);
    assert_int_equal(run(&pieces, NULL, 0, backwards_parallel(&n_workers), stems), UM_OK);
    free_stems(stems);
    assert_int_equal(pieces.n, whole.n);
    assert_memory_equal(pieces.H, whole.H, sizeof whole.H);

    um_separator *separator = make(NULL, NULL, N_SOURCES, source_of, um_parallel_serial());
    memset(&watched, 0, sizeof watched);
    for (size_t i = 0; i < N_SOURCES; i++) {
        stems[i] = matrix_new(HOP, C);
    }
    for (size_t first = 0; first + HOP <= N_SAMPLES; first += HOP) {
        um_cview in = {um_row(sound, first), HOP, C, sound.stride};
        um_cview V, H;
        assert_int_equal(um_separator_push(separator, in, stems), UM_OK);
        assert_int_equal(um_separator_frames(separator, &V, &H), 1);
        assert_int_equal(take(&watched, H), UM_OK);
    }
    free_stems(stems);
    um_separator_free(separator);
    assert_memory_equal(watched.H, whole.H, sizeof whole.H);
}

static void given_back_they_make_the_same_bits(void **state)
{
    (void)state;
    static record kept;
    um_view solved[N_SOURCES], given[N_SOURCES];
    memset(&kept, 0, sizeof kept);
    assert_int_equal(run(&kept, NULL, N_SAMPLES, um_parallel_serial(), solved), UM_OK);
    kept.n = 0;
    assert_int_equal(run(NULL, &kept, 0, um_parallel_serial(), given), UM_OK);
    assert_int_equal(kept.n, N_SAMPLES / HOP);
    for (size_t i = 0; i < N_SOURCES; i++) {
        assert_true(same_bits(um_const_view(given[i]), um_const_view(solved[i])));
    }
    free_stems(given);
    /* Other activations, other masks: they are used. */
    kept.n = 0;
    for (size_t t = 0; t < N_FRAMES_MAX; t++) {
        kept.H[t][0] *= 3.0F;
    }
    assert_int_equal(run(NULL, &kept, 0, um_parallel_serial(), given), UM_OK);
    assert_false(same_bits(um_const_view(given[0]), um_const_view(solved[0])));
    free_stems(given);
    free_stems(solved);
}

/* One source needs no frames; asked for, they are solved all the same. */
static void one_source_has_activations_too(void **state)
{
    (void)state;
    static record kept;
    static const size_t all_one[K] = {0, 0, 0};
    um_view stem = matrix_new(N_SAMPLES, C);
    memset(&kept, 0, sizeof kept);
    um_separator *separator = make(&kept, NULL, 1, all_one, um_parallel_serial());
    size_t delay = um_separator_delay(separator);
    assert_int_equal(separate(separator, 1, 0, &stem), UM_OK);
    um_separator_free(separator);
    assert_int_equal(kept.n, N_SAMPLES / HOP);
    assert_true(kept.H[100][0] > 0.0F);
    for (size_t i = delay; i < N_SAMPLES; i++) {
        assert_memory_equal(um_row(stem, i), um_row(sound, i - delay), C * sizeof(float));
    }
    umi_free(stem.data);
}

static void what_a_callback_says_ends_the_push(void **state)
{
    (void)state;
    static record kept;
    um_view stems[N_SOURCES];
    for (size_t fails_at = 1; fails_at < 4; fails_at++) {
        memset(&kept, 0, sizeof kept);
        kept.fails_at = fails_at;
        assert_int_equal(run(&kept, NULL, 0, um_parallel_serial(), stems), UM_ERR_IO);
        free_stems(stems);
        assert_int_equal(kept.n_calls, fails_at);
        kept.n = kept.n_calls = 0;
        assert_int_equal(run(NULL, &kept, 0, um_parallel_serial(), stems), UM_ERR_DATA);
        free_stems(stems);
        assert_int_equal(kept.n_calls, fails_at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_goes_out_in_order),
        cmocka_unit_test(given_back_they_make_the_same_bits),
        cmocka_unit_test(one_source_has_activations_too),
        cmocka_unit_test(what_a_callback_says_ends_the_push),
    };
    return cmocka_run_group_tests_name("separator_activations", tests, make_inputs, free_inputs);
}
