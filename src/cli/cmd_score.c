#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "core/memory.h"
#include "format/json.h"
#include "io/text.h"
#include "job/score.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns of a figure, the gap before it included: "-120.00" and "-0.012" are the widest. */
enum { DECIBEL_COLUMNS = 8, SHARE_COLUMNS = 7, NAME_SIZE = 512 };

/* Stands behind the names of the figures that are in dB. */
static const char UNIT[] = "  dB";

/* -- As a table ------------------------------------------------------------------------------- */

/* Characters of UTF-8, as a terminal counts them for most scripts. */
static size_t count_columns(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return n;
}

static size_t wider(size_t columns, const char *name)
{
    char shown[NAME_SIZE];
    size_t wanted = count_columns(umi_display_name(name, shown, sizeof shown));
    return wanted > columns ? wanted : columns;
}

/* printf's field widths count bytes, hence the blanks by hand. */
static void print_name(const char *name, size_t columns)
{
    char shown[NAME_SIZE];
    fputs(umi_display_name(name, shown, sizeof shown), stdout);
    for (size_t n = count_columns(shown); n < columns; n++) {
        putchar(' ');
    }
}

static void print_figures(const double *figures)
{
    for (size_t k = 0; k < UMI_N_FIGURES; k++) {
        bool decibels = k < UMI_N_DECIBELS;
        int columns = decibels ? DECIBEL_COLUMNS : SHARE_COLUMNS;
        if (k == UMI_N_DECIBELS) {
            printf("%*s", (int)strlen(UNIT), "");
        }
        if (isnan(figures[k])) {
            printf("%*s", columns, "-");
            continue;
        }
        /* Rounding first, so that nothing is shown as -0.00. */
        double unit = decibels ? 100 : 1000, rounded = round(figures[k] * unit) / unit;
        printf("%*.*f", columns, decibels ? 2 : 3, rounded == 0 ? 0.0 : rounded);
    }
    putchar('\n');
}

static void print_figure_names(void)
{
    for (size_t k = 0; k < UMI_N_FIGURES; k++) {
        bool decibels = k < UMI_N_DECIBELS;
        printf("%s%*s", k == UMI_N_DECIBELS ? UNIT : "", decibels ? DECIBEL_COLUMNS : SHARE_COLUMNS,
               umi_figure_name((umi_figure)k));
    }
    putchar('\n');
}

static void print_rule(size_t columns)
{
    size_t n = columns + DECIBEL_COLUMNS * (size_t)UMI_N_DECIBELS + strlen(UNIT) +
               SHARE_COLUMNS * (size_t)(UMI_N_FIGURES - UMI_N_DECIBELS);
    for (size_t i = 0; i < n; i++) {
        putchar('-');
    }
    putchar('\n');
}

/* One row a stem, the mean below; where stems were paired by sound, also with which. */
static void print_table(const umi_score *score, bool permuted)
{
    size_t columns = strlen("stem"), estimate_columns = strlen("estimate");
    for (size_t i = 0; i < score->n_stems; i++) {
        columns = wider(columns, score->stems[i].name);
        if (score->stems[i].estimate != NULL) {
            estimate_columns = wider(estimate_columns, score->stems[i].estimate);
        }
    }
    size_t left = permuted ? columns + 2 + estimate_columns : columns;
    print_name("stem", permuted ? columns + 2 : columns);
    if (permuted) {
        print_name("estimate", estimate_columns);
    }
    print_figure_names();
    print_rule(left);
    for (size_t i = 0; i < score->n_stems; i++) {
        const umi_stem_score *stem = &score->stems[i];
        print_name(stem->name, permuted ? columns + 2 : columns);
        if (permuted) {
            print_name(stem->estimate != NULL ? stem->estimate : "-", estimate_columns);
        }
        if (stem->estimate != NULL) {
            print_figures(stem->figures);
        } else {
            putchar('\n');
        }
    }
    print_rule(left);
    print_name("mean", left);
    print_figures(score->mean);
}

/* -- As JSON ---------------------------------------------------------------------------------- */

/* {"SDR": 7.493125, ...}, null for STOI and ESTOI that cannot be told, and, where stems were paired
 * by sound, "estimate": its name. */
static umi_json *stem_json(const umi_stem_score *stem, bool permuted)
{
    umi_json *object = umi_json_object();
    bool ok = true;
    for (size_t k = 0; k < UMI_N_FIGURES && ok; k++) {
        /* What is below a millionth is noise of the computation. */
        double rounded = round(stem->figures[k] * 1e6) / 1e6;
        ok = umi_json_set(object, umi_figure_name((umi_figure)k), umi_json_number(rounded));
    }
    if (ok && permuted) {
        ok = umi_json_set(object, "estimate", umi_json_string(stem->estimate));
    }
    if (!ok) {
        umi_json_free(object);
        return NULL;
    }
    return object;
}

/* An object with an entry a stem that was scored. False when memory is short. */
static bool print_json(const umi_score *score, bool permuted)
{
    umi_json *object = umi_json_object();
    bool ok = object != NULL;
    for (size_t i = 0; i < score->n_stems && ok; i++) {
        const umi_stem_score *stem = &score->stems[i];
        if (stem->estimate != NULL) {
            char key[NAME_SIZE];
            ok = umi_json_set(object, umi_display_name(stem->name, key, sizeof key),
                              stem_json(stem, permuted));
        }
    }
    char *text = ok ? umi_json_to_text(object) : NULL;
    umi_json_free(object);
    if (text == NULL) {
        return false;
    }
    fputs(text, stdout);
    umi_free(text);
    return true;
}

int umi_cmd_score(const umi_options *options)
{
    const umi_score_config config = {options->reference, options->estimate, options->permute};
    umi_score *score;
    um_error error;
    umi_progress progress;
    umi_progress_start(&progress, options, options->estimate);
    umi_progress_phase(&progress, "scoring", 0, 1);
    um_progress callback = umi_progress_callback(&progress);
    um_status status = umi_score_run(&config, &callback, &score, &error);
    umi_progress_finish(&progress);
    if (status != UM_OK) {
        if (status != UM_ERR_CANCELLED) {
            umi_log(UMI_LOG_ERROR, "%s", error.message);
        }
        return (int)umi_exit_code(status);
    }
    for (size_t i = 0; i < score->n_notes; i++) {
        umi_log(UMI_LOG_WARNING, "%s", score->notes[i]);
    }
    int code = UMI_EXIT_OK;
    if (!options->json) {
        print_table(score, options->permute);
    } else if (!print_json(score, options->permute)) {
        umi_log(UMI_LOG_ERROR, "not enough memory for the table");
        code = UMI_EXIT_MEMORY;
    }
    umi_score_free(score);
    return code;
}
