#include "job/live_message.h"

#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint64_t value)
{
    put16(at, (size_t)(value & 0xffff));
    put16(at + 2, (size_t)(value >> 16 & 0xffff));
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

/* Writes the head of the message that ends at `end`; gives its length. */
static size_t finish(uint8_t *message, umi_live_message kind, const uint8_t *end)
{
    size_t n = (size_t)(end - message);
    memset(message, 0, UMI_LIVE_MESSAGE_HEAD);
    put32(message, n - UMI_LIVE_MESSAGE_HEAD);
    message[4] = (uint8_t)kind;
    return n;
}

/* -- State ------------------------------------------------------------------------------------- */

static umi_json *text_or_null(const char *text)
{
    return text[0] != '\0' ? umi_json_string(text) : umi_json_number(NAN);
}

static umi_json *bands_json(const umi_live_state *state)
{
    umi_json *bands = umi_json_object();
    if (umi_json_set(bands, "n", umi_json_integer(UMI_LIVE_BANDS)) &&
        umi_json_set(bands, "low", umi_json_integer(UMI_LIVE_LOW_HZ)) &&
        umi_json_set(bands, "high", umi_json_number(fmin(UMI_LIVE_HIGH_HZ, state->rate / 2)))) {
        return bands;
    }
    umi_json_free(bands);
    return NULL;
}

static umi_json *source_json(const umi_live_source_state *source)
{
    umi_json *json = umi_json_object();
    if (umi_json_set(json, "label", umi_json_string(source->label)) &&
        umi_json_set(json, "gain", umi_json_number(source->gain)) &&
        umi_json_set(json, "mute", umi_json_boolean(source->mute)) &&
        umi_json_set(json, "solo", umi_json_boolean(source->solo)) &&
        umi_json_set(json, "atoms", umi_json_integer((int64_t)source->n_atoms)) &&
        umi_json_set(json, "rest", umi_json_boolean(source->is_rest))) {
        return json;
    }
    umi_json_free(json);
    return NULL;
}

static umi_json *sources_json(const umi_live_state *state)
{
    umi_json *sources = umi_json_array();
    for (size_t i = 0; i < state->n_sources; i++) {
        if (!umi_json_append(sources, source_json(&state->sources[i]))) {
            umi_json_free(sources);
            return NULL;
        }
    }
    return sources;
}

umi_json *umi_live_state_json(const umi_live_state *state)
{
    static const char *const conditions[] = {
        [UMI_LIVE_RUNNING] = "running",
        [UMI_LIVE_SILENT] = "silent",
        [UMI_LIVE_RETRYING] = "retrying",
        [UMI_LIVE_STOPPED] = "stopped",
    };
    umi_json *json = umi_json_object();
    if (umi_json_set(json, "condition", umi_json_string(conditions[state->condition])) &&
        umi_json_set(json, "message", umi_json_string(state->message)) &&
        umi_json_set(json, "in", umi_json_string(state->in)) &&
        umi_json_set(json, "out", text_or_null(state->out)) &&
        umi_json_set(json, "rate", umi_json_number(state->rate)) &&
        umi_json_set(json, "period", umi_json_integer((int64_t)state->period)) &&
        umi_json_set(json, "channels", umi_json_integer((int64_t)state->channels)) &&
        umi_json_set(json, "delay_ms", umi_json_number(state->delay_ms)) &&
        umi_json_set(json, "algorithm_ms", umi_json_number(state->algorithm_ms)) &&
        umi_json_set(json, "load", umi_json_number(state->load)) &&
        umi_json_set(json, "overruns", umi_json_integer((int64_t)state->overruns)) &&
        umi_json_set(json, "dropped", umi_json_integer((int64_t)state->dropped)) &&
        umi_json_set(json, "latency", umi_json_string(state->latency)) &&
        umi_json_set(json, "learning", umi_json_boolean(state->learning)) &&
        umi_json_set(json, "frozen", umi_json_boolean(state->frozen)) &&
        umi_json_set(json, "hold", text_or_null(state->hold)) &&
        umi_json_set(json, "held", umi_json_number(state->held)) &&
        umi_json_set(json, "recording", text_or_null(state->recording)) &&
        umi_json_set(json, "model", umi_json_integer((int64_t)(state->model & UINT32_MAX))) &&
        umi_json_set(json, "bands", bands_json(state)) &&
        umi_json_set(json, "sources", sources_json(state))) {
        return json;
    }
    umi_json_free(json);
    return NULL;
}

size_t umi_live_encode_state(const umi_live_state *state, uint8_t message[UMI_LIVE_MESSAGE_SIZE])
{
    umi_json *json = umi_live_state_json(state);
    char *text = json != NULL ? umi_json_to_line(json) : NULL;
    umi_json_free(json);
    if (text == NULL) {
        return 0;
    }
    size_t n = strlen(text);
    assert(n <= UMI_LIVE_MESSAGE_SIZE - UMI_LIVE_MESSAGE_HEAD);
    const uint8_t *end = put_bytes(message + UMI_LIVE_MESSAGE_HEAD, text, n);
    umi_free(text);
    return finish(message, UMI_LIVE_MESSAGE_STATE, end);
}

/* -- Sound ------------------------------------------------------------------------------------- */

size_t umi_live_encode_frame(const umi_live_frame *frame, uint8_t message[UMI_LIVE_MESSAGE_SIZE])
{
    assert(frame->n_sources <= UMI_LIVE_SOURCES_MAX && frame->n_atoms <= UMI_LIVE_ATOMS_MAX);
    uint8_t *at = message + UMI_LIVE_MESSAGE_HEAD;
    memset(at, 0, 12);
    put32(at, frame->number);
    at[4] = UMI_LIVE_BANDS;
    at[5] = (uint8_t)frame->n_sources;
    put16(at + 6, frame->n_atoms);
    at[8] = frame->in;
    at[9] = frame->out;
    at = put_bytes(at + 12, frame->bands, UMI_LIVE_BANDS);
    at = put_bytes(at, frame->levels, frame->n_sources);
    at = put_bytes(at, frame->activations, frame->n_atoms);
    return finish(message, UMI_LIVE_MESSAGE_FRAME, at);
}

size_t umi_live_encode_atoms(const umi_live_atoms *atoms, uint8_t message[UMI_LIVE_MESSAGE_SIZE])
{
    assert(atoms->n_atoms <= UMI_LIVE_ATOMS_MAX);
    uint8_t *at = message + UMI_LIVE_MESSAGE_HEAD;
    put32(at, atoms->model);
    put16(at + 4, atoms->n_atoms);
    at[6] = UMI_LIVE_BANDS;
    at[7] = 0;
    at += 8;
    for (size_t k = 0; k < atoms->n_atoms; k++) {
        *at = atoms->source[k];
        at = put_bytes(at + 1, atoms->bands[k], UMI_LIVE_BANDS);
    }
    return finish(message, UMI_LIVE_MESSAGE_ATOMS, at);
}
