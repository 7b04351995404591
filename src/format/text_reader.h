/* A text of any length, byte after byte, as often as it is asked for, in the memory of one block.
 *
 * Line ends CR LF come as LF alone. Where the bytes are from is the caller's affair. */
#ifndef UMI_FORMAT_TEXT_READER_H
#define UMI_FORMAT_TEXT_READER_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UMI_TEXT_BLOCK_BYTES = 65536, UMI_TEXT_END = -1 };

typedef struct umi_text_source {
    const char *name; /* for messages */
    uint64_t size;    /* bytes, as far as is known */
    /* Reads up to n bytes at `offset`, at least one but at the end; false when that fails. */
    bool (*read)(void *context, uint64_t offset, void *bytes, size_t n, size_t *n_read);
    void *context;
} umi_text_source;

typedef struct umi_text_reader {
    umi_text_source source;
    size_t line;     /* of the byte that comes next, from 1 */
    bool has_failed; /* the source did; the text seems to end there */
    bool holds_cr;   /* a CR was read of which it is not yet known whether LF follows */
    uint64_t offset; /* of the byte to be read next */
    size_t n;        /* bytes in the block */
    size_t next;
    unsigned char block[UMI_TEXT_BLOCK_BYTES];
} umi_text_reader;

/* (Re)starts at the first byte; an UTF-8 byte order mark is passed over. `source` is set before. */
void umi_text_restart(umi_text_reader *reader);

/* Fills the block when it is used up; false at the end. Only for the two functions below. */
bool umi_text_refill(umi_text_reader *reader);

/* The next byte, or UMI_TEXT_END, without taking it. */
static inline int umi_text_peek(umi_text_reader *reader)
{
    return reader->next < reader->n || umi_text_refill(reader) ? reader->block[reader->next]
                                                               : UMI_TEXT_END;
}

/* Takes the next byte, or says UMI_TEXT_END. */
static inline int umi_text_next(umi_text_reader *reader)
{
    int byte = umi_text_peek(reader);
    reader->next += byte != UMI_TEXT_END;
    reader->line += byte == '\n';
    return byte;
}

/* What a parser that ended with `status` has to answer: UM_ERR_IO with a message when the source
 * failed, for then nothing that it found means anything. */
um_status umi_text_judge(const umi_text_reader *reader, um_status status,
                         um_error *error) UM_MUST_USE;

#endif
