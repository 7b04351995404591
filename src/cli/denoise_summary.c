#include "cli/denoise_summary.h"

#include "cli/progress.h"
#include "core/memory.h"
#include "format/utf8.h"

#include <math.h>
#include <string.h>

enum { TEXT = 512 };

static double number_of(const umi_json *line, const char *key)
{
    double value = NAN;
    (void)umi_json_get_number(umi_json_get(line, key), &value);
    return value;
}

static void add_failure(umi_denoise_summary *s, const umi_json *line)
{
    const char *reason = umi_json_get_string(umi_json_get(line, "error"));
    int64_t code = 0;
    (void)umi_json_get_integer(umi_json_get(line, "exit_code"), &code);
    if (s->n_failed++ == 0) {
        s->first_exit_code = code;
    }
    if (reason == NULL || s->n_failures == UMI_SUMMARY_FAILURES) {
        return;
    }
    umi_summary_failure *failure = &s->failures[s->n_failures];
    failure->exit_code = code;
    failure->reason = umi_alloc(TEXT, 1);
    if (failure->reason != NULL) {
        umi_utf8_printable(reason, failure->reason, TEXT);
        s->n_failures++;
    }
}

static void add_reduction(umi_denoise_summary *s, double reduction)
{
    if (isnan(reduction)) {
        return;
    }
    bool first = s->n_reductions++ == 0;
    s->reduction_sum += reduction;
    s->reduction_lowest = first ? reduction : fmin(s->reduction_lowest, reduction);
    s->reduction_highest = first ? reduction : fmax(s->reduction_highest, reduction);
}

void umi_denoise_summary_add(umi_denoise_summary *s, const umi_json *line)
{
    const char *status = umi_json_get_string(umi_json_get(line, "status"));
    if (status == NULL || strcmp(status, "failed") == 0) {
        add_failure(s, line);
        return;
    }
    add_reduction(s, number_of(line, "reduction_db"));
    if (strcmp(status, "skipped") == 0) {
        s->n_skipped++;
        s->seconds_skipped += number_of(line, "seconds");
    } else {
        s->n_done++;
        s->seconds_done += number_of(line, "seconds");
        s->cpu_seconds += number_of(line, "cpu_seconds");
    }
}

/* "  done        292 files    1:23:45 of sound" */
static void print_row(const char *word, size_t n, double seconds, const char *after, FILE *out)
{
    char duration[32];
    fprintf(out, "  %-10s %7zu file%s", word, n, n == 1 ? "" : "s");
    if (!isnan(seconds)) {
        umi_format_duration(seconds, duration, sizeof duration);
        fprintf(out, "%*s of sound%s", n == 1 ? 12 : 11, duration, after);
    }
    fputc('\n', out);
}

static void print_reduction(const umi_denoise_summary *s, FILE *out)
{
    if (s->n_reductions == 0) {
        return;
    }
    fprintf(out, "  %-10s %7.1f dB", "reduction", s->reduction_sum / (double)s->n_reductions);
    if (s->n_reductions > 1) {
        fprintf(out, " on average, from %.1f to %.1f", s->reduction_lowest, s->reduction_highest);
    }
    fputc('\n', out);
}

static void print_failures(const umi_denoise_summary *s, FILE *out)
{
    if (s->n_failed > 0) {
        fputs("failed\n", out);
    }
    for (size_t i = 0; i < s->n_failures; i++) {
        fprintf(out, "  %3d  %s\n", (int)s->failures[i].exit_code, s->failures[i].reason);
    }
    if (s->n_failed > s->n_failures) {
        fprintf(out, "       and %zu more; --report FILE tells all\n", s->n_failed - s->n_failures);
    }
}

void umi_denoise_summary_print(const umi_denoise_summary *s, const char *output, FILE *out)
{
    char shown[TEXT];
    umi_utf8_printable(output, shown, sizeof shown);
    fprintf(out, "%s\n", shown);
    if (s->n_done > 0 || s->n_skipped + s->n_failed == 0) {
        print_row("done", s->n_done, s->seconds_done, "", out);
    }
    if (s->n_skipped > 0) {
        print_row("skipped", s->n_skipped, s->seconds_skipped, ", finished before", out);
    }
    if (s->n_failed > 0) {
        print_row("failed", s->n_failed, NAN, "", out);
    }
    print_reduction(s, out);
    if (s->seconds_done > 0.0) {
        fprintf(out, "  %-10s %7.4f CPU seconds a second of sound\n", "speed",
                s->cpu_seconds / s->seconds_done);
    }
    print_failures(s, out);
}

void umi_denoise_summary_free(umi_denoise_summary *s)
{
    for (size_t i = 0; i < s->n_failures; i++) {
        umi_free(s->failures[i].reason);
    }
    memset(s, 0, sizeof *s);
}
