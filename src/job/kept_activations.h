/* The activations of a run, kept in a file beside its stems and taken from there again, row by row
 * as the separator goes through the frames; see separator.h for the callbacks.
 *
 * NPY, float32: row n is frame n, which ends with sample (n + 1) hop - 1; the columns are the
 * atoms, in the order of the dictionary file beside it, and then those of the atoms at each of the
 * shifts, see separator.h. */
#ifndef UMI_JOB_KEPT_ACTIVATIONS_H
#define UMI_JOB_KEPT_ACTIVATIONS_H

#include "io/npy_reader.h"
#include "io/output_set.h"
#include "unmingle/view.h"

extern const char umi_kept_activations_name[]; /* "activations.npy" */

/* -- Writing ----------------------------------------------------------------------------------- */

typedef struct umi_activations_writer umi_activations_writer;

/* Begins the file in `output`; rows x cols. What umi_npy_file_new says. */
um_status umi_activations_writer_new(umi_output_set *output, size_t rows, size_t cols,
                                     umi_activations_writer **out, um_error *error) UM_MUST_USE;

/* For um_separator_config.activations_out, the writer being its user. It sets `error` of _new. */
um_status umi_activations_writer_take(void *writer, um_cview H) UM_MUST_USE;

/* UM_ERR_ARGUMENT when rows are missing; UM_ERR_IO and so on. */
um_status umi_activations_writer_finish(umi_activations_writer *writer,
                                        um_error *error) UM_MUST_USE;
void umi_activations_writer_free(umi_activations_writer *writer); /* NULL is fine */

/* -- Reading ----------------------------------------------------------------------------------- */

typedef struct umi_kept_activations umi_kept_activations;

/* Opens the file in `directory` of a run with so many atoms. UM_ERR_DATA when it does not have some
 * columns for each, and what umi_npy_reader_open says. */
um_status umi_kept_activations_open(const char *directory, size_t n_atoms,
                                    umi_kept_activations **out, um_error *error) UM_MUST_USE;
void umi_kept_activations_free(umi_kept_activations *activations); /* NULL is fine */

size_t umi_kept_activations_rows(const umi_kept_activations *activations);

/* Columns an atom, at least 1. */
size_t umi_kept_activations_width(const umi_kept_activations *activations);

/* From the first row on, and with atom order[i] in the place of atom i. `order`, n_atoms values,
 * and `error`, which _give sets, are borrowed. */
void umi_kept_activations_begin(umi_kept_activations *activations, const size_t *order,
                                um_error *error);

/* For um_separator_config.activations_in. UM_ERR_DATA when H has other columns, or more rows than
 * are left; UM_ERR_IO and so on. */
um_status umi_kept_activations_give(void *activations, um_view H) UM_MUST_USE;

#endif
