/* A table of numbers as text: comma-separated values and their relatives.
 *
 *     # comments, as numpy.savetxt writes them        none or some
 *     "first name";second name;third                  a header line, or none
 *     0.5;1;2.25e-3                                   rows, all of the same length
 *
 * Cells are separated by tabs, semicolons, commas or blanks: whichever of these, in this order, the
 * first line has outside of quotes. The decimal sign is a point. The first line is a header when no
 * cell of it is a number; what is in quotes is none. Only names may be in quotes. Blanks round a
 * cell, and blank lines before the table and behind it, mean nothing. Whatever else is not a number
 * is an error with its line and the count of the cell in it: nothing is guessed or left out.
 *
 * The text is read twice, so that the memory for it is known before: all functions read it from its
 * start. A reader's source is set by the caller. */
#ifndef UMI_FORMAT_CSV_H
#define UMI_FORMAT_CSV_H

#include "format/text_reader.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct umi_csv {
    size_t rows; /* without the header */
    size_t cols;
    char delimiter; /* ' ' stands for any number of blanks and tabs */
    bool has_header;
} umi_csv;

/* Measures the table. UM_ERR_DATA when it has no rows, or rows of different lengths, or the first
 * line is half a header; UM_ERR_IO. *csv is only filled by success. */
um_status umi_csv_measure(umi_text_reader *reader, umi_csv *csv, um_error *error) UM_MUST_USE;

/* Reads the numbers into `matrix`, which has the right shape. Every value is checked as
 * matrix_value.h says. UM_ERR_DATA; UM_ERR_IO; UM_ERR_CHANGED when the table does not have the
 * shape any more. */
um_status umi_csv_read(umi_text_reader *reader, const umi_csv *csv, um_view matrix,
                       um_error *error) UM_MUST_USE;

#endif
