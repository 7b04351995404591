#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

/* The names are the linker's: with --wrap=malloc, calls of malloc go to __wrap_malloc, and
 * __real_malloc is the one of libc, or of the sanitizer.
 * NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
int __real_posix_memalign(void **block, size_t alignment, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
int __wrap_posix_memalign(void **block, size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);

static atomic_size_t calls;
static atomic_size_t live;
static atomic_size_t first_to_fail = SIZE_MAX; /* in calls, counted from 0 */

size_t counting_allocator_calls(void)
{
    return atomic_load(&calls);
}

size_t counting_allocator_live(void)
{
    return atomic_load(&live);
}

void counting_allocator_fail_from(size_t n)
{
    atomic_store(&first_to_fail, n == 0 ? SIZE_MAX : atomic_load(&calls) + n - 1);
}

/* Counts one allocation; false when it shall fail. */
static bool admit(void)
{
    bool admitted = atomic_fetch_add(&calls, 1) < atomic_load(&first_to_fail);
    if (!admitted) {
        errno = ENOMEM;
    }
    return admitted;
}

static void *counted(void *block)
{
    if (block != NULL) {
        atomic_fetch_add(&live, 1);
    }
    return block;
}

void *__wrap_malloc(size_t size)
{
    return admit() ? counted(__real_malloc(size)) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return admit() ? counted(__real_calloc(count, size)) : NULL;
}

void *__wrap_realloc(void *block, size_t size)
{
    if (!admit()) {
        return NULL;
    }
    /* A block that only grows or moves stays one block. */
    void *moved = __real_realloc(block, size);
    return block == NULL ? counted(moved) : moved;
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t size)
{
    if (!admit()) {
        return ENOMEM;
    }
    int failure = __real_posix_memalign(block, alignment, size);
    if (failure == 0) {
        (void)counted(*block);
    }
    return failure;
}

char *__wrap_strdup(const char *text)
{
    return admit() ? counted(__real_strdup(text)) : NULL;
}

void __wrap_free(void *block)
{
    if (block != NULL) {
        atomic_fetch_sub(&live, 1);
    }
    __real_free(block);
}

/* NOLINTEND(bugprone-reserved-identifier) */

size_t counting_allocator_sweep(um_status (*attempt)(void *context), void *context)
{
    for (size_t n = 1;; n++) {
        size_t calls_before = counting_allocator_calls();
        size_t live_before = counting_allocator_live();
        counting_allocator_fail_from(n);
        um_status status = attempt(context);
        counting_allocator_fail_from(0);
        /* Whether the failure came is read from the count, not from the status: a function that
         * overlooks a failure must not end the sweep. */
        size_t made = counting_allocator_calls() - calls_before;
        assert_int_equal(status, made < n ? UM_OK : UM_ERR_MEMORY);
        assert_int_equal(counting_allocator_live(), live_before);
        if (made < n) {
            return made;
        }
    }
}
