/* What people see of a live run, and what they ask of it. */
#include "core/error.h"
#include "format/json.h"
#include "io/output_file.h"
#include "job/live_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* -- What they see ----------------------------------------------------------------------------- */

void umi_live_get_state(umi_live *live, umi_live_state *state)
{
    memset(state, 0, sizeof *state);
    umi_lock_enter(live->lock);
    umi_stream_info info = live->info;
    state->condition = live->condition;
    memcpy(state->message, live->message, sizeof state->message);
    umi_lock_leave(live->lock);
    (void)snprintf(state->in, sizeof state->in, "%s", info.in.name);
    (void)snprintf(state->out, sizeof state->out, "%s", info.out.name);
    state->rate = live->rate;
    state->channels = live->config.channels;
    state->period = atomic_load(&live->io->period);
    state->overruns = atomic_load(&live->io->overruns);
    state->dropped = atomic_load(&live->io->dropped);
    state->latency = umi_live_latency_names[live->config.latency];
    state->load = umi_live_worker_load(live->worker);
    double algorithm = (double)umi_live_worker_delay(live->worker) / live->rate;
    state->algorithm_ms = 1000.0 * algorithm;
    /* A period is on its way through the queues, and one at least through the device. */
    double period = (double)state->period / info.rate;
    double delay = algorithm + period + fmax(info.latency_in + info.latency_out, period) +
                   umi_live_worker_resampling_delay(live->worker);
    state->delay_ms = info.channels_out > 0 ? 1000.0 * delay : NAN;
    if (live->config.record != NULL) {
        (void)snprintf(state->recording, sizeof state->recording, "%s", live->config.record);
    }
    umi_live_learning_state(live->learning, state);
    for (size_t i = 0; i < state->n_sources; i++) {
        size_t slot = i + 1 == state->n_sources ? UMI_LIVE_SOURCES_MAX - 1 : i;
        state->sources[i].gain = (double)atomic_load(&live->mixer.gain[slot]);
        state->sources[i].mute = atomic_load(&live->mixer.mute[slot]);
        state->sources[i].solo = atomic_load(&live->mixer.solo[slot]);
    }
}

bool umi_live_newest(umi_live *live, uint64_t after, umi_live_frame *frame)
{
    return umi_live_display_newest(live->display, after, frame);
}

void umi_live_get_atoms(umi_live *live, umi_live_atoms *atoms)
{
    umi_live_learning_atoms(live->learning, atoms);
}

um_status umi_live_get_devices(umi_live *live, umi_devices *devices, um_error *error)
{
    return umi_devices_get(live->host, devices, error);
}

/* -- What they ask ----------------------------------------------------------------------------- */

typedef um_status command(umi_live *live, const umi_json *json, um_error *error);

static um_status get_text(const umi_json *json, const char *key, const char **text, um_error *error)
{
    *text = umi_json_get_string(umi_json_get(json, key));
    return *text != NULL ? UM_OK
                         : umi_error_set(error, UM_ERR_ARGUMENT, "\"%s\": a text is wanted", key);
}

static um_status get_switch(const umi_json *json, bool *value, um_error *error)
{
    return umi_json_get_boolean(umi_json_get(json, "value"), value)
               ? UM_OK
               : umi_error_set(error, UM_ERR_ARGUMENT, "\"value\": true or false is wanted");
}

/* The number of a source that exists, and its place in the mixer. */
static um_status get_source(umi_live *live, const umi_json *json, size_t *source, size_t *slot,
                            um_error *error)
{
    umi_live_state state = {0};
    umi_live_learning_state(live->learning, &state);
    int64_t number;
    if (!umi_json_get_integer(umi_json_get(json, "source"), &number) || number < 0 ||
        (uint64_t)number >= state.n_sources) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "\"source\": 0 to %zu exist",
                             state.n_sources - 1);
    }
    *source = (size_t)number;
    *slot = *source + 1 == state.n_sources ? UMI_LIVE_SOURCES_MAX - 1 : *source;
    return UM_OK;
}

static um_status set_gain(umi_live *live, const umi_json *json, um_error *error)
{
    size_t source, slot;
    double gain;
    um_status status = get_source(live, json, &source, &slot, error);
    if (status == UM_OK && (!umi_json_get_number(umi_json_get(json, "value"), &gain) ||
                            !(gain >= 0.0 && gain <= 2.0))) {
        status = umi_error_set(error, UM_ERR_ARGUMENT, "\"value\": a gain of 0 to 2 is wanted");
    }
    if (status == UM_OK) {
        atomic_store(&live->mixer.gain[slot], (float)gain);
    }
    return status;
}

static um_status set_switch(umi_live *live, const umi_json *json, atomic_bool *switches,
                            um_error *error)
{
    size_t source, slot;
    bool value;
    um_status status = get_source(live, json, &source, &slot, error);
    if (status == UM_OK) {
        status = get_switch(json, &value, error);
    }
    if (status == UM_OK) {
        atomic_store(&switches[slot], value);
    }
    return status;
}

static um_status set_mute(umi_live *live, const umi_json *json, um_error *error)
{
    return set_switch(live, json, live->mixer.mute, error);
}

static um_status set_solo(umi_live *live, const umi_json *json, um_error *error)
{
    return set_switch(live, json, live->mixer.solo, error);
}

static um_status rename_source(umi_live *live, const umi_json *json, um_error *error)
{
    size_t source, slot;
    const char *label;
    um_status status = get_source(live, json, &source, &slot, error);
    if (status == UM_OK) {
        status = get_text(json, "label", &label, error);
    }
    return status == UM_OK ? umi_live_learning_rename(live->learning, source, label, error)
                           : status;
}

static um_status remove_source(umi_live *live, const umi_json *json, um_error *error)
{
    size_t source, slot;
    um_status status = get_source(live, json, &source, &slot, error);
    if (status == UM_OK) {
        status = umi_live_learning_remove(live->learning, source, error);
    }
    if (status == UM_OK) {
        umi_live_mixer_remove(&live->mixer, source);
    }
    return status;
}

static um_status hold(umi_live *live, const umi_json *json, um_error *error)
{
    const char *label;
    um_status status = get_text(json, "label", &label, error);
    return status == UM_OK ? umi_live_learning_hold(live->learning, label, error) : status;
}

static um_status release(umi_live *live, const umi_json *json, um_error *error)
{
    (void)json;
    return umi_live_learning_release(live->learning, error);
}

static um_status learn(umi_live *live, const umi_json *json, um_error *error)
{
    bool value;
    um_status status = get_switch(json, &value, error);
    return status == UM_OK ? umi_live_learning_learn(live->learning, value, error) : status;
}

static um_status freeze(umi_live *live, const umi_json *json, um_error *error)
{
    bool value;
    um_status status = get_switch(json, &value, error);
    return status == UM_OK ? umi_live_learning_freeze(live->learning, value, error) : status;
}

static um_status write_dictionary(const um_dictionary *dictionary, const char *name,
                                  um_error *error)
{
    umi_output_file *file = NULL;
    void *bytes = NULL;
    size_t n_bytes;
    um_status status = um_dictionary_format(dictionary, &bytes, &n_bytes, error);
    if (status == UM_OK) {
        status = umi_output_file_begin(name, false, &file, error);
    }
    if (status == UM_OK) {
        status = umi_output_file_write(file, bytes, n_bytes, error);
    }
    if (status == UM_OK) {
        status = umi_output_file_commit_new(file, error);
    }
    umi_output_file_free(file);
    um_dictionary_free_bytes(bytes);
    return status;
}

static um_status save(umi_live *live, const umi_json *json, um_error *error)
{
    const char *name;
    um_status status = get_text(json, "name", &name, error);
    if (status != UM_OK) {
        return status;
    }
    /* Whoever has the page must not write anywhere else. */
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL || strlen(name) > 200) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "\"name\": a plain file name is wanted, such as mine.safetensors");
    }
    um_dictionary *dictionary;
    status = umi_live_learning_dictionary(live->learning, &dictionary, error);
    if (status == UM_OK) {
        status = write_dictionary(dictionary, name, error);
    }
    um_dictionary_free(dictionary);
    return status;
}

static um_status change_device(umi_live *live, const umi_json *json, um_error *error)
{
    const char *in;
    um_status status = get_text(json, "in", &in, error);
    if (status != UM_OK) {
        return status;
    }
    const char *out = umi_json_get_string(umi_json_get(json, "out"));
    umi_lock_enter(live->lock);
    (void)snprintf(live->in, sizeof live->in, "%s", in);
    (void)snprintf(live->out, sizeof live->out, "%s", out != NULL ? out : "");
    live->plays = out != NULL;
    live->reopen = true;
    umi_lock_leave(live->lock);
    return UM_OK;
}

um_status umi_live_command(umi_live *live, const char *text, size_t n_bytes, um_error *error)
{
    static const struct {
        const char *name;
        command *run;
    } commands[] = {
        {"gain", set_gain},        {"mute", set_mute},
        {"solo", set_solo},        {"rename", rename_source},
        {"remove", remove_source}, {"hold", hold},
        {"release", release},      {"learn", learn},
        {"freeze", freeze},        {"save", save},
        {"device", change_device},
    };
    umi_json *json;
    um_status status = umi_json_parse(text, n_bytes, "command", &json, error);
    if (status != UM_OK) {
        return status;
    }
    const char *name = umi_json_get_string(umi_json_get(json, "do"));
    status = umi_error_set(error, UM_ERR_ARGUMENT, "\"do\": there is no such command");
    for (size_t i = 0; name != NULL && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            status = commands[i].run(live, json, error);
            break;
        }
    }
    umi_json_free(json);
    return status;
}
