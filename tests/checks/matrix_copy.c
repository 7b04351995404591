/* Reads a matrix and writes it as NPY, so that other programs can be asked what we made of it.
 *
 *     matrix_copy IN OUT.npy ROWS      reads ROWS rows at a time where that can be done, else all
 *     matrix_copy IN OUT.npy A B C     writes the same numbers as an array of A x B x C
 *     matrix_copy IN                   reads a sparse matrix; prints rows, columns, entries, and
 *                                      how many KiB of memory the process took at most
 */
#define _DEFAULT_SOURCE
#include "core/memory.h"
#include "io/matrix_file.h"
#include "io/npy_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static um_error error;

static umi_matrix_file *open_matrix(const char *path)
{
    umi_matrix_file *file = NULL;
    if (umi_matrix_file_open(path, "/tmp", &file, &error) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(65);
    }
    return file;
}

static bool read_dense(umi_matrix_file *file, um_view matrix, size_t piece)
{
    const umi_matrix_info *info = umi_matrix_file_info(file);
    piece = info->has_row_access ? piece : info->rows;
    um_status status = UM_OK;
    for (size_t r = 0; status == UM_OK && r < info->rows; r += piece) {
        um_view rows = matrix;
        rows.data = um_row(matrix, r);
        rows.rows = piece < info->rows - r ? piece : info->rows - r;
        status = umi_matrix_file_read(file, r, rows, &error);
    }
    return status == UM_OK;
}

static bool read_sparse(umi_matrix_file *file, um_view matrix)
{
    um_csparse V;
    if (umi_matrix_file_read_sparse(file, &V, &error) != UM_OK) {
        return false;
    }
    for (size_t r = 0; r < V.rows; r++) {
        for (size_t i = V.row_start[r]; i < V.row_start[r + 1]; i++) {
            um_row(matrix, r)[V.column[i]] = V.value[i];
        }
    }
    return true;
}

static bool write_array(const char *path, um_view matrix, const size_t *shape)
{
    umi_npy_file_config config = {path, NULL, 3, {shape[0], shape[1], shape[2]}};
    umi_npy_file *file = NULL;
    um_cview rows = um_cview_of(matrix.data, shape[0] * shape[1], shape[2]);
    bool ok = umi_npy_file_new(&config, &file, &error) == UM_OK &&
              umi_npy_file_write(file, rows, &error) == UM_OK &&
              umi_npy_file_finish(file, &error) == UM_OK;
    umi_npy_file_free(file);
    return ok;
}

static int print_sparse(umi_matrix_file *file)
{
    um_csparse V;
    struct rusage usage;
    if (umi_matrix_file_read_sparse(file, &V, &error) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 65;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%zu %zu %zu %lld\n", V.rows, V.cols, um_csparse_entries(V), (long long)usage.ru_maxrss);
    umi_matrix_file_free(file);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4 && argc != 6) {
        return 64;
    }
    umi_matrix_file *file = open_matrix(argv[1]);
    const umi_matrix_info *info = umi_matrix_file_info(file);
    if (argc == 2) {
        return print_sparse(file);
    }
    um_view matrix =
        um_view_of(umi_alloc(info->rows * info->cols, sizeof(float)), info->rows, info->cols);
    size_t shape[3] = {0};
    for (int i = 3; i < argc; i++) {
        shape[i - 3] = strtoull(argv[i], NULL, 10);
    }
    bool ok = info->is_sparse ? read_sparse(file, matrix)
                              : read_dense(file, matrix, argc == 4 ? shape[0] : info->rows);
    if (ok && argc == 4) {
        ok = umi_npy_file_write_matrix(argv[2], NULL, um_const_view(matrix), &error) == UM_OK;
    } else if (ok) {
        ok = write_array(argv[2], matrix, shape);
    }
    if (!ok) {
        fprintf(stderr, "%s\n", error.message);
    }
    umi_free(matrix.data);
    umi_matrix_file_free(file);
    return ok ? 0 : 65;
}
