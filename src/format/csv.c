#include "format/csv.h"

#include "core/decimal.h"
#include "core/error.h"
#include "format/matrix_value.h"
#include "format/utf8.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* Characters of a cell that are kept: more than any sensible number has. */
enum { CELL_MAX = 400 };

/* Room for a cell in a message. */
enum { SHOWN_SIZE = 48 };

/* What comes behind a cell. */
enum ending { ENDING_DELIMITER, ENDING_LINE, ENDING_TEXT };

/* A pass over the table. */
struct table {
    umi_text_reader *reader;
    um_error *error;
    umi_csv csv;
    um_view matrix;    /* data NULL: only measured */
    size_t first_line; /* where the table begins */
    /* The cell that was read last. */
    size_t line;
    size_t count; /* in its line, from 1 */
    bool is_quoted;
    enum ending ending;
    size_t n; /* characters, also those that are not kept */
    char text[CELL_MAX + 1];
};

static um_status reject_line(const struct table *table, const char *what)
{
    return umi_error_set(table->error, UM_ERR_DATA, "%s: line %zu: %s", table->reader->source.name,
                         table->line, what);
}

static um_status reject_cell(const struct table *table, const char *what)
{
    char shown[SHOWN_SIZE];
    return umi_error_set(table->error, UM_ERR_DATA, "%s: line %zu, column %zu: '%s' %s",
                         table->reader->source.name, table->line, table->count,
                         umi_utf8_printable(table->text, shown, sizeof shown), what);
}

static um_status reject_changed(const struct table *table)
{
    return umi_error_set(table->error, UM_ERR_CHANGED, "%s: changed while it was read",
                         table->reader->source.name);
}

/* -- Cells ------------------------------------------------------------------------------------- */

static void skip_blanks(struct table *table)
{
    int c;
    while (c = umi_text_peek(table->reader),
           c == ' ' || (c == '\t' && table->csv.delimiter != '\t')) {
        (void)umi_text_next(table->reader);
    }
}

/* True for the delimiter, the end of the line and that of the text. */
static bool ends_cell(const struct table *table, int c)
{
    return c == '\n' || c == UMI_TEXT_END || c == table->csv.delimiter ||
           (c == '\t' && table->csv.delimiter == ' ');
}

static void keep(struct table *table, int c)
{
    if (table->n < CELL_MAX) {
        table->text[table->n] = (char)c;
        table->text[table->n + 1] = '\0';
    }
    table->n++;
}

/* The inside of quotes, behind the first of them; "" stands for one that belongs to the name. */
static um_status take_quoted(struct table *table)
{
    table->is_quoted = true;
    for (;;) {
        int c = umi_text_peek(table->reader);
        if (c == '\n' || c == UMI_TEXT_END) {
            return reject_cell(table, "has no closing quote on its line");
        }
        (void)umi_text_next(table->reader);
        if (c == '"' && umi_text_peek(table->reader) != '"') {
            return UM_OK;
        }
        if (c == '"') {
            (void)umi_text_next(table->reader);
        }
        keep(table, c);
    }
}

/* Takes what follows a cell. */
static um_status take_ending(struct table *table)
{
    int c = umi_text_peek(table->reader);
    if (!ends_cell(table, c)) {
        return reject_cell(table, "has something behind its quotes");
    }
    if (table->csv.delimiter == ' ') {
        /* Blanks end a cell, but at the end of a line they are nothing. */
        skip_blanks(table);
        c = umi_text_peek(table->reader);
    }
    table->ending = c == '\n' ? ENDING_LINE : c == UMI_TEXT_END ? ENDING_TEXT : ENDING_DELIMITER;
    if (c == '\n' || c == table->csv.delimiter) {
        (void)umi_text_next(table->reader);
    }
    return UM_OK;
}

/* Reads the next cell with what ends it. */
static um_status take_cell(struct table *table)
{
    table->count++;
    table->is_quoted = false;
    table->n = 0;
    table->text[0] = '\0';
    skip_blanks(table);
    if (umi_text_peek(table->reader) == '"') {
        (void)umi_text_next(table->reader);
        um_status status = take_quoted(table);
        if (status != UM_OK) {
            return status;
        }
        if (table->csv.delimiter != ' ') {
            skip_blanks(table);
        }
        return take_ending(table);
    }
    size_t n_trimmed = 0;
    while (!ends_cell(table, umi_text_peek(table->reader))) {
        int c = umi_text_next(table->reader);
        keep(table, c);
        n_trimmed = c == ' ' || c == '\t' ? n_trimmed : table->n;
    }
    table->n = n_trimmed;
    table->text[table->n < CELL_MAX ? table->n : CELL_MAX] = '\0';
    return take_ending(table);
}

/* -- Numbers ----------------------------------------------------------------------------------- */

/* Words that are numbers to other programs, and none that can be factorised. False, too, for what
 * is no such word. */
static bool parse_special(const char *text, double *value)
{
    const char *word = text + (*text == '-' || *text == '+');
    if (strcasecmp(word, "nan") == 0) {
        *value = (double)NAN;
        return true;
    }
    if (strcasecmp(word, "inf") == 0 || strcasecmp(word, "infinity") == 0) {
        *value = *text == '-' ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    return false;
}

static bool cell_is_number(const struct table *table, double *value)
{
    return !table->is_quoted && table->n <= CELL_MAX &&
           (umi_decimal_parse(table->text, table->n, value) || parse_special(table->text, value));
}

/* The cell as an element of the matrix. */
static um_status take_value(const struct table *table, size_t row)
{
    size_t col = table->count - 1;
    double number;
    if (row >= table->matrix.rows || col >= table->matrix.cols) {
        return reject_changed(table);
    }
    if (!cell_is_number(table, &number)) {
        return reject_cell(table, table->is_quoted ? "is in quotes, as only names may be"
                                  : strchr(table->text, ',') != NULL
                                      ? "is not a number; the decimal sign is a point"
                                      : "is not a number");
    }
    float value = (float)number + 0.0f; /* -0 becomes 0 */
    if (!umi_matrix_value_is_valid(value)) {
        return umi_matrix_value_reject(table->reader->source.name, row, col, number, table->error);
    }
    um_row(table->matrix, row)[col] = value;
    return UM_OK;
}

/* -- Lines ------------------------------------------------------------------------------------- */

static void skip_line(struct table *table)
{
    int c;
    do {
        c = umi_text_next(table->reader);
    } while (c != '\n' && c != UMI_TEXT_END);
}

/* Passes over blank lines, and over the blanks in front of what comes then; returns how many. */
static size_t skip_blank_lines(struct table *table)
{
    size_t n = 0;
    for (skip_blanks(table); umi_text_peek(table->reader) == '\n'; skip_blanks(table)) {
        skip_line(table);
        n++;
    }
    return n;
}

/* Goes to where the table begins. */
static void find_table(struct table *table)
{
    umi_text_restart(table->reader);
    skip_blank_lines(table);
    while (umi_text_peek(table->reader) == '#') {
        skip_line(table);
        skip_blank_lines(table);
    }
    table->first_line = table->reader->line;
}

/* Finds what separates the cells of the first line. */
static void find_delimiter(struct table *table)
{
    static const char delimiters[] = "\t;,";
    bool seen[sizeof delimiters] = {false};
    bool in_quotes = false;
    table->csv.delimiter = '\t'; /* so that no tab is taken for a blank */
    find_table(table);
    for (int c; (c = umi_text_next(table->reader)) != '\n' && c != UMI_TEXT_END;) {
        in_quotes ^= c == '"';
        const char *found = c != '\0' && !in_quotes ? strchr(delimiters, c) : NULL;
        if (found != NULL) {
            seen[found - delimiters] = true;
        }
    }
    table->csv.delimiter = ' ';
    for (size_t i = 0; delimiters[i] != '\0' && table->csv.delimiter == ' '; i++) {
        table->csv.delimiter = seen[i] ? delimiters[i] : ' ';
    }
}

/* The next cell, which must not be empty. */
static um_status take_full_cell(struct table *table, bool may_be_name)
{
    um_status status = take_cell(table);
    if (status == UM_OK && table->n == 0) {
        status = reject_cell(table, may_be_name ? "is no name; a table is read without names of "
                                                  "rows (pandas: index=False)"
                                                : "is no number; every cell must hold one");
    }
    return status;
}

/* Counts the first line's cells and sees what it is. */
static um_status measure_first_line(struct table *table)
{
    size_t n_numbers = 0;
    table->line = table->reader->line;
    table->count = 0;
    do {
        double number;
        um_status status = take_full_cell(table, true);
        if (status != UM_OK) {
            return status;
        }
        n_numbers += cell_is_number(table, &number);
    } while (table->ending == ENDING_DELIMITER);
    if (n_numbers > 0 && n_numbers < table->count) {
        return reject_line(table, "neither a header nor a row: some of its cells are numbers, some "
                                  "are not (put names into quotes)");
    }
    table->csv.cols = table->count;
    table->csv.has_header = n_numbers == 0;
    return UM_OK;
}

static um_status take_row(struct table *table, size_t row)
{
    table->line = table->reader->line;
    table->count = 0;
    do {
        um_status status = take_full_cell(table, false);
        if (status == UM_OK && table->matrix.data != NULL) {
            status = take_value(table, row);
        }
        if (status != UM_OK) {
            return status;
        }
    } while (table->ending == ENDING_DELIMITER);
    if (table->count != table->csv.cols) {
        return umi_error_set(table->error, UM_ERR_DATA, "%s: line %zu: %zu cells; line %zu has %zu",
                             table->reader->source.name, table->line, table->count,
                             table->first_line, table->csv.cols);
    }
    return UM_OK;
}

/* All rows from here on, up to the end of the text; *n is how many there are. */
static um_status take_rows(struct table *table, size_t *n)
{
    size_t n_blank = skip_blank_lines(table);
    *n = 0;
    while (umi_text_peek(table->reader) != UMI_TEXT_END) {
        if (n_blank > 0) {
            table->line = table->reader->line - 1;
            return reject_line(table, "a blank line within the table");
        }
        um_status status = take_row(table, *n);
        if (status != UM_OK) {
            return status;
        }
        (*n)++;
        n_blank = skip_blank_lines(table);
    }
    return UM_OK;
}

/* -- Passes ------------------------------------------------------------------------------------ */

static um_status measure(struct table *table)
{
    umi_text_restart(table->reader);
    int first = umi_text_peek(table->reader);
    if (first == 0xFF || first == 0xFE) {
        return umi_error_set(table->error, UM_ERR_DATA,
                             "%s: not UTF-8 text, maybe UTF-16; save it as UTF-8",
                             table->reader->source.name);
    }
    find_delimiter(table);
    find_table(table);
    um_status status = UM_OK;
    if (umi_text_peek(table->reader) != UMI_TEXT_END) {
        status = measure_first_line(table);
    }
    if (status == UM_OK) {
        status = take_rows(table, &table->csv.rows);
    }
    table->csv.rows += table->csv.cols > 0 && !table->csv.has_header;
    if (status == UM_OK && table->csv.rows == 0) {
        status = umi_error_set(table->error, UM_ERR_DATA, "%s: a table without rows of numbers",
                               table->reader->source.name);
    }
    return status;
}

um_status umi_csv_measure(umi_text_reader *reader, umi_csv *csv, um_error *error)
{
    struct table table = {.reader = reader, .error = error};
    um_status status = umi_text_judge(reader, measure(&table), error);
    if (status == UM_OK) {
        *csv = table.csv;
    }
    return status;
}

um_status umi_csv_read(umi_text_reader *reader, const umi_csv *csv, um_view matrix, um_error *error)
{
    struct table table = {.reader = reader, .error = error, .csv = *csv, .matrix = matrix};
    assert(matrix.rows == csv->rows && matrix.cols == csv->cols && matrix.data != NULL);
    find_table(&table);
    if (csv->has_header) {
        skip_line(&table);
    }
    size_t n = 0;
    um_status status = take_rows(&table, &n);
    if (status == UM_OK && n != csv->rows) {
        status = reject_changed(&table);
    }
    return umi_text_judge(reader, status, error);
}
