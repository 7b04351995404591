#define _XOPEN_SOURCE 700 /* realpath */
#include "cli/places.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *umi_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* The status of the folder that holds `path`; false when there is none. */
static bool stat_parent(const char *path, struct stat *status)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash == NULL
                     ? snprintf(parent, sizeof parent, ".")
                     : snprintf(parent, sizeof parent, "%.*s/", (int)(slash - path), path);
    return length > 0 && (size_t)length < sizeof parent && stat(parent, status) == 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool umi_same_place(const char *one, const char *other)
{
    struct stat a, b;
    return strcmp(one, other) == 0 ||
           (strcmp(umi_base_name(one), umi_base_name(other)) == 0 && stat_parent(one, &a) &&
            stat_parent(other, &b) && same_file(&a, &b));
}

bool umi_lies_in(const char *path, const char *directory)
{
    char target[PATH_MAX];
    struct stat a, b;
    return stat(directory, &b) == 0 &&
           ((stat_parent(path, &a) && same_file(&a, &b)) ||
            (realpath(path, target) != NULL && stat_parent(target, &a) && same_file(&a, &b)));
}
