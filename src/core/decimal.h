/* Decimal numbers as text, whatever the locale is. */
#ifndef UMI_CORE_DECIMAL_H
#define UMI_CORE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

/* The number that is the whole of text[n]: digits with at most one point among or next to them, a
 * sign before and a decimal exponent behind if need be (12, -.5, 3., +1.25e-07). *value is the
 * double nearest to it, of two equally near ones the even one; beyond all doubles an infinity.
 * False, with *value unchanged, for anything else: blanks, commas, hexadecimal, nan, inf. */
bool umi_decimal_parse(const char *text, size_t n, double *value);

#endif
