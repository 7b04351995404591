#include "io/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 character that starts at `text`, or 0 when there is none: a stray or missing
 * continuation byte, an overlong form, a surrogate, or a value past U+10FFFF. */
static size_t utf8_length(const unsigned char *text)
{
    unsigned char lead = text[0];
    if (lead < 0x80) {
        return 1;
    }
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    uint32_t code = lead & (0xFFU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        /* The NUL at the end is no continuation byte, so this never reads past it. */
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (text[i] & 0x3FU);
    }
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < smallest[length] || surrogate || code > 0x10FFFF ? 0 : length;
}

/* U+0080 to U+009F and the line separators U+2028 and U+2029 move a terminal's cursor too. */
static bool is_control(const unsigned char *text, size_t length)
{
    return (length == 1 && (text[0] < 0x20 || text[0] == 0x7F)) ||
           (length == 2 && text[0] == 0xC2 && text[1] < 0xA0) ||
           (length == 3 && text[0] == 0xE2 && text[1] == 0x80 &&
            (text[2] == 0xA8 || text[2] == 0xA9));
}

/* Writes the next character of `text` as it is to be shown; returns how many bytes it took. */
static size_t show_character(const unsigned char *text, char shown[8])
{
    size_t length = utf8_length(text);
    if (length > 0 && !is_control(text, length) && text[0] != '\\') {
        memcpy(shown, text, length);
        shown[length] = '\0';
        return length;
    }
    static const char letters[] = "\nn\tt\rr\\\\";
    for (const char *pair = letters; *pair != '\0'; pair += 2) {
        if (text[0] == (unsigned char)pair[0]) {
            shown[0] = '\\';
            shown[1] = pair[1];
            shown[2] = '\0';
            return 1;
        }
    }
    snprintf(shown, 8, "\\x%02x", (unsigned)text[0]);
    return 1;
}

const char *umi_display_name(const char *name, char *buffer, size_t size)
{
    static const char ellipsis[] = "...";
    const unsigned char *text = (const unsigned char *)name;
    size_t used = 0;
    size_t cut = 0; /* the last place where the ellipsis still fits */
    buffer[0] = '\0';
    while (*text != '\0') {
        char shown[8];
        /* A control character of several bytes is escaped byte by byte: its tail is a stray
         * continuation byte, so every byte of it comes out as \x. */
        text += show_character(text, shown);
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
