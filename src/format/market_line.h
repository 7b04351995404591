/* Lines of a Matrix Market file, taken apart at their blanks. */
#ifndef UMI_FORMAT_MARKET_LINE_H
#define UMI_FORMAT_MARKET_LINE_H

#include "format/text_reader.h"
#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Characters of a line, which is the format's own limit, and words of a line that are kept. */
enum { UMI_MARKET_LINE_MAX = 1024, UMI_MARKET_WORDS_MAX = 6 };

/* `reader` and `error` are set by the caller. */
typedef struct umi_market_line {
    umi_text_reader *reader;
    um_error *error;
    size_t number;  /* of the line, from 1 */
    size_t n_words; /* also those past UMI_MARKET_WORDS_MAX */
    const char *words[UMI_MARKET_WORDS_MAX];
    char text[UMI_MARKET_LINE_MAX + 1];
} umi_market_line;

/* Reads the next line, whatever is on it. At the end of the text n_words is 0 and *at_end is set.
 * UM_ERR_DATA for a line that is too long or holds a NUL. */
um_status umi_market_line_read(umi_market_line *line, bool *at_end) UM_MUST_USE;

/* The same, but passes over blank lines and comments, which begin with '%'. */
um_status umi_market_line_read_content(umi_market_line *line, bool *at_end) UM_MUST_USE;

/* The size that is the whole of `word`: digits only, below 2^64. False leaves *size undefined. */
bool umi_market_parse_size(const char *word, size_t *size);

/* UM_ERR_DATA with "NAME: line N: WHAT", and with one of the line's words before WHAT. */
um_status umi_market_reject(const umi_market_line *line, const char *what);
um_status umi_market_reject_word(const umi_market_line *line, size_t word, const char *what);

#endif
