#include "core/ring.h"

#include "core/memory.h"

#include <stdatomic.h>
#include <string.h>

enum { CACHE_LINE = 64 };

/* Both counters run on for ever, and wrap where size_t does; their difference is what is filled.
 * Each has a cache line of its own, as each is written by another core. */
struct umi_ring {
    size_t size; /* a power of two */
    _Alignas(CACHE_LINE) atomic_size_t written;
    _Alignas(CACHE_LINE) atomic_size_t taken;
    _Alignas(CACHE_LINE) float data[];
};

static size_t size_for(size_t capacity)
{
    size_t size = 1;
    while (size < capacity) {
        size *= 2;
    }
    return size;
}

size_t umi_ring_bytes(size_t capacity)
{
    return sizeof(umi_ring) + size_for(capacity) * sizeof(float);
}

umi_ring *umi_ring_place(void *memory, size_t capacity)
{
    umi_ring *ring = memory;
    ring->size = size_for(capacity);
    atomic_store(&ring->written, 0);
    atomic_store(&ring->taken, 0);
    return ring;
}

umi_ring *umi_ring_new(size_t capacity)
{
    if (capacity < 1 || capacity > UMI_RING_CAPACITY_MAX) {
        return NULL;
    }
    void *memory = umi_alloc(umi_ring_bytes(capacity), 1);
    return memory != NULL ? umi_ring_place(memory, capacity) : NULL;
}

void umi_ring_free(umi_ring *ring)
{
    umi_free(ring);
}

size_t umi_ring_filled(const umi_ring *ring)
{
    /* First what was taken: so the difference cannot come out below zero. */
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    return atomic_load_explicit(&ring->written, memory_order_acquire) - taken;
}

bool umi_ring_write(umi_ring *ring, const float *samples, size_t n)
{
    size_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    if (n > ring->size - (written - taken)) {
        return false;
    }
    size_t at = written & (ring->size - 1);
    size_t head = n < ring->size - at ? n : ring->size - at;
    memcpy(ring->data + at, samples, head * sizeof *samples);
    memcpy(ring->data, samples + head, (n - head) * sizeof *samples);
    atomic_store_explicit(&ring->written, written + n, memory_order_release);
    return true;
}

size_t umi_ring_read(umi_ring *ring, float *samples, size_t n)
{
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    size_t filled = atomic_load_explicit(&ring->written, memory_order_acquire) - taken;
    n = n < filled ? n : filled;
    size_t at = taken & (ring->size - 1);
    size_t head = n < ring->size - at ? n : ring->size - at;
    if (samples != NULL) {
        memcpy(samples, ring->data + at, head * sizeof *samples);
        memcpy(samples + head, ring->data, (n - head) * sizeof *samples);
    }
    atomic_store_explicit(&ring->taken, taken + n, memory_order_release);
    return n;
}
