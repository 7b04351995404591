#include "format/text_reader.h"

#include "core/error.h"

#include <string.h>

void umi_text_restart(umi_text_reader *reader)
{
    static const unsigned char mark[3] = {0xEF, 0xBB, 0xBF};
    reader->line = 1;
    reader->has_failed = false;
    reader->holds_cr = false;
    reader->offset = 0;
    reader->n = 0;
    reader->next = 0;
    /* A source may give less than the mark's three bytes at a time, so they are asked for apart. */
    unsigned char first[sizeof mark];
    size_t n = 0;
    size_t n_read = 1;
    while (n < sizeof first && n_read > 0 && !reader->has_failed) {
        reader->has_failed =
            !reader->source.read(reader->source.context, n, first + n, sizeof first - n, &n_read);
        n += reader->has_failed ? 0 : n_read;
    }
    if (n == sizeof mark && memcmp(first, mark, sizeof mark) == 0) {
        reader->offset = sizeof mark;
    }
}

/* Closes up CR LF to LF in bytes[n]; returns how many are left. */
static size_t join_line_ends(unsigned char *bytes, size_t n)
{
    unsigned char *first = memchr(bytes, '\r', n);
    if (first == NULL) {
        return n;
    }
    size_t kept = (size_t)(first - bytes);
    for (size_t i = kept; i < n; i++) {
        if (bytes[i] != '\r' || i + 1 == n || bytes[i + 1] != '\n') {
            bytes[kept++] = bytes[i];
        }
    }
    return kept;
}

bool umi_text_refill(umi_text_reader *reader)
{
    size_t n = 0;
    size_t n_read = 0;
    if (reader->holds_cr) {
        reader->block[n++] = '\r';
        reader->holds_cr = false;
    }
    do {
        reader->has_failed |=
            !reader->source.read(reader->source.context, reader->offset, reader->block + n,
                                 sizeof reader->block - n, &n_read);
        n_read = reader->has_failed ? 0 : n_read;
        reader->offset += n_read;
        n += n_read;
    } while (n_read > 0 && n == 1 && reader->block[0] == '\r');
    if (n_read > 0 && reader->block[n - 1] == '\r') {
        reader->holds_cr = true;
        n--;
    }
    reader->n = join_line_ends(reader->block, n);
    reader->next = 0;
    return reader->n > 0;
}

um_status umi_text_judge(const umi_text_reader *reader, um_status status, um_error *error)
{
    return reader->has_failed
               ? umi_error_set(error, UM_ERR_IO, "%s: reading failed", reader->source.name)
               : status;
}
