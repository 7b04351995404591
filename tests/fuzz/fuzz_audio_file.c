/* A recording is refused with a message, or read: finite values, the same ones in a second pass,
 * and no more frames than the header or the bytes allow. */
#define _GNU_SOURCE
#include "fuzz.h"

#include "../audio_bytes.h"
#include "../scratch.h"
#include "io/audio_reader.h"
#include "io/audio_writer.h"

#include <math.h>
#include <sndfile.h>
#include <sys/mman.h>

enum { BLOCK = 997, N_FRAMES = 300, N_CODED = 3000 };

/* libsndfile's own leak, when it refuses a Vorbis stream. */
const char *__lsan_default_suppressions(void) __attribute__((visibility("default")));
const char *__lsan_default_suppressions(void)
{
    return "leak:vorbis_info_init";
}

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* Mixes n bytes into a checksum (FNV-1a). */
static uint64_t mix(uint64_t sum, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum = (sum ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    }
    return sum;
}

/* Reads to the end, at most 2^20 frames; *sum is a checksum of what came. */
static um_status read_pass(umi_audio_reader *reader, bool as_integers, uint64_t *sum,
                           um_error *error)
{
    static float floats[BLOCK * UMI_CHANNELS_MAX];
    static int32_t integers[BLOCK * UMI_CHANNELS_MAX];
    size_t channels = umi_audio_reader_format(reader)->channels;
    unsigned bits = umi_sample_bits(umi_audio_reader_format(reader)->sample);
    size_t n_read = BLOCK;
    *sum = 0;
    for (size_t done = 0; n_read == BLOCK && done < 1 << 20; done += n_read) {
        um_status status = as_integers
                               ? umi_audio_reader_read_int(reader, integers, BLOCK, &n_read, error)
                               : umi_audio_reader_read_float(reader, floats, BLOCK, &n_read, error);
        if (status != UM_OK) {
            require(n_read == 0);
            return status;
        }
        for (size_t i = 0; i < n_read * channels; i++) {
            require(as_integers ? integers[i] >> (bits - 1) == integers[i] >> 31
                                : isfinite(floats[i]));
        }
        const void *samples = as_integers ? (const void *)integers : floats;
        *sum = mix(*sum, samples, n_read * channels * sizeof(float));
    }
    return UM_OK;
}

static void check(const char *path, const umi_audio_reader_options *options)
{
    umi_audio_reader *reader = NULL;
    um_error error = {0};
    um_status status = umi_audio_reader_open(path, options, &reader, &error);
    require((status == UM_OK) == (reader != NULL));
    if (status == UM_OK) {
        const umi_audio_format *format = umi_audio_reader_format(reader);
        require(umi_audio_format_in_limits(format));
        bool as_integers = umi_sample_bits(format->sample) != 0 && options->allow_truncated;
        uint64_t first = 0;
        uint64_t second = 0;
        status = read_pass(reader, as_integers, &first, &error);
        if (status == UM_OK) {
            require(umi_audio_reader_rewind(reader, &error) == UM_OK);
            require(read_pass(reader, as_integers, &second, &error) == UM_OK);
            require(first == second);
        }
    }
    umi_audio_reader_free(reader);
    if (status != UM_OK) {
        require(status == UM_ERR_DATA && error.status == status);
        require(strncmp(error.message, path, strlen(path)) == 0);
        require(strchr(error.message, '\n') == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const umi_audio_reader_options as_is = {.strict = true};
    static const umi_audio_reader_options lenient = {.allow_truncated = true};
    int descriptor = memfd_create("recording", MFD_CLOEXEC);
    char path[64];
    require(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    check(path, &as_is);
    check(path, &lenient);
    close(descriptor);
    return 0;
}

/* -- Seeds ------------------------------------------------------------------------------------- */

static size_t take_file(scratch *s, uint8_t *seed)
{
    size_t n = scratch_read(s->path, seed, FUZZ_SEED_MAX);
    require(n > 0 && n < FUZZ_SEED_MAX);
    scratch_remove(s);
    return n;
}

static size_t flac_seed(uint8_t *seed)
{
    scratch s;
    scratch_make(&s);
    umi_audio_writer_config config = {.path = scratch_path(&s, "seed"),
                                      .format = {UMI_CONTAINER_FLAC, UMI_SAMPLE_S16, 44100, 2},
                                      .n_frames = N_CODED};
    umi_audio_writer *writer = NULL;
    static int32_t samples[2 * N_CODED];
    for (size_t i = 0; i < 2 * N_CODED; i++) {
        samples[i] = test_sample(i, 16) / 64;
    }
    require(umi_audio_writer_new(&config, &writer, NULL) == UM_OK);
    require(umi_audio_writer_write_int(writer, samples, N_CODED, NULL) == UM_OK);
    require(umi_audio_writer_finish(writer, NULL) == UM_OK);
    umi_audio_writer_free(writer);
    return take_file(&s, seed);
}

/* What is read here and never written. */
static size_t lossy_seed(int format, uint8_t *seed)
{
    scratch s;
    scratch_make(&s);
    SF_INFO info = {.format = format, .samplerate = 48000, .channels = 2};
    static float samples[2 * N_CODED];
    for (size_t i = 0; i < 2 * N_CODED; i++) {
        samples[i] = 0.5F * sinf(0.03F * (float)i);
    }
    SNDFILE *file = sf_open(scratch_path(&s, "seed"), SFM_WRITE, &info);
    require(file != NULL && sf_writef_float(file, samples, N_CODED) == N_CODED);
    sf_close(file);
    return take_file(&s, seed);
}

size_t fuzz_seed(size_t i, uint8_t *seed)
{
    static const umi_audio_format plain[] = {
        {UMI_CONTAINER_WAV, UMI_SAMPLE_S16, 44100, 2},
        {UMI_CONTAINER_WAV, UMI_SAMPLE_FLOAT, 44100, 1},
        {UMI_CONTAINER_RF64, UMI_SAMPLE_S24, 44100, 3},
        {UMI_CONTAINER_W64, UMI_SAMPLE_DOUBLE, 44100, 1},
        {UMI_CONTAINER_AIFF, UMI_SAMPLE_S16, 44100, 2},
        {UMI_CONTAINER_AIFF, UMI_SAMPLE_ALAW, 8000, 1},
        {UMI_CONTAINER_AU, UMI_SAMPLE_ULAW, 8000, 1},
        {UMI_CONTAINER_CAF, UMI_SAMPLE_S32, 44100, 2},
    };
    static const int lossy[] = {SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_OGG | SF_FORMAT_OPUS,
                                SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III};
    enum { N_PLAIN = sizeof plain / sizeof plain[0], N_LOSSY = sizeof lossy / sizeof lossy[0] };
    static audio_bytes made;
    if (i < N_PLAIN) {
        put_recording(&made, &plain[i], N_FRAMES);
        memcpy(seed, made.bytes, made.n);
        return made.n;
    }
    if (i < N_PLAIN + N_LOSSY) {
        return lossy_seed(lossy[i - N_PLAIN], seed);
    }
    return i == N_PLAIN + N_LOSSY ? flac_seed(seed) : 0;
}
