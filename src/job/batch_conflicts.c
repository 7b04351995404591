#define _GNU_SOURCE /* realpath */
#include "job/batch_conflicts.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/input_file.h"
#include "io/path.h"
#include "io/text.h"
#include "job/batch_record.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SHOWN = UMI_DISPLAY_MAX / 3 };

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the list of files");
}

um_status umi_batch_check_folders(const char *const *operands, size_t n_operands,
                                  const char *output, um_error *error)
{
    umi_file_identity out, in;
    for (size_t i = 0; umi_file_identify(output, &out) && i < n_operands; i++) {
        if (umi_file_identify(operands[i], &in) && umi_file_identity_equal(in, out)) {
            char shown[UMI_DISPLAY_MAX];
            return umi_error_set(error, UM_ERR_ARGUMENT,
                                 "%s: is the folder of the outputs too; take another --output",
                                 umi_display_name(operands[i], shown, sizeof shown));
        }
    }
    return UM_OK;
}

/* The hidden folder is for records; nothing else may be put there. */
static um_status check_not_hidden(const umi_batch_list *list, um_error *error)
{
    static const char hidden[] = UMI_BATCH_RECORDS "/";
    for (size_t i = 0; i < list->n_items; i++) {
        const umi_batch_item *item = &list->items[i];
        if (item->problem == NULL && strncmp(item->output, hidden, strlen(hidden)) == 0) {
            char shown[UMI_DISPLAY_MAX];
            return umi_error_set(
                error, UM_ERR_ARGUMENT, "%s: its output would be among our records in %s",
                umi_display_name(item->input, shown, sizeof shown), UMI_BATCH_RECORDS);
        }
    }
    return UM_OK;
}

/* -- Two inputs for one output ----------------------------------------------------------------- */

typedef struct named {
    char *path; /* the item's own, or made for a residue */
    const umi_batch_item *item;
} named;

static int by_path(const void *a, const void *b)
{
    return strcmp(((const named *)a)->path, ((const named *)b)->path);
}

static um_status check_names(named *names, size_t n, um_error *error)
{
    if (n > 0) {
        qsort(names, n, sizeof *names, by_path);
    }
    for (size_t i = 1; i < n; i++) {
        if (strcmp(names[i - 1].path, names[i].path) == 0) {
            char one[SHOWN], other[SHOWN], path[SHOWN];
            return umi_error_set(error, UM_ERR_ARGUMENT, "%s and %s: both would be written to %s",
                                 umi_display_name(names[i - 1].item->input, one, sizeof one),
                                 umi_display_name(names[i].item->input, other, sizeof other),
                                 umi_display_name(names[i].path, path, sizeof path));
        }
    }
    return UM_OK;
}

static um_status check_unique(const umi_batch_list *list, bool residue, um_error *error)
{
    size_t n = 0;
    size_t n_at_most;
    named *names =
        umi_multiply(list->n_items, 2, &n_at_most) ? umi_alloc(n_at_most, sizeof *names) : NULL;
    bool ok = names != NULL;
    for (size_t i = 0; ok && i < list->n_items; i++) {
        const umi_batch_item *item = &list->items[i];
        if (item->problem == NULL) {
            names[n++] = (named){item->output, item};
        }
        if (ok && item->problem == NULL && residue) {
            names[n++] = (named){umi_batch_residue_name(item->output), item};
            ok = names[n - 1].path != NULL;
        }
    }
    um_status status = ok ? check_names(names, n, error) : out_of_memory(error);
    for (size_t i = 0; i < n; i++) {
        if (names[i].path != names[i].item->output) {
            umi_free(names[i].path);
        }
    }
    umi_free(names);
    return status;
}

/* -- Outputs that are inputs ------------------------------------------------------------------- */

/* An output that is there already. */
typedef struct standing {
    umi_file_identity identity; /* first: see by_identity */
    const umi_batch_item *item;
    bool is_residue;
} standing;

/* The shard's outputs that are there. Each of them is an input by another name only if one of the
 * two has another name: is a link, or has a hard link. Else it is only when both are in the same
 * folder, so the inputs in other folders, nearly all, need not be looked at. */
typedef struct standings {
    standing *files;
    umi_file_identity *folders; /* that they are in */
    size_t n;
    bool have_other_names;
} standings;

/* The folder that was asked for last: mostly it is the next one, too. */
typedef struct last_folder {
    char path[PATH_MAX]; /* with a slash at its end; "": none yet */
    bool is_there;
    umi_file_identity identity;
} last_folder;

/* Two identities, or what begins with them. */
static int by_identity(const void *a, const void *b)
{
    const umi_file_identity *x = a, *y = b;
    if (x->device != y->device) {
        return x->device < y->device ? -1 : 1;
    }
    return (x->inode > y->inode) - (x->inode < y->inode);
}

/* Which folder the file at `path` is in; false when there is none. */
static bool identify_folder(last_folder *last, const char *path, umi_file_identity *identity)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash != NULL ? path : "./";
    size_t n = slash != NULL ? (size_t)(slash - path) + 1 : 2;
    if (n >= sizeof last->path) {
        return false;
    }
    if (strncmp(last->path, folder, n) != 0 || last->path[n] != '\0') {
        memcpy(last->path, folder, n);
        last->path[n] = '\0';
        last->is_there = umi_file_identify(last->path, &last->identity);
    }
    *identity = last->identity;
    return last->is_there;
}

static char *path_of_output(const umi_batch_list *list, const umi_batch_item *item, bool is_residue)
{
    char *name = is_residue ? umi_batch_residue_name(item->output) : item->output;
    char *path = name != NULL ? umi_path_join(list->root, name) : NULL;
    if (is_residue) {
        umi_free(name);
    }
    return path;
}

static um_status look_at_output(const umi_batch_list *list, const umi_batch_item *item,
                                bool is_residue, last_folder *last, standings *s, um_error *error)
{
    struct stat status;
    char *path = path_of_output(list, item, is_residue);
    if (path == NULL) {
        return out_of_memory(error);
    }
    bool is_there = lstat(path, &status) == 0;
    if (is_there && S_ISLNK(status.st_mode)) {
        s->have_other_names = true;
        is_there = stat(path, &status) == 0;
    }
    if (is_there && identify_folder(last, path, &s->folders[s->n])) {
        s->have_other_names |= status.st_nlink > 1;
        s->files[s->n++] = (standing){{status.st_dev, status.st_ino}, item, is_residue};
    }
    umi_free(path);
    return UM_OK;
}

/* Fills *s, whose arrays are to be freed, also after a failure. */
static um_status look_at_outputs(const umi_batch_list *list, bool residue, umi_shard shard,
                                 standings *s, um_error *error)
{
    um_status status = UM_OK;
    size_t n_at_most = 2 * (list->n_items / shard.count + 1);
    last_folder last = {.path = ""};
    s->files = umi_alloc(n_at_most, sizeof *s->files);
    s->folders = umi_alloc(n_at_most, sizeof *s->folders);
    if (s->files == NULL || s->folders == NULL) {
        return out_of_memory(error);
    }
    for (size_t i = shard.index; i < list->n_items && status == UM_OK; i += shard.count) {
        const umi_batch_item *item = &list->items[i];
        for (int k = 0; k <= residue && item->problem == NULL && status == UM_OK; k++) {
            status = look_at_output(list, item, k == 1, &last, s, error);
        }
    }
    qsort(s->files, s->n, sizeof *s->files, by_identity);
    qsort(s->folders, s->n, sizeof *s->folders, by_identity);
    return status;
}

static um_status refuse(const umi_batch_list *list, const umi_batch_item *input,
                        const standing *found, um_error *error)
{
    char one[SHOWN], other[SHOWN];
    char *path = path_of_output(list, found->item, found->is_residue);
    if (path == NULL) {
        return out_of_memory(error);
    }
    um_status status =
        umi_error_set(error, UM_ERR_ARGUMENT,
                      "%s: is an input, and %s would be written over it; take another --output",
                      umi_display_name(input->input, one, sizeof one),
                      umi_display_name(path, other, sizeof other));
    umi_free(path);
    return status;
}

static um_status check_inputs_stay(const umi_batch_list *list, bool residue, umi_shard shard,
                                   um_error *error)
{
    standings s = {0};
    umi_file_identity identity;
    last_folder last = {.path = ""};
    if (!umi_file_identify(list->root, &identity)) {
        return UM_OK; /* nothing is there yet */
    }
    um_status status = look_at_outputs(list, residue, shard, &s, error);
    for (size_t i = 0; i < list->n_items && s.n > 0 && status == UM_OK; i++) {
        const umi_batch_item *item = &list->items[i];
        bool may_be = item->problem == NULL;
        if (may_be && item->is_entry && !s.have_other_names) {
            may_be = identify_folder(&last, item->input, &identity) &&
                     bsearch(&identity, s.folders, s.n, sizeof *s.folders, by_identity) != NULL;
        }
        const standing *found = may_be && umi_file_identify(item->input, &identity)
                                    ? bsearch(&identity, s.files, s.n, sizeof *s.files, by_identity)
                                    : NULL;
        if (found != NULL) {
            status = refuse(list, item, found, error);
        }
    }
    umi_free(s.files);
    umi_free(s.folders);
    return status;
}

/* -- Outputs in folders that are read ---------------------------------------------------------- */

/* Where the folder lies below the root, both resolved: what follows the root in it. NULL when it
 * lies elsewhere. */
static const char *place_below(const char *folder, const char *root)
{
    size_t n = strlen(root);
    n -= n == 1; /* "/" */
    return strncmp(folder, root, n) == 0 && folder[n] == '/' ? folder + n + 1 : NULL;
}

/* Checks one operand. */
static um_status check_lands_outside(const umi_batch_list *list, const char *operand,
                                     const char *root, um_error *error)
{
    struct stat status;
    char *folder =
        stat(operand, &status) == 0 && S_ISDIR(status.st_mode) ? realpath(operand, NULL) : NULL;
    const char *place = folder != NULL ? place_below(folder, root) : NULL;
    um_status result = UM_OK;
    for (size_t i = 0; place != NULL && i < list->n_items && result == UM_OK; i++) {
        const umi_batch_item *item = &list->items[i];
        size_t n = strlen(place);
        if (item->problem == NULL && strncmp(item->output, place, n) == 0 &&
            item->output[n] == '/') {
            char one[SHOWN], other[SHOWN], out[SHOWN];
            result = umi_error_set(error, UM_ERR_ARGUMENT,
                                   "%s: its output %s would lie in %s, which is read; take another "
                                   "--output",
                                   umi_display_name(item->input, one, sizeof one),
                                   umi_display_name(item->output, out, sizeof out),
                                   umi_display_name(operand, other, sizeof other));
        }
    }
    free(folder);
    return result;
}

um_status umi_batch_check_outputs(const umi_batch_list *list, const char *const *operands,
                                  size_t n_operands, bool residue, umi_shard shard, um_error *error)
{
    um_status status = check_not_hidden(list, error);
    if (status == UM_OK) {
        status = check_unique(list, residue, error);
    }
    if (status == UM_OK) {
        status = check_inputs_stay(list, residue, shard, error);
    }
    char *root = realpath(list->root, NULL); /* NULL: not there, so that nothing lies below it */
    for (size_t i = 0; root != NULL && i < n_operands && status == UM_OK; i++) {
        status = check_lands_outside(list, operands[i], root, error);
    }
    free(root);
    return status;
}
