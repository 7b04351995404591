#include "format/matrix_market.h"

#include "core/decimal.h"
#include "core/error.h"
#include "core/memory.h"
#include "format/market_line.h"
#include "format/matrix_value.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

static const char BANNER[] = "%%MatrixMarket";

/* -- The header -------------------------------------------------------------------------------- */

/* Which of words[n] it is, or n. */
static size_t find(const char *word, const char *const *words, size_t n)
{
    size_t i = 0;
    while (i < n && strcasecmp(words[i], word) != 0) {
        i++;
    }
    return i;
}

static um_status read_banner(umi_market_line *line, umi_matrix_market *market)
{
    static const char *const formats[] = {"coordinate", "array"};
    static const char *const fields[] = {"pattern", "real", "double", "integer",
                                         "unsigned-integer"};
    static const char *const symmetries[] = {"symmetric", "general"};
    bool at_end;
    um_status status = umi_market_line_read(line, &at_end);
    if (status != UM_OK) {
        return status;
    }
    if (line->n_words == 0 || strcmp(line->words[0], BANNER) != 0) {
        return umi_market_reject(line, "a Matrix Market file begins with %%MatrixMarket");
    }
    if (line->n_words != 5) {
        return umi_market_reject(line,
                                 "this should be: %%MatrixMarket matrix FORMAT FIELD SYMMETRY");
    }
    if (strcasecmp(line->words[1], "matrix") != 0) {
        return umi_market_reject_word(line, 1, "is no matrix");
    }
    size_t format = find(line->words[2], formats, 2);
    size_t field = find(line->words[3], fields, 5);
    size_t symmetry = find(line->words[4], symmetries, 2);
    if (format == 2) {
        return umi_market_reject_word(line, 2, "is neither coordinate nor array");
    }
    if (field == 5 || (field == 0 && format == 1)) {
        return umi_market_reject_word(line, 3,
                                      "values are not read, only real, integer and (coordinate) "
                                      "pattern");
    }
    if (symmetry == 2) {
        return umi_market_reject_word(line, 4, "matrices are not read, only general and symmetric");
    }
    market->is_sparse = format == 0;
    market->is_pattern = field == 0;
    market->is_symmetric = symmetry == 0;
    return UM_OK;
}

/* The line of sizes, and what it says about the lines that follow. */
static um_status read_sizes(umi_market_line *line, umi_matrix_market *market)
{
    bool at_end;
    um_status status = umi_market_line_read_content(line, &at_end);
    if (status != UM_OK) {
        return status;
    }
    size_t n_sizes = market->is_sparse ? 3 : 2;
    size_t sizes[3] = {0};
    bool ok = !at_end && line->n_words == n_sizes;
    for (size_t i = 0; ok && i < n_sizes; i++) {
        ok = umi_market_parse_size(line->words[i], &sizes[i]);
    }
    if (!ok) {
        return umi_market_reject(line, market->is_sparse ? "here should be: ROWS COLUMNS ENTRIES"
                                                         : "here should be: ROWS COLUMNS");
    }
    const uint64_t most = (uint64_t)UINT32_MAX + 1;
    if (sizes[0] == 0 || sizes[1] == 0 || sizes[0] > most || sizes[1] > most) {
        return umi_market_reject(line, "rows and columns should be 1..4294967296");
    }
    if (market->is_symmetric && sizes[0] != sizes[1]) {
        return umi_market_reject(line, "a symmetric matrix has as many rows as columns");
    }
    market->rows = sizes[0];
    market->cols = sizes[1];
    market->n_lines = sizes[2];
    if (!market->is_sparse) {
        /* Of a symmetric one the lower triangle with the diagonal. Neither product can overflow by
         * the limits above but for the largest of all, which no file could fill. */
        ok = umi_multiply(sizes[0], sizes[1] + market->is_symmetric, &market->n_lines);
        market->n_lines = ok ? market->n_lines / (market->is_symmetric ? 2 : 1) : SIZE_MAX;
    }
    /* A line has two indices and a value, one digit each, with a blank or newline behind each. */
    size_t least = market->is_sparse ? (market->is_pattern ? 4 : 6) : 2;
    if (market->n_lines > line->reader->source.size / least + 1) {
        return umi_market_reject(
            line, "more values are declared than the file can hold: truncated? Copy it "
                  "again");
    }
    return UM_OK;
}

static um_status read_header(umi_market_line *line, umi_matrix_market *market)
{
    umi_text_restart(line->reader);
    um_status status = read_banner(line, market);
    return status == UM_OK ? read_sizes(line, market) : status;
}

um_status umi_matrix_market_open(umi_text_reader *reader, umi_matrix_market *market,
                                 um_error *error)
{
    umi_market_line line = {.reader = reader, .error = error};
    umi_matrix_market read = {0};
    um_status status = umi_text_judge(reader, read_header(&line, &read), error);
    if (status == UM_OK) {
        *market = read;
    }
    return status;
}

/* -- Entries ----------------------------------------------------------------------------------- */

/* What is done with every entry: one of the functions below. False when there is no room for it,
 * which cannot be unless the file has changed. */
struct visitor {
    bool (*visit)(struct visitor *visitor, size_t row, size_t col, float value);
    um_view matrix;
    umi_sparse_builder *builder;
};

static bool visit_to_add(struct visitor *visitor, size_t row, size_t col, float value)
{
    um_row(visitor->matrix, row)[col] += value;
    return true;
}

static bool visit_to_count(struct visitor *visitor, size_t row, size_t col, float value)
{
    (void)col;
    (void)value;
    umi_sparse_builder_count(visitor->builder, row);
    return true;
}

static bool visit_to_put(struct visitor *visitor, size_t row, size_t col, float value)
{
    return umi_sparse_builder_put(visitor->builder, row, col, value);
}

/* A value of the file as float32. */
static um_status take_value(const umi_market_line *line, size_t word, size_t row, size_t col,
                            float *value)
{
    double number;
    if (!umi_decimal_parse(line->words[word], strlen(line->words[word]), &number)) {
        return umi_market_reject_word(line, word, "is not a number");
    }
    *value = (float)number + 0.0f; /* -0 becomes 0 */
    return umi_matrix_value_is_valid(*value)
               ? UM_OK
               : umi_matrix_value_reject(line->reader->source.name, row, col, number, line->error);
}

static um_status visit(const umi_market_line *line, const umi_matrix_market *market,
                       struct visitor *visitor, size_t row, size_t col, float value)
{
    bool ok = visitor->visit(visitor, row, col, value);
    if (ok && market->is_symmetric && row != col) {
        ok = visitor->visit(visitor, col, row, value);
    }
    return ok ? UM_OK
              : umi_error_set(line->error, UM_ERR_CHANGED, "%s: changed while it was read",
                              line->reader->source.name);
}

static um_status visit_coordinate(umi_market_line *line, const umi_matrix_market *market,
                                  struct visitor *visitor)
{
    size_t row;
    size_t col;
    if (line->n_words != (market->is_pattern ? 2 : 3)) {
        return umi_market_reject(line, market->is_pattern ? "here should be: ROW COLUMN"
                                                          : "here should be: ROW COLUMN VALUE");
    }
    if (!umi_market_parse_size(line->words[0], &row) || row < 1 || row > market->rows) {
        return umi_market_reject_word(line, 0, "is no row of this matrix; they count from 1");
    }
    if (!umi_market_parse_size(line->words[1], &col) || col < 1 || col > market->cols) {
        return umi_market_reject_word(line, 1, "is no column of this matrix; they count from 1");
    }
    if (market->is_symmetric && row < col) {
        return umi_market_reject(line,
                                 "above the diagonal; a symmetric file has only what is below");
    }
    float value = 1.0f;
    um_status status = market->is_pattern ? UM_OK : take_value(line, 2, row - 1, col - 1, &value);
    return status == UM_OK ? visit(line, market, visitor, row - 1, col - 1, value) : status;
}

static um_status reject_count(const umi_market_line *line, const umi_matrix_market *market,
                              size_t n_found)
{
    bool is_short = n_found < market->n_lines;
    return umi_error_set(
        line->error, UM_ERR_DATA, "%s: line %zu: %s: %zu values are declared, %s%zu found%s",
        line->reader->source.name, line->number, is_short ? "truncated" : "too many values",
        market->n_lines, is_short ? "" : "more than ", is_short ? n_found : market->n_lines,
        is_short ? "; copy the file again" : "");
}

static um_status visit_coordinates(umi_market_line *line, const umi_matrix_market *market,
                                   struct visitor *visitor)
{
    bool at_end = false;
    for (size_t n = 0;; n++) {
        um_status status = umi_market_line_read_content(line, &at_end);
        if (status == UM_OK && at_end != (n == market->n_lines)) {
            status = reject_count(line, market, n);
        }
        if (status == UM_OK && !at_end) {
            status = visit_coordinate(line, market, visitor);
        }
        if (status != UM_OK || at_end) {
            return status;
        }
    }
}

/* Values come column by column, of a symmetric matrix from the diagonal down. The format has one a
 * line; more are taken. */
static um_status visit_array(umi_market_line *line, const umi_matrix_market *market,
                             struct visitor *visitor)
{
    size_t row = 0;
    size_t col = 0;
    size_t n = 0;
    for (bool at_end = false; !at_end;) {
        um_status status = umi_market_line_read_content(line, &at_end);
        size_t n_left = market->n_lines - n;
        if (status == UM_OK && (at_end ? n_left > 0 : line->n_words > n_left)) {
            status = reject_count(line, market, n + line->n_words);
        }
        if (status == UM_OK && line->n_words > UMI_MARKET_WORDS_MAX) {
            status = umi_market_reject(line, "an array has one value a line");
        }
        for (size_t i = 0; status == UM_OK && i < line->n_words; i++, n++) {
            float value;
            status = take_value(line, i, row, col, &value);
            if (status == UM_OK) {
                status = visit(line, market, visitor, row, col, value);
            }
            if (++row == market->rows) {
                col++;
                row = market->is_symmetric ? col : 0;
            }
        }
        if (status != UM_OK) {
            return status;
        }
    }
    return UM_OK;
}

/* One pass over the text. */
static um_status visit_all(umi_text_reader *reader, const umi_matrix_market *market,
                           struct visitor *visitor, um_error *error)
{
    umi_market_line line = {.reader = reader, .error = error};
    umi_matrix_market now = {0};
    um_status status = read_header(&line, &now);
    if (status == UM_OK && (now.rows != market->rows || now.cols != market->cols ||
                            now.is_sparse != market->is_sparse)) {
        status = umi_error_set(error, UM_ERR_CHANGED, "%s: changed while it was read",
                               reader->source.name);
    }
    if (status == UM_OK) {
        status = now.is_sparse ? visit_coordinates(&line, &now, visitor)
                               : visit_array(&line, &now, visitor);
    }
    return umi_text_judge(reader, status, error);
}

um_status umi_matrix_market_read(umi_text_reader *reader, const umi_matrix_market *market,
                                 um_view matrix, um_error *error)
{
    assert(matrix.rows == market->rows && matrix.cols == market->cols);
    for (size_t r = 0; r < matrix.rows; r++) {
        memset(um_row(matrix, r), 0, matrix.cols * sizeof(float));
    }
    struct visitor visitor = {.visit = visit_to_add, .matrix = matrix};
    um_status status = visit_all(reader, market, &visitor, error);
    for (size_t r = 0; status == UM_OK && r < matrix.rows; r++) {
        for (size_t c = 0; status == UM_OK && c < matrix.cols; c++) {
            float sum = um_row(matrix, r)[c];
            if (!umi_matrix_value_is_valid(sum)) {
                status = umi_matrix_value_reject(reader->source.name, r, c, (double)sum, error);
            }
        }
    }
    return status;
}

/* Sums may be too large where no entry is. */
static um_status check_sums(um_csparse matrix, const char *name, um_error *error)
{
    for (size_t r = 0; r < matrix.rows; r++) {
        for (size_t i = matrix.row_start[r]; i < matrix.row_start[r + 1]; i++) {
            if (!umi_matrix_value_is_valid(matrix.value[i])) {
                return umi_matrix_value_reject(name, r, matrix.column[i], (double)matrix.value[i],
                                               error);
            }
        }
    }
    return UM_OK;
}

um_status umi_matrix_market_read_sparse(umi_text_reader *reader, const umi_matrix_market *market,
                                        umi_sparse_builder **out, um_csparse *matrix,
                                        um_error *error)
{
    const char *name = reader->source.name;
    struct visitor visitor = {.visit = visit_to_count};
    assert(market->is_sparse);
    *out = NULL;
    um_status status = umi_sparse_builder_new(market->rows, market->cols, &visitor.builder);
    if (status == UM_OK) {
        status = visit_all(reader, market, &visitor, error);
    }
    if (status == UM_OK) {
        status = umi_sparse_builder_allocate(visitor.builder);
    }
    if (status == UM_OK) {
        visitor.visit = visit_to_put;
        status = visit_all(reader, market, &visitor, error);
    }
    if (status == UM_OK && !umi_sparse_builder_is_full(visitor.builder)) {
        status = umi_error_set(error, UM_ERR_CHANGED, "%s: changed while it was read", name);
    }
    if (status == UM_OK) {
        status = umi_sparse_builder_finish(visitor.builder, matrix);
    }
    if (status == UM_OK) {
        status = check_sums(*matrix, name, error);
    }
    if (status == UM_ERR_MEMORY) {
        status = umi_error_set(error, UM_ERR_MEMORY,
                               "%s: not enough memory for %zu rows and %zu entries", name,
                               market->rows, market->n_lines);
    }
    if (status == UM_OK) {
        *out = visitor.builder;
    } else {
        umi_sparse_builder_free(visitor.builder);
    }
    return status;
}
