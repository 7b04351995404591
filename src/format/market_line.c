#include "format/market_line.h"

#include "core/error.h"
#include "format/utf8.h"

#include <string.h>

/* Room for a word from the file in a message. */
enum { SHOWN_SIZE = 48 };

um_status umi_market_reject(const umi_market_line *line, const char *what)
{
    return umi_error_set(line->error, UM_ERR_DATA, "%s: line %zu: %s", line->reader->source.name,
                         line->number, what);
}

um_status umi_market_reject_word(const umi_market_line *line, size_t word, const char *what)
{
    char shown[SHOWN_SIZE];
    return umi_error_set(line->error, UM_ERR_DATA, "%s: line %zu: '%s' %s",
                         line->reader->source.name, line->number,
                         umi_utf8_printable(line->words[word], shown, sizeof shown), what);
}

/* Ends the words with NULs and notes where they begin. */
static void split(umi_market_line *line)
{
    line->n_words = 0;
    for (char *at = line->text; *(at += strspn(at, " \t\r")) != '\0';) {
        if (line->n_words < UMI_MARKET_WORDS_MAX) {
            line->words[line->n_words] = at;
        }
        line->n_words++;
        at += strcspn(at, " \t\r");
        if (*at != '\0') {
            *at++ = '\0';
        }
    }
}

um_status umi_market_line_read(umi_market_line *line, bool *at_end)
{
    size_t n = 0;
    line->number = line->reader->line;
    *at_end = umi_text_peek(line->reader) == UMI_TEXT_END;
    for (int c; (c = umi_text_next(line->reader)) != '\n' && c != UMI_TEXT_END;) {
        if (n == UMI_MARKET_LINE_MAX || c == '\0') {
            return umi_market_reject(line, c == '\0' ? "a NUL character: this is no text"
                                                     : "longer than 1024 characters");
        }
        line->text[n++] = (char)c;
    }
    line->text[n] = '\0';
    split(line);
    return UM_OK;
}

um_status umi_market_line_read_content(umi_market_line *line, bool *at_end)
{
    um_status status;
    do {
        status = umi_market_line_read(line, at_end);
    } while (status == UM_OK && !*at_end && (line->n_words == 0 || line->words[0][0] == '%'));
    return status;
}

bool umi_market_parse_size(const char *word, size_t *size)
{
    *size = 0;
    const char *at = word;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(*size, 10, size) ||
            __builtin_add_overflow(*size, (size_t)(*at - '0'), size)) {
            return false;
        }
    }
    return at > word && *at == '\0';
}
