/* A queue of samples from one thread to another, without locks: either side may be in a real-time
 * callback, where nothing may wait, allocate or call the system.
 *
 * One thread alone writes, one other alone reads. */
#ifndef UMI_CORE_RING_H
#define UMI_CORE_RING_H

#include <stdbool.h>
#include <stddef.h>

typedef struct umi_ring umi_ring;

enum { UMI_RING_CAPACITY_MAX = 1 << 28 };

/* Room for `capacity` floats at least, 1..UMI_RING_CAPACITY_MAX. NULL when memory is short. */
umi_ring *umi_ring_new(size_t capacity);
void umi_ring_free(umi_ring *ring); /* of _new; NULL is fine */

/* The same in memory of somebody else's, which two processes may share: so many bytes, aligned to
 * UMI_ALIGNMENT. */
size_t umi_ring_bytes(size_t capacity);
umi_ring *umi_ring_place(void *memory, size_t capacity);

/* How many can be read; the writer may add more meanwhile. For either side. */
size_t umi_ring_filled(const umi_ring *ring);

/* Appends all n, or nothing when there is no room for them: a block is never cut. */
bool umi_ring_write(umi_ring *ring, const float *samples, size_t n);

/* Takes up to n and returns how many there were; `samples` NULL: to drop them. */
size_t umi_ring_read(umi_ring *ring, float *samples, size_t n);

#endif
