/* Text from outside: which bytes are UTF-8, and how to make others so. */
#ifndef UMI_FORMAT_UTF8_H
#define UMI_FORMAT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character that starts at `text`, 1..4, or 0 when the n_bytes > 0 that are there do
 * not begin with a whole, valid one: no overlong forms, no surrogates, nothing past U+10FFFF
 * (Unicode Standard, table 3-7). */
size_t umi_utf8_character(const char *text, size_t n_bytes);

/* Characters of a text in UTF-8, each byte that belongs to none counted as one: its width in a
 * terminal, but for wide and combining ones. */
size_t umi_utf8_length(const char *text);

/* A copy of `text` that is UTF-8: every byte that belongs to no character becomes U+FFFD. Names of
 * files are bytes on POSIX, so this is what goes into a report in place of a name. A copy longer
 * than max_bytes ends before the first character that does not fit. NULL when memory is short;
 * umi_free. */
char *umi_utf8_repaired(const char *text, size_t max_bytes);

/* Writes `text` into buffer[size], size >= 5, fit for a one-line message: what is no UTF-8 and
 * every control character becomes '?', and a text that is too long ends in "...". A hostile file
 * can therefore not speak to the terminal through our messages. Returns buffer. */
const char *umi_utf8_printable(const char *text, char *buffer, size_t size);

/* True for U+0000..U+001F and U+007F..U+009F; `character` points at a valid character of n_bytes.
 */
bool umi_utf8_is_control(const char *character, size_t n_bytes);

#endif
