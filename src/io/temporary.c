#define _GNU_SOURCE
#include "io/temporary.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Bytes of NAME that the hidden name repeats: with what is added it must stay below NAME_MAX. */
enum { NAME_PART_MAX = 200, HEX_DIGITS = 8 };

static const char mark[] = ".unmingle-";

/* Seconds that a temporary from another place has to be left alone before it is taken for dead. */
static const time_t patience = 24 * 60 * 60;

/* The temporaries that are not published, and what guards the list. */
static umi_temporary *live;
static pthread_mutex_t live_lock = PTHREAD_MUTEX_INITIALIZER;

bool umi_sync_path(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    /* Some file systems cannot sync a directory and say so with EINVAL: no loss. */
    bool ok = fsync(descriptor) == 0 || errno == EINVAL;
    int reason = errno;
    (void)close(descriptor);
    errno = reason;
    return ok;
}

/* Removes `name` below the open directory `parent`. */
static void remove_below(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0) {
        return;
    }
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (stream == NULL) {
        if (descriptor >= 0) {
            (void)close(descriptor);
        }
        return;
    }
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            remove_below(dirfd(stream), entry->d_name);
        }
    }
    (void)closedir(stream);
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

void umi_remove_tree(const char *path)
{
    remove_below(AT_FDCWD, path);
}

/* -- Names ------------------------------------------------------------------------------------- */

/* FNV-1a, for short keys. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static const uint64_t hash_start = UINT64_C(0xcbf29ce484222325);

/* Number of the PID namespace that every machine's own processes are in. */
static const uint64_t initial_space = 0xEFFFFFFC;

/* Host and namespace of process numbers, in 8 hexadecimal digits. */
static uint32_t this_place(void)
{
    char host[256] = "";
    struct stat status = {0};
    (void)gethostname(host, sizeof host - 1);
    (void)stat("/proc/self/ns/pid", &status);
    uint64_t space = status.st_ino;
    uint64_t hash = hash_bytes(hash_start, host, strlen(host));
    if (space != initial_space) {
        /* Containers on two machines may share both name and number; no two boots are alike. */
        char boot[64] = "";
        FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
        if (file != NULL) {
            hash = hash_bytes(hash, boot, fread(boot, 1, sizeof boot, file));
            (void)fclose(file);
        }
    }
    return (uint32_t)(hash_bytes(hash, &space, sizeof space) >> 32);
}

static bool is_hex(const char *text)
{
    return strspn(text, "0123456789abcdef") >= HEX_DIGITS;
}

/* True for "PLACE-PID-RANDOM" with nothing round it. */
static bool parse_tail(const char *text, uint32_t *place, pid_t *process)
{
    char *end = NULL;
    if (!is_hex(text) || text[HEX_DIGITS] != '-' || !isdigit((unsigned char)text[HEX_DIGITS + 1])) {
        return false;
    }
    errno = 0;
    long long number = strtoll(text + HEX_DIGITS + 1, &end, 10);
    if (errno != 0 || number <= 0 || number > INT_MAX || *end != '-' || !is_hex(end + 1) ||
        end[1 + HEX_DIGITS] != '\0') {
        return false;
    }
    *place = (uint32_t)strtoul(text, NULL, 16);
    *process = (pid_t)number;
    return true;
}

/* When a temporary was last touched: it, or a file in it. */
static time_t last_touched(int parent, const char *name, const struct stat *status)
{
    time_t newest = status->st_mtime;
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (stream == NULL) {
        if (descriptor >= 0) {
            (void)close(descriptor);
        }
        return newest;
    }
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        struct stat inner;
        if (strcmp(entry->d_name, "..") != 0 &&
            fstatat(dirfd(stream), entry->d_name, &inner, AT_SYMLINK_NOFOLLOW) == 0 &&
            inner.st_mtime > newest) {
            newest = inner.st_mtime;
        }
    }
    (void)closedir(stream);
    return newest;
}

/* Dead, or dead but for its parent that has not looked: where nobody does, in a container without
 * an init, that would last for ever. */
static bool is_dead(pid_t process)
{
    char path[64], text[512];
    if (kill(process, 0) != 0) {
        return errno == ESRCH;
    }
    (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)process);
    FILE *file = fopen(path, "re");
    size_t n = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    text[n] = '\0';
    const char *name_end = strrchr(text, ')'); /* "PID (NAME) STATE ..." */
    return name_end != NULL &&
           (strncmp(name_end, ") Z", 3) == 0 || strncmp(name_end, ") X", 3) == 0);
}

static bool is_stale(int parent, const char *name)
{
    uint32_t place;
    pid_t process;
    struct stat status;
    const char *tail = NULL;
    for (const char *at = name; name[0] == '.' && (at = strstr(at, mark)) != NULL; at++) {
        tail = at + strlen(mark);
    }
    if (tail == NULL || !parse_tail(tail, &place, &process) ||
        fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_uid != geteuid()) {
        return false;
    }
    if (place == this_place()) {
        return is_dead(process);
    }
    return time(NULL) - last_touched(parent, name, &status) > patience;
}

void umi_temporary_sweep(const char *directory)
{
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return; /* making the temporary will fail and tell why */
    }
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (is_stale(dirfd(stream), entry->d_name)) {
            remove_below(dirfd(stream), entry->d_name);
        }
    }
    (void)closedir(stream);
}

/* Sweeps a directory, but for the ones that were swept last: with a hundred thousand files in one,
 * to look through all names for each would be the longest part of the work. */
static void sweep_once(const char *directory)
{
    static uint64_t swept[64];
    static size_t n_swept;
    uint64_t hash = hash_bytes(hash_start, directory, strlen(directory));
    for (size_t i = 0; i < sizeof swept / sizeof swept[0]; i++) {
        if (swept[i] == hash) {
            return;
        }
    }
    umi_temporary_sweep(directory);
    swept[n_swept++ % (sizeof swept / sizeof swept[0])] = hash;
}

static um_status refuse(const umi_temporary *temporary, const char *why, um_error *error)
{
    return umi_error_set(error, UM_ERR_CREATE, "%s: %s", temporary->shown, why);
}

/* Fills final_path and parent; *name points at the last part of final_path. */
static um_status split(umi_temporary *temporary, const char *given, const char **name,
                       um_error *error)
{
    char *final_path = temporary->final_path;
    size_t length = strlen(given);
    if (length + NAME_MAX + 2 >= PATH_MAX) {
        return refuse(temporary, "the path is too long", error);
    }
    if (realpath(given, final_path) == NULL) {
        memcpy(final_path, given, length + 1);
    }
    length = strlen(final_path);
    while (length > 1 && final_path[length - 1] == '/') {
        final_path[--length] = '\0';
    }
    const char *slash = strrchr(final_path, '/');
    *name = slash != NULL ? slash + 1 : final_path;
    const char *given_name = strrchr(given, '/') != NULL ? strrchr(given, '/') + 1 : given;
    if (**name == '\0' || strcmp(given_name, ".") == 0 || strcmp(given_name, "..") == 0 ||
        strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) {
        return refuse(temporary, "give a name of its own", error);
    }
    if (length + NAME_MAX + 2 >= PATH_MAX) {
        return refuse(temporary, "the path is too long", error);
    }
    if (slash == NULL) {
        memcpy(temporary->parent, ".", 2);
    } else {
        size_t n = slash == final_path ? 1 : (size_t)(slash - final_path);
        memcpy(temporary->parent, final_path, n);
        temporary->parent[n] = '\0';
    }
    return UM_OK;
}

/* Makes the directory, or sees that a file could be made; false with errno. */
static bool try_name(const umi_temporary *temporary, bool is_directory)
{
    struct stat status;
    if (is_directory) {
        return mkdir(temporary->path, 0777) == 0;
    }
    if (lstat(temporary->path, &status) == 0) {
        errno = EEXIST;
        return false;
    }
    return errno == ENOENT && access(temporary->parent, W_OK | X_OK) == 0;
}

/* Finds a hidden name that is free, and makes the directory. */
static um_status claim(umi_temporary *temporary, const char *name, bool is_directory,
                       um_error *error)
{
    sweep_once(temporary->parent);
    bool found = false;
    int reason = EEXIST;
    for (int attempt = 0; attempt < 100 && !found && reason == EEXIST; attempt++) {
        uint32_t random = 0;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
            random = (uint32_t)attempt;
        }
        int length = snprintf(temporary->path, sizeof temporary->path, "%s/.%.*s%s%08x-%lld-%08x",
                              temporary->parent, NAME_PART_MAX, name, mark, (unsigned)this_place(),
                              (long long)getpid(), (unsigned)random);
        if (length < 0 || (size_t)length >= sizeof temporary->path) {
            return refuse(temporary, "the path is too long", error);
        }
        found = try_name(temporary, is_directory);
        reason = errno;
    }
    return found ? UM_OK
                 : umi_error_set(error, umi_status_of_writing(reason), "%s: cannot be created: %s",
                                 temporary->shown, strerror(reason));
}

um_status umi_temporary_new(const char *final_path, bool is_directory, umi_temporary **out,
                            um_error *error)
{
    *out = NULL;
    umi_temporary *temporary = umi_alloc(1, sizeof *temporary);
    if (temporary == NULL || (temporary->shown = umi_alloc(UMI_DISPLAY_MAX, 1)) == NULL) {
        umi_free(temporary);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    umi_display_name(final_path, temporary->shown, UMI_DISPLAY_MAX);
    const char *name = NULL;
    um_status status = split(temporary, final_path, &name, error);
    if (status == UM_OK && !is_directory && final_path[strlen(final_path) - 1] == '/') {
        status = refuse(temporary, "names a folder; give the file's name", error);
    }
    if (status == UM_OK) {
        status = claim(temporary, name, is_directory, error);
    }
    if (status != UM_OK) {
        umi_free(temporary->shown);
        umi_free(temporary);
        return status;
    }
    pthread_mutex_lock(&live_lock);
    temporary->next = live;
    live = temporary;
    pthread_mutex_unlock(&live_lock);
    *out = temporary;
    return UM_OK;
}

void umi_temporary_free(umi_temporary *temporary)
{
    if (temporary == NULL) {
        return;
    }
    pthread_mutex_lock(&live_lock);
    for (umi_temporary **link = &live; *link != NULL; link = &(*link)->next) {
        if (*link == temporary) {
            *link = temporary->next;
            break;
        }
    }
    pthread_mutex_unlock(&live_lock);
    umi_remove_tree(temporary->path);
    umi_free(temporary->shown);
    umi_free(temporary);
}

/* Renamed first: were it published while its files are being removed, a part would get the final
 * name. The new name is one that the next run takes for stale, too. */
static void abort_one(const umi_temporary *temporary)
{
    char doomed[PATH_MAX];
    size_t last = strlen(temporary->path) - 1;
    memcpy(doomed, temporary->path, last + 2);
    doomed[last] = doomed[last] == '0' ? '1' : '0';
    if (rename(temporary->path, doomed) == 0) {
        umi_remove_tree(doomed);
    }
}

void umi_output_abort_all(void)
{
    pthread_mutex_lock(&live_lock);
    for (umi_temporary *temporary = live; temporary != NULL; temporary = temporary->next) {
        abort_one(temporary);
    }
    live = NULL;
    pthread_mutex_unlock(&live_lock);
}

bool umi_write_new_file(const char *path, const void *bytes, size_t n_bytes)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        return false;
    }
    size_t done = 0;
    int reason = 0;
    while (done < n_bytes && reason == 0) {
        ssize_t n = write(descriptor, (const char *)bytes + done, n_bytes - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            reason = n == 0 ? EIO : errno;
        }
    }
    if (close(descriptor) != 0 && reason == 0) {
        reason = errno;
    }
    errno = reason;
    return reason == 0;
}
