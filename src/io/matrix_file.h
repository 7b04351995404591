/* A non-negative matrix in a file, to be factorised: NPY, Matrix Market, or a table of numbers as
 * text (CSV).
 *
 * Rows are what nmf.h calls frames, columns are bins. Nothing is believed that a file says of
 * itself. Every value is checked when it is read: finite and from 0 to UMI_MAGNITUDE_MAX, or
 * UM_ERR_DATA with its row, column and a cure. An object belongs to one thread at a time. */
#ifndef UMI_IO_MATRIX_FILE_H
#define UMI_IO_MATRIX_FILE_H

#include "io/input_file.h"
#include "unmingle/sparse.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum umi_matrix_kind {
    UMI_MATRIX_NONE, /* not one of these: perhaps a recording */
    UMI_MATRIX_NPY,
    UMI_MATRIX_MARKET,
    UMI_MATRIX_CSV
} umi_matrix_kind;

/* What a file is: by its first bytes; where those say nothing by its name (.npy, .mtx, .csv, .tsv,
 * .txt), so that the reader of that kind explains what is wrong with it; and else UMI_MATRIX_CSV
 * when all of its first 4096 bytes are text, as those of a recording never are. An empty file
 * without such a name is none. UM_ERR_IO. */
um_status umi_matrix_kind_of(const umi_input_file *file, umi_matrix_kind *kind,
                             um_error *error) UM_MUST_USE;

typedef struct umi_matrix_file umi_matrix_file;

/* Opens the matrix `path`, or standard input for "-" (kept in spool_directory meanwhile). *out is
 * NULL on failure, and the message names the file: UM_ERR_DATA for what is none of the kinds above,
 * or is damaged, truncated or empty, and what else umi_input_file_open says. */
um_status umi_matrix_file_open(const char *path, const char *spool_directory, umi_matrix_file **out,
                               um_error *error) UM_MUST_USE;

/* The same for a file that is open already, e.g. to ask umi_matrix_kind_of first. It is taken over
 * and closed with the object; on failure at once. *input is cleared. */
um_status umi_matrix_file_take(umi_input_file *input, umi_matrix_file **out,
                               um_error *error) UM_MUST_USE;

/* NULL is fine. */
void umi_matrix_file_free(umi_matrix_file *file);

typedef struct umi_matrix_info {
    umi_matrix_kind kind;
    size_t rows; /* at least 1, and columns too */
    size_t cols;
    bool is_sparse;      /* a Matrix Market file that lists entries */
    size_t n_entries;    /* sparse: entries of the result at most; memory may be planned by it */
    bool has_row_access; /* rows can be read in pieces */
} umi_matrix_info;

const umi_matrix_info *umi_matrix_file_info(const umi_matrix_file *file);

/* The name for messages, on one line. */
const char *umi_matrix_file_name(const umi_matrix_file *file);

umi_file_identity umi_matrix_file_identity(const umi_matrix_file *file);

/* Reads the rows from first_row on, as many as `rows` has, whose cols are the matrix's. Only the
 * columns are written, not what its stride leaves between them. A sparse matrix comes with its
 * zeros. Without has_row_access all rows must be asked for at once, else UM_ERR_DATA, which advises
 * NPY. UM_ERR_ARGUMENT when there are no such rows, UM_ERR_DATA, UM_ERR_IO, UM_ERR_MEMORY, and
 * UM_ERR_CHANGED when the file changed since it was opened. After an error the contents of `rows`
 * mean nothing; reading may be tried again. Row pieces of any size give the same values. */
um_status umi_matrix_file_read(umi_matrix_file *file, size_t first_row, um_view rows,
                               um_error *error) UM_MUST_USE;

/* Reads a sparse matrix. What V points at belongs to `file`, until it is freed or this is called
 * again. Entries given twice are summed, zeros are left out. UM_ERR_ARGUMENT when the matrix is not
 * sparse; else as above. */
um_status umi_matrix_file_read_sparse(umi_matrix_file *file, um_csparse *V,
                                      um_error *error) UM_MUST_USE;

#endif
