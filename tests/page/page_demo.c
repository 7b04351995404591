/* The page without an engine: three sources that sing, beat and hiss by formula, and a state in
 * memory that obeys commands. Prints the address and serves until its standard input ends.
 *
 * Beside the commands of live.md there is {"do":"pretend", ...}, by which a test sets what is not
 * to be had by a command: "condition" (0..3), "message", "recording", "overruns", "atoms" a source.
 */
#define _DEFAULT_SOURCE
#include "core/error.h"
#include "core/memory.h"
#include "format/json.h"
#include "job/live_page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FRAMES_PER_SECOND = 50 };

typedef struct demo {
    umi_live_state state;
    double start, hold_start;
    size_t n_saved;
} demo;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* -- What there is to see ---------------------------------------------------------------------- */

static uint8_t to_byte(double db)
{
    return (uint8_t)fmin(255, fmax(0, round(255 * (db + 90) / 90)));
}

/* How strong atom k of source i is at `t`: 0..1. */
static double activation(size_t i, size_t k, double t)
{
    double phase = 0.7 * (double)k + 2.1 * (double)i;
    if (i % 3 == 0) { /* sings: phrases, one atom gliding into the next */
        double phrase = fmax(0, sin(0.9 * t + 0.3 * phase));
        return phrase * exp(-2 * pow(sin(0.55 * t + phase), 2));
    }
    if (i % 3 == 1) { /* beats: strokes that decay */
        double beat = fmod(t * (k % 3 == 0 ? 2 : 4) + 0.25 * (double)(k % 4), 1);
        return exp(-12 * beat) * (k % 2 == 0 ? 1 : 0.6);
    }
    return 0.28 + 0.1 * sin(3.7 * t + phase) + 0.05 * sin(13 * t + 3 * phase);
}

/* The shape of an atom in dB below its peak. */
static double shape(size_t i, size_t k, size_t band)
{
    double x = (double)band / UMI_LIVE_BANDS;
    if (i % 3 == 0) { /* harmonics of a note */
        double hz = UMI_LIVE_LOW_HZ * pow((double)UMI_LIVE_HIGH_HZ / UMI_LIVE_LOW_HZ, x);
        double order = hz / (130 * pow(2, (double)k / 6));
        double near = fabs(order - round(order)) / (0.04 * order + 0.05);
        return order < 0.7 ? -80 : fmax(-80, -9 * near * near - 4.5 * order);
    }
    if (i % 3 == 1) { /* a drum: a bump, the broader the higher */
        double centre = 0.1 + 0.085 * (double)(k % 9);
        double width = 0.02 + 0.012 * (double)(k % 9) * (x > centre ? 2 : 1);
        return fmax(-80, -8 * pow(x - centre, 2) / (width * width)) + 1.5 * sin(90 * x) - 1.5;
    }
    /* Hiss, in bands. */
    return -6 * fabs(x - 0.08 * (double)k - 0.2) / 0.12 + 2 * sin(50 * x + 3 * (double)k) - 2;
}

static double peak_db(size_t i)
{
    static const double levels[] = {-16, -14, -50};
    return levels[i % 3];
}

static bool is_heard(const umi_live_state *state, size_t i)
{
    bool solo = false;
    for (size_t j = 0; j < state->n_sources; j++) {
        solo |= state->sources[j].solo;
    }
    return !state->sources[i].mute && (!solo || state->sources[i].solo);
}

/* The rest always hisses, wherever it stands. */
static size_t kind_of(const umi_live_state *state, size_t i)
{
    return state->sources[i].is_rest ? 2 : i % 2;
}

static void get_state(void *user, umi_live_state *state)
{
    demo *d = user;
    double t = seconds();
    d->state.load = 0.058 + 0.01 * sin(t);
    d->state.held = d->state.hold[0] != '\0' ? t - d->hold_start : 0;
    d->state.delay_ms = d->state.out[0] != '\0' ? 8.4 : NAN;
    *state = d->state;
}

static bool get_frame(void *user, uint64_t after, umi_live_frame *frame)
{
    const demo *d = user;
    const umi_live_state *state = &d->state;
    double t = seconds() - d->start;
    frame->number = 1 + (uint64_t)(t * FRAMES_PER_SECOND);
    if (frame->number <= after || state->condition >= UMI_LIVE_RETRYING) {
        return false;
    }
    double power[UMI_LIVE_BANDS] = {0}, in = 0, out = 0;
    frame->n_sources = state->n_sources;
    frame->n_atoms = 0;
    for (size_t i = 0; i < state->n_sources; i++) {
        size_t kind = kind_of(state, i);
        double sum = 0;
        for (size_t k = 0; k < state->sources[i].n_atoms; k++) {
            double a = state->condition == UMI_LIVE_SILENT ? 0 : activation(kind, k, t);
            double level = peak_db(kind) + 20 * log10(a + 1e-6);
            frame->activations[frame->n_atoms++] = to_byte(level);
            sum += pow(10, level / 10);
            for (size_t b = 0; b < UMI_LIVE_BANDS && level > -80; b++) {
                power[b] += pow(10, (level + shape(kind, k, b)) / 10);
            }
        }
        double gain = is_heard(state, i) ? state->sources[i].gain : 0;
        frame->levels[i] = to_byte(10 * log10(sum * gain * gain + 1e-9));
        in += sum;
        out += sum * gain * gain;
    }
    for (size_t b = 0; b < UMI_LIVE_BANDS; b++) {
        /* Noise is never even; music falls towards the heights. */
        double grain = 4 * sin(12.9 * (double)b + 78.2 * (double)frame->number);
        double slope = -0.22 * (double)b;
        frame->bands[b] =
            to_byte(10 * log10(power[b] + 1e-9) + slope + (power[b] < 1e-3 ? grain : 0));
    }
    frame->in = to_byte(10 * log10(in + 1e-9));
    frame->out = to_byte(10 * log10(out + 1e-9));
    return true;
}

static void get_atoms(void *user, umi_live_atoms *atoms)
{
    const demo *d = user;
    atoms->model = d->state.model;
    atoms->n_atoms = 0;
    for (size_t i = 0; i < d->state.n_sources; i++) {
        for (size_t k = 0; k < d->state.sources[i].n_atoms; k++) {
            atoms->source[atoms->n_atoms] = (uint8_t)i;
            for (size_t b = 0; b < UMI_LIVE_BANDS; b++) {
                atoms->bands[atoms->n_atoms][b] = to_byte(shape(kind_of(&d->state, i), k, b));
            }
            atoms->n_atoms++;
        }
    }
}

static char *get_devices(void *user)
{
    static const char list[] =
        "[{\"name\":\"Scarlett 2i2 USB\",\"inputs\":2,\"outputs\":2,\"rate\":48000,"
        "\"default_in\":true,\"default_out\":true},"
        "{\"name\":\"Built-in Microphone\",\"inputs\":1,\"outputs\":0,\"rate\":44100,"
        "\"default_in\":false,\"default_out\":false},"
        "{\"name\":\"Headphones\",\"inputs\":0,\"outputs\":2,\"rate\":48000,"
        "\"default_in\":false,\"default_out\":false}]";
    char *text = umi_alloc(sizeof list, 1);
    (void)user;
    return text != NULL ? memcpy(text, list, sizeof list) : NULL;
}

/* -- What is asked ----------------------------------------------------------------------------- */

static const char *text_of(const umi_json *json, const char *key)
{
    const char *text = umi_json_get_string(umi_json_get(json, key));
    return text != NULL ? text : "";
}

static void add_source(umi_live_state *state, const char *label)
{
    size_t i = state->n_sources - 1;
    if (state->n_sources < UMI_LIVE_SOURCES_MAX) {
        state->sources[i + 1] = state->sources[i]; /* the rest stays last */
        state->n_sources++;
        memset(&state->sources[i], 0, sizeof state->sources[i]);
        snprintf(state->sources[i].label, sizeof state->sources[i].label, "%s", label);
        state->sources[i].gain = 1;
        state->sources[i].n_atoms = 8;
        state->model++;
    }
}

static void release(demo *d)
{
    size_t i = 0;
    while (i < d->state.n_sources && strcmp(d->state.sources[i].label, d->state.hold) != 0) {
        i++;
    }
    if (d->state.hold[0] != '\0' && i == d->state.n_sources) {
        add_source(&d->state, d->state.hold);
    }
    d->state.hold[0] = '\0';
}

static um_status pretend(umi_live_state *state, const umi_json *json)
{
    int64_t number;
    if (umi_json_get_integer(umi_json_get(json, "condition"), &number)) {
        state->condition = (umi_live_condition)number;
    }
    if (umi_json_get_integer(umi_json_get(json, "overruns"), &number)) {
        state->overruns = (uint64_t)number;
        state->dropped = 128 * (uint64_t)number;
    }
    if (umi_json_get_integer(umi_json_get(json, "atoms"), &number)) {
        for (size_t i = 0; i < state->n_sources; i++) {
            state->sources[i].n_atoms = (size_t)number;
        }
        state->model++;
    }
    if (umi_json_get(json, "message") != NULL) {
        snprintf(state->message, sizeof state->message, "%s", text_of(json, "message"));
    }
    if (umi_json_get(json, "recording") != NULL) {
        snprintf(state->recording, sizeof state->recording, "%s", text_of(json, "recording"));
    }
    return UM_OK;
}

static um_status obey_source(umi_live_state *state, const umi_json *json, const char *what, bool on,
                             um_error *error)
{
    int64_t i;
    if (!umi_json_get_integer(umi_json_get(json, "source"), &i) || i < 0 ||
        (size_t)i >= state->n_sources) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "there is no such source");
    }
    umi_live_source_state *source = &state->sources[i];
    if (strcmp(what, "gain") == 0) {
        return umi_json_get_number(umi_json_get(json, "value"), &source->gain) ? UM_OK
                                                                               : UM_ERR_ARGUMENT;
    }
    if (strcmp(what, "mute") == 0) {
        source->mute = on;
    } else if (strcmp(what, "solo") == 0) {
        source->solo = on;
    } else if (strcmp(what, "rename") == 0) {
        for (size_t j = 0; j < state->n_sources; j++) {
            if (strcmp(state->sources[j].label, text_of(json, "label")) == 0) {
                return umi_error_set(error, UM_ERR_ARGUMENT, "%s: the name is taken",
                                     state->sources[j].label);
            }
        }
        snprintf(source->label, sizeof source->label, "%s", text_of(json, "label"));
    } else {
        size_t after = state->n_sources - (size_t)i - 1;
        memmove(source, source + 1, after * sizeof *source);
        state->n_sources--;
        state->model++;
    }
    return UM_OK;
}

static um_status obey_json(demo *d, const umi_json *json, bool on, um_error *error)
{
    umi_live_state *state = &d->state;
    const char *what = text_of(json, "do");
    if (strcmp(what, "hold") == 0) {
        snprintf(state->hold, sizeof state->hold, "%s", text_of(json, "label"));
        d->hold_start = seconds();
    } else if (strcmp(what, "release") == 0) {
        release(d);
    } else if (strcmp(what, "learn") == 0) {
        state->learning = on;
    } else if (strcmp(what, "freeze") == 0) {
        state->frozen = on;
    } else if (strcmp(what, "save") == 0) {
        if (d->n_saved++ > 0) {
            return umi_error_set(error, UM_ERR_CREATE, "%s: exists already", text_of(json, "name"));
        }
    } else if (strcmp(what, "device") == 0) {
        snprintf(state->in, sizeof state->in, "%s", text_of(json, "in"));
        snprintf(state->out, sizeof state->out, "%s", text_of(json, "out"));
    } else if (strcmp(what, "pretend") == 0) {
        return pretend(state, json);
    } else {
        return obey_source(state, json, what, on, error);
    }
    return UM_OK;
}

static um_status obey(void *user, const char *text, size_t n_bytes, um_error *error)
{
    umi_json *json;
    um_status status = umi_json_parse(text, n_bytes, "command", &json, error);
    if (status == UM_OK) {
        bool on = strstr(text, "\"value\":true") != NULL;
        status = obey_json(user, json, on, error);
        umi_json_free(json);
    }
    return status;
}

int main(void)
{
    static demo d = {.state = {.in = "Scarlett 2i2 USB",
                               .out = "Scarlett 2i2 USB",
                               .rate = 48000,
                               .period = 128,
                               .channels = 2,
                               .algorithm_ms = 5.33,
                               .latency = "lowest",
                               .learning = true,
                               .model = 1,
                               .n_sources = 3,
                               .sources = {{"voice", 1, false, false, 8, false},
                                           {"drums", 1, false, false, 8, false},
                                           {"rest", 1, false, false, 8, true}}}};
    const umi_live_page_config config = {
        .feed = {&d, get_state, get_frame, get_atoms}, .command = obey, .devices = get_devices};
    umi_live_page *page;
    um_error error;
    d.start = seconds() - 100;
    if (umi_live_page_new(&config, &page, &error) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        return EXIT_FAILURE;
    }
    printf("%s\n", umi_live_page_address(page));
    fflush(stdout);
    while (getchar() != EOF) {
    }
    umi_live_page_free(page);
    return EXIT_SUCCESS;
}
