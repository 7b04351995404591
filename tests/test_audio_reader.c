/* Recordings of every kind, made here byte by byte, are read to the bit. */
#define _DEFAULT_SOURCE
#include "io/audio_reader.h"

#include "audio_bytes.h"
#include "scratch_group.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { N_MAX = 64 * 1024 };

static audio_bytes made;
static float floats[N_MAX];
static int32_t integers[N_MAX];
static const umi_audio_reader_options defaults = {.spool_directory = "/tmp"};

static umi_audio_reader *open_made(const umi_audio_reader_options *options)
{
    umi_audio_reader *reader = NULL;
    um_error error = {0};
    const char *path = scratch_write(&files, "in", made.bytes, made.n);
    um_status status = umi_audio_reader_open(path, options, &reader, &error);
    if (status != UM_OK) {
        fail_msg("%s", error.message);
    }
    return reader;
}

/* The status and message that opening the bytes made so far gives. */
static um_error refusal(const umi_audio_reader_options *options)
{
    umi_audio_reader *reader = NULL;
    um_error error = {0};
    const char *path = scratch_write(&files, "in", made.bytes, made.n);
    um_status status = umi_audio_reader_open(path, options, &reader, &error);
    assert_int_equal(status, error.status);
    assert_true((status == UM_OK) == (reader != NULL));
    umi_audio_reader_free(reader);
    return error;
}

static void assert_refused(um_status status, const char *part_of_message)
{
    um_error error = refusal(&defaults);
    assert_int_equal(error.status, status);
    if (strstr(error.message, part_of_message) == NULL || strstr(error.message, "/in: ") == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part_of_message, error.message);
    }
}

/* Reads all in pieces of `piece` frames; returns how many frames. */
static size_t read_all(umi_audio_reader *reader, bool as_integers, size_t piece)
{
    size_t channels = umi_audio_reader_format(reader)->channels;
    size_t done = 0;
    um_error error = {0};
    for (;;) {
        size_t n = 0;
        assert_true((done + piece) * channels <= N_MAX);
        um_status status =
            as_integers
                ? umi_audio_reader_read_int(reader, integers + done * channels, piece, &n, &error)
                : umi_audio_reader_read_float(reader, floats + done * channels, piece, &n, &error);
        if (status != UM_OK) {
            fail_msg("%s", error.message);
        }
        done += n;
        if (n < piece) {
            return done;
        }
    }
}

/* A-law and u-law by the definitions in ITU-T G.711. */
static int32_t decode_alaw(unsigned code)
{
    code ^= 0x55;
    int32_t step = (int32_t)(code & 0x0F);
    unsigned segment = code >> 4 & 7;
    int32_t value = segment == 0 ? 2 * step + 1 : (2 * step + 33) << (segment - 1);
    return (code & 0x80 ? value : -value) * 8;
}

static int32_t decode_ulaw(unsigned code)
{
    code = ~code & 0xFF;
    int32_t value = (((int32_t)(code & 0x0F) * 2 + 33) << (code >> 4 & 7)) - 33;
    return (code & 0x80 ? -value : value) * 4;
}

static int32_t expected_integer(size_t i, umi_sample sample)
{
    return sample == UMI_SAMPLE_ALAW   ? decode_alaw(i & 0xFF)
           : sample == UMI_SAMPLE_ULAW ? decode_ulaw(i & 0xFF)
                                       : test_sample(i, umi_sample_bits(sample));
}

static void assert_reads_test_signal(const umi_audio_format *format, size_t n_frames)
{
    unsigned bits = umi_sample_bits(format->sample);
    umi_audio_reader *reader = open_made(&defaults);
    const umi_audio_format *found = umi_audio_reader_format(reader);
    assert_int_equal(found->container, format->container);
    assert_int_equal(found->sample, format->sample);
    assert_int_equal(found->channels, format->channels);
    assert_true(found->sample_rate == format->sample_rate);
    assert_int_equal(umi_audio_reader_frames(reader), n_frames);
    assert_int_equal(read_all(reader, false, 37), n_frames);
    for (size_t i = 0; i < n_frames * format->channels; i++) {
        float expected = bits == 0
                             ? test_float(i)
                             : (float)ldexp(expected_integer(i, format->sample), 1 - (int)bits);
        assert_true(floats[i] == expected);
    }
    if (bits != 0) {
        um_error error;
        assert_int_equal(umi_audio_reader_rewind(reader, &error), UM_OK);
        assert_int_equal(read_all(reader, true, 64), n_frames);
        for (size_t i = 0; i < n_frames * format->channels; i++) {
            assert_int_equal(integers[i], expected_integer(i, format->sample));
        }
    }
    assert_null(umi_audio_reader_warning(reader, 0));
    umi_audio_reader_free(reader);
}

static void every_container_and_sample_format_is_exact(void **state)
{
    (void)state;
    for (int container = UMI_CONTAINER_WAV; container <= UMI_CONTAINER_CAF; container++) {
        bool is_wave = container <= UMI_CONTAINER_W64;
        for (int sample = UMI_SAMPLE_U8; sample < UMI_SAMPLE_LOSSY; sample++) {
            if (sample == (is_wave ? UMI_SAMPLE_S8 : UMI_SAMPLE_U8)) {
                continue; /* WAV's 8 bits are unsigned, the others' signed */
            }
            umi_audio_format format = {(umi_container)container, (umi_sample)sample, 44100, 2};
            put_recording(&made, &format, 300);
            assert_reads_test_signal(&format, 300);
        }
    }
}

static void every_channel_count_and_rate_is_read(void **state)
{
    (void)state;
    static const double rates[] = {8000, 11025, 22050, 44100, 48000, 96000, 192000, 384000};
    for (size_t channels = 1; channels <= 64; channels++) {
        for (int container = UMI_CONTAINER_WAV; container <= UMI_CONTAINER_CAF; container++) {
            umi_audio_format format = {(umi_container)container, UMI_SAMPLE_S24,
                                       rates[channels % 8], channels};
            put_recording(&made, &format, 21);
            assert_reads_test_signal(&format, 21);
        }
    }
}

static void no_frame_and_one_frame_are_recordings(void **state)
{
    (void)state;
    for (int container = UMI_CONTAINER_WAV; container <= UMI_CONTAINER_CAF; container++) {
        for (size_t n_frames = 0; n_frames <= 1; n_frames++) {
            umi_audio_format format = {(umi_container)container, UMI_SAMPLE_S16, 8000, 3};
            put_recording(&made, &format, n_frames);
            assert_reads_test_signal(&format, n_frames);
        }
    }
}

static void little_endian_aiff_and_big_endian_caf_are_read(void **state)
{
    (void)state;
    umi_audio_format format = {UMI_CONTAINER_AIFF, UMI_SAMPLE_S16, 44100, 2};
    made.n = 0;
    put_aiff_header(&made, &format, "sowt", 50);
    put_samples(&made, &format, 50, false);
    assert_reads_test_signal(&format, 50);
    format.container = UMI_CONTAINER_CAF;
    made.n = 0;
    put_caf_header(&made, &format, false, 200);
    put_samples(&made, &format, 50, true);
    assert_reads_test_signal(&format, 50);
}

static void an_extensible_header_and_odd_chunks_are_read(void **state)
{
    (void)state;
    umi_audio_format format = {UMI_CONTAINER_WAV, UMI_SAMPLE_S24, 44100, 2};
    made.n = 0;
    put_text(&made, "RIFF");
    put_little(&made, 0, 4);
    put_text(&made, "WAVELIST");
    put_little(&made, 3, 4);
    put_text(&made, "odd");
    put_little(&made, 0, 1); /* the pad byte */
    put_text(&made, "fmt ");
    put_little(&made, 40, 4);
    put_wav_format(&made, &format);
    made.bytes[made.n - 16] = 0xFE; /* the tag becomes 0xFFFE */
    made.bytes[made.n - 15] = 0xFF;
    put_little(&made, 22, 2);
    put_little(&made, 20, 2); /* 20 of the 24 bits count */
    put_little(&made, 3, 4);
    put_bytes(&made, "\1\0\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71", 16);
    put_text(&made, "data");
    put_little(&made, 60, 4);
    put_samples(&made, &format, 10, false);
    put_text(&made, "LIST");
    put_little(&made, 4, 4);
    put_text(&made, "tail");
    assert_reads_test_signal(&format, 10);
}

/* Programs that write into a pipe cannot fill in the size. */
static void sizes_of_streams_mean_all_that_follows(void **state)
{
    (void)state;
    static const uint64_t wav_sizes[] = {0xFFFFFFFF, 0x7FFFF000, 0x80000000};
    umi_audio_format format = {UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 1};
    for (size_t i = 0; i < 3; i++) {
        made.n = 0;
        put_wav_header(&made, &format, wav_sizes[i]);
        put_samples(&made, &format, 100, false);
        assert_reads_test_signal(&format, 100);
    }
    put_recording(&made, &format, 100); /* a recorder that was cut off leaves zeros */
    memset(made.bytes + 4, 0, 4);
    memset(made.bytes + 40, 0, 4);
    assert_reads_test_signal(&format, 100);
    format.container = UMI_CONTAINER_AU;
    put_recording(&made, &format, 100);
    memset(made.bytes + 8, 0xFF, 4);
    assert_reads_test_signal(&format, 100);
    format.container = UMI_CONTAINER_CAF;
    made.n = 0;
    put_caf_header(&made, &format, true, UINT64_MAX);
    put_samples(&made, &format, 100, false);
    assert_reads_test_signal(&format, 100);
    format.container = UMI_CONTAINER_W64;
    made.n = 0;
    put_w64_header(&made, &format, UINT64_MAX);
    put_samples(&made, &format, 100, false);
    assert_reads_test_signal(&format, 100);
    format.container = UMI_CONTAINER_RF64;
    made.n = 0;
    put_rf64_header(&made, &format, UINT64_MAX);
    put_samples(&made, &format, 100, false);
    assert_reads_test_signal(&format, 100);
}

static void truncation_is_an_error_or_a_warning(void **state)
{
    (void)state;
    umi_audio_reader_options allow = {.allow_truncated = true, .spool_directory = "/tmp"};
    for (int container = UMI_CONTAINER_WAV; container <= UMI_CONTAINER_CAF; container++) {
        umi_audio_format format = {(umi_container)container, UMI_SAMPLE_S16, 44100, 2};
        put_recording(&made, &format, 2000);
        made.n -= 1761 * 4 - 3; /* 239 frames and 3 bytes are left */
        assert_refused(UM_ERR_DATA, "declared 2000 frames, found 239");
        umi_audio_reader *reader = open_made(&allow);
        assert_int_equal(umi_audio_reader_frames(reader), 239);
        for (int pass = 0; pass < 2; pass++) {
            um_error error;
            assert_int_equal(read_all(reader, true, 100), 239);
            assert_int_equal(integers[477], test_sample(477, 16));
            assert_int_equal(umi_audio_reader_rewind(reader, &error), UM_OK);
        }
        const char *warning = umi_audio_reader_warning(reader, 0);
        assert_non_null(warning);
        assert_non_null(strstr(warning, "declared 2000 frames, found 239"));
        assert_null(umi_audio_reader_warning(reader, 1));
        umi_audio_reader_free(reader);
    }
}

static void what_is_not_a_number_is_zero_and_counted(void **state)
{
    (void)state;
    umi_audio_format format = {UMI_CONTAINER_WAV, UMI_SAMPLE_FLOAT, 44100, 2};
    static const float bad[] = {NAN, INFINITY, -INFINITY, -NAN};
    put_recording(&made, &format, 100);
    for (size_t i = 0; i < 4; i++) {
        memcpy(made.bytes + 44 + 4 * (10 + 50 * i), &bad[i], 4);
    }
    float large = 3e38F;
    memcpy(made.bytes + 44 + 4 * 5, &large, 4);
    umi_audio_reader *reader = open_made(&defaults);
    um_error error;
    for (int pass = 0; pass < 2; pass++) {
        assert_int_equal(umi_audio_reader_rewind(reader, &error), UM_OK);
        assert_int_equal(read_all(reader, false, 33), 100);
        for (size_t i = 0; i < 200; i++) {
            float expected = i % 50 == 10 ? 0 : i == 5 ? large : test_float(i);
            assert_true(floats[i] == expected);
        }
    }
    assert_int_equal(umi_audio_reader_not_finite(reader), 4);
    assert_non_null(strstr(umi_audio_reader_warning(reader, 0), "4 values"));
    umi_audio_reader_free(reader);

    umi_audio_reader_options strict = {.strict = true, .spool_directory = "/tmp"};
    reader = open_made(&strict);
    size_t n = 1;
    assert_int_equal(umi_audio_reader_read_float(reader, floats, 5, &n, &error), UM_OK);
    assert_int_equal(umi_audio_reader_read_float(reader, floats, 5, &n, &error), UM_ERR_DATA);
    assert_int_equal(n, 0);
    assert_non_null(strstr(error.message, "NaN"));
    umi_audio_reader_free(reader);
}

static void a_double_past_the_floats_is_counted_too(void **state)
{
    (void)state;
    umi_audio_format format = {UMI_CONTAINER_WAV, UMI_SAMPLE_DOUBLE, 44100, 1};
    double huge = 1e300;
    put_recording(&made, &format, 10);
    memcpy(made.bytes + 44 + 24, &huge, 8);
    umi_audio_reader *reader = open_made(&defaults);
    assert_int_equal(read_all(reader, false, 20), 10);
    assert_true(floats[3] == 0);
    assert_int_equal(umi_audio_reader_not_finite(reader), 1);
    umi_audio_reader_free(reader);
}

static void limits_are_told_in_our_words(void **state)
{
    (void)state;
    static const struct {
        size_t channels;
        double rate;
        const char *message;
    } cases[] = {{0, 44100, "0 channels, outside 1..64"},
                 {65, 44100, "65 channels, outside 1..64"},
                 {65535, 44100, "65535 channels"},
                 {1, 0, "sample rate 0 Hz, outside 1000..768000"},
                 {1, 999, "sample rate 999 Hz"},
                 {1, 768001, "sample rate 768001 Hz"},
                 {1, 4294967295.0, "sample rate 4294967295 Hz"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int container = UMI_CONTAINER_WAV; container <= UMI_CONTAINER_CAF; container++) {
            umi_audio_format format = {(umi_container)container, UMI_SAMPLE_S16, 44100, 1};
            put_recording(&made, &format, 4);
            format.channels = cases[i].channels;
            format.sample_rate = cases[i].rate;
            if (container == UMI_CONTAINER_AIFF && cases[i].rate == 0) {
                memset(made.bytes + 28, 0, 10);
            } else {
                put_recording(&made, &format, 4);
            }
            assert_refused(UM_ERR_DATA, cases[i].message);
        }
    }
}

static void other_codecs_and_other_files_are_refused(void **state)
{
    (void)state;
    static const unsigned wav_tags[] = {2, 0x11, 0x31, 0x55, 0x50, 0};
    umi_audio_format format = {UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 1};
    for (size_t i = 0; i < sizeof wav_tags / sizeof wav_tags[0]; i++) {
        put_recording(&made, &format, 100);
        made.bytes[20] = (unsigned char)wav_tags[i];
        assert_refused(UM_ERR_DATA, "is not read");
    }
    made.n = 0;
    put_aiff_header(&made, &format, "ima4", 50);
    assert_refused(UM_ERR_DATA, "AIFF-C is not read");
    static const char *const starts[] = {
        "",
        "x",
        "%PDF-1.7 and so on",
        "RIFF\0\0\0\0AVI LIST",
        "NIST_1A\n   1024\n",
        "Creative Voice File\x1A",
        "\xF0\x7E\0\1 sds sample dump",
        "ID3\3\0\0\0\0\0\5abcdefgh",
        "OggS\0\2 but no page",
        "fLaC",
        "\xFF\xFB",
    };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        made.n = 0;
        put_bytes(&made, starts[i], i == 3 ? 16 : strlen(starts[i]));
        assert_refused(UM_ERR_DATA, "");
    }
}

static void a_file_that_shrinks_while_it_is_read_is_an_error(void **state)
{
    (void)state;
    umi_audio_reader_options allow = {.allow_truncated = true, .spool_directory = "/tmp"};
    umi_audio_format format = {UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 1};
    put_recording(&made, &format, 40000);
    for (int i = 0; i < 2; i++) {
        umi_audio_reader *reader = open_made(i == 0 ? &defaults : &allow);
        um_error error;
        size_t n = 0;
        assert_int_equal(umi_audio_reader_read_float(reader, floats, 10, &n, &error), UM_OK);
        assert_int_equal(truncate(scratch_path(&files, "in"), 1000), 0);
        assert_int_equal(umi_audio_reader_read_float(reader, floats, 39990, &n, &error),
                         UM_ERR_CHANGED);
        assert_int_equal(n, 0);
        umi_audio_reader_free(reader);
    }
}

static void standard_input_is_read_like_a_file(void **state)
{
    (void)state;
    umi_audio_format format = {UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 1};
    made.n = 0;
    put_wav_header(&made, &format, 0xFFFFFFFF);
    put_samples(&made, &format, 1000, false);
    int old = dup(STDIN_FILENO);
    int input = open(scratch_write(&files, "in", made.bytes, made.n), O_RDONLY);
    dup2(input, STDIN_FILENO);
    close(input);
    umi_audio_reader *reader = NULL;
    um_error error;
    assert_int_equal(umi_audio_reader_open("-", &defaults, &reader, &error), UM_OK);
    assert_string_equal(umi_audio_reader_name(reader), "standard input");
    for (int pass = 0; pass < 2; pass++) {
        assert_int_equal(read_all(reader, true, 300), 1000);
        assert_int_equal(integers[999], test_sample(999, 16));
        assert_int_equal(umi_audio_reader_rewind(reader, &error), UM_OK);
    }
    /* One beside it goes its own way, and outlives it. */
    umi_audio_reader *other = NULL;
    size_t n_read;
    assert_int_equal(umi_audio_reader_read_int(reader, integers, 10, &n_read, &error), UM_OK);
    assert_int_equal(umi_audio_reader_open_beside(reader, &other, &error), UM_OK);
    assert_string_equal(umi_audio_reader_name(other), "standard input");
    assert_int_equal(umi_audio_reader_read_int(other, integers, 300, &n_read, &error), UM_OK);
    assert_int_equal(integers[0], test_sample(0, 16));
    assert_int_equal(umi_audio_reader_read_int(reader, integers, 10, &n_read, &error), UM_OK);
    assert_int_equal(integers[0], test_sample(10, 16));
    umi_audio_reader_free(reader);
    assert_int_equal(umi_audio_reader_read_int(other, integers, 10, &n_read, &error), UM_OK);
    assert_int_equal(integers[0], test_sample(300, 16));
    umi_audio_reader_free(other);
    dup2(old, STDIN_FILENO);
    close(old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_container_and_sample_format_is_exact),
        cmocka_unit_test(every_channel_count_and_rate_is_read),
        cmocka_unit_test(no_frame_and_one_frame_are_recordings),
        cmocka_unit_test(little_endian_aiff_and_big_endian_caf_are_read),
        cmocka_unit_test(an_extensible_header_and_odd_chunks_are_read),
        cmocka_unit_test(sizes_of_streams_mean_all_that_follows),
        cmocka_unit_test(truncation_is_an_error_or_a_warning),
        cmocka_unit_test(what_is_not_a_number_is_zero_and_counted),
        cmocka_unit_test(a_double_past_the_floats_is_counted_too),
        cmocka_unit_test(limits_are_told_in_our_words),
        cmocka_unit_test(other_codecs_and_other_files_are_refused),
        cmocka_unit_test(a_file_that_shrinks_while_it_is_read_is_an_error),
        cmocka_unit_test(standard_input_is_read_like_a_file),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
