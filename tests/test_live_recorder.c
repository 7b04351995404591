/* A live run on disk. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include "job/live_recorder.h"

#include "io/audio_reader.h"
#include "matrices.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Headers are brought up to date for every second. Nothing takes PATIENCE waits. */
enum { RATE = 8000, BLOCK = 100, SECOND = RATE / BLOCK, PATIENCE = 6000 };

typedef struct fixture {
    scratch files;
    const char *folder; /* its directory */
    umi_live_recorder *recorder;
    um_view mix, sources[UMI_LIVE_SOURCES_MAX];
    size_t n_taken;
} fixture;

static fixture *setup(void)
{
    static fixture f;
    memset(&f, 0, sizeof f);
    scratch_make(&f.files);
    f.folder = f.files.directory;
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

static void take(fixture *f, const char (*labels)[UM_LABEL_MAX + 1], size_t n_sources,
                 size_t n_blocks)
{
    for (size_t b = 0; b < n_blocks; b++) {
        for (size_t t = 0; t < BLOCK; t++, f->n_taken++) {
            um_row(f->mix, t)[0] = value(20, f->n_taken);
            for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
                um_row(f->sources[i], t)[0] = value(i, f->n_taken);
            }
        }
        umi_live_recorder_take(f->recorder, um_const_view(f->mix), f->sources, labels, n_sources);
    }
}

static void wait_a_little(size_t *n_waits)
{
    const struct timespec pause = {0, 5000000};
    assert_true((*n_waits)++ < PATIENCE);
    (void)nanosleep(&pause, NULL);
}

/* Waits for a file whose header tells of n frames. */
static void wait_for(const fixture *f, const char *file, size_t n)
{
    scratch files = f->files;
    const char *path = scratch_path(&files, file);
    umi_audio_reader_options options = {.strict = true};
    for (size_t told = 0, n_waits = 0; told != n;) {
        wait_a_little(&n_waits);
        umi_audio_reader *reader;
        if (umi_audio_reader_open(path, &options, &reader, NULL) == UM_OK) {
            told = umi_audio_reader_frames(reader);
            umi_audio_reader_free(reader);
        }
    }
}

/* The file holds n frames: those before `from` silence, the others source i's. */
static void assert_file(const fixture *f, const char *file, size_t i, size_t from, size_t n)
{
    scratch files = f->files;
    const char *path = scratch_path(&files, file);
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
    scratch_remove(&f->files);
    umi_free(f->mix.data);
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        umi_free(f->sources[i].data);
    }
}

static void every_source_has_a_file_of_full_length(void **state)
{
    (void)state;
    static const char first[][UM_LABEL_MAX + 1] = {"a", "rest"};
    static const char then[][UM_LABEL_MAX + 1] = {"a", "b", "rest"};
    fixture *f = setup();
    take(f, first, 2, SECOND);
    wait_for(f, "mix.wav", RATE);
    take(f, then, 3, 20);
    assert_int_equal(umi_live_recorder_finish(f->recorder, NULL), UM_OK);
    assert_file(f, "mix.wav", 20, 0, RATE + 2000);
    assert_file(f, "a.wav", 0, 0, RATE + 2000);
    assert_file(f, "b.wav", 1, RATE, RATE + 2000);
    assert_file(f, "rest.wav", UMI_LIVE_SOURCES_MAX - 1, 0, RATE + 2000);
    teardown(f);
}

/* Whatever happens to the program then. */
static void can_be_played_while_it_grows(void **state)
{
    (void)state;
    static const char labels[][UM_LABEL_MAX + 1] = {"mix",
                                                    "rest"}; /* not the mix, for all its name */
    fixture *f = setup();
    take(f, labels, 2, SECOND);
    wait_for(f, "mix.wav", RATE);
    assert_file(f, "mix.wav", 20, 0, RATE);
    wait_for(f, "mix (2).wav", RATE);
    assert_file(f, "mix (2).wav", 0, 0, RATE);
    assert_int_equal(umi_live_recorder_finish(f->recorder, NULL), UM_OK);
    teardown(f);
}

/* The rest has what there are no more files for, so that all still add up. */
static void labels_beyond_what_there_is_room_for_go_into_the_rest(void **state)
{
    (void)state;
    static const char first[][UM_LABEL_MAX + 1] = {"1", "2", "3", "4", "5", "6", "7", "rest"};
    static const char then[][UM_LABEL_MAX + 1] = {"8", "rest"};
    fixture *f = setup();
    take(f, first, 8, 1);
    for (size_t i = 1; i < UMI_LIVE_SOURCES_MAX - 1; i++) {
        for (size_t t = 0; t < BLOCK; t++) {
            um_row(f->sources[i], t)[0] = 0.0F;
        }
    }
    take(f, then, 2, 1);
    assert_int_equal(umi_live_recorder_finish(f->recorder, NULL), UM_OK);
    const char *path = scratch_path(&f->files, "rest.wav");
    umi_audio_reader_options options = {.strict = true};
    umi_audio_reader *reader;
    float samples[2 * BLOCK];
    size_t got;
    um_error error;
    assert_int_equal(umi_audio_reader_open(path, &options, &reader, &error), UM_OK);
    assert_int_equal(umi_audio_reader_read_float(reader, samples, 2 * BLOCK, &got, &error), UM_OK);
    assert_int_equal(got, 2 * BLOCK);
    for (size_t t = 0; t < BLOCK; t++) {
        assert_true(samples[t] == value(UMI_LIVE_SOURCES_MAX - 1, t));
        assert_true(samples[BLOCK + t] ==
                    value(UMI_LIVE_SOURCES_MAX - 1, BLOCK + t) + value(0, BLOCK + t));
    }
    umi_audio_reader_free(reader);
    teardown(f);
}

static void a_folder_that_is_gone_is_told(void **state)
{
    (void)state;
    static const char labels[][UM_LABEL_MAX + 1] = {"a", "rest"};
    fixture *f = setup();
    char text[UMI_LIVE_TEXT_SIZE];
    scratch_remove(&f->files);
    assert_false(umi_live_recorder_trouble(f->recorder, text, sizeof text));
    take(f, labels, 2, 1);
    for (size_t n_waits = 0; !umi_live_recorder_trouble(f->recorder, text, sizeof text);) {
        wait_a_little(&n_waits);
    }
    assert_non_null(strstr(text, "cannot be created"));
    assert_false(umi_live_recorder_trouble(f->recorder, text, sizeof text));
    um_error error;
    assert_int_not_equal(umi_live_recorder_finish(f->recorder, &error), UM_OK);
    assert_int_equal(mkdir(f->folder, 0700), 0);
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
        cmocka_unit_test(labels_beyond_what_there_is_room_for_go_into_the_rest),
        cmocka_unit_test(a_folder_that_is_gone_is_told),
        cmocka_unit_test(what_is_there_is_not_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
