#include "format/utf8.h"

#include "core/memory.h"

#include <string.h>

size_t umi_utf8_character(const char *text, size_t n_bytes)
{
    const unsigned char *byte = (const unsigned char *)text;
    unsigned char lead = byte[0];
    if (lead < 0x80) {
        return 1;
    }
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || n_bytes < length) {
        return 0;
    }
    /* Only the second byte has a narrower range than 80..BF, after these four lead bytes. */
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte[1] < low || byte[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

size_t umi_utf8_length(const char *text)
{
    size_t n = 0, left = strlen(text);
    for (; left > 0; n++) {
        size_t n_read = umi_utf8_character(text, left);
        n_read = n_read > 0 ? n_read : 1;
        text += n_read;
        left -= n_read;
    }
    return n;
}

char *umi_utf8_repaired(const char *text, size_t max_bytes)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    size_t left = strlen(text);
    size_t room;
    if (!umi_multiply(left, 3, &room)) {
        return NULL;
    }
    room = room < max_bytes ? room : max_bytes;
    char *copy = umi_alloc(room + 1, 1);
    if (copy == NULL) {
        return NULL;
    }
    size_t length = 0;
    while (left > 0) {
        size_t n_read = umi_utf8_character(text, left);
        const char *character = n_read > 0 ? text : replacement;
        size_t n_written = n_read > 0 ? n_read : 3;
        if (n_written > room - length) {
            break;
        }
        memcpy(copy + length, character, n_written);
        length += n_written;
        n_read += n_read == 0;
        text += n_read;
        left -= n_read;
    }
    return copy;
}

bool umi_utf8_is_control(const char *character, size_t n_bytes)
{
    const unsigned char *byte = (const unsigned char *)character;
    if (n_bytes == 1) {
        return byte[0] < 0x20 || byte[0] == 0x7F;
    }
    return n_bytes == 2 && byte[0] == 0xC2 && byte[1] < 0xA0;
}

const char *umi_utf8_printable(const char *text, char *buffer, size_t size)
{
    size_t left = strlen(text);
    size_t length = 0;
    while (left > 0) {
        size_t n_read = umi_utf8_character(text, left);
        bool shown = n_read > 0 && !umi_utf8_is_control(text, n_read);
        size_t n_written = shown ? n_read : 1;
        n_read += n_read == 0;
        /* All of the rest fits, or "..." must still fit behind this character. */
        if (length + left >= size && length + n_written + 3 >= size) {
            memcpy(buffer + length, "...", 3);
            length += 3;
            break;
        }
        memcpy(buffer + length, shown ? text : "?", n_written);
        length += n_written;
        text += n_read;
        left -= n_read;
    }
    buffer[length] = '\0';
    return buffer;
}
