/* A Matrix Market file is refused with a message, or gives a valid sparse matrix, which is the
 * dense one, and the same in pieces of any size. */
#include "fuzz.h"

#include "../text_bytes.h"
#include "format/matrix_market.h"
#include "format/matrix_value.h"

#include <stdlib.h>

/* What larger files are not made dense of, and not read at all. */
enum { CELLS_MAX = 1 << 16, ROWS_MAX = 1 << 20 };

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void require_message(um_status status, const um_error *error)
{
    require(status == UM_ERR_DATA && error->status == status);
    require(strncmp(error->message, "x: ", 3) == 0 && strchr(error->message, '\n') == NULL);
}

static void require_same(um_csparse matrix, um_cview dense)
{
    for (size_t r = 0; r < matrix.rows; r++) {
        size_t i = matrix.row_start[r];
        for (size_t c = 0; c < matrix.cols; c++) {
            bool is_entry = i < matrix.row_start[r + 1] && matrix.column[i] == c;
            require(um_crow(dense, r)[c] == (is_entry ? matrix.value[i] : 0.0f));
            i += is_entry;
        }
    }
}

/* values[CELLS_MAX] is filled where the matrix is small enough. */
static um_status read_all(umi_text_reader *reader, umi_matrix_market *market, float *values,
                          um_error *error)
{
    um_status status = umi_matrix_market_open(reader, market, error);
    if (status != UM_OK || market->rows > ROWS_MAX) {
        return status;
    }
    um_view dense = um_view_of(values, market->rows, market->cols);
    bool is_small = market->cols <= CELLS_MAX / market->rows;
    if (is_small) {
        status = umi_matrix_market_read(reader, market, dense, error);
    }
    if (market->is_sparse) {
        umi_sparse_builder *builder = NULL;
        um_csparse matrix;
        um_status again = umi_matrix_market_read_sparse(reader, market, &builder, &matrix, error);
        require(!is_small || again == status);
        require((again == UM_OK) == (builder != NULL));
        require(again != UM_OK || um_csparse_is_valid(matrix));
        if (again == UM_OK && is_small) {
            require_same(matrix, um_const_view(dense));
        }
        umi_sparse_builder_free(builder);
        return again;
    }
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static float first[CELLS_MAX];
    static float second[CELLS_MAX];
    umi_matrix_market market = {0};
    um_error error = {0};
    um_error error_again = {0};
    text_bytes text = {data, size, SIZE_MAX, SIZE_MAX};
    um_status status = read_all(text_bytes_reader(&text), &market, first, &error);
    text.piece = 3;
    um_status again = read_all(text_bytes_reader(&text), &market, second, &error_again);
    require(again == status && strcmp(error.message, error_again.message) == 0);
    if (status != UM_OK) {
        require_message(status, &error);
    } else if (market.rows <= ROWS_MAX && market.cols <= CELLS_MAX / market.rows) {
        for (size_t i = 0; i < market.rows * market.cols; i++) {
            require(umi_matrix_value_is_valid(first[i]) && first[i] == second[i]);
        }
    }
    return 0;
}

size_t fuzz_seed(size_t i, uint8_t *seed)
{
    static const char *const texts[] = {
        "%%MatrixMarket matrix coordinate real general\n% c\n3 4 3\n1 1 1.5\n3 4 2e-3\n3 4 1\n",
        "%%MatrixMarket matrix coordinate pattern symmetric\r\n3 3 3\r\n1 1\r\n3 1\r\n3 2\r\n",
        "%%MatrixMarket matrix coordinate integer general\n2 2 2\n2 2 7\n1 1 900000000000\n",
        "%%MatrixMarket matrix array real general\n2 3\n1\n2\n3\n4\n5\n6\n",
        "%%MatrixMarket matrix array double symmetric\n2 2\n\n1 .5\n+3.25E+01\n",
    };
    if (i >= sizeof texts / sizeof texts[0]) {
        return 0;
    }
    memcpy(seed, texts[i], strlen(texts[i]));
    return strlen(texts[i]);
}
