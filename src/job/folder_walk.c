#define _DEFAULT_SOURCE /* d_type */
#include "job/folder_walk.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/path.h"
#include "io/text.h"
#include "job/sound_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct walk {
    const umi_file_identity *left_out;
    umi_walk_found found;
    void *user;
    um_error *error;
} walk;

/* What a folder holds that matters. */
typedef struct entry {
    char *name;
    bool is_folder, is_link;
} entry;

typedef struct listing {
    entry *entries;
    size_t n, room;
} listing;

static void free_listing(listing *l)
{
    for (size_t i = 0; i < l->n; i++) {
        umi_free(l->entries[i].name);
    }
    umi_free(l->entries);
}

static bool add(listing *l, const char *name, bool is_folder, bool is_link)
{
    entry *entries = umi_grown(l->entries, l->n, &l->room, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    l->entries = entries;
    char *copy = umi_path_copy(name, strlen(name));
    if (copy == NULL) {
        return false;
    }
    l->entries[l->n++] = (entry){copy, is_folder, is_link};
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

/* True for a folder that is no link to one; of a link, *to_folder tells where it leads. */
static bool is_folder(int parent, const struct dirent *d, bool *is_link, bool *to_folder)
{
    struct stat status;
    unsigned char type = d->d_type;
    *to_folder = false;
    if (type == DT_UNKNOWN && fstatat(parent, d->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISLNK(status.st_mode) ? DT_LNK : DT_REG;
    }
    *is_link = type == DT_LNK;
    if (*is_link) {
        *to_folder = fstatat(parent, d->d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
    }
    return type == DT_DIR;
}

/* Lists an open folder. UM_ERR_MEMORY, UM_ERR_IO with errno. */
static um_status list(DIR *stream, listing *l)
{
    for (;;) {
        errno = 0;
        const struct dirent *d = readdir(stream);
        if (d == NULL) {
            return errno == 0 ? UM_OK : UM_ERR_IO;
        }
        if (d->d_name[0] == '.') {
            continue;
        }
        bool is_link, to_folder;
        bool folder = is_folder(dirfd(stream), d, &is_link, &to_folder);
        bool wanted = folder || (!to_folder && umi_is_sound_name(d->d_name));
        if (wanted && !add(l, d->d_name, folder, is_link)) {
            return UM_ERR_MEMORY;
        }
    }
}

static um_status out_of_memory(const walk *w)
{
    return umi_error_set(w->error, UM_ERR_MEMORY, "not enough memory to list a folder");
}

static um_status tell_problem(const walk *w, const char *path, const char *below, int reason)
{
    char shown[UMI_DISPLAY_MAX];
    char why[UMI_DISPLAY_MAX + 200];
    (void)snprintf(why, sizeof why, "%s: %s", umi_display_name(path, shown, sizeof shown),
                   strerror(reason));
    return w->found(w->user, below, false, umi_status_of_reading(reason), why);
}

static um_status walk_folder(const walk *w, const char *path, const char *below);

static um_status walk_entry(const walk *w, const char *path, const char *below, const entry *e)
{
    char *entry_path = umi_path_join(path, e->name);
    char *entry_below = umi_path_join(below, e->name);
    um_status status = UM_OK;
    if (entry_path == NULL || entry_below == NULL) {
        status = out_of_memory(w);
    } else if (!e->is_folder) {
        status = w->found(w->user, entry_below, e->is_link, UM_OK, NULL);
    } else {
        status = walk_folder(w, entry_path, entry_below);
    }
    umi_free(entry_path);
    umi_free(entry_below);
    return status;
}

static um_status walk_folder(const walk *w, const char *path, const char *below)
{
    listing l = {0};
    umi_file_identity identity;
    if (w->left_out != NULL && umi_file_identify(path, &identity) &&
        umi_file_identity_equal(identity, *w->left_out)) {
        return UM_OK;
    }
    DIR *stream = opendir(path);
    if (stream == NULL) {
        return tell_problem(w, path, below, errno);
    }
    um_status status = list(stream, &l);
    int reason = errno;
    (void)closedir(stream); /* before going down: as many open as folders are deep is too many */
    if (status == UM_ERR_MEMORY) {
        status = out_of_memory(w);
    } else if (status != UM_OK) {
        status = tell_problem(w, path, below, reason);
    }
    if (l.n > 0) {
        qsort(l.entries, l.n, sizeof *l.entries, by_name);
    }
    for (size_t i = 0; i < l.n && status == UM_OK; i++) {
        status = walk_entry(w, path, below, &l.entries[i]);
    }
    free_listing(&l);
    return status;
}

um_status umi_folder_walk(const char *folder, const umi_file_identity *left_out,
                          umi_walk_found found, void *user, um_error *error)
{
    walk w = {left_out, found, user, error};
    return walk_folder(&w, folder, "");
}
