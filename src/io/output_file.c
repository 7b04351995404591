#define _GNU_SOURCE
#include "io/output_file.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct umi_output_file {
    umi_temporary *temporary;
    bool force;
};

static um_status failed(const umi_output_file *file, int reason, um_error *error)
{
    return umi_error_set(error, umi_status_of_writing(reason), "%s: %s", file->temporary->shown,
                         strerror(reason));
}

static um_status exists(const umi_output_file *file, um_error *error)
{
    return umi_error_set(error, UM_ERR_CREATE, "%s: exists already; --force replaces it",
                         file->temporary->shown);
}

/* UM_OK when nothing is in the way of the final name, or what may be replaced. */
static um_status check_free(const umi_output_file *file, bool replace, um_error *error)
{
    struct stat status;
    if (lstat(file->temporary->final_path, &status) != 0) {
        return UM_OK;
    }
    if (!S_ISREG(status.st_mode)) {
        return umi_error_set(error, UM_ERR_CREATE, "%s: is not a regular file",
                             file->temporary->shown);
    }
    return replace ? UM_OK : exists(file, error);
}

um_status umi_output_file_begin(const char *path, bool force, umi_output_file **out,
                                um_error *error)
{
    *out = NULL;
    umi_output_file *file = umi_alloc(1, sizeof *file);
    if (file == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    file->force = force;
    um_status status = umi_temporary_new(path, false, &file->temporary, error);
    if (status == UM_OK) {
        status = check_free(file, force, error);
    }
    if (status != UM_OK) {
        umi_output_file_free(file);
        return status;
    }
    *out = file;
    return UM_OK;
}

const char *umi_output_file_path(const umi_output_file *file)
{
    return file->temporary->path;
}

um_status umi_output_file_write(umi_output_file *file, const void *bytes, size_t n_bytes,
                                um_error *error)
{
    return umi_write_new_file(file->temporary->path, bytes, n_bytes) ? UM_OK
                                                                     : failed(file, errno, error);
}

um_status umi_output_file_sync_folder(const umi_output_file *file, um_error *error)
{
    return umi_sync_path(file->temporary->parent) ? UM_OK : failed(file, errno, error);
}

static um_status commit(const umi_output_file *file, bool replace, um_error *error)
{
    const umi_temporary *temporary = file->temporary;
    um_status status = check_free(file, replace, error);
    if (status != UM_OK) {
        return status;
    }
    if (!umi_sync_path(temporary->path)) {
        return failed(file, errno, error);
    }
    unsigned flags = replace ? 0 : RENAME_NOREPLACE;
    int result = renameat2(AT_FDCWD, temporary->path, AT_FDCWD, temporary->final_path, flags);
    if (result != 0 && errno == EINVAL) {
        /* A file system without RENAME_NOREPLACE: the check above has to do. */
        result = rename(temporary->path, temporary->final_path);
    }
    if (result != 0) {
        return errno == EEXIST ? exists(file, error) : failed(file, errno, error);
    }
    return umi_output_file_sync_folder(file, error);
}

um_status umi_output_file_commit(umi_output_file *file, um_error *error)
{
    return commit(file, file->force, error);
}

um_status umi_output_file_commit_new(umi_output_file *file, um_error *error)
{
    return commit(file, false, error);
}

void umi_output_file_free(umi_output_file *file)
{
    if (file != NULL) {
        umi_temporary_free(file->temporary);
        umi_free(file);
    }
}
