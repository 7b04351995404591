/* What every row of the kernel table promises, as cases that need nothing but the C library: they
 * run as part of a test, and in a program built for another processor. */
#ifndef KERNEL_CASES_H
#define KERNEL_CASES_H

#include "core/kernels/kernels.h"

#include <stddef.h>

typedef struct kernel_case {
    const char *name;
    void (*check)(const umi_kernels *kernels);
} kernel_case;

enum { N_KERNEL_CASES = 17, KERNEL_ROWS_MAX = 5 };

extern const kernel_case kernel_cases[N_KERNEL_CASES];

/* The rows that this processor has, the scalar one first. Returns their number. */
size_t kernel_rows(umi_kernels rows[KERNEL_ROWS_MAX]);

/* The cases of the loops over entries, kernel_cases_entries.c. */
void check_ratios_of_entries(const umi_kernels *kernels);
void check_projections_of_entries(const umi_kernels *kernels);
void check_split_of_entries(const umi_kernels *kernels);

/* Bits that are the same on every processor that rounds alike, kernel_cases_bits.c. */
void check_bits(const umi_kernels *kernels);

/* Of umi_flush_denormals and umi_restore_denormals, which belong to no row. */
void check_denormals(void);

/* Called with what is wrong when a promise is broken; it must not return. Whoever runs the cases
 * defines it. */
void kernel_case_failed(const char *message);

#endif
