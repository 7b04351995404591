#define _DEFAULT_SOURCE /* TIOCGWINSZ */
#include "cli/live_terminal.h"

#include "core/memory.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, LABEL_WIDTH = 20, METER_MAX = 48, LINE_SIZE = 512 };

struct umi_live_terminal {
    FILE *out;
    int descriptor;
    size_t drawn; /* lines */
    size_t width; /* of the terminal, columns */
    bool has_keys;
    struct termios before;
};

umi_live_terminal *umi_live_terminal_new(FILE *out)
{
    umi_live_terminal *t = umi_alloc(1, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    t->out = out;
    t->descriptor = fileno(out);
    t->has_keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &t->before) == 0;
    if (t->has_keys) {
        struct termios raw = t->before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        t->has_keys = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
    }
    return t;
}

void umi_live_terminal_free(umi_live_terminal *t)
{
    if (t == NULL) {
        return;
    }
    if (t->has_keys) {
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &t->before);
    }
    umi_free(t);
}

void umi_live_terminal_clear(umi_live_terminal *t)
{
    if (t->drawn > 0) {
        (void)fprintf(t->out, "\r\033[%zuA\033[J", t->drawn);
        (void)fflush(t->out);
    }
    t->drawn = 0;
}

static size_t width_of(const umi_live_terminal *t)
{
    struct winsize size;
    bool known = ioctl(t->descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : WIDTH_DEFAULT;
}

/* Bytes of the first n characters of a text in UTF-8, or of all when there are fewer. */
static size_t bytes_of(const char *text, size_t n)
{
    size_t i = 0;
    while (text[i] != '\0' && (n > 0 || ((unsigned char)text[i] & 0xC0) == 0x80)) {
        n -= ((unsigned char)text[i] & 0xC0) != 0x80 ? 1 : 0;
        i++;
    }
    return i;
}

/* Cut before the last column, for a line that went on in the next would not be drawn over. */
static void line(umi_live_terminal *t, const char *text)
{
    (void)fprintf(t->out, "%.*s\033[K\n", (int)bytes_of(text, t->width - 1), text);
    t->drawn++;
}

/* "  piano          ########------------  -12 dB  muted". */
static void meter(umi_live_terminal *t, const char *label, uint8_t level, const char *note)
{
    char text[LINE_SIZE], bar[METER_MAX + 1];
    size_t room = t->width > LABEL_WIDTH + 24 ? t->width - LABEL_WIDTH - 24 : 8;
    size_t length = room < METER_MAX ? room : METER_MAX;
    size_t full = (size_t)level * length / 255;
    memset(bar, '-', length);
    memset(bar, '#', full);
    bar[length] = '\0';
    char figure[16] = ""; /* of what is heard at all */
    if (level > 0) {
        (void)snprintf(figure, sizeof figure, "%.0f dB", (double)level * 90.0 / 255.0 - 90.0);
    }
    int bytes = (int)bytes_of(label, LABEL_WIDTH);
    int blanks = LABEL_WIDTH;
    for (int i = 0; i < bytes; i++) {
        blanks -= ((unsigned char)label[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    (void)snprintf(text, sizeof text, "  %.*s%*s %s %7s  %s", bytes, label, blanks, "", bar, figure,
                   note);
    line(t, text);
}

static const char *note_of(const umi_live_source_state *s, char text[32])
{
    if (s->mute) {
        return "muted";
    }
    if (s->solo) {
        return "solo";
    }
    if (s->gain == 1.0) {
        return "";
    }
    (void)snprintf(text, 32, "%+.1f dB", 20.0 * log10(fmax(s->gain, 1e-4)));
    return text;
}

static void figures(umi_live_terminal *t, const umi_live_state *s)
{
    char text[LINE_SIZE], delay[32] = "";
    if (isfinite(s->delay_ms)) {
        (void)snprintf(delay, sizeof delay, "delay %.1f ms, ", s->delay_ms);
    }
    (void)snprintf(text, sizeof text,
                   "  %sload %.0f %%, overruns %" PRIu64 ", dropped %" PRIu64 "%s%s%s%s", delay,
                   100.0 * s->load, s->overruns, s->dropped, s->learning ? ", learning" : "",
                   s->frozen ? ", frozen" : "", s->hold[0] != '\0' ? ", holding " : "", s->hold);
    line(t, text);
}

void umi_live_terminal_draw(umi_live_terminal *t, const umi_live_state *state,
                            const umi_live_frame *frame)
{
    t->width = width_of(t);
    if (t->drawn > 0) {
        (void)fprintf(t->out, "\r\033[%zuA", t->drawn);
    }
    t->drawn = 0;
    meter(t, state->in, frame->in, "in");
    for (size_t i = 0; i < state->n_sources; i++) {
        char text[32];
        meter(t, state->sources[i].label, i < frame->n_sources ? frame->levels[i] : 0,
              note_of(&state->sources[i], text));
    }
    if (state->out[0] != '\0') {
        meter(t, state->out, frame->out, "out");
    }
    figures(t, state);
    (void)fprintf(t->out, "\033[J");
    (void)fflush(t->out);
}

bool umi_live_terminal_key(umi_live_terminal *t, const umi_live_state *state,
                           char command[UMI_LIVE_COMMAND_SIZE])
{
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    char key;
    if (!t->has_keys || poll(&input, 1, 0) != 1 || read(STDIN_FILENO, &key, 1) != 1) {
        return false;
    }
    const size_t size = UMI_LIVE_COMMAND_SIZE;
    if (key == 'q') {
        (void)snprintf(command, size, "q");
    } else if (state->hold[0] != '\0') {
        (void)snprintf(command, size, "{\"do\":\"release\"}");
    } else if (key >= '1' && (size_t)(key - '1') < state->n_sources) {
        int source = key - '1';
        (void)snprintf(command, size, "{\"do\":\"mute\",\"source\":%d,\"value\":%s}", source,
                       state->sources[source].mute ? "false" : "true");
    } else if (key >= 'a' && key <= 'd') {
        (void)snprintf(command, size, "{\"do\":\"hold\",\"label\":\"%c\"}", key - 'a' + 'A');
    } else if (key == 'n') {
        (void)snprintf(command, size, "{\"do\":\"hold\",\"label\":\"noise\"}");
    } else if (key == 'l') {
        (void)snprintf(command, size, "{\"do\":\"learn\",\"value\":%s}",
                       state->learning ? "false" : "true");
    } else if (key == 'f') {
        (void)snprintf(command, size, "{\"do\":\"freeze\",\"value\":%s}",
                       state->frozen ? "false" : "true");
    } else {
        return false;
    }
    return true;
}
