/* Processes for sound devices. The one device is ALSA's that takes and gives nothing, as fast as it
 * is asked to; tests/live has one that sounds. */
#define _POSIX_C_SOURCE 200809L
#include "io/audio_host.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdatomic.h>
#include <time.h>

#include <cmocka.h>

static const double SECONDS = 0.2; /* to close */
enum { PATIENCE = 5000 /* ms */, CALLS = 3 };

/* In the host's memory. */
typedef struct shared {
    atomic_size_t calls, frames;
    size_t value; /* of the program, before the stream is opened */
    atomic_size_t value_seen;
    atomic_bool fails;  /* from now on, where it is to fail */
    atomic_bool failed; /* and does */
} shared;

static umi_audio_host *new_host(void)
{
    umi_audio_host_config config = {.memory_size = sizeof(shared)};
    umi_audio_host *host;
    um_error error = {UM_OK, ""};
    assert_int_equal(umi_audio_host_new(&config, &host, &error), UM_OK);
    return host;
}

static void pause_for(long ms)
{
    (void)nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void lists_what_there_is(void **state)
{
    (void)state;
    umi_audio_host *host = new_host();
    um_error error = {UM_OK, ""};
    for (int round = 0; round < 2; round++) {
        umi_devices devices;
        assert_int_equal(umi_devices_get(host, &devices, &error), UM_OK);
        assert_int_equal(devices.n, 1);
        assert_string_equal(devices.items[0].name, "default");
        assert_string_equal(devices.items[0].host, "ALSA");
        assert_true(devices.items[0].default_in && devices.items[0].default_out);
        assert_true(devices.items[0].inputs > 0 && devices.items[0].rate > 0.0);
        umi_devices_free(&devices);
        assert_null(devices.items);
    }
    umi_audio_host_free(host);
    umi_audio_host_free(NULL);
}

static void works(void *user, const float *in, float *out, size_t n_frames, unsigned flags)
{
    (void)in;
    (void)flags;
    shared *s = user;
    memset(out, 0, 2 * n_frames * sizeof *out);
    atomic_store(&s->value_seen, s->value);
    atomic_store(&s->frames, n_frames);
    atomic_fetch_add(&s->calls, 1);
}

static bool has_failed(shared *s)
{
    bool fails = atomic_load(&s->fails);
    atomic_store(&s->failed, fails);
    return fails;
}

static void dies(void *user, const float *in, float *out, size_t n_frames, unsigned flags)
{
    works(user, in, out, n_frames, flags);
    if (has_failed(user)) {
        abort();
    }
}

static void hangs(void *user, const float *in, float *out, size_t n_frames, unsigned flags)
{
    works(user, in, out, n_frames, flags);
    while (has_failed(user)) {
    }
}

static umi_stream *started(umi_audio_host *host, umi_stream_process *process)
{
    umi_stream *stream;
    um_error error = {UM_OK, ""};
    shared *s = umi_audio_host_memory(host);
    atomic_store(&s->calls, 0);
    s->value++;
    umi_stream_config config = {
        .in = "DEF", .plays = true, .rate = 48000.0, .period = 256, .process = process, .user = s};
    assert_int_equal(umi_stream_open(host, &config, &stream, &error), UM_OK);
    assert_int_equal(umi_stream_heartbeat(stream), 0);
    assert_int_equal(umi_stream_start(stream, &error), UM_OK);
    for (int ms = 0; atomic_load(&s->calls) < CALLS && ms < PATIENCE; ms++) {
        pause_for(1);
    }
    assert_true(atomic_load(&s->calls) >= CALLS);
    assert_int_equal(atomic_load(&s->value_seen), s->value);
    return stream;
}

static void shares_its_memory(void **state)
{
    (void)state;
    umi_audio_host *host = new_host();
    shared *s = umi_audio_host_memory(host);
    umi_stream *stream = started(host, works);
    const umi_stream_info *info = umi_stream_get_info(stream);
    assert_string_equal(info->in.name, "default");
    assert_string_equal(info->out.name, "default");
    assert_true(info->rate == 48000.0);
    assert_int_equal(info->channels_in, 2);
    assert_int_equal(info->channels_out, 2);
    assert_true(info->latency_in >= 0.0 && info->latency_in <= 2.0);
    assert_int_equal(umi_stream_period(stream), 256);
    assert_int_equal(atomic_load(&s->frames), 256);
    assert_true(umi_stream_heartbeat(stream) >= CALLS - 1);
    assert_true(umi_stream_close(stream, 10.0));
    size_t calls = atomic_load(&s->calls);
    pause_for(50);
    assert_int_equal(atomic_load(&s->calls), calls);
    umi_audio_host_free(host);
}

/* What becomes of a stream is nothing to the program, nor to the next stream. */
static void survives(void **state)
{
    (void)state;
    umi_stream_process *const bad[] = {dies, hangs};
    umi_audio_host *host = new_host();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        shared *s = umi_audio_host_memory(host);
        umi_stream *stream = started(host, bad[i]);
        atomic_store(&s->fails, true);
        for (int ms = 0; !atomic_load(&s->failed) && ms < PATIENCE; ms++) {
            pause_for(1);
        }
        uint64_t heartbeat = umi_stream_heartbeat(stream);
        pause_for(50);
        assert_int_equal(umi_stream_heartbeat(stream), heartbeat);
        assert_true(umi_stream_close(stream, SECONDS));
        atomic_store(&s->fails, false);
        atomic_store(&s->failed, false);
        stream = started(host, works);
        assert_true(umi_stream_close(stream, 10.0));
    }
    umi_audio_host_free(host);
}

static void tells_what_is_wrong(void **state)
{
    (void)state;
    char long_name[2 * UMI_DEVICE_NAME_SIZE];
    umi_audio_host *host = new_host();
    umi_stream *stream;
    um_error error = {UM_OK, ""};
    umi_stream_config config = {.in = "microphone", .process = works};
    assert_int_equal(umi_stream_open(host, &config, &stream, &error), UM_ERR_NO_DEVICE);
    assert_null(stream);
    assert_non_null(strstr(error.message, "microphone"));
    assert_non_null(strstr(error.message, "default"));
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    config.in = long_name;
    assert_int_equal(umi_stream_open(host, &config, &stream, &error), UM_ERR_NO_DEVICE);
    config.in = NULL;
    config.channels_in = 1000;
    assert_int_equal(umi_stream_open(host, &config, &stream, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "default"));
    assert_true(umi_stream_close(NULL, 0.0));
    umi_audio_host_free(host);
}

int main(void)
{
    scratch s;
    scratch_make(&s);
    const char *path = scratch_path(&s, "asound.conf");
    FILE *file = fopen(path, "w");
    if (file == NULL ||
        fputs("pcm.!default { type null }\nctl.!default { type null }\n", file) < 0 ||
        fclose(file) != 0) {
        return 1;
    }
    (void)setenv("ALSA_CONFIG_PATH", path, 1);
    (void)setenv("JACK_NO_START_SERVER", "1", 1);
    (void)setenv("JACK_DEFAULT_SERVER", "unmingle_none", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_what_there_is),
        cmocka_unit_test(shares_its_memory),
        cmocka_unit_test(survives),
        cmocka_unit_test(tells_what_is_wrong),
    };
    int failed = cmocka_run_group_tests_name("audio_host", tests, NULL, NULL);
    scratch_remove(&s);
    return failed;
}
