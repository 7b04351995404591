/* Files that are cut off, damaged, or made up: an error in our words or a clean read, every time.
 */
#define _DEFAULT_SOURCE
#include "io/audio_reader.h"

#include "audio_bytes.h"
#include "core/random.h"
#include "io/audio_writer.h"
#include "scratch_group.h"

#include <math.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>

#include <cmocka.h>

/* Asked by LeakSanitizer: when libsndfile refuses a damaged Vorbis stream it forgets to free what
 * libvorbis made for it. Nothing of ours can reach that. */
const char *__lsan_default_suppressions(void) __attribute__((visibility("default")));
const char *__lsan_default_suppressions(void)
{
    return "leak:vorbis_info_init";
}

enum { N_FRAMES = 400, N_CODED = 4000, N_SILENT = 200000 };

static audio_bytes made, damaged;

/* A recording that a codec of libsndfile made: they are only read here, never written. Behind the
 * tone come `silence` frames of nothing. */
static void make_coded(int format, int rate, size_t silence)
{
    SF_INFO info = {.format = format, .samplerate = rate, .channels = 1};
    static float sound[N_CODED + N_SILENT];
    for (size_t i = 0; i < N_CODED; i++) {
        sound[i] = 0.5F * sinf(0.05F * (float)i);
    }
    SNDFILE *file = sf_open(scratch_path(&files, "coded"), SFM_WRITE, &info);
    assert_non_null(file);
    double quality = 0.1;
    int mode = SF_BITRATE_MODE_VARIABLE;
    if (silence > 0) {
        sf_command(file, SFC_SET_BITRATE_MODE, &mode, sizeof mode);
        sf_command(file, SFC_SET_COMPRESSION_LEVEL, &quality, sizeof quality);
    }
    sf_count_t n_frames = (sf_count_t)(N_CODED + silence);
    assert_int_equal(sf_writef_float(file, sound, n_frames), n_frames);
    sf_close(file);
    made.n = scratch_read(files.path, made.bytes, sizeof made.bytes);
}

static void make_flac(void)
{
    umi_audio_writer_config config = {
        .path = scratch_path(&files, "flac"),
        .format = {UMI_CONTAINER_FLAC, UMI_SAMPLE_S16, 44100, 2},
        .n_frames = 20 * N_FRAMES,
    };
    umi_audio_writer *writer = NULL;
    um_error error;
    static int32_t samples[2 * 20 * N_FRAMES];
    for (size_t i = 0; i < 2 * 20 * N_FRAMES; i++) {
        samples[i] = test_sample(i, 16) / 64;
    }
    (void)unlink(config.path);
    assert_int_equal(umi_audio_writer_new(&config, &writer, &error), UM_OK);
    assert_int_equal(umi_audio_writer_write_int(writer, samples, 20 * N_FRAMES, &error), UM_OK);
    assert_int_equal(umi_audio_writer_finish(writer, &error), UM_OK);
    umi_audio_writer_free(writer);
    made.n = scratch_read(config.path, made.bytes, sizeof made.bytes);
}

/* One row a kind of file. */
static const struct kind {
    const char *name;
    umi_container container;
    umi_sample sample;
    int coded; /* libsndfile's format, for those that it makes */
    int rate;
} kinds[] = {
    {"wav", UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 0, 44100},
    {"rf64", UMI_CONTAINER_RF64, UMI_SAMPLE_S24, 0, 44100},
    {"w64", UMI_CONTAINER_W64, UMI_SAMPLE_FLOAT, 0, 44100},
    {"aiff", UMI_CONTAINER_AIFF, UMI_SAMPLE_S16, 0, 44100},
    {"aifc", UMI_CONTAINER_AIFF, UMI_SAMPLE_DOUBLE, 0, 44100},
    {"au", UMI_CONTAINER_AU, UMI_SAMPLE_ULAW, 0, 44100},
    {"caf", UMI_CONTAINER_CAF, UMI_SAMPLE_S32, 0, 44100},
    {"flac", UMI_CONTAINER_FLAC, UMI_SAMPLE_S16, 0, 44100},
    {"vorbis", UMI_CONTAINER_OGG, UMI_SAMPLE_LOSSY, SF_FORMAT_OGG | SF_FORMAT_VORBIS, 44100},
    {"opus", UMI_CONTAINER_OGG, UMI_SAMPLE_LOSSY, SF_FORMAT_OGG | SF_FORMAT_OPUS, 48000},
    {"mp3", UMI_CONTAINER_MP3, UMI_SAMPLE_LOSSY, SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 44100},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static void make_kind(size_t i)
{
    if (kinds[i].coded != 0) {
        make_coded(kinds[i].coded, kinds[i].rate, 0);
    } else if (kinds[i].container == UMI_CONTAINER_FLAC) {
        make_flac();
    } else {
        umi_audio_format format = {kinds[i].container, kinds[i].sample, kinds[i].rate, 2};
        put_recording(&made, &format, N_FRAMES);
    }
}

/* Reads n bytes as a recording, from first to last frame and once again. All that may come of it is
 * a status that fits, with a message of one line that names the file, and finite sound. Returns the
 * status; *n_frames counts what was read. */
static um_status read_hostile(const unsigned char *bytes, size_t n, bool allow_truncated,
                              size_t *n_frames)
{
    static float samples[UMI_CHANNELS_MAX * 512];
    umi_audio_reader_options options = {.allow_truncated = allow_truncated};
    umi_audio_reader *reader = NULL;
    um_error error = {0};
    const char *path = scratch_write(&files, "hostile", bytes, n);
    um_status status = umi_audio_reader_open(path, &options, &reader, &error);
    for (int pass = 0; pass < 2 && status == UM_OK; pass++) {
        size_t n_read = 512;
        *n_frames = 0;
        while (status == UM_OK && n_read == 512 && *n_frames < (1 << 22)) {
            status = umi_audio_reader_read_float(reader, samples, 512, &n_read, &error);
            for (size_t i = 0; i < n_read * umi_audio_reader_format(reader)->channels; i++) {
                assert_true(isfinite(samples[i]));
            }
            *n_frames += n_read;
        }
        if (status == UM_OK) {
            status = umi_audio_reader_rewind(reader, &error);
        }
    }
    umi_audio_reader_free(reader);
    if (status != UM_OK) {
        assert_int_equal(status, UM_ERR_DATA);
        assert_non_null(strstr(error.message, "/hostile: "));
        assert_null(strchr(error.message, '\n'));
    }
    return status;
}

static void whole_files_of_every_kind_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        size_t n_frames = 0;
        make_kind(i);
        if (read_hostile(made.bytes, made.n, false, &n_frames) != UM_OK) {
            fail_msg("%s is refused", kinds[i].name);
        }
        size_t expected = kinds[i].container == UMI_CONTAINER_FLAC ? 20 * N_FRAMES
                          : kinds[i].coded != 0                    ? N_CODED
                                                                   : N_FRAMES;
        assert_int_equal(n_frames, expected);
    }
}

/* Every length of the small files, and of the coded ones every length of the head and then steps.
 * Without leave, a file that lacks as much as a frame's bytes is refused; with it, no more frames
 * come than the whole file has. */
static void every_prefix_is_refused_or_read_within_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        size_t whole = 0;
        make_kind(i);
        assert_int_equal(read_hostile(made.bytes, made.n, false, &whole), UM_OK);
        for (size_t n = 0; n < made.n; n += n < 300 || made.n - n < 40 ? 1 : 37) {
            size_t n_frames = 0;
            if (read_hostile(made.bytes, n, true, &n_frames) == UM_OK) {
                assert_in_range(n_frames, 0, whole);
            }
            bool refused = read_hostile(made.bytes, n, false, &n_frames) == UM_ERR_DATA;
            /* An MP3 has no end that could be missed but its last frames. */
            bool lacks_little = kinds[i].container == UMI_CONTAINER_MP3 && n > made.n / 2;
            if (!refused && !lacks_little) {
                fail_msg("%s: %zu of %zu bytes are taken for whole", kinds[i].name, n, made.n);
            }
        }
    }
}

/* Some bytes changed, most of them in the header. */
static void damaged_files_do_no_harm(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(11);
    for (size_t i = 0; i < N_KINDS; i++) {
        make_kind(i);
        for (int round = 0; round < 400; round++) {
            memcpy(damaged.bytes, made.bytes, made.n);
            size_t n_changes = 1 + umi_random_below(&random, 4);
            size_t reach = umi_random_below(&random, 4) == 0 || made.n < 120 ? made.n : 120;
            for (size_t j = 0; j < n_changes; j++) {
                static const unsigned char edges[] = {0, 1, 0x7F, 0x80, 0xFF};
                unsigned char *byte = &damaged.bytes[umi_random_below(&random, reach)];
                *byte = umi_random_below(&random, 2) ? edges[umi_random_below(&random, 5)]
                                                     : (unsigned char)umi_random_bits(&random);
            }
            size_t n_frames = 0;
            (void)read_hostile(damaged.bytes, made.n, round % 2 == 0, &n_frames);
        }
    }
}

static void junk_behind_the_right_magic_is_refused(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(12);
    static const struct {
        const char *bytes;
        size_t n;
    } magics[] = {{"RIFF\0\0\0\0WAVE", 12},
                  {"RIFF\0\0\0\0WAVEfmt \x10\0\0\0", 20},
                  {"RF64\xFF\xFF\xFF\xFFWAVE", 12},
                  {"riff\x2E\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\0\0", 16},
                  {"FORM\0\0\1\0AIFF", 12},
                  {"FORM\0\0\1\0AIFC", 12},
                  {"caff\0\1\0\0", 8},
                  {".snd", 4},
                  {"fLaC\0\0\0\x22", 8},
                  {"OggS\0\2", 6},
                  {"ID3\4\0\0\0\0\0\x0A", 10}};
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        for (int round = 0; round < 100; round++) {
            size_t n_frames = 0;
            damaged.n = 0;
            put_bytes(&damaged, magics[i].bytes, magics[i].n);
            for (int j = 0; j < 1000; j++) {
                put_little(&damaged, umi_random_bits(&random), 1);
            }
            assert_int_equal(read_hostile(damaged.bytes, damaged.n, false, &n_frames), UM_ERR_DATA);
        }
    }
}

/* Zeros are chunks of no name and no size, without end. */
static void a_header_without_end_is_given_up(void **state)
{
    (void)state;
    umi_audio_format format = {UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 1};
    size_t n_frames = 0;
    put_recording(&made, &format, 0);
    memset(made.bytes + 36, 0, sizeof made.bytes - 36);
    assert_int_equal(read_hostile(made.bytes, sizeof made.bytes, true, &n_frames), UM_ERR_DATA);
}

static void damage_within_a_flac_is_found(void **state)
{
    (void)state;
    make_flac();
    size_t whole = 0;
    assert_int_equal(read_hostile(made.bytes, made.n, false, &whole), UM_OK);
    made.bytes[made.n / 2] ^= 0x10;
    size_t n_frames = 0;
    assert_int_equal(read_hostile(made.bytes, made.n, false, &n_frames), UM_ERR_DATA);
    assert_int_equal(read_hostile(made.bytes, made.n, true, &n_frames), UM_OK);
    assert_in_range(n_frames, 0, whole - 1);
}

/* A FLAC that was written into a pipe does not tell its length. */
static void a_flac_of_unknown_length_is_read_to_its_end(void **state)
{
    (void)state;
    make_flac();
    made.bytes[21] &= 0xF0; /* the 36 bits of the frame count */
    memset(made.bytes + 22, 0, 4);
    size_t n_frames = 0;
    assert_int_equal(read_hostile(made.bytes, made.n, false, &n_frames), UM_OK);
    assert_int_equal(n_frames, 20 * N_FRAMES);
}

/* An MP3 of variable bit rate, with its Xing frame taken away, does not tell its length. A guess
 * from the first frame, which is large here, would leave out most of it. */
static void an_mp3_of_unknown_length_is_read_to_its_end(void **state)
{
    (void)state;
    make_coded(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 44100, N_SILENT);
    size_t second = 4;
    while (memcmp(made.bytes + second, made.bytes, 2) != 0) {
        second++;
    }
    size_t n_frames = 0;
    um_status status = read_hostile(made.bytes + second, made.n - second, false, &n_frames);
    assert_int_equal(status, UM_OK);
    assert_true(n_frames >= N_CODED + N_SILENT);
}

/* Tags before and behind the stream, with bytes that are no UTF-8. */
static void tags_round_a_stream_are_passed_over(void **state)
{
    (void)state;
    static const char tag[] = "ID3\3\0\0\0\0\0\x14TPE1\0\0\0\x0A\0\0\3\xFF\xFE\xC3(bad!\0";
    static const size_t coded[] = {N_KINDS - 1, 7}; /* MP3, FLAC */
    for (size_t i = 0; i < 2; i++) {
        size_t whole = 0;
        size_t n_frames = 0;
        make_kind(coded[i]);
        assert_int_equal(read_hostile(made.bytes, made.n, false, &whole), UM_OK);
        damaged.n = 0;
        put_bytes(&damaged, tag, 30);
        put_bytes(&damaged, made.bytes, made.n);
        if (coded[i] == N_KINDS - 1) {
            put_text(&damaged, "TAG");
            for (int j = 0; j < 125; j++) {
                put_little(&damaged, 0xFF, 1);
            }
        }
        assert_int_equal(read_hostile(damaged.bytes, damaged.n, false, &n_frames), UM_OK);
        assert_int_equal(n_frames, whole);
    }
}

/* Decoders play the first of several streams and say nothing of the rest. */
static void a_second_ogg_stream_is_not_left_out_in_silence(void **state)
{
    (void)state;
    make_coded(SF_FORMAT_OGG | SF_FORMAT_VORBIS, 44100, 0);
    damaged.n = 0;
    put_bytes(&damaged, made.bytes, made.n);
    put_bytes(&damaged, made.bytes, made.n);
    size_t n_frames = 0;
    assert_int_equal(read_hostile(damaged.bytes, damaged.n, true, &n_frames), UM_ERR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files_of_every_kind_are_read),
        cmocka_unit_test(every_prefix_is_refused_or_read_within_bounds),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(junk_behind_the_right_magic_is_refused),
        cmocka_unit_test(a_header_without_end_is_given_up),
        cmocka_unit_test(damage_within_a_flac_is_found),
        cmocka_unit_test(a_flac_of_unknown_length_is_read_to_its_end),
        cmocka_unit_test(an_mp3_of_unknown_length_is_read_to_its_end),
        cmocka_unit_test(tags_round_a_stream_are_passed_over),
        cmocka_unit_test(a_second_ogg_stream_is_not_left_out_in_silence),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
