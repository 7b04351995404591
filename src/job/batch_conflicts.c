#define _GNU_SOURCE /* realpath */
#include "job/batch_conflicts.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/input_file.h"
#include "io/path.h"
#include "io/text.h"
#include "job/batch_record.h"

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
    char *path;
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
            names[n++] = (named){umi_path_copy(item->output, strlen(item->output)), item};
            ok = names[n - 1].path != NULL;
        }
        if (ok && item->problem == NULL && residue) {
            names[n++] = (named){umi_batch_residue_name(item->output), item};
            ok = names[n - 1].path != NULL;
        }
    }
    um_status status = ok ? check_names(names, n, error) : out_of_memory(error);
    for (size_t i = 0; i < n; i++) {
        umi_free(names[i].path);
    }
    umi_free(names);
    return status;
}

/* -- Outputs that are inputs ------------------------------------------------------------------- */

typedef struct input {
    umi_file_identity identity;
    const umi_batch_item *item;
} input;

static int by_identity(const void *a, const void *b)
{
    const umi_file_identity *x = &((const input *)a)->identity, *y = &((const input *)b)->identity;
    if (x->device != y->device) {
        return x->device < y->device ? -1 : 1;
    }
    return (x->inode > y->inode) - (x->inode < y->inode);
}

/* Tells of an input that is the file at `path`, below the list's root. */
static um_status check_is_no_input(const umi_batch_list *list, const char *path,
                                   const input *inputs, size_t n, um_error *error)
{
    input wanted = {0};
    char *whole = umi_path_join(list->root, path);
    if (whole == NULL) {
        return out_of_memory(error);
    }
    const input *found = umi_file_identify(whole, &wanted.identity)
                             ? bsearch(&wanted, inputs, n, sizeof *inputs, by_identity)
                             : NULL;
    um_status status = UM_OK;
    if (found != NULL) {
        char one[SHOWN], other[SHOWN];
        status = umi_error_set(error, UM_ERR_ARGUMENT,
                               "%s: is an input, and %s would be written over it; take another "
                               "--output",
                               umi_display_name(found->item->input, one, sizeof one),
                               umi_display_name(whole, other, sizeof other));
    }
    umi_free(whole);
    return status;
}

static um_status check_inputs_stay(const umi_batch_list *list, bool residue, um_error *error)
{
    size_t n = 0;
    umi_file_identity root;
    if (!umi_file_identify(list->root, &root)) {
        return UM_OK; /* nothing is there yet */
    }
    input *inputs = umi_alloc(list->n_items, sizeof *inputs);
    if (inputs == NULL) {
        return out_of_memory(error);
    }
    for (size_t i = 0; i < list->n_items; i++) {
        inputs[n].item = &list->items[i];
        n += list->items[i].problem == NULL &&
             umi_file_identify(list->items[i].input, &inputs[n].identity);
    }
    if (n > 0) {
        qsort(inputs, n, sizeof *inputs, by_identity);
    }
    um_status status = UM_OK;
    for (size_t i = 0; i < list->n_items && status == UM_OK; i++) {
        const umi_batch_item *item = &list->items[i];
        if (item->problem != NULL) {
            continue;
        }
        status = check_is_no_input(list, item->output, inputs, n, error);
        if (status == UM_OK && residue) {
            char *name = umi_batch_residue_name(item->output);
            status = name != NULL ? check_is_no_input(list, name, inputs, n, error)
                                  : out_of_memory(error);
            umi_free(name);
        }
    }
    umi_free(inputs);
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
                                  size_t n_operands, bool residue, um_error *error)
{
    um_status status = check_not_hidden(list, error);
    if (status == UM_OK) {
        status = check_unique(list, residue, error);
    }
    if (status == UM_OK) {
        status = check_inputs_stay(list, residue, error);
    }
    char *root = realpath(list->root, NULL); /* NULL: not there, so that nothing lies below it */
    for (size_t i = 0; root != NULL && i < n_operands && status == UM_OK; i++) {
        status = check_lands_outside(list, operands[i], root, error);
    }
    free(root);
    return status;
}
