/* A directory that a test may fill, under $TMPDIR or /tmp, and what a test does with files. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct scratch {
    char directory[256];
    char path[PATH_MAX]; /* the last one that scratch_path made */
} scratch;

static inline void scratch_make(scratch *s)
{
    const char *parent = getenv("TMPDIR");
    snprintf(s->directory, sizeof s->directory, "%s/unmingle-test-XXXXXX",
             parent != NULL ? parent : "/tmp");
    if (mkdtemp(s->directory) == NULL) {
        perror(s->directory);
        abort();
    }
}

/* The path of `name` in the directory; valid until the next call. */
static inline const char *scratch_path(scratch *s, const char *name)
{
    snprintf(s->path, sizeof s->path, "%s/%s", s->directory, name);
    return s->path;
}

/* Makes or replaces a file with these bytes; returns its path. */
static inline const char *scratch_write(scratch *s, const char *name, const void *bytes, size_t n)
{
    /* A new file: ext4 waits for the disk when an old one is cut to nothing and written again. */
    (void)remove(scratch_path(s, name));
    FILE *file = fopen(s->path, "wb");
    if (file == NULL || fwrite(bytes, 1, n, file) != n || fclose(file) != 0) {
        perror(s->path);
        abort();
    }
    return s->path;
}

/* Up to `size` bytes of a file; how many there were, or SIZE_MAX when it cannot be read. */
static inline size_t scratch_read(const char *path, void *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return SIZE_MAX;
    }
    size_t n = fread(bytes, 1, size, file);
    fclose(file);
    return n;
}

static inline bool scratch_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

/* How many names a directory holds; SIZE_MAX when there is none. */
static inline size_t scratch_count(const char *directory)
{
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return SIZE_MAX;
    }
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(stream);
    return n;
}

/* Removes what the directory `name` below the open directory `parent` holds, and it. */
static inline void scratch_remove_tree(int parent, const char *name)
{
    DIR *stream = fdopendir(openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    if (stream == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(dirfd(stream), entry->d_name, 0) != 0) {
            scratch_remove_tree(dirfd(stream), entry->d_name);
        }
    }
    closedir(stream);
    unlinkat(parent, name, AT_REMOVEDIR);
}

static inline void scratch_remove(scratch *s)
{
    scratch_remove_tree(AT_FDCWD, s->directory);
}

#endif
