#define _GNU_SOURCE /* realpath */
#include "job/batch_list.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/input_file.h"
#include "io/path.h"
#include "io/text.h"
#include "job/batch_conflicts.h"
#include "job/folder_walk.h"
#include "job/manifest.h"
#include "job/sound_name.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct builder {
    const umi_batch_list_config *config;
    umi_batch_list *list;
    const umi_file_identity *left_out; /* the folder of outputs, when it is there */
    const char *folder;                /* the operand that is walked, ... */
    const char *prefix;                /* ... and where below the root it goes; "": right there */
    um_error *error;
} builder;

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the list of files");
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* -- Names of outputs -------------------------------------------------------------------------- */

/* Where the extension starts, the dot included; the end of a name that has none. */
static size_t extension_at(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name ? (size_t)(dot - path) : strlen(path);
}

/* `path` with `text` put in at `at`. */
static char *with(const char *path, size_t at, const char *text)
{
    size_t n = strlen(path), n_text = strlen(text);
    char *made = umi_alloc(n + n_text + 1, 1);
    if (made != NULL) {
        memcpy(made, path, at);
        memcpy(made + at, text, n_text);
        memcpy(made + at + n_text, path + at, n - at);
    }
    return made;
}

char *umi_batch_residue_name(const char *output)
{
    return with(output, extension_at(output), ".residue");
}

static bool is_lossy_name(const char *name)
{
    umi_container container;
    return umi_container_of_name(name, &container) &&
           (container == UMI_CONTAINER_OGG || container == UMI_CONTAINER_MP3);
}

/* The output of an input with this name. Added and not exchanged: a.mp3 and a.flac may both be
 * there. */
static char *output_name(const char *name)
{
    return with(name, strlen(name), is_lossy_name(name) ? ".flac" : "");
}

/* -- Items ------------------------------------------------------------------------------------- */

/* Takes the strings, also when it fails; NULL stands for memory that was short. */
static um_status append(builder *b, char *input, char *output, um_status problem, char *why)
{
    umi_batch_list *list = b->list;
    bool ok = input != NULL && (problem != UM_OK ? why : output) != NULL;
    umi_batch_item *items =
        ok ? umi_grown(list->items, list->n_items, &list->room, sizeof *items) : NULL;
    if (items == NULL) {
        umi_free(input);
        umi_free(output);
        umi_free(why);
        return out_of_memory(b->error);
    }
    list->items = items;
    list->items[list->n_items++] =
        (umi_batch_item){.input = input, .output = output, .status = problem, .problem = why};
    return UM_OK;
}

static um_status found_in_folder(void *user, const char *below, bool is_link, um_status problem,
                                 const char *why)
{
    builder *b = user;
    char *input = below[0] != '\0' ? umi_path_join(b->folder, below)
                                   : umi_path_copy(b->folder, strlen(b->folder));
    if (problem != UM_OK) {
        return append(b, input, NULL, problem, umi_path_copy(why, strlen(why)));
    }
    char *named = umi_path_join(b->prefix, below);
    char *output = named != NULL ? output_name(named) : NULL;
    umi_free(named);
    um_status status = append(b, input, output, UM_OK, NULL);
    if (status == UM_OK) {
        b->list->items[b->list->n_items - 1].is_entry = !is_link;
    }
    return status;
}

/* The last part of a path, as a string of its own; of "." and "..", what they stand for. NULL when
 * memory is short, "" when there is none. */
static char *base_name(const char *path)
{
    char *resolved = NULL;
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') {
        n--;
    }
    const char *name = path + n;
    while (name > path && name[-1] != '/') {
        name--;
    }
    size_t n_name = (size_t)(path + n - name);
    if (strspn(name, ".") == n_name && n_name <= 2 && (resolved = realpath(path, NULL)) != NULL) {
        name = strrchr(resolved, '/') + 1;
        n_name = strlen(name);
    }
    char *copy = umi_path_copy(name, n_name);
    free(resolved);
    return copy;
}

static um_status add_operand(builder *b, const char *operand, bool alone)
{
    bool folder = is_folder(operand);
    char *name = alone && folder ? umi_path_copy("", 0) : base_name(operand);
    um_status status;
    if (name == NULL) {
        return out_of_memory(b->error);
    }
    if (name[0] == '\0' && !(alone && folder)) {
        status =
            umi_error_set(b->error, UM_ERR_ARGUMENT, "%s: has no name for its output", operand);
    } else if (folder) {
        b->folder = operand;
        b->prefix = name;
        status = umi_folder_walk(operand, b->left_out, found_in_folder, b, b->error);
    } else {
        status = append(b, umi_path_copy(operand, strlen(operand)), output_name(name), UM_OK, NULL);
    }
    umi_free(name);
    return status;
}

static um_status add_manifest(builder *b)
{
    umi_manifest manifest;
    um_status status =
        umi_manifest_read(b->config->manifest, b->config->spool_directory, &manifest, b->error);
    for (size_t i = 0; status == UM_OK && i < manifest.n_entries; i++) {
        const umi_manifest_entry *e = &manifest.entries[i];
        char *named = NULL;
        char *output;
        if (e->output != NULL) {
            output = umi_path_copy(e->output, strlen(e->output));
        } else if (umi_path_below(e->input, &named)) {
            output = named != NULL ? output_name(named) : NULL;
        } else {
            char shown[UMI_DISPLAY_MAX];
            status = umi_error_set(b->error, UM_ERR_DATA,
                                   "%s: with '..' in it, a path of a manifest needs an 'output'",
                                   umi_display_name(e->input, shown, sizeof shown));
            break;
        }
        status = append(b, umi_path_copy(e->input, strlen(e->input)), output, UM_OK, NULL);
        umi_free(named);
    }
    umi_manifest_free(&manifest);
    return status;
}

/* -- One file ---------------------------------------------------------------------------------- */

/* True when --output is the name of the one output, and no folder. */
static bool output_is_file(const umi_batch_list_config *config)
{
    size_t n = strlen(config->output);
    umi_container container;
    return umi_container_of_name(config->output, &container) && config->output[n - 1] != '/' &&
           !is_folder(config->output);
}

static um_status add_single(builder *b)
{
    const umi_batch_list_config *c = b->config;
    const char *slash = strrchr(c->output, '/');
    const char *name = slash != NULL ? slash + 1 : c->output;
    if (is_lossy_name(name)) {
        return umi_error_set(b->error, UM_ERR_ARGUMENT,
                             "%s: this kind of file cannot be written; take .flac or .wav",
                             c->output);
    }
    b->list->root = slash == NULL        ? umi_path_copy(".", 1)
                    : slash == c->output ? umi_path_copy("/", 1)
                                         : umi_path_copy(c->output, (size_t)(slash - c->output));
    if (b->list->root == NULL) {
        return out_of_memory(b->error);
    }
    return append(b, umi_path_copy(c->operands[0], strlen(c->operands[0])),
                  umi_path_copy(name, strlen(name)), UM_OK, NULL);
}

static um_status check_operands(const umi_batch_list_config *c, um_error *error)
{
    for (size_t i = 0; i < c->n_operands; i++) {
        if (strcmp(c->operands[i], "-") == 0 && (c->n_operands > 1 || !output_is_file(c))) {
            return umi_error_set(error, UM_ERR_ARGUMENT,
                                 "standard input ('-') needs to be alone, with the name of a file "
                                 "as --output: -o clean.wav");
        }
    }
    return UM_OK;
}

static um_status fill(builder *b)
{
    const umi_batch_list_config *c = b->config;
    umi_file_identity identity;
    if (c->output[0] == '\0') {
        return umi_error_set(b->error, UM_ERR_ARGUMENT, "--output: the name is empty");
    }
    um_status status = check_operands(c, b->error);
    b->list->is_single = c->manifest == NULL && c->n_operands == 1 && !is_folder(c->operands[0]);
    if (status != UM_OK || (b->list->is_single && output_is_file(c))) {
        return status != UM_OK ? status : add_single(b);
    }
    b->list->root = umi_path_copy(c->output, strlen(c->output));
    if (b->list->root == NULL) {
        return out_of_memory(b->error);
    }
    if (umi_file_identify(c->output, &identity)) {
        if (!is_folder(c->output)) {
            return umi_error_set(b->error, UM_ERR_CREATE,
                                 "%s: is no folder; of several files the outputs need one",
                                 c->output);
        }
        b->left_out = &identity;
    }
    if (c->manifest != NULL) {
        return add_manifest(b);
    }
    status = umi_batch_check_folders(c->operands, c->n_operands, c->output, b->error);
    for (size_t i = 0; i < c->n_operands && status == UM_OK; i++) {
        status = add_operand(b, c->operands[i], c->n_operands == 1);
    }
    return status;
}

/* Fills in the bytes of what this run works on. */
static void measure(umi_batch_list *list, umi_shard shard)
{
    struct stat status;
    for (size_t i = shard.index; i < list->n_items; i += shard.count) {
        umi_batch_item *item = &list->items[i];
        if (item->problem == NULL && strcmp(item->input, "-") != 0 &&
            stat(item->input, &status) == 0) {
            item->n_bytes = (uint64_t)status.st_size;
        }
    }
}

um_status umi_batch_list_new(const umi_batch_list_config *config, umi_batch_list *list,
                             um_error *error)
{
    builder b = {config, list, NULL, NULL, NULL, error};
    memset(list, 0, sizeof *list);
    um_status status = fill(&b);
    if (status == UM_OK) {
        status = umi_batch_check_outputs(list, config->operands, config->n_operands,
                                         config->residue, config->shard, error);
    }
    if (status == UM_OK) {
        measure(list, config->shard);
    } else {
        umi_batch_list_free(list);
    }
    return status;
}

void umi_batch_list_free(umi_batch_list *list)
{
    for (size_t i = 0; i < list->n_items; i++) {
        umi_free(list->items[i].input);
        umi_free(list->items[i].output);
        umi_free(list->items[i].problem);
    }
    umi_free(list->items);
    umi_free(list->root);
    memset(list, 0, sizeof *list);
}
