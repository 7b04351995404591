#define _POSIX_C_SOURCE 200809L
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/live_terminal.h"
#include "cli/log.h"
#include "cli/signals.h"
#include "core/memory.h"
#include "job/device_list.h"
#include "job/live.h"
#include "job/live_message.h"
#include "job/live_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Between two looks at what goes on; every second one is drawn, every twentieth printed. */
enum { TICK_MS = 50, DRAW_TICKS = 2, LINE_TICKS = 20 };

typedef struct run {
    const umi_options *options;
    umi_live *live;
    umi_live_terminal *terminal; /* or NULL */
    umi_live_page *page;         /* or NULL */
    umi_live_state state;
    umi_live_frame frame;
} run;

static void say(void *user, const char *text)
{
    run *r = user;
    if (r->terminal != NULL) {
        umi_live_terminal_clear(r->terminal);
    }
    umi_log(UMI_LOG_WARNING, "%s", text);
}

static bool stopped(void *user)
{
    (void)user;
    return umi_signals_caught() != 0;
}

static umi_live_config config_of(run *r, const char **dictionaries)
{
    const umi_options *o = r->options;
    size_t n = 0;
    for (size_t i = 0; i < o->dictionary.count; i++) {
        dictionaries[n++] = o->dictionary.items[i];
    }
    if (o->speech != NULL) { /* by a preset of denoise */
        dictionaries[n++] = o->speech;
    }
    return (umi_live_config){
        .in = o->in,
        .out = o->out,
        .plays = !o->watch,
        .rate = o->rate,
        .period = (size_t)o->period,
        .channels = (size_t)o->channels,
        .latency = (umi_live_latency)o->latency,
        .dictionaries = dictionaries,
        .n_dictionaries = n,
        .find_noise = o->speech != NULL,
        .learning = !o->no_learning && n == 0,
        .n_atoms = (size_t)o->atoms,
        .n_label_atoms = (size_t)o->clip_atoms,
        .iterations = (size_t)o->iterations,
        .exponent = o->exponent,
        .seed = o->seed,
        .record = o->record,
        .retry = !o->no_retry,
        .say = say,
        .stopped = stopped,
        .user = r,
    };
}

/* Somebody is likely to see it: a terminal, on a desktop of this machine. */
static bool wants_page(const umi_options *o)
{
    bool desktop = (getenv("DISPLAY") != NULL || getenv("WAYLAND_DISPLAY") != NULL) &&
                   getenv("SSH_CONNECTION") == NULL;
    return o->page || (!o->no_page && !o->json && desktop && isatty(STDERR_FILENO));
}

static void get_state(void *user, umi_live_state *state)
{
    umi_live_get_state(user, state);
}

static bool get_frame(void *user, uint64_t after, umi_live_frame *frame)
{
    return umi_live_newest(user, after, frame);
}

static void get_atoms(void *user, umi_live_atoms *atoms)
{
    umi_live_get_atoms(user, atoms);
}

static um_status obey_page(void *user, const char *text, size_t n_bytes, um_error *error)
{
    return umi_live_command(user, text, n_bytes, error);
}

/* Without any, or when the sound system is out of order, the list is empty. */
static char *list_devices(void *user)
{
    umi_devices devices;
    (void)!umi_live_get_devices(user, &devices, NULL);
    umi_json *json = umi_device_list_json(&devices);
    umi_devices_free(&devices);
    char *line = json != NULL ? umi_json_to_line(json) : NULL;
    umi_json_free(json);
    return line;
}

static um_status open_page(run *r, um_error *error)
{
    if (!wants_page(r->options)) {
        return UM_OK;
    }
    umi_live_page_config config = {.port = (uint16_t)r->options->port,
                                   .feed = {r->live, get_state, get_frame, get_atoms},
                                   .command = obey_page,
                                   .devices = list_devices};
    um_status status = umi_live_page_new(&config, &r->page, error);
    if (status == UM_OK) { /* also with --quiet: nobody could find it without */
        (void)fprintf(stderr, "%s\n", umi_live_page_address(r->page));
    }
    return status;
}

/* Obeys a key; true to end. */
static bool obey(run *r)
{
    char command[UMI_LIVE_COMMAND_SIZE];
    um_error error;
    if (!umi_live_terminal_key(r->terminal, &r->state, command)) {
        return false;
    }
    if (strcmp(command, "q") == 0) {
        return true;
    }
    if (umi_live_command(r->live, command, strlen(command), &error) != UM_OK) {
        say(r, error.message);
    }
    return false;
}

static void print_line(const umi_live_state *state)
{
    umi_json *json = umi_live_state_json(state);
    char *line = json != NULL ? umi_json_to_line(json) : NULL;
    umi_json_free(json);
    if (line != NULL) {
        (void)puts(line);
        (void)fflush(stdout); /* main asks in the end whether all of it went well */
    }
    umi_free(line);
}

/* Until a signal, a key or the device's end. */
static um_status loop(run *r, um_error *error)
{
    const struct timespec pause = {0, TICK_MS * 1000000};
    um_status status = UM_OK;
    for (unsigned tick = 0; status == UM_OK && umi_signals_caught() == 0; tick++) {
        status = umi_live_tick(r->live, error);
        umi_live_get_state(r->live, &r->state);
        if (r->options->json && tick % LINE_TICKS == LINE_TICKS - 1) {
            print_line(&r->state);
        }
        if (r->terminal != NULL) {
            if (obey(r)) {
                break;
            }
            (void)umi_live_newest(r->live, r->frame.number, &r->frame);
            if (tick % DRAW_TICKS == 0) {
                umi_live_terminal_draw(r->terminal, &r->state, &r->frame);
            }
        }
        (void)nanosleep(&pause, NULL); /* a signal cuts it short */
    }
    return status;
}

/* Ends all; the driver may hang, and then so does whoever waits for it. */
static um_status finish(run *r, um_status status, um_error *error)
{
    bool hangs;
    um_error ending = {UM_OK, ""};
    umi_live_terminal_free(r->terminal);
    umi_live_page_free(r->page);
    um_status ended = umi_live_finish(r->live, &hangs, &ending);
    if (status == UM_OK && ended != UM_OK) {
        status = ended;
        *error = ending;
    }
    if (hangs) {
        if (status != UM_OK) {
            umi_log(UMI_LOG_ERROR, "%s", error->message);
        }
        umi_signals_raise_again();
        _exit((int)umi_exit_code(status));
    }
    return status;
}

int umi_cmd_live(const umi_options *options)
{
    run r = {.options = options};
    um_error error = {UM_OK, ""};
    const char **dictionaries = umi_alloc(options->dictionary.count + 1, sizeof *dictionaries);
    if (dictionaries == NULL) {
        umi_log(UMI_LOG_ERROR, "not enough memory");
        return (int)umi_exit_code(UM_ERR_MEMORY);
    }
    umi_live_config config = config_of(&r, dictionaries);
    um_status status = umi_live_new(&config, &r.live, &error);
    if (status == UM_OK) {
        status = open_page(&r, &error);
        if (status == UM_OK && !options->quiet && !options->json && isatty(STDERR_FILENO)) {
            r.terminal = umi_live_terminal_new(stderr);
        }
        if (status == UM_OK) {
            status = loop(&r, &error);
        }
        status = finish(&r, status, &error);
    }
    if (status != UM_OK) {
        umi_log(UMI_LOG_ERROR, "%s", error.message);
    }
    umi_free(dictionaries);
    return (int)umi_exit_code(status);
}
