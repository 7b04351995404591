#include "cli/stem_summary.h"

#include "cli/log.h"
#include "core/memory.h"
#include "format/utf8.h"
#include "io/text.h"
#include "job/listening_page.h"
#include "job/stem_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A share of 1 % at least in whole ones. */
static void print_stem(const umi_stem_set *stems, size_t s, int widest)
{
    char name[UM_LABEL_MAX + 6];
    double percent = 100.0 * stems->shares[s];
    size_t n_atoms = umi_stem_set_count_atoms(stems, s);
    umi_stem_file_name(stems->labels[s], stems->output_format.container, name);
    printf("  %s%*s  %3.*f %% of the energy", name, widest + 5 - (int)umi_utf8_length(name), "",
           percent >= 0.05 && percent < 0.95 ? 1 : 0, percent);
    if (stems->n_atoms > 0) {
        printf(", %zu atom%s", n_atoms, n_atoms == 1 ? "" : "s");
    }
    puts("");
}

/* Why the sum is not the recording in every sample. */
static const char *reason_of(umi_sample format)
{
    switch (format) {
    case UMI_SAMPLE_ALAW:
    case UMI_SAMPLE_ULAW:
        return " (A-law and u-law are coarse; --sample-format 16 is exact)";
    case UMI_SAMPLE_FLOAT:
    case UMI_SAMPLE_DOUBLE:
        return " (floats are rounded)";
    default:
        return "";
    }
}

void umi_stem_summary_print(const char *folder, const umi_stem_set *stems)
{
    char shown[UMI_DISPLAY_MAX];
    printf("%s/\n", umi_display_name(folder, shown, sizeof shown));
    int widest = 0;
    for (size_t s = 0; s < stems->n_stems; s++) {
        int width = (int)umi_utf8_length(stems->labels[s]);
        widest = width > widest ? width : widest;
    }
    for (size_t s = 0; s < stems->n_stems; s++) {
        print_stem(stems, s, widest);
    }
    if (stems->peak == 0.0) {
        puts("  silent: the recording is, and so are the stems");
    } else if (stems->null_peak == 0.0) {
        puts("  null: exact, the stems add up to the recording in every sample");
    } else {
        printf("  null: %.1f dB, the largest difference of any sample%s\n",
               umi_null_db(stems->null_peak), reason_of(stems->output_format.sample));
    }
    printf("  listen: %s/%s\n", shown, umi_listening_page_name);
}

void umi_stem_summary_warn(const char *folder, const umi_stem_set *stems)
{
    uint64_t n_samples = stems->n_frames * stems->output_format.channels;
    if (stems->held > 0 && stems->peak > 1.0) {
        umi_log(UMI_LOG_WARNING,
                "%s: the recording is louder than the format can hold, and %" PRIu64 " of %" PRIu64
                " samples of a stem were cut off (--sample-format float cuts nothing)",
                folder, stems->held, n_samples);
    } else if (stems->held > 0) {
        umi_log(UMI_LOG_WARNING,
                "%s: %" PRIu64 " of %" PRIu64 " samples of a stem are louder than the format can "
                "hold; what was cut off is in the other stems (--sample-format float cuts nothing)",
                folder, stems->held, n_samples);
    }
}

bool umi_stem_summary_print_json(umi_json *report)
{
    char *text = report != NULL ? umi_json_to_text(report) : NULL;
    if (text != NULL) {
        fputs(text, stdout);
    }
    umi_free(text);
    umi_json_free(report);
    return text != NULL;
}
