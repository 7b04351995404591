#define _POSIX_C_SOURCE 200809L

#include "cli/presets.h"

#include "cli/commands.h"
#include "cli/nearest.h"
#include "cli/params.h"
#include "cli/preset_search.h"
#include "core/error.h"
#include "core/memory.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAX_KEYS = 64,
    MAX_FILE = 65536 /* bytes; a preset is a page of text */
};

static const char COMMAND[] = "command"; /* the key that tells what a preset is for */

typedef struct entry {
    char **texts;
    size_t n_texts;
    int line; /* 0: not set */
} entry;

struct umi_preset {
    char path[UMI_PRESET_PATH_SIZE];
    const umi_command *command; /* that it is for; NULL until its line is read */
    size_t n_entries;           /* rows of the table of parameters */
    entry *entries;
};

/* What libconfuse's callbacks work on. They get no pointer of ours, so it is kept here while
 * cfg_parse_buf runs; a thread has its own. */
typedef struct parse_state {
    umi_preset *preset;
    const umi_command *wanted; /* the command to be for; NULL: any */
    um_status status;
    um_error *error;
} parse_state;

static _Thread_local parse_state *current;

/* The first failure is the one to tell. */
static void fail_at(int line, const char *message)
{
    if (current->status == UM_OK) {
        current->status = umi_error_set(current->error, UM_ERR_CONFIG, "%s:%d: %s",
                                        current->preset->path, line, message);
    }
}

/* -- The command that a preset is for ---------------------------------------------------------- */

static bool has_presets(const umi_command *command)
{
    return umi_param_find("preset", command->bit) != NULL;
}

/* "command = separate or command = denoise". */
static void list_commands(char text[128])
{
    size_t n;
    const umi_command *commands = umi_commands(&n);
    int length = 0;
    for (size_t i = 0; i < n; i++) {
        if (has_presets(&commands[i])) {
            length += snprintf(text + length, 128 - (size_t)length, "%scommand = %s",
                               length > 0 ? " or " : "", commands[i].name);
        }
    }
}

static void take_command(int line, const char *name)
{
    char text[256], commands[128];
    const umi_command *command = umi_command_find(name);
    const umi_command *wanted = current->wanted;
    list_commands(commands);
    if (current->preset->command != NULL) {
        snprintf(text, sizeof text, "command is set for a second time");
    } else if (command == NULL || !has_presets(command)) {
        snprintf(text, sizeof text, "command: '%.32s' has no presets; say %s", name, commands);
    } else if (wanted != NULL && wanted != command &&
               (wanted->also_presets_of & command->bit) == 0) {
        snprintf(text, sizeof text,
                 "a preset for 'unmingle %s', not for '%s' ('unmingle presets' tells which is for "
                 "what)",
                 command->name, wanted->name);
    } else {
        current->preset->command = command;
        return;
    }
    fail_at(line, text);
}

static void tell_no_command(int line)
{
    char text[256], commands[128];
    list_commands(commands);
    snprintf(text, sizeof text, "say first what the preset is for: %s", commands);
    fail_at(line, text);
}

/* -- Keys -------------------------------------------------------------------------------------- */

/* The row that a key means for the preset's command; NULL: none. */
static const umi_param *find_key(const char *key)
{
    const umi_param *param = umi_param_find(key, current->preset->command->bit);
    return param != NULL && param->in_presets ? param : NULL;
}

static void tell_unknown_key(int line, const char *key)
{
    const char *names[MAX_KEYS];
    size_t n_names = 0;
    size_t n;
    char text[256];
    const umi_command *command = current->preset->command;
    const umi_param *params = umi_params(&n);
    for (size_t i = 0; i < n; i++) {
        if (params[i].in_presets && (params[i].commands & command->bit) != 0) {
            names[n_names++] = params[i].name;
        }
    }
    const char *nearest = umi_nearest(key, names, n_names);
    if (umi_param_find(key, command->bit) != NULL) {
        snprintf(text, sizeof text, "%.64s is an option, but not for presets", key);
    } else if (umi_param_find(key, UMI_EVERY_COMMAND) != NULL) {
        snprintf(text, sizeof text, "%.64s is no option of '%s', which the preset is for", key,
                 command->name);
    } else if (nearest != NULL) {
        snprintf(text, sizeof text, "unknown key %.64s; did you mean %s?", key, nearest);
    } else {
        snprintf(text, sizeof text, "unknown key %.64s", key);
    }
    fail_at(line, text);
}

/* -- libconfuse's callbacks -------------------------------------------------------------------- */

static void on_error(cfg_t *cfg, const char *format, va_list arguments)
{
    char text[256];
    /* The one message of libconfuse that we want to say better. */
    if (strncmp(format, "no such option", strlen("no such option")) == 0) {
        va_list copy;
        va_copy(copy, arguments);
        if (current->preset->command == NULL) {
            tell_no_command(cfg->line);
        } else {
            tell_unknown_key(cfg->line, va_arg(copy, const char *));
        }
        va_end(copy);
        return;
    }
    vsnprintf(text, sizeof text, format, arguments);
    fail_at(cfg->line, text);
}

/* Called for every value as it is read. libconfuse knows all of them as strings, so that a value
 * goes through the same parser, and fails with the same words, as on the command line. */
static int on_value(cfg_t *cfg, cfg_opt_t *option)
{
    size_t n;
    char text[512];
    umi_value value;
    um_error reason;
    unsigned n_values = cfg_opt_size(option);
    const char *given = cfg_opt_getnstr(option, n_values - 1);
    if (strcmp(option->name, COMMAND) == 0) {
        take_command(cfg->line, given);
        return current->status == UM_OK ? 0 : -1;
    }
    if (current->preset->command == NULL) {
        tell_no_command(cfg->line);
        return -1;
    }
    const umi_param *param = find_key(option->name);
    if (param == NULL) {
        tell_unknown_key(cfg->line, option->name);
        return -1;
    }
    entry *e = &current->preset->entries[param - umi_params(&n)];
    if (!param->repeatable && n_values > 1) {
        snprintf(text, sizeof text, "%s takes one value, not a list", param->name);
        fail_at(cfg->line, text);
        return -1;
    }
    if (e->line != 0 && n_values == 1) {
        snprintf(text, sizeof text, "%s is set for a second time; the first is on line %d",
                 param->name, e->line);
        fail_at(cfg->line, text);
        return -1;
    }
    e->line = e->line != 0 ? e->line : cfg->line;
    if (umi_param_parse(param, given, &value, &reason) != UM_OK) {
        snprintf(text, sizeof text, "%s: %.400s", param->name, reason.message);
        fail_at(cfg->line, text);
        return -1;
    }
    return 0;
}

/* -- our own part ------------------------------------------------------------------------------ */

/* Blanks the comments out of `text`, because libconfuse 3.3 counts lines wrongly behind them, and
 * refuses the two things of libconfuse's language that presets do not have. */
static um_status prepare(char *text, const char *path, um_error *error)
{
    char quote = 0;
    int line = 1;
    for (char *p = text; *p != '\0'; p++) {
        line += *p == '\n';
        if (quote != 0) {
            if (*p == '\\' && p[1] != '\0') {
                p++;
                line += *p == '\n';
            } else if (*p == quote) {
                quote = 0;
            }
        } else if (*p == '"' || *p == '\'') {
            quote = *p;
        } else if (*p == '#') {
            size_t n = strcspn(p, "\n");
            memset(p, ' ', n);
            p += n - 1;
        } else if (p[0] == '/' && (p[1] == '/' || p[1] == '*')) {
            return umi_error_set(error, UM_ERR_CONFIG, "%s:%d: comments start with '#'", path,
                                 line);
        }
        if (quote != '\'' && p[0] == '$' && p[1] == '{') {
            return umi_error_set(error, UM_ERR_CONFIG,
                                 "%s:%d: presets cannot refer to the environment", path, line);
        }
    }
    return UM_OK;
}

/* A copy of a value; paths are joined to the preset's folder, unless absolute. */
static char *copy_value(const umi_param *param, const char *text, const char *preset_path)
{
    const char *slash = strrchr(preset_path, '/');
    bool join = param->kind == UMI_PATH && text[0] != '/' && slash != NULL;
    size_t n_folder = join ? (size_t)(slash - preset_path) + 1 : 0;
    size_t n_text = strlen(text);
    char *copy = umi_alloc(n_folder + n_text + 1, 1);
    if (copy != NULL) {
        memcpy(copy, preset_path, n_folder);
        memcpy(copy + n_folder, text, n_text);
    }
    return copy;
}

static um_status copy_values(cfg_t *cfg, umi_preset *preset)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    for (size_t i = 0; i < n; i++) {
        entry *e = &preset->entries[i];
        if (e->line == 0) {
            continue;
        }
        unsigned n_values = cfg_size(cfg, params[i].name);
        e->texts = umi_alloc(n_values, sizeof *e->texts);
        if (e->texts == NULL) {
            return UM_ERR_MEMORY;
        }
        for (unsigned j = 0; j < n_values; j++) {
            e->texts[j] = copy_value(&params[i], cfg_getnstr(cfg, params[i].name, j), preset->path);
            if (e->texts[j] == NULL) {
                return UM_ERR_MEMORY;
            }
            e->n_texts++;
        }
    }
    return UM_OK;
}

/* libconfuse's list of keys: those of all commands, each name once; a list when it is one for any,
 * since which command it is for is not known yet. */
static void fill_keys(cfg_opt_t keys[MAX_KEYS])
{
    size_t n;
    size_t n_keys = 0;
    const umi_param *params = umi_params(&n);
    keys[n_keys++] = (cfg_opt_t)CFG_STR(COMMAND, NULL, CFGF_NODEFAULT);
    for (size_t i = 0; i < n; i++) {
        size_t place = 0;
        while (place < n_keys && strcmp(keys[place].name, params[i].name) != 0) {
            place++;
        }
        if (params[i].in_presets && (place == n_keys || params[i].repeatable)) {
            cfg_opt_t single[] = {CFG_STR(params[i].name, NULL, CFGF_NODEFAULT)};
            cfg_opt_t list[] = {CFG_STR_LIST(params[i].name, NULL, CFGF_NODEFAULT)};
            keys[place] = params[i].repeatable ? list[0] : single[0];
            n_keys += place == n_keys;
        }
    }
    keys[n_keys] = (cfg_opt_t)CFG_END();
}

/* Runs libconfuse over the prepared text. */
static um_status parse_prepared(char *text, const umi_command *wanted, umi_preset *preset,
                                um_error *error)
{
    parse_state state = {preset, wanted, UM_OK, error};
    cfg_opt_t keys[MAX_KEYS];
    fill_keys(keys);
    cfg_t *cfg = cfg_init(keys, CFGF_NONE);
    if (cfg == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", preset->path);
    }
    cfg_set_error_function(cfg, on_error);
    for (cfg_opt_t *key = keys; key->name != NULL; key++) {
        cfg_set_validate_func(cfg, key->name, on_value);
    }
    current = &state;
    int result = cfg_parse_buf(cfg, text);
    if (result == CFG_SUCCESS && preset->command == NULL) {
        tell_no_command(1);
    }
    current = NULL;
    if (state.status == UM_OK && result != CFG_SUCCESS) {
        state.status = umi_error_set(error, UM_ERR_CONFIG, "%s: cannot be parsed", preset->path);
    }
    if (state.status == UM_OK && copy_values(cfg, preset) != UM_OK) {
        state.status = umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", preset->path);
    }
    cfg_free(cfg);
    return state.status;
}

um_status umi_preset_parse(const char *text, const char *path, const umi_command *wanted,
                           umi_preset **out, um_error *error)
{
    size_t n;
    um_status status = UM_ERR_MEMORY;
    size_t length = strlen(text);
    umi_preset *preset = umi_alloc(1, sizeof *preset);
    char *copy = umi_alloc(length + 1, 1);
    (void)umi_params(&n);
    *out = NULL;
    if (preset == NULL || copy == NULL) {
        goto fail;
    }
    preset->n_entries = n;
    preset->entries = umi_alloc(n, sizeof *preset->entries);
    if (preset->entries == NULL) {
        goto fail;
    }
    snprintf(preset->path, sizeof preset->path, "%s", path);
    memcpy(copy, text, length);
    status = prepare(copy, preset->path, error);
    if (status == UM_OK) {
        status = parse_prepared(copy, wanted, preset, error);
    }
    if (status != UM_OK) {
        goto fail;
    }
    umi_free(copy);
    *out = preset;
    return UM_OK;

fail:
    if (status == UM_ERR_MEMORY) {
        (void)umi_error_set(error, status, "%s: not enough memory", path);
    }
    umi_free(copy);
    umi_preset_free(preset);
    return status;
}

/* Reads a whole file of text. O_NONBLOCK, so that a named pipe cannot hang us. */
static um_status read_text(const char *path, char *text, size_t size, um_error *error)
{
    struct stat info;
    um_status status = UM_OK;
    size_t length = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return umi_error_set(error, errno == EACCES ? UM_ERR_PERMISSION : UM_ERR_CONFIG, "%s: %s",
                             path, strerror(errno));
    }
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = umi_error_set(error, UM_ERR_CONFIG, "%s: not a file", path);
        goto done;
    }
    ssize_t n = 1;
    while (n > 0 && length < size) {
        n = read(file, text + length, size - length);
        length += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        status = umi_error_set(error, UM_ERR_IO, "%s: %s", path, strerror(errno));
    } else if (length == size) {
        status = umi_error_set(error, UM_ERR_CONFIG, "%s: longer than %zu bytes", path, size - 1);
    } else if (memchr(text, '\0', length) != NULL) {
        status = umi_error_set(error, UM_ERR_CONFIG, "%s: not a text file", path);
    } else {
        text[length] = '\0';
    }
done:
    close(file);
    return status;
}

um_status umi_preset_load(const char *name, const umi_command *wanted, umi_preset **out,
                          um_error *error)
{
    char path[UMI_PRESET_PATH_SIZE];
    size_t length = strlen(name);
    um_status status = UM_OK;
    *out = NULL;
    if (strchr(name, '/') != NULL || (length > 5 && strcmp(name + length - 5, ".conf") == 0)) {
        if (length >= sizeof path) {
            return umi_error_set(error, UM_ERR_CONFIG, "preset: the path is too long");
        }
        memcpy(path, name, length + 1);
    } else {
        umi_preset_folders folders;
        umi_preset_folders_get(&folders);
        status = umi_preset_find(&folders, name, path, error);
    }
    char *text = umi_alloc(MAX_FILE, 1);
    if (status == UM_OK && text == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", path);
    }
    if (status == UM_OK) {
        status = read_text(path, text, MAX_FILE, error);
    }
    if (status == UM_OK) {
        status = umi_preset_parse(text, path, wanted, out, error);
    }
    umi_free(text);
    return status;
}

void umi_preset_free(umi_preset *preset)
{
    if (preset == NULL) {
        return;
    }
    for (size_t i = 0; preset->entries != NULL && i < preset->n_entries; i++) {
        for (size_t j = 0; j < preset->entries[i].n_texts; j++) {
            umi_free(preset->entries[i].texts[j]);
        }
        umi_free(preset->entries[i].texts);
    }
    umi_free(preset->entries);
    umi_free(preset);
}

const umi_command *umi_preset_command(const umi_preset *preset)
{
    return preset->command;
}

const char *umi_preset_path(const umi_preset *preset)
{
    return preset->path;
}

size_t umi_preset_count(const umi_preset *preset, size_t i_param)
{
    return preset->entries[i_param].n_texts;
}

const char *umi_preset_text(const umi_preset *preset, size_t i_param, size_t i_value)
{
    return preset->entries[i_param].texts[i_value];
}

int umi_preset_line(const umi_preset *preset, size_t i_param)
{
    return preset->entries[i_param].line;
}
