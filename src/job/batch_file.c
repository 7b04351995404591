#define _POSIX_C_SOURCE 200809L
#include "job/batch_file.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/output_file.h"
#include "io/path.h"
#include "io/temporary.h"
#include "io/text.h"
#include "job/batch_record.h"
#include "job/denoise_settings.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTPUT, RESIDUE, N_FILES };

typedef struct task {
    const umi_batch_work *work;
    const umi_batch_item *item;
    bool from_stdin; /* there is no telling whether that is the same again */
    umi_batch_key key;
    char *record_path;
    char *paths[N_FILES]; /* final; the residue's also when it is not written: an old one may be */
    const char *names[N_FILES];
    umi_output_file *files[N_FILES]; /* NULL: not written */
    um_error *error;
} task;

static um_status out_of_memory(const task *t)
{
    return umi_error_set(t->error, UM_ERR_MEMORY, "%s: not enough memory", t->item->input);
}

static um_status name_files(task *t)
{
    char *residue = umi_batch_residue_name(t->item->output);
    t->record_path = umi_batch_record_path(t->work->root, t->item->output);
    t->paths[OUTPUT] = umi_path_join(t->work->root, t->item->output);
    t->paths[RESIDUE] = residue != NULL ? umi_path_join(t->work->root, residue) : NULL;
    umi_free(residue);
    if (t->record_path == NULL || t->paths[OUTPUT] == NULL || t->paths[RESIDUE] == NULL) {
        return out_of_memory(t);
    }
    for (size_t i = 0; i < N_FILES; i++) {
        t->names[i] = strrchr(t->paths[i], '/') + 1; /* joined, so there is one */
    }
    return UM_OK;
}

static void free_task(task *t)
{
    for (size_t i = 0; i < N_FILES; i++) {
        umi_output_file_free(t->files[i]);
        umi_free(t->paths[i]);
    }
    umi_free(t->record_path);
}

/* -- What is there ----------------------------------------------------------------------------- */

static um_status read_key(const task *t, umi_batch_key *key)
{
    struct stat status;
    *key = (umi_batch_key){0, 0, t->work->settings};
    if (t->from_stdin) {
        return UM_OK;
    }
    if (stat(t->item->input, &status) != 0) {
        char shown[UMI_DISPLAY_MAX];
        return umi_error_set(t->error, umi_status_of_reading(errno), "%s: %s",
                             umi_display_name(t->item->input, shown, sizeof shown),
                             strerror(errno));
    }
    key->n_bytes = (uint64_t)status.st_size;
    key->modified = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    return UM_OK;
}

typedef enum standing { ABSENT, OURS, FOREIGN } standing;

/* Whose the file under a final name is. */
static standing standing_of(const task *t, size_t i, const umi_json *record)
{
    struct stat status;
    if (lstat(t->paths[i], &status) != 0) {
        return ABSENT; /* or not to be seen: making it will tell why */
    }
    return S_ISREG(status.st_mode) &&
                   umi_batch_record_lists(record, t->names[i], (uint64_t)status.st_size)
               ? OURS
               : FOREIGN;
}

/* True when all that is wanted is there, made from what it would be made from now. */
static bool is_finished(const task *t, const umi_json *record)
{
    return !t->from_stdin && umi_batch_record_matches(record, &t->key) &&
           standing_of(t, OUTPUT, record) == OURS &&
           (!t->work->residue || standing_of(t, RESIDUE, record) == OURS);
}

/* A file that is in the way and not ours, or N_FILES. */
static size_t first_foreign(const task *t, const umi_json *record)
{
    size_t i = OUTPUT;
    while (i < N_FILES &&
           ((i == RESIDUE && !t->work->residue) || standing_of(t, i, record) != FOREIGN)) {
        i++;
    }
    return i;
}

static bool are_same(umi_json *one, umi_json *other)
{
    char *text = one != NULL ? umi_json_to_text(one) : NULL;
    char *other_text = other != NULL ? umi_json_to_text(other) : NULL;
    bool same = text == NULL || other_text == NULL ? one == other : strcmp(text, other_text) == 0;
    umi_free(text);
    umi_free(other_text);
    return same;
}

/* Reads the record, and refuses what is in the way and not ours. What seems not to be may have been
 * published by a run beside this one since the record was read: then there is another record. */
static um_status look(const task *t, umi_json **record)
{
    um_status status = umi_batch_record_read(t->record_path, record, t->error);
    while (status == UM_OK && !t->work->force && first_foreign(t, *record) < N_FILES) {
        umi_json *before = *record;
        status = umi_batch_record_read(t->record_path, record, t->error);
        size_t i = first_foreign(t, *record);
        if (status == UM_OK && i < N_FILES && are_same(before, *record)) {
            char shown[UMI_DISPLAY_MAX];
            status = umi_error_set(t->error, UM_ERR_CREATE,
                                   "%s: exists and was not made by this program, or was changed "
                                   "since; --force replaces it",
                                   umi_display_name(t->paths[i], shown, sizeof shown));
        }
        umi_json_free(before);
    }
    if (status != UM_OK) {
        umi_json_free(*record);
        *record = NULL;
    }
    return status;
}

/* -- Publishing -------------------------------------------------------------------------------- */

/* True when the record is the one with this text. */
static bool is_same(umi_json *record, const char *text)
{
    char *found = record != NULL ? umi_json_to_text(record) : NULL;
    bool same = found != NULL && strcmp(found, text) == 0;
    umi_free(found);
    return same;
}

/* Removes what the record's run has made, before it gets another record. */
static um_status remove_old(const task *t, const umi_json *record)
{
    um_status status = UM_OK;
    bool removed = false;
    for (size_t i = 0; i < N_FILES && status == UM_OK; i++) {
        if (standing_of(t, i, record) != OURS) {
            continue;
        }
        removed = true;
        if (unlink(t->paths[i]) != 0 && errno != ENOENT) {
            char shown[UMI_DISPLAY_MAX];
            status =
                umi_error_set(t->error, umi_status_of_writing(errno), "%s: %s",
                              umi_display_name(t->paths[i], shown, sizeof shown), strerror(errno));
        }
    }
    if (removed && status == UM_OK) {
        status = umi_output_file_sync_folder(t->files[OUTPUT], t->error);
    }
    return status;
}

static um_status publish_record(const task *t, const char *text)
{
    umi_output_file *file = NULL;
    um_status status = umi_path_make_parents(t->record_path, t->error);
    if (status == UM_OK) {
        status = umi_output_file_begin(t->record_path, true, &file, t->error);
    }
    if (status == UM_OK) {
        status = umi_output_file_write(file, text, strlen(text), t->error);
    }
    if (status == UM_OK) {
        status = umi_output_file_commit(file, t->error);
    }
    umi_output_file_free(file);
    return status;
}

/* Gives a file its name. When one has appeared there meanwhile, a run beside this one has made it:
 * it is the same if its record is. */
static um_status publish_file(const task *t, size_t i, const char *text)
{
    if (t->work->force) {
        return umi_output_file_commit(t->files[i], t->error);
    }
    um_status status = umi_output_file_commit_new(t->files[i], t->error);
    if (status != UM_ERR_CREATE) {
        return status;
    }
    umi_json *record;
    if (umi_batch_record_read(t->record_path, &record, t->error) != UM_OK) {
        return UM_ERR_MEMORY;
    }
    if (is_same(record, text) && standing_of(t, i, record) != FOREIGN) {
        status = umi_output_file_commit(t->files[i], t->error);
    }
    umi_json_free(record);
    return status;
}

static um_status measure(const task *t, umi_batch_made *made, size_t *n_made)
{
    *n_made = 0;
    for (size_t i = 0; i < N_FILES; i++) {
        struct stat status;
        if (t->files[i] == NULL) {
            continue;
        }
        if (stat(umi_output_file_path(t->files[i]), &status) != 0) {
            char shown[UMI_DISPLAY_MAX];
            return umi_error_set(t->error, UM_ERR_IO, "%s: %s",
                                 umi_display_name(t->paths[i], shown, sizeof shown),
                                 strerror(errno));
        }
        made[(*n_made)++] = (umi_batch_made){t->names[i], (uint64_t)status.st_size};
    }
    return UM_OK;
}

static um_status publish_over(const task *t, umi_json *record, const char *text)
{
    if (is_finished(t, record)) {
        return UM_OK; /* a run beside this one was faster; ours is removed */
    }
    um_status status = is_same(record, text) ? UM_OK : remove_old(t, record);
    if (status == UM_OK) {
        status = publish_record(t, text);
    }
    for (size_t i = N_FILES; i-- > 0 && status == UM_OK;) { /* the output last */
        status = t->files[i] != NULL ? publish_file(t, i, text) : UM_OK;
    }
    return status;
}

/* Takes the figures. */
static um_status publish(const task *t, umi_json *figures)
{
    umi_batch_made made[N_FILES];
    size_t n_made;
    umi_json *record;
    um_status status = measure(t, made, &n_made);
    if (status != UM_OK) {
        umi_json_free(figures);
        return status;
    }
    char *text = umi_batch_record_text(&t->key, made, n_made, figures);
    if (text == NULL) {
        return out_of_memory(t);
    }
    status = look(t, &record); /* once more: as it is by now */
    if (status == UM_OK) {
        status = publish_over(t, record, text);
        umi_json_free(record);
    }
    umi_free(text);
    return status;
}

/* -- The work ---------------------------------------------------------------------------------- */

static um_status denoise(task *t, const umi_watch *watch, umi_denoise_result *result)
{
    um_status status = umi_path_make_parents(t->paths[OUTPUT], t->error);
    for (size_t i = 0; i < N_FILES && status == UM_OK; i++) {
        if (i == OUTPUT || t->work->residue) {
            status = umi_output_file_begin(t->paths[i], true, &t->files[i], t->error);
        }
    }
    if (status != UM_OK) {
        return status;
    }
    umi_denoise_paths paths = {.input = t->item->input,
                               .output = umi_output_file_path(t->files[OUTPUT]),
                               .output_shown = t->paths[OUTPUT]};
    if (t->work->residue) {
        paths.residue = umi_output_file_path(t->files[RESIDUE]);
        paths.residue_shown = t->paths[RESIDUE];
    }
    return umi_denoise_file(t->work->denoise, &paths, watch, result, t->error);
}

/* The record must tell of the very input that was read. */
static um_status check_unchanged(const task *t)
{
    umi_batch_key now;
    um_status status = read_key(t, &now);
    if (status == UM_OK && (now.n_bytes != t->key.n_bytes || now.modified != t->key.modified)) {
        char shown[UMI_DISPLAY_MAX];
        status = umi_error_set(t->error, UM_ERR_CHANGED, "%s: changed while it was read",
                               umi_display_name(t->item->input, shown, sizeof shown));
    }
    return status;
}

static um_status make(task *t, const umi_watch *watch, char **figures)
{
    umi_denoise_result result = {0};
    um_status status = denoise(t, watch, &result);
    if (status == UM_OK) {
        status = check_unchanged(t);
    }
    if (status == UM_OK) {
        umi_json *json = umi_denoise_figures(&result);
        *figures = json != NULL ? umi_json_to_line(json) : NULL;
        if (*figures != NULL) {
            status = publish(t, json);
        } else {
            umi_json_free(json);
            status = out_of_memory(t);
        }
    }
    umi_denoise_result_free(&result);
    return status;
}

um_status umi_batch_file(const umi_batch_work *work, const umi_batch_item *item,
                         const umi_watch *watch, char **figures, bool *skipped, um_error *error)
{
    task t = {.work = work, .item = item, .error = error};
    umi_json *record = NULL;
    t.from_stdin = strcmp(item->input, "-") == 0;
    *figures = NULL;
    *skipped = false;
    um_status status = name_files(&t);
    if (status == UM_OK) {
        status = read_key(&t, &t.key);
    }
    if (status == UM_OK) {
        status = look(&t, &record);
    }
    if (status == UM_OK && is_finished(&t, record)) {
        *skipped = true;
        *figures = umi_json_to_line(umi_batch_record_figures(record));
        status = *figures != NULL ? UM_OK : out_of_memory(&t);
    } else if (status == UM_OK) {
        status = make(&t, watch, figures);
    }
    umi_json_free(record);
    free_task(&t); /* what was not published is removed */
    if (status != UM_OK) {
        umi_free(*figures);
        *figures = NULL;
    }
    return status;
}

void umi_batch_file_sweep(const umi_batch_work *work, const umi_batch_item *item)
{
    char *paths[] = {umi_batch_record_path(work->root, item->output),
                     umi_path_join(work->root, item->output)};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (paths[i] != NULL) {
            *strrchr(paths[i], '/') = '\0'; /* joined, so there is one */
            umi_temporary_sweep(paths[i]);
        }
        umi_free(paths[i]);
    }
}
