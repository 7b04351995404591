/* Counts what our code asks of the heap, and makes it fail on request.
 *
 * Every unit test is linked with it: the linker's --wrap (see CMakeLists.txt) leads the calls of
 * malloc, calloc, realloc, posix_memalign, strdup and free in our own objects, the library's, the
 * program's and the test's, through the functions here. Calls inside shared libraries (libc, FFTW,
 * OpenBLAS, cmocka) are neither counted nor made to fail. That boundary is meant: the library gets
 * memory by umi_alloc only, hence by posix_memalign, while FFTW aborts the process when its own
 * small allocations fail, which no caller could handle anyway.
 *
 * A block from inside a shared library that our code frees (getline, asprintf, json_dumps) makes
 * counting_allocator_live one too low. Counts may be taken from any thread; failures are meant for
 * tests in which one thread allocates. */
#ifndef COUNTING_ALLOCATOR_H
#define COUNTING_ALLOCATOR_H

#include "unmingle/status.h"

#include <stddef.h>

/* Allocations asked for since the program started, those that failed included. Compare two values:
 *     size_t before = counting_allocator_calls();
 *     um_analysis_push(...);
 *     assert_int_equal(counting_allocator_calls(), before); */
size_t counting_allocator_calls(void);

/* Blocks allocated and not yet freed. */
size_t counting_allocator_live(void);

/* The n-th allocation from now on, and all later ones, fail; 1 is the next. 0: none fails, which
 * is how a program starts. */
void counting_allocator_fail_from(size_t n);

/* For a function that makes one object: `attempt` calls it and returns its status, after it has
 * asserted that *out is NULL on failure and freed the object on success.
 *
 * Runs it with the first allocation failing, then from the second on, and so forth until all
 * succeed, and asserts that it answered UM_ERR_MEMORY each time, UM_OK the last time, and left no
 * block behind. Returns how many allocations it makes, so that a test can assert that there were
 * any. */
size_t counting_allocator_sweep(um_status (*attempt)(void *context), void *context);

#endif
