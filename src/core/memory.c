#define _DEFAULT_SOURCE
#include "core/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, FIRST_ROOM = 64 };

void *umi_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (!umi_multiply(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        return NULL;
    }
    size_t alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : UMI_ALIGNMENT;
    /* aligned_alloc wants a multiple of the alignment; rounding small blocks to a whole cache line
     * also keeps two objects from sharing one. A large block is not rounded to a huge page: its
     * last, partial one would only waste memory. */
    size_t rounded = (bytes + UMI_ALIGNMENT) / UMI_ALIGNMENT * UMI_ALIGNMENT;
    void *block = NULL;
    if (posix_memalign(&block, alignment, rounded) != 0) {
        return NULL;
    }
    if (alignment == HUGE_PAGE) {
        /* Advice only: without huge pages all is the same, a little slower. */
        (void)madvise(block, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    }
    memset(block, 0, rounded);
    return block;
}

void umi_free(void *block)
{
    free(block);
}

void *umi_grown(void *array, size_t n, size_t *room, size_t size)
{
    if (n < *room) {
        return array;
    }
    size_t more = *room == 0 ? FIRST_ROOM : 2 * *room;
    void *larger = umi_alloc(more, size);
    if (larger == NULL) {
        return NULL;
    }
    if (n > 0) {
        memcpy(larger, array, n * size);
    }
    umi_free(array);
    *room = more;
    return larger;
}
