#include "job/factor_output.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/npy_file.h"

enum { BLOCK_ROWS = 256 };

um_status umi_factor_write_matrix(umi_output_set *set, const char *name, um_cview M,
                                  um_error *error)
{
    return umi_npy_file_write_matrix(umi_output_set_path(set, name),
                                     umi_output_set_shown_path(set, name), M, error);
}

um_status umi_factor_write_W(umi_output_set *set, um_cview W, size_t n_frames, um_error *error)
{
    if (n_frames <= 1) {
        return umi_factor_write_matrix(set, "W.npy", W, error);
    }
    size_t cols = W.cols / n_frames;
    umi_npy_file_config config = {umi_output_set_path(set, "W.npy"),
                                  umi_output_set_shown_path(set, "W.npy"),
                                  3,
                                  {W.rows, n_frames, cols}};
    umi_npy_file *file;
    um_status status = umi_npy_file_new(&config, &file, error);
    for (size_t k = 0; k < W.rows && status == UM_OK; k++) {
        status = umi_npy_file_write(file, um_cview_of(um_crow(W, k), n_frames, cols), error);
    }
    if (status == UM_OK) {
        status = umi_npy_file_finish(file, error);
    }
    umi_npy_file_free(file);
    return status;
}

struct umi_factor_H_file {
    umi_npy_file *npy;
    const double *W_sums;
    float *block; /* BLOCK_ROWS x K, where W_sums are given */
};

um_status umi_factor_H_file_new(umi_output_set *set, size_t rows, size_t K, const double *W_sums,
                                umi_factor_H_file **out, um_error *error)
{
    umi_npy_file_config config = {
        umi_output_set_path(set, "H.npy"), umi_output_set_shown_path(set, "H.npy"), 2, {rows, K}};
    um_status status = UM_OK;
    umi_factor_H_file *file = umi_alloc(1, sizeof *file);
    *out = NULL;
    if (file != NULL && W_sums != NULL) {
        file->W_sums = W_sums;
        file->block = umi_alloc(BLOCK_ROWS * K, sizeof *file->block);
    }
    if (file == NULL || (W_sums != NULL && file->block == NULL)) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory to write H");
    }
    if (status == UM_OK) {
        status = umi_npy_file_new(&config, &file->npy, error);
    }
    if (status != UM_OK) {
        umi_factor_H_file_free(file);
        return status;
    }
    *out = file;
    return UM_OK;
}

um_status umi_factor_H_file_write(umi_factor_H_file *file, um_cview H, um_error *error)
{
    if (file->W_sums == NULL) {
        return umi_npy_file_write(file->npy, H, error);
    }
    um_status status = UM_OK;
    for (size_t first = 0; first < H.rows && status == UM_OK; first += BLOCK_ROWS) {
        size_t n = H.rows - first < BLOCK_ROWS ? H.rows - first : BLOCK_ROWS;
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < H.cols; k++) {
                double h = (double)um_crow(H, first + i)[k];
                file->block[i * H.cols + k] = (float)(h / file->W_sums[k]);
            }
        }
        status = umi_npy_file_write(file->npy, um_cview_of(file->block, n, H.cols), error);
    }
    return status;
}

um_status umi_factor_H_file_finish(umi_factor_H_file *file, um_error *error)
{
    return umi_npy_file_finish(file->npy, error);
}

void umi_factor_H_file_free(umi_factor_H_file *file)
{
    if (file != NULL) {
        umi_npy_file_free(file->npy);
        umi_free(file->block);
        umi_free(file);
    }
}
