/* A table is refused with a message, or has the shape that was measured and valid values, the same
 * in pieces of any size. */
#include "fuzz.h"

#include "../text_bytes.h"
#include "format/csv.h"
#include "format/matrix_value.h"

#include <stdlib.h>

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* The values, one a cell, or NULL. */
static float *read_table(umi_text_reader *reader, size_t size, umi_csv *csv, um_error *error)
{
    um_status status = umi_csv_measure(reader, csv, error);
    float *values = NULL;
    if (status == UM_OK) {
        require(csv->rows > 0 && csv->cols > 0 && csv->cols <= (size + 1) / 2 / csv->rows);
        values = malloc(csv->rows * csv->cols * sizeof *values);
        require(values != NULL);
        status = umi_csv_read(reader, csv, um_view_of(values, csv->rows, csv->cols), error);
    }
    if (status != UM_OK) {
        require(status == UM_ERR_DATA && error->status == status);
        require(strncmp(error->message, "x: ", 3) == 0 && strchr(error->message, '\n') == NULL);
        free(values);
        return NULL;
    }
    return values;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    umi_csv csv = {0};
    umi_csv csv_again = {0};
    um_error error = {0};
    um_error error_again = {0};
    text_bytes text = {data, size, SIZE_MAX, SIZE_MAX};
    float *values = read_table(text_bytes_reader(&text), size, &csv, &error);
    text.piece = 3;
    float *again = read_table(text_bytes_reader(&text), size, &csv_again, &error_again);
    require((values == NULL) == (again == NULL));
    require(strcmp(error.message, error_again.message) == 0);
    if (values != NULL) {
        require(csv.rows == csv_again.rows && csv.cols == csv_again.cols);
        for (size_t i = 0; i < csv.rows * csv.cols; i++) {
            require(umi_matrix_value_is_valid(values[i]) && values[i] == again[i]);
        }
    }
    free(values);
    free(again);
    return 0;
}

size_t fuzz_seed(size_t i, uint8_t *seed)
{
    static const char *const texts[] = {
        "1,2,3\n4,5e-1,6\n",
        "\xEF\xBB\xBF\"a; b\";c\r\n1;2\r\n3;4\r\n\r\n",
        "# comment\none\ttwo\n 1 \t2.25\n3\t4\n",
        "  1 2\n3   4  \n\n",
        "\"100\" \"2\"\"0\"\n.5 +7\n",
        "1,2\n3,nan\n",
    };
    if (i >= sizeof texts / sizeof texts[0]) {
        return 0;
    }
    memcpy(seed, texts[i], strlen(texts[i]));
    return strlen(texts[i]);
}
