#include "cli/stem_summary.h"

#include "cli/log.h"
#include "core/memory.h"
#include "io/text.h"
#include "job/listening_page.h"
#include "job/stem_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void umi_stem_summary_print(const char *folder, const umi_stem_set *stems)
{
    char shown[UMI_DISPLAY_MAX];
    printf("%s/\n", umi_display_name(folder, shown, sizeof shown));
    int widest = 0;
    for (size_t s = 0; s < stems->n_stems; s++) {
        int width = (int)strlen(stems->labels[s]);
        widest = width > widest ? width : widest;
    }
    for (size_t s = 0; s < stems->n_stems; s++) {
        char name[UM_LABEL_MAX + 6];
        size_t n_atoms = umi_stem_set_count_atoms(stems, s);
        umi_stem_file_name(stems->labels[s], stems->output_format.container, name);
        printf("  %-*s  %3.0f %% of the energy, %zu atom%s\n", widest + 5, name,
               100.0 * stems->shares[s], n_atoms, n_atoms == 1 ? "" : "s");
    }
    if (stems->null_peak == 0.0) {
        puts("  null: exact, the stems add up to the recording in every sample");
    } else {
        bool coarse = stems->output_format.sample == UMI_SAMPLE_ALAW ||
                      stems->output_format.sample == UMI_SAMPLE_ULAW;
        printf("  null: %.1f dB, the largest difference of any sample%s\n",
               umi_null_db(stems->null_peak),
               coarse ? " (A-law and u-law are coarse; --sample-format 16 is exact)" : "");
    }
    printf("  listen: %s/%s\n", shown, umi_listening_page_name);
}

void umi_stem_summary_warn(const char *folder, const umi_stem_set *stems)
{
    uint64_t n_samples = stems->n_frames * stems->output_format.channels;
    if (stems->held > 0) {
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
