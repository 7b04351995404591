/* A live run on disk. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include "job/live_recorder.h"

#include "io/audio_reader.h"
#include "matrices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { RATE = 8000, BLOCK = 100, PATH = 256 };

typedef struct fixture {
    char folder[PATH];
    umi_live_recorder *recorder;
    um_view mix, sources[UMI_LIVE_SOURCES_MAX];
    size_t n_taken;
} fixture;

static fixture *setup(void)
{
    static fixture f;
    memset(&f, 0, sizeof f);
    (void)snprintf(f.folder, sizeof f.folder, "/tmp/unmingle-test-XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    assert_int_equal(umi_live_recorder_new(f.folder, RATE, 1, &f.recorder, NULL), UM_OK);
    assert_int_equal(umi_live_recorder_start(f.recorder, NULL), UM_OK);
    f.mix = matrix_new(BLOCK, 1);
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        f.sources[i] = matrix_new(BLOCK, 1);
    }
    return &f;
}

/* What frame t of track i is. */
static float value(size_t i, size_t t)
{
    return (float)(1000 * i + t % 997) / 65536.0F;
}

static void take(fixture *f, size_t n_blocks)
{
    for (size_t b = 0; b < n_blocks; b++) {
        for (size_t t = 0; t < BLOCK; t++, f->n_taken++) {
            um_row(f->mix, t)[0] = value(20, f->n_taken);
            for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
                um_row(f->sources[i], t)[0] = value(i, f->n_taken);
            }
        }
        umi_live_recorder_take(f->recorder, um_const_view(f->mix), f->sources);
    }
}

static void name(fixture *f, const char *const *labels, size_t n)
{
    umi_live_state state = {.n_sources = n};
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(state.sources[i].label, sizeof state.sources[i].label, "%s", labels[i]);
    }
    umi_live_recorder_name(f->recorder, &state);
}

/* So long that the thread has written all. */
static void wait_a_moment(void)
{
    const struct timespec pause = {0, 300000000};
    (void)nanosleep(&pause, NULL);
}

/* The file holds n frames: those before `from` silence, the others source i's. */
static void assert_file(const fixture *f, const char *file, size_t i, size_t from, size_t n)
{
    char path[2 * PATH];
    (void)snprintf(path, sizeof path, "%s/%s", f->folder, file);
    umi_audio_reader_options options = {.strict = true};
    umi_audio_reader *reader;
    um_error error;
    assert_int_equal(umi_audio_reader_open(path, &options, &reader, &error), UM_OK);
    assert_int_equal(umi_audio_reader_frames(reader), n);
    float *samples = umi_alloc(n + 1, sizeof *samples);
    size_t got = 0, more;
    do {
        assert_int_equal(umi_audio_reader_read_float(reader, samples + got, n - got, &more, &error),
                         UM_OK);
        got += more;
    } while (more > 0 && got < n);
    for (size_t t = 0; t < n; t++) {
        assert_true(samples[t] == (t < from ? 0.0F : value(i, t)));
    }
    umi_free(samples);
    umi_audio_reader_free(reader);
}

static void teardown(fixture *f)
{
    char command[2 * PATH];
    (void)snprintf(command, sizeof command, "rm -r '%s'", f->folder);
    assert_int_equal(system(command), 0);
    umi_free(f->mix.data);
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        umi_free(f->sources[i].data);
    }
}

static void every_source_has_a_file_of_full_length(void **state)
{
    (void)state;
    static const char *const first[] = {"a", "rest"}, *const then[] = {"a", "b", "rest"};
    fixture *f = setup();
    name(f, first, 2);
    take(f, 30);
    wait_a_moment();
    name(f, then, 3);
    take(f, 20);
    assert_int_equal(umi_live_recorder_finish(f->recorder, NULL), UM_OK);
    assert_file(f, "mix.wav", 20, 0, 5000);
    assert_file(f, "a.wav", 0, 0, 5000);
    assert_file(f, "b.wav", 1, 3000, 5000);
    assert_file(f, "rest.wav", UMI_LIVE_SOURCES_MAX - 1, 0, 5000);
    teardown(f);
}

/* Whatever happens to the program then. */
static void can_be_played_while_it_grows(void **state)
{
    (void)state;
    static const char *const labels[] = {"mix", "rest"}; /* not the mix, though it is called so */
    fixture *f = setup();
    name(f, labels, 2);
    take(f, 2 * RATE / BLOCK);
    wait_a_moment();
    assert_file(f, "mix.wav", 20, 0, 2 * RATE);
    assert_file(f, "mix (source).wav", 0, 0, 2 * RATE);
    assert_int_equal(umi_live_recorder_finish(f->recorder, NULL), UM_OK);
    teardown(f);
}

static void what_is_there_is_not_overwritten(void **state)
{
    (void)state;
    fixture *f = setup();
    umi_live_recorder *second;
    um_error error;
    assert_int_equal(umi_live_recorder_new(f->folder, RATE, 1, &second, &error), UM_ERR_CREATE);
    assert_null(second);
    assert_non_null(strstr(error.message, "mix.wav"));
    assert_int_equal(umi_live_recorder_finish(f->recorder, NULL), UM_OK);
    assert_int_equal(umi_live_recorder_finish(NULL, NULL), UM_OK);
    teardown(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_source_has_a_file_of_full_length),
        cmocka_unit_test(can_be_played_while_it_grows),
        cmocka_unit_test(what_is_there_is_not_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
