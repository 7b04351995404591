#include "io/text.h"

#include "format/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Controls, and the separators U+2028 and U+2029, which some terminals take for line ends. */
static bool moves_cursor(const char *text, size_t length)
{
    return umi_utf8_is_control(text, length) ||
           (length == 3 &&
            (memcmp(text, "\xE2\x80\xA8", 3) == 0 || memcmp(text, "\xE2\x80\xA9", 3) == 0));
}

/* Writes the next character of `text` as it is to be shown; returns how many bytes it took. */
static size_t show_character(const char *text, size_t n_bytes, char shown[8])
{
    size_t length = umi_utf8_character(text, n_bytes);
    if (length > 0 && !moves_cursor(text, length) && text[0] != '\\') {
        memcpy(shown, text, length);
        shown[length] = '\0';
        return length;
    }
    static const char letters[] = "\nn\tt\rr\\\\";
    for (const char *pair = letters; *pair != '\0'; pair += 2) {
        if (text[0] == pair[0]) {
            shown[0] = '\\';
            shown[1] = pair[1];
            shown[2] = '\0';
            return 1;
        }
    }
    snprintf(shown, 8, "\\x%02x", (unsigned)(unsigned char)text[0]);
    return 1;
}

const char *umi_display_name(const char *name, char *buffer, size_t size)
{
    static const char ellipsis[] = "...";
    size_t left = strlen(name);
    size_t used = 0;
    size_t cut = 0; /* the last place where the ellipsis still fits */
    buffer[0] = '\0';
    while (left > 0) {
        char shown[8];
        /* A control character of several bytes is escaped byte by byte: its tail is a stray
         * continuation byte, so every byte of it comes out as \x. */
        size_t taken = show_character(name, left, shown);
        name += taken;
        left -= taken;
        size_t length = strlen(shown);
        if (used + length >= size) {
            memcpy(buffer + cut, ellipsis, sizeof ellipsis);
            return buffer;
        }
        memcpy(buffer + used, shown, length + 1);
        used += length;
        if (used + sizeof ellipsis <= size) {
            cut = used;
        }
    }
    return buffer;
}
