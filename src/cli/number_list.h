/* Several numbers in one value of an option. */
#ifndef UMI_CLI_NUMBER_LIST_H
#define UMI_CLI_NUMBER_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Numbers with commas between them and nothing else: "1,0,2.5". Writes the first `room` of them and
 * returns how many there are; 0 when the text is no such list. */
size_t umi_parse_number_list(const char *text, double *values, size_t room);

/* "LOW-HIGH": two numbers that are not negative, HIGH not below LOW. False leaves both alone. */
bool umi_parse_number_range(const char *text, double *low, double *high);

/* "FIRST..LAST": two whole numbers up to a billion, LAST not below FIRST. False leaves both
 * alone. */
bool umi_parse_whole_range(const char *text, size_t *first, size_t *last);

#endif
