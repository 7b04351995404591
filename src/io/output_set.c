#define _GNU_SOURCE
#include "io/output_set.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/temporary.h"
#include "io/text.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct umi_output_set {
    umi_temporary *temporary;
    bool force;
    char path[PATH_MAX + NAME_MAX + 2];
    char shown[UMI_DISPLAY_MAX + 4 * NAME_MAX + 2];
};

static um_status failed(const umi_output_set *set, int reason, um_error *error)
{
    return umi_error_set(error, umi_status_of_writing(reason), "%s: %s", set->temporary->shown,
                         strerror(reason));
}

/* What is under the final name: nothing (or an empty directory, which counts as nothing), a
 * directory that holds something, or another thing. */
typedef enum occupant { OCCUPANT_NONE, OCCUPANT_DIRECTORY, OCCUPANT_OTHER } occupant;

static occupant find_occupant(const umi_output_set *set)
{
    struct stat status;
    if (lstat(set->temporary->final_path, &status) != 0) {
        return OCCUPANT_NONE;
    }
    if (!S_ISDIR(status.st_mode)) {
        return OCCUPANT_OTHER;
    }
    DIR *stream = opendir(set->temporary->final_path);
    size_t n = 0;
    if (stream == NULL) {
        return OCCUPANT_DIRECTORY;
    }
    while (n < 3 && readdir(stream) != NULL) {
        n++; /* "." and ".." are always there */
    }
    (void)closedir(stream);
    return n > 2 ? OCCUPANT_DIRECTORY : OCCUPANT_NONE;
}

static um_status check_occupant(const umi_output_set *set, um_error *error)
{
    const char *shown = set->temporary->shown;
    switch (find_occupant(set)) {
    case OCCUPANT_OTHER:
        return umi_error_set(error, UM_ERR_CREATE, "%s: is not a directory", shown);
    case OCCUPANT_DIRECTORY:
        return set->force
                   ? UM_OK
                   : umi_error_set(
                         error, UM_ERR_CREATE,
                         "%s: exists already; --force replaces files of the same names in it",
                         shown);
    case OCCUPANT_NONE:
        break;
    }
    return UM_OK;
}

um_status umi_output_set_begin(const char *directory, bool force, umi_output_set **out,
                               um_error *error)
{
    *out = NULL;
    umi_output_set *set = umi_alloc(1, sizeof *set);
    if (set == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    set->force = force;
    um_status status = umi_temporary_new(directory, true, &set->temporary, error);
    if (status == UM_OK) {
        status = check_occupant(set, error);
    }
    if (status != UM_OK) {
        umi_output_set_free(set);
        return status;
    }
    *out = set;
    return UM_OK;
}

const char *umi_output_set_path(umi_output_set *set, const char *name)
{
    assert(name[0] != '\0' && strlen(name) <= NAME_MAX && strchr(name, '/') == NULL);
    snprintf(set->path, sizeof set->path, "%s/%s", set->temporary->path, name);
    return set->path;
}

const char *umi_output_set_shown_path(umi_output_set *set, const char *name)
{
    char shown[4 * NAME_MAX + 1];
    umi_display_name(name, shown, sizeof shown);
    snprintf(set->shown, sizeof set->shown, "%s/%s", set->temporary->shown, shown);
    return set->shown;
}

um_status umi_output_set_write(umi_output_set *set, const char *name, const void *bytes,
                               size_t n_bytes, um_error *error)
{
    return umi_write_new_file(umi_output_set_path(set, name), bytes, n_bytes)
               ? UM_OK
               : failed(set, errno, error);
}

void umi_output_set_free(umi_output_set *set)
{
    if (set != NULL) {
        umi_temporary_free(set->temporary);
        umi_free(set);
    }
}

/* -- Publishing -------------------------------------------------------------------------------- */

/* Calls visit(context, directory, name) for all that a directory holds, until one is false. False
 * then, or when the directory cannot be read. */
static bool for_each_entry(const char *path,
                           bool (*visit)(void *context, int directory, const char *name),
                           void *context)
{
    DIR *stream = opendir(path);
    bool ok = stream != NULL;
    while (ok) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL) {
            ok = errno == 0;
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            ok = visit(context, dirfd(stream), entry->d_name);
        }
    }
    int reason = errno;
    if (stream != NULL) {
        (void)closedir(stream);
    }
    errno = reason;
    return ok;
}

static bool sync_entry(void *context, int directory, const char *name)
{
    (void)context;
    int descriptor = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    bool ok = fsync(descriptor) == 0;
    int reason = errno;
    (void)close(descriptor);
    errno = reason;
    return ok;
}

typedef struct merge {
    int target; /* the new directory */
    const char *const *old_names;
    size_t n_old_names;
} merge;

static bool is_ours(const merge *m, const char *name)
{
    for (size_t i = 0; i < m->n_old_names; i++) {
        if (strcmp(m->old_names[i], name) == 0) {
            return true;
        }
    }
    return faccessat(m->target, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* False when a directory of the user's is in the place of one of our files. */
static bool can_merge_entry(void *context, int directory, const char *name)
{
    struct stat status;
    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
           !S_ISDIR(status.st_mode) || !is_ours(context, name);
}

static bool merge_entry(void *context, int directory, const char *name)
{
    const merge *m = context;
    return is_ours(m, name) ? unlinkat(directory, name, 0) == 0
                            : renameat(directory, name, m->target, name) == 0;
}

/* Deals with all that `holder` holds, then removes it. A directory that shrinks while it is read
 * may hide an entry, so it is read again until it is empty. */
static bool empty_into(const char *holder, merge *m)
{
    for (int pass = 0; pass < 100; pass++) {
        if (!for_each_entry(holder, merge_entry, m)) {
            return false;
        }
        if (rmdir(holder) == 0) {
            return true;
        }
    }
    return false;
}

/* Puts the new directory in the old one's place. While the hidden name stands for the old
 * directory, which holds files of the user's, it is one that nobody takes for a stale temporary. */
static um_status exchange(umi_output_set *set, merge *m, um_error *error)
{
    umi_temporary *temporary = set->temporary;
    if (!for_each_entry(temporary->final_path, can_merge_entry, m)) {
        return umi_error_set(error, UM_ERR_CREATE,
                             "%s: cannot be replaced: a directory in it has the name of an output",
                             temporary->shown);
    }
    char holder[PATH_MAX];
    int length = snprintf(holder, sizeof holder, "%s-old", temporary->path);
    if (length < 0 || (size_t)length >= sizeof holder || rename(temporary->path, holder) != 0) {
        return failed(set, errno, error);
    }
    if (renameat2(AT_FDCWD, holder, AT_FDCWD, temporary->final_path, RENAME_EXCHANGE) != 0) {
        int reason = errno;
        umi_remove_tree(holder);
        return reason == EINVAL
                   ? umi_error_set(error, UM_ERR_CREATE,
                                   "%s: this file system cannot replace a directory; remove it "
                                   "before",
                                   temporary->shown)
                   : failed(set, reason, error);
    }
    if (!empty_into(holder, m)) {
        char shown[UMI_DISPLAY_MAX / 2];
        int reason = errno;
        return umi_error_set(error, umi_status_of_writing(reason),
                             "%s: is new, but files that were there are still in %s: %s",
                             temporary->shown, umi_display_name(holder, shown, sizeof shown),
                             strerror(reason));
    }
    return UM_OK;
}

um_status umi_output_set_commit(umi_output_set *set, const char *const *old_names,
                                size_t n_old_names, um_error *error)
{
    const umi_temporary *temporary = set->temporary;
    um_status status = check_occupant(set, error);
    if (status != UM_OK) {
        return status;
    }
    if (!for_each_entry(temporary->path, sync_entry, NULL) || !umi_sync_path(temporary->path)) {
        return failed(set, errno, error);
    }
    if (find_occupant(set) == OCCUPANT_DIRECTORY) {
        /* The descriptor stays with the directory whatever its name becomes. */
        merge m = {open(temporary->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), old_names,
                   n_old_names};
        if (m.target < 0) {
            return failed(set, errno, error);
        }
        status = exchange(set, &m, error);
        (void)close(m.target);
    } else if (rename(temporary->path, temporary->final_path) != 0) {
        /* rename replaces an empty directory, and nothing else. */
        return errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
                   ? umi_error_set(error, UM_ERR_CREATE, "%s: was made by somebody else meanwhile",
                                   temporary->shown)
                   : failed(set, errno, error);
    }
    if (status == UM_OK && !umi_sync_path(temporary->parent)) {
        status = failed(set, errno, error);
    }
    return status;
}
