/* What is written comes back to the bit, and a write that fails is never taken for a file. */
#define _DEFAULT_SOURCE
#include "io/audio_writer.h"

#include "audio_bytes.h"
#include "io/audio_reader.h"
#include "scratch_group.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

enum { N_FRAMES = 500, N_MAX = N_FRAMES * 64 };

static um_error error;
static float floats[N_MAX], floats_back[N_MAX];
static int32_t integers[N_MAX], integers_back[N_MAX];
static unsigned char bytes[2][1 << 19];

static umi_audio_writer *new_writer(const char *name, umi_container container, umi_sample sample,
                                    double rate, size_t channels, uint64_t n_frames)
{
    umi_audio_writer_config config = {.path = scratch_path(&files, name),
                                      .format = {container, sample, rate, channels},
                                      .n_frames = n_frames};
    umi_audio_writer *writer = NULL;
    (void)unlink(config.path);
    if (umi_audio_writer_new(&config, &writer, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    return writer;
}

static void finish(umi_audio_writer *writer)
{
    if (umi_audio_writer_finish(writer, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    umi_audio_writer_free(writer);
}

static umi_audio_reader *open_written(const char *name)
{
    static const umi_audio_reader_options options = {.strict = true};
    umi_audio_reader *reader = NULL;
    const char *path = scratch_path(&files, name);
    if (umi_audio_reader_open(path, &options, &reader, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    return reader;
}

/* Containers that hold every sample format but lossy. */
static const umi_container plain[] = {UMI_CONTAINER_WAV, UMI_CONTAINER_W64, UMI_CONTAINER_AIFF,
                                      UMI_CONTAINER_AU, UMI_CONTAINER_CAF};

/* Writes N_FRAMES of the test signal, first as floats and then as integers where the format has
 * some, in uneven pieces; both must read back as they were. */
static void assert_round_trip(umi_container container, umi_sample sample, double rate,
                              size_t channels)
{
    unsigned bits = umi_sample_bits(sample);
    /* Laws do not hold every 16-bit value: what they hold is a fixed point. */
    bool is_law = sample == UMI_SAMPLE_ALAW || sample == UMI_SAMPLE_ULAW;
    for (size_t i = 0; i < N_FRAMES * channels; i++) {
        integers[i] = bits == 0 ? 0 : test_sample(i, bits);
        /* 24 bits of a 32-bit file are what a float can carry. */
        floats[i] =
            bits == 0 || bits == 32 ? test_float(i) : (float)ldexp(integers[i], 1 - (int)bits);
    }
    for (int as_integers = 0; as_integers <= (bits != 0 ? 1 : 0); as_integers++) {
        for (int pass = 0; pass <= (is_law ? 1 : 0); pass++) {
            umi_audio_writer *writer =
                new_writer("out", container, sample, rate, channels, N_FRAMES);
            for (size_t done = 0, n = 1; done < N_FRAMES; done += n, n += 100) {
                n = n < N_FRAMES - done ? n : N_FRAMES - done;
                um_status status =
                    as_integers
                        ? umi_audio_writer_write_int(writer, integers + done * channels, n, &error)
                        : umi_audio_writer_write_float(writer, floats + done * channels, n, &error);
                assert_int_equal(status, UM_OK);
            }
            assert_int_equal(umi_audio_writer_clipped(writer), 0);
            finish(writer);
            umi_audio_reader *reader = open_written("out");
            const umi_audio_format *found = umi_audio_reader_format(reader);
            size_t n = 0;
            assert_true(found->sample_rate == rate);
            assert_int_equal(found->channels, channels);
            assert_int_equal(found->container, container);
            if (bits != 8) { /* signed or not is the container's choice */
                assert_int_equal(found->sample, sample);
            }
            um_status status =
                as_integers
                    ? umi_audio_reader_read_int(reader, integers_back, N_FRAMES, &n, &error)
                    : umi_audio_reader_read_float(reader, floats_back, N_FRAMES, &n, &error);
            assert_int_equal(status, UM_OK);
            assert_int_equal(n, N_FRAMES);
            umi_audio_reader_free(reader);
            if (is_law && pass == 0 && as_integers) {
                memcpy(integers, integers_back, sizeof integers);
            } else if (is_law && pass == 0) {
                memcpy(floats, floats_back, sizeof floats);
            }
        }
        if (as_integers) {
            assert_memory_equal(integers_back, integers, N_FRAMES * channels * sizeof *integers);
        } else {
            assert_memory_equal(floats_back, floats, N_FRAMES * channels * sizeof *floats);
        }
    }
}

static void every_sample_format_comes_back_to_the_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        for (int sample = UMI_SAMPLE_U8; sample < UMI_SAMPLE_LOSSY; sample++) {
            assert_round_trip(plain[i], (umi_sample)sample, 44100, 2);
        }
    }
    for (int sample = UMI_SAMPLE_U8; sample <= UMI_SAMPLE_S24; sample++) {
        assert_round_trip(UMI_CONTAINER_FLAC, (umi_sample)sample, 44100, 2);
    }
}

static void every_channel_count_and_rate_comes_back(void **state)
{
    (void)state;
    static const double rates[] = {8000, 11025, 22050, 44100, 48000, 96000, 192000, 384000};
    for (size_t channels = 1; channels <= 64; channels++) {
        assert_round_trip(plain[channels % 5], UMI_SAMPLE_S24, rates[channels % 8], channels);
    }
    for (size_t channels = 1; channels <= 8; channels++) {
        assert_round_trip(UMI_CONTAINER_FLAC, UMI_SAMPLE_S24, rates[channels % 8], channels);
    }
}

static void no_frame_is_a_file_too(void **state)
{
    (void)state;
    static const umi_container containers[] = {UMI_CONTAINER_WAV, UMI_CONTAINER_FLAC,
                                               UMI_CONTAINER_W64, UMI_CONTAINER_AIFF,
                                               UMI_CONTAINER_AU,  UMI_CONTAINER_CAF};
    for (size_t i = 0; i < 6; i++) {
        for (size_t n_frames = 0; n_frames <= 1; n_frames++) {
            umi_audio_writer *writer = new_writer("out", containers[i], UMI_SAMPLE_S16, 8000, 1, 1);
            int32_t one = -12345;
            assert_int_equal(umi_audio_writer_write_int(writer, &one, n_frames, &error), UM_OK);
            finish(writer);
            umi_audio_reader *reader = open_written("out");
            size_t n = 9;
            assert_int_equal(umi_audio_reader_read_int(reader, integers_back, 3, &n, &error),
                             UM_OK);
            assert_int_equal(n, n_frames);
            assert_true(n == 0 || integers_back[0] == one);
            umi_audio_reader_free(reader);
        }
    }
}

/* Two runs, a second apart by the clock that libsndfile would stamp into float files. */
static void the_same_sound_gives_the_same_bytes(void **state)
{
    (void)state;
    static const struct {
        umi_container container;
        umi_sample sample;
    } cases[] = {{UMI_CONTAINER_WAV, UMI_SAMPLE_FLOAT},  {UMI_CONTAINER_WAV, UMI_SAMPLE_S24},
                 {UMI_CONTAINER_FLAC, UMI_SAMPLE_S16},   {UMI_CONTAINER_W64, UMI_SAMPLE_FLOAT},
                 {UMI_CONTAINER_AIFF, UMI_SAMPLE_FLOAT}, {UMI_CONTAINER_AU, UMI_SAMPLE_FLOAT},
                 {UMI_CONTAINER_CAF, UMI_SAMPLE_FLOAT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n[2];
        for (int run = 0; run < 2; run++) {
            time_t start = time(NULL);
            while (cases[i].sample == UMI_SAMPLE_FLOAT && run == 1 && time(NULL) == start) {
                usleep(10000);
            }
            umi_audio_writer *writer =
                new_writer("out", cases[i].container, cases[i].sample, 44100, 2, N_FRAMES);
            for (size_t j = 0; j < N_FRAMES * 2; j++) {
                floats[j] = test_float(j);
            }
            assert_int_equal(umi_audio_writer_write_float(writer, floats, N_FRAMES, &error), UM_OK);
            finish(writer);
            n[run] = scratch_read(scratch_path(&files, "out"), bytes[run], sizeof bytes[run]);
        }
        assert_int_equal(n[0], n[1]);
        assert_memory_equal(bytes[0], bytes[1], n[0]);
    }
}

/* The header is the plainest when the length is known to be short, RIFF still when the file turns
 * out to be short, and RF64 never needs 4 GiB to be tried: its sizes are read back by _finish. */
static void a_short_wav_is_plain_riff(void **state)
{
    (void)state;
    static const struct {
        uint64_t announced;
        unsigned char tag;
    } cases[] = {{N_FRAMES, 1}, {UMI_FRAMES_UNKNOWN, 0xFE}, {UINT64_C(2000000000), 0xFE}};
    for (size_t i = 0; i < 3; i++) {
        umi_audio_writer *writer =
            new_writer("out", UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 2, cases[i].announced);
        assert_int_equal(umi_audio_writer_write_int(writer, integers, 0, &error), UM_OK);
        for (size_t j = 0; j < N_FRAMES * 2; j++) {
            integers[j] = test_sample(j, 16);
        }
        assert_int_equal(umi_audio_writer_write_int(writer, integers, N_FRAMES, &error), UM_OK);
        finish(writer);
        size_t n = scratch_read(scratch_path(&files, "out"), bytes[0], sizeof bytes[0]);
        assert_memory_equal(bytes[0], "RIFF", 4);
        size_t at = 12;
        while (at + 8 < n && memcmp(bytes[0] + at, "fmt ", 4) != 0) {
            at += 8 + bytes[0][at + 4]; /* chunks before fmt are shorter than 256 bytes */
        }
        assert_true(at + 8 < n);
        assert_int_equal(bytes[0][at + 8], cases[i].tag);
    }
}

static void more_than_was_announced_is_our_bug(void **state)
{
    (void)state;
    umi_audio_writer *writer =
        new_writer("out", UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 1, N_FRAMES);
    assert_int_equal(umi_audio_writer_write_int(writer, integers, N_FRAMES, &error), UM_OK);
    assert_int_equal(umi_audio_writer_write_int(writer, integers, 1, &error), UM_ERR_INTERNAL);
    umi_audio_writer_free(writer);
}

static void what_is_out_of_range_is_clipped_and_counted(void **state)
{
    (void)state;
    static const float in[] = {1,        1.5F,  -1,           -1.5F,       NAN,
                               0.99998F, 3e38F, 0.5F / 32768, 1.5F / 32768};
    static const int32_t expected[] = {32767, 32767, -32768, -32768, 0, 32767, 32767, 0, 2};
    umi_audio_writer *writer =
        new_writer("out", UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 1, UMI_FRAMES_UNKNOWN);
    assert_int_equal(umi_audio_writer_write_float(writer, in, 9, &error), UM_OK);
    static const int32_t integer_in[] = {32768, -32769, 7};
    assert_int_equal(umi_audio_writer_write_int(writer, integer_in, 3, &error), UM_OK);
    assert_int_equal(umi_audio_writer_clipped(writer), 5 + 2);
    finish(writer);
    umi_audio_reader *reader = open_written("out");
    size_t n = 0;
    assert_int_equal(umi_audio_reader_read_int(reader, integers_back, 20, &n, &error), UM_OK);
    assert_int_equal(n, 12);
    assert_memory_equal(integers_back, expected, sizeof expected);
    assert_int_equal(integers_back[9], 32767);
    assert_int_equal(integers_back[10], -32768);
    assert_int_equal(integers_back[11], 7);
    umi_audio_reader_free(reader);
}

static void what_a_container_cannot_hold_is_refused(void **state)
{
    (void)state;
    static const umi_audio_format cases[] = {
        {UMI_CONTAINER_FLAC, UMI_SAMPLE_S32, 44100, 1},
        {UMI_CONTAINER_FLAC, UMI_SAMPLE_FLOAT, 44100, 1},
        {UMI_CONTAINER_FLAC, UMI_SAMPLE_ALAW, 44100, 1},
        {UMI_CONTAINER_FLAC, UMI_SAMPLE_S16, 44100, 9},
        {UMI_CONTAINER_FLAC, UMI_SAMPLE_S16, 768000, 1},
        {UMI_CONTAINER_WAV, UMI_SAMPLE_LOSSY, 44100, 1},
        {UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 0},
        {UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 65},
        {UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 999, 1},
        {UMI_CONTAINER_MP3, UMI_SAMPLE_S16, 44100, 1},
        {UMI_CONTAINER_OGG, UMI_SAMPLE_S16, 44100, 1},
        {UMI_CONTAINER_RF64, UMI_SAMPLE_S16, 44100, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        umi_audio_writer_config config = {scratch_path(&files, "refused"), "shown", cases[i], 1};
        umi_audio_writer *writer = NULL;
        (void)unlink(config.path);
        assert_int_equal(umi_audio_writer_new(&config, &writer, &error), UM_ERR_ARGUMENT);
        assert_memory_equal(error.message, "shown: ", 7);
        assert_null(writer);
    }
}

/* An AIFF's sizes have 32 bits and no way out; that of an AU may stay unsaid. */
static void a_long_aiff_is_refused(void **state)
{
    (void)state;
    umi_audio_writer_config config = {scratch_path(&files, "refused"),
                                      NULL,
                                      {UMI_CONTAINER_AIFF, UMI_SAMPLE_S16, 44100, 2},
                                      UINT64_C(1) << 30};
    umi_audio_writer *writer = NULL;
    (void)unlink(config.path);
    assert_int_equal(umi_audio_writer_new(&config, &writer, &error), UM_ERR_ARGUMENT);
    config.format.container = UMI_CONTAINER_AU;
    assert_int_equal(umi_audio_writer_new(&config, &writer, &error), UM_OK);
    umi_audio_writer_free(writer);
}

static void nothing_is_overwritten(void **state)
{
    (void)state;
    umi_audio_writer_config config = {.path = scratch_write(&files, "taken", "precious", 8),
                                      .format = {UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 1}};
    umi_audio_writer *writer = NULL;
    assert_int_equal(umi_audio_writer_new(&config, &writer, &error), UM_ERR_CREATE);
    assert_int_equal(scratch_read(config.path, bytes[0], 20), 8);
    assert_memory_equal(bytes[0], "precious", 8);
    config.path = "/nowhere/at/all";
    assert_int_equal(umi_audio_writer_new(&config, &writer, &error), UM_ERR_CREATE);
}

/* With a limit on the size of files, every length of it: creating, writing or finishing must fail
 * unless the whole file fits. */
static void a_write_that_falls_short_is_an_error(void **state)
{
    (void)state;
    static const umi_container containers[] = {UMI_CONTAINER_WAV, UMI_CONTAINER_FLAC,
                                               UMI_CONTAINER_W64, UMI_CONTAINER_AIFF,
                                               UMI_CONTAINER_AU,  UMI_CONTAINER_CAF};
    struct rlimit old, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    (void)signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < N_FRAMES; i++) {
        integers[i] = test_sample(i, 16);
    }
    for (size_t i = 0; i < 6; i++) {
        umi_audio_writer *writer =
            new_writer("whole", containers[i], UMI_SAMPLE_S16, 44100, 1, N_FRAMES);
        assert_int_equal(umi_audio_writer_write_int(writer, integers, N_FRAMES, &error), UM_OK);
        finish(writer);
        size_t size = scratch_read(scratch_path(&files, "whole"), bytes[0], sizeof bytes[0]);
        for (size_t length = 0; length <= size; length += length + 61 < size ? 61 : 1) {
            umi_audio_writer_config config = {.path = scratch_path(&files, "short"),
                                              .format = {containers[i], UMI_SAMPLE_S16, 44100, 1},
                                              .n_frames = N_FRAMES};
            (void)unlink(config.path);
            limit.rlim_cur = length;
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
            um_status status = umi_audio_writer_new(&config, &writer, &error);
            if (status == UM_OK) {
                status = umi_audio_writer_write_int(writer, integers, N_FRAMES, &error);
                if (status == UM_OK) {
                    status = umi_audio_writer_finish(writer, &error);
                }
                umi_audio_writer_free(writer);
            }
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
            assert_int_equal(status, length < size ? UM_ERR_IO : UM_OK);
            if (length < size) {
                assert_non_null(strstr(error.message, "/short: "));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_format_comes_back_to_the_bit),
        cmocka_unit_test(every_channel_count_and_rate_comes_back),
        cmocka_unit_test(no_frame_is_a_file_too),
        cmocka_unit_test(the_same_sound_gives_the_same_bytes),
        cmocka_unit_test(a_short_wav_is_plain_riff),
        cmocka_unit_test(more_than_was_announced_is_our_bug),
        cmocka_unit_test(what_is_out_of_range_is_clipped_and_counted),
        cmocka_unit_test(what_a_container_cannot_hold_is_refused),
        cmocka_unit_test(a_long_aiff_is_refused),
        cmocka_unit_test(nothing_is_overwritten),
        cmocka_unit_test(a_write_that_falls_short_is_an_error),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
