#define _POSIX_C_SOURCE 200809L
#include "job/batch_report.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/path.h"
#include "io/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first line of a report that is there: longer ones we do not write. */
enum { FIRST_LINE_MAX = 1 << 20 };

struct umi_batch_report {
    int descriptor;
    bool begins_anew; /* the last line of the file has no end */
    char name[UMI_DISPLAY_MAX];
};

/* A key of the figures; null where there are none. */
static umi_json *figure(const umi_json *figures, const char *key)
{
    double value;
    return umi_json_get_number(umi_json_get(figures, key), &value) ? umi_json_number(value)
                                                                   : umi_json_number(NAN);
}

static umi_json *warnings_of(const umi_json *figures)
{
    const umi_json *given = umi_json_get(figures, "warnings");
    umi_json *array = umi_json_array();
    for (size_t i = 0; i < umi_json_length(given); i++) {
        const char *text = umi_json_get_string(umi_json_at(given, i));
        if (text != NULL && !umi_json_append(array, umi_json_string(text))) {
            umi_json_free(array);
            return NULL;
        }
    }
    return array;
}

static bool set_names(umi_json *json, const umi_batch_list *list, size_t i_item)
{
    const umi_batch_item *item = &list->items[i_item];
    char *output = item->output != NULL ? umi_path_join(list->root, item->output) : NULL;
    bool ok = umi_json_set(json, "item", umi_json_integer((int64_t)i_item)) &&
              umi_json_set(json, "input", umi_json_string(item->input)) &&
              umi_json_set(json, "output",
                           output != NULL ? umi_json_string(output) : umi_json_number(NAN));
    umi_free(output);
    return ok && (output != NULL) == (item->output != NULL);
}

char *umi_batch_report_line(const umi_batch_list *list, size_t i_item, const umi_batch_entry *e)
{
    static const char *const words[] = {"done", "skipped", "failed"};
    umi_json *figures = NULL;
    umi_json *json = umi_json_object();
    bool ok = e->figures == NULL ||
              umi_json_parse(e->figures, strlen(e->figures), "figures", &figures, NULL) == UM_OK;
    ok = ok && set_names(json, list, i_item) &&
         umi_json_set(json, "status", umi_json_string(words[e->outcome])) &&
         umi_json_set(json, "seconds", figure(figures, "seconds")) &&
         umi_json_set(json, "cpu_seconds", umi_json_number(e->cpu_seconds)) &&
         umi_json_set(json, "reduction_db", figure(figures, "reduction_db")) &&
         umi_json_set(json, "clipped", figure(figures, "clipped")) &&
         umi_json_set(json, "not_finite", figure(figures, "not_finite")) &&
         umi_json_set(json, "warnings", warnings_of(figures)) &&
         umi_json_set(json, "error",
                      e->reason != NULL ? umi_json_string(e->reason) : umi_json_number(NAN)) &&
         umi_json_set(json, "exit_code", umi_json_integer(e->exit_code));
    if (ok && e->disk_full) {
        ok = umi_json_set(json, "disk_full", umi_json_boolean(true));
    }
    char *line = ok ? umi_json_to_line(json) : NULL;
    umi_json_free(figures);
    umi_json_free(json);
    return line;
}

/* -- The file ---------------------------------------------------------------------------------- */

static um_status failed(const umi_batch_report *report, int reason, um_error *error)
{
    return umi_error_set(error, umi_status_of_writing(reason), "%s: %s", report->name,
                         strerror(reason));
}

/* True when the bytes begin with a line of ours. */
static bool begins_as_ours(const char *bytes, size_t n)
{
    umi_json *json = NULL;
    const char *end = memchr(bytes, '\n', n);
    size_t n_line = end != NULL ? (size_t)(end - bytes) : n;
    bool ours = umi_json_parse(bytes, n_line, "report", &json, NULL) == UM_OK &&
                umi_json_get(json, "item") != NULL && umi_json_get(json, "input") != NULL &&
                umi_json_get(json, "status") != NULL;
    umi_json_free(json);
    return ours;
}

/* A file that is there: is it ours, and does it end with a line's end? */
static um_status look_at_end_and_beginning(umi_batch_report *report, um_error *error)
{
    struct stat status;
    char last = '\n';
    if (fstat(report->descriptor, &status) != 0) {
        return failed(report, errno, error);
    }
    if (!S_ISREG(status.st_mode) || status.st_size == 0) {
        return UM_OK;
    }
    char *bytes = umi_alloc(FIRST_LINE_MAX, 1);
    if (bytes == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", report->name);
    }
    ssize_t n = pread(report->descriptor, bytes, FIRST_LINE_MAX, 0);
    bool ours = n > 0 && begins_as_ours(bytes, (size_t)n);
    umi_free(bytes);
    if (!ours || pread(report->descriptor, &last, 1, status.st_size - 1) != 1) {
        return umi_error_set(error, UM_ERR_CREATE, "%s: exists and is no report of ours",
                             report->name);
    }
    report->begins_anew = last != '\n'; /* a run was killed while it wrote */
    return UM_OK;
}

um_status umi_batch_report_open(const char *path, umi_batch_report **out, um_error *error)
{
    *out = NULL;
    umi_batch_report *report = umi_alloc(1, sizeof *report);
    if (report == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the report");
    }
    umi_display_name(path, report->name, sizeof report->name);
    report->descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
    um_status status = report->descriptor < 0 ? failed(report, errno, error)
                                              : look_at_end_and_beginning(report, error);
    if (status != UM_OK) {
        umi_batch_report_free(report);
        return status;
    }
    *out = report;
    return UM_OK;
}

um_status umi_batch_report_add(umi_batch_report *report, const char *line, size_t n_bytes,
                               um_error *error)
{
    char *whole = umi_alloc(n_bytes + 2, 1);
    if (whole == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", report->name);
    }
    size_t n = 0;
    if (report->begins_anew) {
        whole[n++] = '\n';
    }
    memcpy(whole + n, line, n_bytes);
    n += n_bytes;
    whole[n++] = '\n';
    ssize_t written;
    do {
        written = write(report->descriptor, whole, n);
    } while (written < 0 && errno == EINTR);
    int reason = written < 0 ? errno : ENOSPC; /* a part of a line was taken: there is no room */
    umi_free(whole);
    report->begins_anew = written >= 0 && (size_t)written < n;
    return written == (ssize_t)n ? UM_OK : failed(report, reason, error);
}

um_status umi_batch_report_finish(umi_batch_report *report, um_error *error)
{
    int result = close(report->descriptor);
    report->descriptor = -1;
    return result == 0 ? UM_OK : failed(report, errno, error);
}

void umi_batch_report_free(umi_batch_report *report)
{
    if (report != NULL && report->descriptor >= 0) {
        (void)close(report->descriptor);
    }
    umi_free(report);
}
