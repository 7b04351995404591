#define _DEFAULT_SOURCE
#include "io/input_file.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool umi_file_identify(const char *path, umi_file_identity *identity)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return false;
    }
    identity->device = status.st_dev;
    identity->inode = status.st_ino;
    return true;
}

static char *copy_string(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = umi_alloc(size, 1);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

/* All of `bytes`, whatever pieces the system takes them in. */
static bool write_all(int descriptor, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(descriptor, bytes, n);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

/* Copies what is left of `from` to `to`. On failure *reading tells which side it was. */
static bool copy_stream(int from, int to, bool *reading)
{
    enum { BLOCK = 65536 };
    char *block = umi_alloc(BLOCK, 1);
    bool ok = block != NULL;
    *reading = false;
    while (ok) {
        ssize_t n = read(from, block, BLOCK);
        if (n == 0) {
            break;
        }
        if (n < 0) {
            *reading = true;
            ok = errno == EINTR;
        } else {
            ok = write_all(to, block, (size_t)n);
        }
    }
    umi_free(block);
    return ok;
}

/* The descriptor of an unlinked copy of standard input, or -1. The name is taken away before the
 * first byte comes, so that nothing is left whatever ends the program. */
static int spool_standard_input(const char *directory, um_error *error)
{
    char path[4096];
    char shown[UMI_DISPLAY_MAX];
    int length = snprintf(path, sizeof path, "%s/unmingle-input-XXXXXX", directory);
    umi_display_name(directory, shown, sizeof shown);
    if (length < 0 || (size_t)length >= sizeof path) {
        (void)umi_error_set(error, UM_ERR_IO, "%s: the path is too long", shown);
        return -1;
    }
    int descriptor = mkstemp(path);
    if (descriptor < 0) {
        (void)umi_error_set(error, UM_ERR_IO, "%s: cannot keep standard input there: %s", shown,
                            strerror(errno));
        return -1;
    }
    (void)unlink(path);
    (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    bool reading = false;
    if (!copy_stream(STDIN_FILENO, descriptor, &reading)) {
        int reason = errno;
        if (reading) {
            (void)umi_error_set(error, UM_ERR_IO, "standard input: %s", strerror(reason));
        } else {
            (void)umi_error_set(error, UM_ERR_IO, "%s: cannot keep standard input there: %s", shown,
                                strerror(reason));
        }
        (void)close(descriptor);
        return -1;
    }
    return descriptor;
}

static um_status open_descriptor(const char *path, const char *spool_directory,
                                 umi_input_file *file, um_error *error)
{
    if (file->path == NULL) {
        file->descriptor = spool_standard_input(spool_directory, error);
        return file->descriptor >= 0 ? UM_OK : UM_ERR_IO;
    }
    /* O_NONBLOCK: a named pipe without a writer would hold the program here for ever. It means
     * nothing for the regular files that pass the test below. */
    file->descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file->descriptor < 0) {
        return umi_error_set(error, umi_status_of_reading(errno), "%s: %s", file->name,
                             strerror(errno));
    }
    return UM_OK;
}

static um_status take_status(umi_input_file *file, um_error *error)
{
    struct stat status;
    if (fstat(file->descriptor, &status) != 0) {
        return umi_error_set(error, UM_ERR_IO, "%s: %s", file->name, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        const char *kind = S_ISDIR(status.st_mode)    ? "a directory"
                           : S_ISFIFO(status.st_mode) ? "a named pipe"
                                                      : "a device";
        return umi_error_set(error, UM_ERR_DATA, "%s: this is %s, not a file", file->name, kind);
    }
    file->size = (uint64_t)status.st_size;
    file->identity.device = status.st_dev;
    file->identity.inode = status.st_ino;
    file->modified = status.st_mtim;
    return UM_OK;
}

um_status umi_input_file_open(const char *path, const char *spool_directory, umi_input_file *out,
                              um_error *error)
{
    char shown[UMI_DISPLAY_MAX] = "standard input";
    bool standard_input = strcmp(path, "-") == 0;
    umi_input_file file = {.descriptor = -1};
    if (!standard_input) {
        umi_display_name(path, shown, sizeof shown);
        file.path = copy_string(path);
    }
    file.name = copy_string(shown);
    if (file.name == NULL || (file.path == NULL && !standard_input)) {
        umi_input_file_close(&file);
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", shown);
    }
    um_status status = open_descriptor(path, spool_directory, &file, error);
    if (status == UM_OK) {
        status = take_status(&file, error);
    }
    if (status != UM_OK) {
        umi_input_file_close(&file);
        return status;
    }
    *out = file;
    return UM_OK;
}

um_status umi_input_file_duplicate(const umi_input_file *file, umi_input_file *out, um_error *error)
{
    umi_input_file copy = *file;
    /* The two share an offset, which is no matter: every read names its own. */
    copy.descriptor = fcntl(file->descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy.descriptor < 0) {
        return umi_error_set(error, UM_ERR_IO, "%s: %s", file->name, strerror(errno));
    }
    copy.name = copy_string(file->name);
    copy.path = file->path != NULL ? copy_string(file->path) : NULL;
    if (copy.name == NULL || (copy.path == NULL && file->path != NULL)) {
        umi_input_file_close(&copy);
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", file->name);
    }
    *out = copy;
    return UM_OK;
}

void umi_input_file_close(umi_input_file *file)
{
    if (file->descriptor >= 0) {
        (void)close(file->descriptor);
    }
    umi_free(file->name);
    umi_free(file->path);
    *file = (umi_input_file){.descriptor = -1};
}

bool umi_input_file_read(const umi_input_file *file, uint64_t offset, void *bytes, size_t n,
                         size_t *n_read)
{
    *n_read = 0;
    while (*n_read < n) {
        if (offset + *n_read > INT64_MAX) {
            return true; /* past any file's end */
        }
        ssize_t got = pread(file->descriptor, (char *)bytes + *n_read, n - *n_read,
                            (off_t)(offset + *n_read));
        if (got == 0) {
            return true;
        }
        if (got > 0) {
            *n_read += (size_t)got;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

um_status umi_input_file_check_unchanged(const umi_input_file *file, um_error *error)
{
    struct stat now;
    if (fstat(file->descriptor, &now) != 0) {
        return umi_error_set(error, UM_ERR_IO, "%s: %s", file->name, strerror(errno));
    }
    umi_file_identity named = file->identity;
    /* A name that is gone is no change: the open file still is what it was. */
    bool same_name = file->path == NULL || !umi_file_identify(file->path, &named) ||
                     umi_file_identity_equal(named, file->identity);
    bool same = same_name && (uint64_t)now.st_size == file->size &&
                now.st_mtim.tv_sec == file->modified.tv_sec &&
                now.st_mtim.tv_nsec == file->modified.tv_nsec;
    return same ? UM_OK
                : umi_error_set(error, UM_ERR_CHANGED, "%s: changed while it was read", file->name);
}
