#define _GNU_SOURCE /* strsignal; clock_gettime */
#include "job/batch.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/text.h"
#include "job/worker_processes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

typedef struct run {
    const umi_batch_config *config;
    umi_batch_state *state;
    size_t next;  /* item that was not looked at yet */
    bool no_more; /* none is to be begun */
    bool disk_full, memory_short;
    double bytes_in_all; /* of this run's items but the skipped ones, each counted as */
    double bytes_done;   /* 1 at least */
    double *shares;      /* an item: how far it is */
    bool *worked_on;     /* an item: was not skipped */
} run;

static double weight(const umi_batch_item *item)
{
    return 1.0 + (double)item->n_bytes;
}

/* -- In a worker ------------------------------------------------------------------------------- */

/* The progress of one item, of which every phase is a part. */
typedef struct phases {
    const um_progress *outer;
    double from, to;
} phases;

static void begin_phase(void *user, const char *phase, double from, double to)
{
    phases *p = user;
    (void)phase;
    p->from = from;
    p->to = to;
}

static bool pass_on(void *user, double done, double total, double divergence)
{
    const phases *p = user;
    double part = total > 0.0 ? done / total : 0.0;
    return p->outer->report(p->outer->user, p->from + part * (p->to - p->from), 1.0, divergence);
}

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void start(void *user)
{
    const run *r = user;
    r->config->start_worker(r->config->user);
}

static bool stopped(void *user)
{
    const run *r = user;
    return r->config->stopped(r->config->user);
}

static char *work(void *user, size_t i_item, const um_progress *progress)
{
    const run *r = user;
    const umi_batch_item *item = &r->config->list->items[i_item];
    phases p = {progress, 0.0, 1.0};
    um_progress inner = {pass_on, &p};
    umi_watch watch = {&inner, begin_phase, NULL, &p};
    um_error error = {UM_OK, ""};
    umi_batch_entry entry = {.cpu_seconds = NAN};
    char *figures = NULL;
    bool skipped = false;
    double began = cpu_now();
    (void)umi_disk_was_full(); /* what was before */
    um_status status = item->status;
    if (status == UM_OK) {
        status = umi_batch_file(&r->config->work, item, &watch, &figures, &skipped, &error);
    } else {
        (void)umi_error_set(&error, status, "%s", item->problem);
    }
    entry.outcome = status != UM_OK ? UMI_BATCH_FAILED
                    : skipped       ? UMI_BATCH_SKIPPED
                                    : UMI_BATCH_DONE;
    entry.figures = figures;
    if (entry.outcome == UMI_BATCH_DONE) {
        entry.cpu_seconds = 1e-6 * rint(1e6 * (cpu_now() - began)); /* what the clock is worth */
    }
    if (status != UM_OK) {
        entry.reason = error.message;
        entry.exit_code = r->config->exit_code(status);
        entry.disk_full = umi_disk_was_full();
    }
    char *line = umi_batch_report_line(r->config->list, i_item, &entry);
    umi_free(figures);
    return line;
}

/* -- In the parent ----------------------------------------------------------------------------- */

static bool next_item(void *user, size_t *i_item)
{
    run *r = user;
    while (r->next < r->config->list->n_items && !umi_shard_has(r->config->shard, r->next)) {
        r->next++;
    }
    if (r->no_more || r->next == r->config->list->n_items) {
        return false;
    }
    *i_item = r->next++;
    return true;
}

static void progressed(void *user, size_t i_item, double share)
{
    run *r = user;
    double now = fmin(fmax(share, 0.0), 1.0);
    r->bytes_done += (now - r->shares[i_item]) * weight(&r->config->list->items[i_item]);
    r->shares[i_item] = now;
}

static void answered(void *user, size_t i_item, const char *line, size_t n_bytes)
{
    run *r = user;
    umi_json *json;
    if (umi_json_parse(line, n_bytes, "answer", &json, NULL) != UM_OK) {
        r->no_more = r->memory_short = true; /* what became of the item cannot be told */
        return;
    }
    const char *status = umi_json_get_string(umi_json_get(json, "status"));
    if (status != NULL && strcmp(status, "skipped") == 0) {
        r->state->n_skipped++;
        progressed(r, i_item, 0.0);
        r->bytes_in_all -= weight(&r->config->list->items[i_item]);
    } else {
        bool done = status != NULL && strcmp(status, "done") == 0;
        r->state->n_done += done;
        r->state->n_failed += !done;
        progressed(r, i_item, 1.0);
        r->worked_on[i_item] = true;
    }
    if (umi_json_get(json, "disk_full") != NULL) {
        r->disk_full = r->no_more = true;
    }
    if (!r->config->finished(r->config->user, line, n_bytes, json)) {
        r->no_more = true;
    }
    umi_json_free(json);
}

static void died(void *user, size_t i_item, int wait_status)
{
    run *r = user;
    const umi_batch_item *item = &r->config->list->items[i_item];
    char shown[UMI_DISPLAY_MAX];
    char reason[UMI_DISPLAY_MAX + 128];
    (void)umi_display_name(item->input, shown, sizeof shown);
    if (WIFSIGNALED(wait_status)) {
        (void)snprintf(reason, sizeof reason,
                       "%s: the worker died of signal %d (%s) while working on it", shown,
                       WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
    } else {
        (void)snprintf(reason, sizeof reason, "%s: the worker ended while working on it", shown);
    }
    umi_batch_entry entry = {.outcome = UMI_BATCH_FAILED,
                             .cpu_seconds = NAN,
                             .reason = reason,
                             .exit_code = r->config->exit_code(UM_ERR_INTERNAL)};
    char *line = umi_batch_report_line(r->config->list, i_item, &entry);
    if (line == NULL) {
        r->no_more = r->memory_short = true;
        return;
    }
    answered(r, i_item, line, strlen(line));
    umi_free(line);
}

static void tick(void *user)
{
    run *r = user;
    r->state->share = r->bytes_in_all > 0.0 ? r->bytes_done / r->bytes_in_all : 1.0;
    r->config->tick(r->config->user, r->state);
}

static bool same_folder(const char *one, const char *other)
{
    const char *slash = strrchr(one, '/'), *other_slash = strrchr(other, '/');
    size_t n = slash != NULL ? (size_t)(slash - one) : 0;
    size_t n_other = other_slash != NULL ? (size_t)(other_slash - other) : 0;
    return n == n_other && memcmp(one, other, n) == 0;
}

/* What workers that crashed have left, in this run or in one that was killed and whose last workers
 * were still dying when this one began. */
static void sweep(const run *r)
{
    const umi_batch_item *last = NULL;
    for (size_t i = 0; i < r->config->list->n_items; i++) {
        const umi_batch_item *item = &r->config->list->items[i];
        if (r->worked_on[i] && item->problem == NULL &&
            (last == NULL || !same_folder(item->output, last->output))) {
            umi_batch_file_sweep(&r->config->work, item);
            last = item;
        }
    }
}

um_status umi_batch(const umi_batch_config *config, umi_batch_state *state, um_error *error)
{
    run r = {.config = config, .state = state};
    memset(state, 0, sizeof *state);
    r.shares = umi_alloc(config->list->n_items, sizeof *r.shares);
    r.worked_on = umi_alloc(config->list->n_items, sizeof *r.worked_on);
    if (r.shares == NULL || r.worked_on == NULL) {
        umi_free(r.shares);
        umi_free(r.worked_on);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the list of files");
    }
    for (size_t i = 0; i < config->list->n_items; i++) {
        if (umi_shard_has(config->shard, i)) {
            state->n_items++;
            r.bytes_in_all += weight(&config->list->items[i]);
        }
    }
    umi_workers workers = {.n_workers = config->n_jobs,
                           .start = start,
                           .work = work,
                           .next = next_item,
                           .progressed = progressed,
                           .answered = answered,
                           .died = died,
                           .tick = tick,
                           .stopped = stopped,
                           .user = &r};
    um_status status = umi_workers_run(&workers, error);
    if (status != UM_ERR_CANCELLED) { /* then there is no time, and the next run does it */
        sweep(&r);
    }
    if (status == UM_OK && r.disk_full) {
        status = umi_error_set(error, UM_ERR_IO,
                               "%s: no room is left; %zu of %zu files are not done, which the same "
                               "command does when there is",
                               config->list->root,
                               state->n_items - state->n_done - state->n_skipped, state->n_items);
    } else if (status == UM_OK && r.memory_short) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory to go on");
    }
    umi_free(r.shares);
    umi_free(r.worked_on);
    return status;
}
