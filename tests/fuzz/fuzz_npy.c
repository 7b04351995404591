/* An NPY file is refused with a message, or its items are exactly its data, each of them a value
 * that both conversions agree on. */
#include "fuzz.h"

#include "../npy_bytes.h"
#include "format/npy.h"

#include <math.h>
#include <stdint.h>

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void require_message(um_status status, const um_error *error)
{
    require(status == UM_ERR_DATA && error->status == status);
    require(strncmp(error->message, "f: ", 3) == 0 && strchr(error->message, '\n') == NULL);
}

static void check_items(const umi_npy *npy, const unsigned char *data, size_t n_bytes)
{
    size_t n = n_bytes / npy->item_bytes;
    require(n * npy->item_bytes == n_bytes);
    float *values = malloc(n > 0 ? n * sizeof *values : 1);
    require(values != NULL);
    umi_npy_to_float(npy, data, n, values);
    for (size_t i = 0; i < n; i++) {
        double value = umi_npy_value(npy, data + i * npy->item_bytes);
        require(isnan(value) ? isnan(values[i]) : values[i] == (float)value);
        require(npy->type == UMI_NPY_FLOAT || (isfinite(value) && value == floor(value)));
    }
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    umi_npy npy;
    um_error error = {0};
    size_t data_begin = 0;
    um_status status = umi_npy_data_begin(data, size, "f", &data_begin, &error);
    if (status == UM_OK) {
        require(data_begin <= size && data_begin <= UMI_NPY_HEADER_MAX);
        status = umi_npy_parse(data, data_begin, size - data_begin, "f", &npy, &error);
    }
    if (status != UM_OK) {
        require_message(status, &error);
        return 0;
    }
    require(npy.n_dimensions <= UMI_NPY_DIMENSIONS_MAX);
    check_items(&npy, data + data_begin, size - data_begin);
    size_t rows = 0;
    size_t cols = 0;
    status = umi_npy_matrix(&npy, "f", &rows, &cols, &error);
    if (status == UM_OK) {
        require(rows * cols * npy.item_bytes == size - data_begin && rows > 0 && cols > 0);
    } else {
        require_message(status, &error);
    }
    return 0;
}

size_t fuzz_seed(size_t i, uint8_t *seed)
{
    static const char *const types[] = {"<f4", ">f8", "|i1", "<i2", ">i4", "<i8", "|u1", "|b1"};
    enum { N_TYPES = sizeof types / sizeof types[0] };
    if (i == 2 * N_TYPES) {
        static const size_t shape[3] = {1, 2, 3};
        size_t n = umi_npy_format(shape, 3, seed);
        memset(seed + n, 0, 24);
        return n + 24;
    }
    if (i > 2 * N_TYPES) {
        return 0;
    }
    size_t n = npy_put_matrix_header(seed, types[i / 2], i % 2 != 0, 3, 4);
    for (size_t j = 0; j < 12; j++) {
        n += npy_put_item(seed + n, types[i / 2], (double)j);
    }
    return n;
}
