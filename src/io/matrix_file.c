#include "io/matrix_file.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/sparse_builder.h"
#include "format/csv.h"
#include "format/matrix_market.h"
#include "io/npy_reader.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Bytes that are looked at to tell what a file is. */
enum { SNIFFED = 4096 };

static const char MARKET_MAGIC[] = "%%MatrixMarket";

struct umi_matrix_file {
    umi_input_file input;
    umi_matrix_info info;
    umi_npy_reader *npy;   /* NULL for another kind */
    umi_text_reader *text; /* NULL for NPY */
    umi_matrix_market market;
    umi_csv csv;
    umi_sparse_builder *sparse; /* what was read last */
};

/* -- What a file is ---------------------------------------------------------------------------- */

static bool has_suffix(const char *path, const char *suffix)
{
    size_t n = strlen(path);
    size_t n_suffix = strlen(suffix);
    return n > n_suffix && strcasecmp(path + n - n_suffix, suffix) == 0;
}

static umi_matrix_kind kind_by_name(const char *path)
{
    static const struct {
        const char *suffix;
        umi_matrix_kind kind;
    } suffixes[] = {{".npy", UMI_MATRIX_NPY},
                    {".mtx", UMI_MATRIX_MARKET},
                    {".csv", UMI_MATRIX_CSV},
                    {".tsv", UMI_MATRIX_CSV},
                    {".txt", UMI_MATRIX_CSV}};
    for (size_t i = 0; path != NULL && i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (has_suffix(path, suffixes[i].suffix)) {
            return suffixes[i].kind;
        }
    }
    return UMI_MATRIX_NONE;
}

/* Every header of a recording that is read here has a control character near its start. */
static bool is_text(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((bytes[i] < ' ' && strchr("\t\n\r\f", bytes[i]) == NULL) || bytes[i] == '\0' ||
            bytes[i] == 0x7F) {
            return false;
        }
    }
    return n > 0;
}

um_status umi_matrix_kind_of(const umi_input_file *file, umi_matrix_kind *kind, um_error *error)
{
    unsigned char bytes[SNIFFED];
    size_t n = 0;
    if (!umi_input_file_read(file, 0, bytes, sizeof bytes, &n)) {
        return umi_error_set(error, UM_ERR_IO, "%s: %s", file->name, strerror(errno));
    }
    size_t n_market = sizeof MARKET_MAGIC - 1;
    *kind = kind_by_name(file->path);
    if (umi_npy_is(bytes, n)) {
        *kind = UMI_MATRIX_NPY;
    } else if (n >= n_market && memcmp(bytes, MARKET_MAGIC, n_market) == 0) {
        *kind = UMI_MATRIX_MARKET;
    } else if (*kind == UMI_MATRIX_NONE && is_text(bytes, n)) {
        *kind = UMI_MATRIX_CSV;
    }
    return UM_OK;
}

/* What was read means nothing when the file changed meanwhile, nor does an error in it. */
static um_status judge(const umi_matrix_file *file, um_status status, um_error *error)
{
    if (status == UM_OK || status == UM_ERR_DATA) {
        um_error changed = {0};
        if (umi_input_file_check_unchanged(&file->input, &changed) != UM_OK) {
            return umi_error_set(error, changed.status, "%s", changed.message);
        }
    }
    return status;
}

/* -- Opening ----------------------------------------------------------------------------------- */

static um_status open_npy(umi_matrix_file *file, um_error *error)
{
    file->npy = umi_alloc(1, sizeof *file->npy);
    if (file->npy == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", file->input.name);
    }
    um_status status = umi_npy_reader_open(&file->input, file->npy, error);
    file->info.rows = file->npy->rows;
    file->info.cols = file->npy->cols;
    file->info.has_row_access = true;
    return status;
}

static bool read_text(void *context, uint64_t offset, void *bytes, size_t n, size_t *n_read)
{
    return umi_input_file_read(context, offset, bytes, n, n_read);
}

static um_status open_text(umi_matrix_file *file, um_error *error)
{
    file->text = umi_alloc(1, sizeof *file->text);
    if (file->text == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", file->input.name);
    }
    file->text->source =
        (umi_text_source){file->input.name, file->input.size, read_text, &file->input};
    um_status status;
    if (file->info.kind == UMI_MATRIX_MARKET) {
        status = umi_matrix_market_open(file->text, &file->market, error);
        file->info.rows = file->market.rows;
        file->info.cols = file->market.cols;
        file->info.is_sparse = file->market.is_sparse;
        /* Bounded by the file's size, so that the double does not overflow. */
        file->info.n_entries =
            file->market.is_sparse ? file->market.n_lines * (file->market.is_symmetric ? 2 : 1) : 0;
    } else {
        status = umi_csv_measure(file->text, &file->csv, error);
        file->info.rows = file->csv.rows;
        file->info.cols = file->csv.cols;
    }
    return status;
}

um_status umi_matrix_file_take(umi_input_file *input, umi_matrix_file **out, um_error *error)
{
    *out = NULL;
    umi_matrix_file *file = umi_alloc(1, sizeof *file);
    if (file == NULL) {
        umi_input_file_close(input);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    file->input = *input;
    *input = (umi_input_file){.descriptor = -1};
    um_status status = umi_matrix_kind_of(&file->input, &file->info.kind, error);
    if (status == UM_OK) {
        switch (file->info.kind) {
        case UMI_MATRIX_NPY:
            status = open_npy(file, error);
            break;
        case UMI_MATRIX_MARKET:
        case UMI_MATRIX_CSV:
            status = open_text(file, error);
            break;
        case UMI_MATRIX_NONE:
            status = umi_error_set(error, UM_ERR_DATA,
                                   "%s: not a matrix: neither NPY nor Matrix Market nor text",
                                   file->input.name);
            break;
        }
    }
    status = judge(file, status, error);
    if (status != UM_OK) {
        umi_matrix_file_free(file);
        return status;
    }
    *out = file;
    return UM_OK;
}

um_status umi_matrix_file_open(const char *path, const char *spool_directory, umi_matrix_file **out,
                               um_error *error)
{
    umi_input_file input = {.descriptor = -1};
    *out = NULL;
    um_status status = umi_input_file_open(path, spool_directory, &input, error);
    return status == UM_OK ? umi_matrix_file_take(&input, out, error) : status;
}

void umi_matrix_file_free(umi_matrix_file *file)
{
    if (file != NULL) {
        umi_input_file_close(&file->input);
        umi_free(file->npy);
        umi_free(file->text);
        umi_sparse_builder_free(file->sparse);
        umi_free(file);
    }
}

const umi_matrix_info *umi_matrix_file_info(const umi_matrix_file *file)
{
    return &file->info;
}

const char *umi_matrix_file_name(const umi_matrix_file *file)
{
    return file->input.name;
}

umi_file_identity umi_matrix_file_identity(const umi_matrix_file *file)
{
    return file->input.identity;
}

/* -- Reading ----------------------------------------------------------------------------------- */

um_status umi_matrix_file_read(umi_matrix_file *file, size_t first_row, um_view rows,
                               um_error *error)
{
    if (rows.cols != file->info.cols || first_row > file->info.rows ||
        rows.rows > file->info.rows - first_row) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: %zu rows of %zu from row %zu on, of a matrix of %zu x %zu",
                             file->input.name, rows.rows, rows.cols, first_row + 1, file->info.rows,
                             file->info.cols);
    }
    um_status status;
    if (file->npy != NULL) {
        status = umi_npy_reader_read(file->npy, first_row, rows, error);
    } else if (rows.rows != file->info.rows) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: a matrix in text cannot be read in pieces; save it as NPY "
                             "(numpy.save)",
                             file->input.name);
    } else if (file->info.kind == UMI_MATRIX_MARKET) {
        status = umi_matrix_market_read(file->text, &file->market, rows, error);
    } else {
        status = umi_csv_read(file->text, &file->csv, rows, error);
    }
    return judge(file, status, error);
}

um_status umi_matrix_file_read_sparse(umi_matrix_file *file, um_csparse *V, um_error *error)
{
    if (!file->info.is_sparse) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%s: this matrix is not sparse",
                             file->input.name);
    }
    umi_sparse_builder_free(file->sparse);
    um_status status =
        umi_matrix_market_read_sparse(file->text, &file->market, &file->sparse, V, error);
    return judge(file, status, error);
}
