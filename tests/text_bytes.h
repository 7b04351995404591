/* A text in memory for the parsers of text, given out in pieces of any size. */
#ifndef TEXT_BYTES_H
#define TEXT_BYTES_H

#include "format/text_reader.h"

#include <string.h>

typedef struct text_bytes {
    const void *bytes;
    size_t n;
    size_t piece;    /* the most that one read gives */
    size_t fails_at; /* reads from this offset on fail; SIZE_MAX: none */
} text_bytes;

static inline bool text_bytes_read(void *context, uint64_t offset, void *bytes, size_t n,
                                   size_t *n_read)
{
    const text_bytes *text = context;
    size_t left = offset < text->n ? text->n - (size_t)offset : 0;
    size_t most = n < text->piece ? n : text->piece;
    *n_read = left < most ? left : most;
    memcpy(bytes, (const char *)text->bytes + (text->n - left), *n_read);
    return offset < text->fails_at;
}

/* The reader of the text, which is borrowed; there is one of them. */
static inline umi_text_reader *text_bytes_reader(text_bytes *text)
{
    static umi_text_reader reader;
    memset(reader.block, 0xA5, sizeof reader.block);
    reader.source = (umi_text_source){"x", text->n, text_bytes_read, text};
    return &reader;
}

static inline umi_text_reader *text_reader_of(text_bytes *text, const char *string)
{
    *text = (text_bytes){string, strlen(string), SIZE_MAX, SIZE_MAX};
    return text_bytes_reader(text);
}

#endif
