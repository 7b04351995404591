/* What is told of a folder of stems that was made. */
#ifndef UMI_CLI_STEM_SUMMARY_H
#define UMI_CLI_STEM_SUMMARY_H

#include "format/json.h"
#include "job/stem_set.h"

/* On standard output, for people: the folder, each stem's share and atoms, the null. */
void umi_stem_summary_print(const char *folder, const umi_stem_set *stems);

/* A warning when samples of a stem were louder than its format can hold. */
void umi_stem_summary_warn(const char *folder, const umi_stem_set *stems);

/* The report, which is freed, on standard output; false when memory was short, NULL too. */
bool umi_stem_summary_print_json(umi_json *report);

#endif
