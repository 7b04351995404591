/* Numbers as people type them. The whole text has to be the number: no blanks, no sign of plus, no
 * hexadecimal, no "inf" or "nan". The decimal sign is a point, whatever the locale. */
#ifndef UMI_CLI_NUMBER_H
#define UMI_CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Room for what umi_format_size writes. */
enum { UMI_SIZE_TEXT = 32 };

/* Digits only, 0..2^64 - 1. False leaves *value alone, here and below. */
bool umi_parse_integer(const char *text, uint64_t *value);

/* 12, -0.5, .5, 1e-5: finite. */
bool umi_parse_real(const char *text, double *value);

/* Bytes: 4096, 512K, 96M, 1.5G, 2T, units of 1024, small letters too, "MB" and "MiB" for "M".
 * A fraction of a byte is dropped. */
bool umi_parse_size(const char *text, uint64_t *value);

/* The shortest text that umi_parse_size reads back to `value`: "96M", "1536M", "1000". */
void umi_format_size(uint64_t value, char text[UMI_SIZE_TEXT]);

#endif
