#include "core/row_median.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Columns at once: the sort is of columns side by side, in vectors, without a branch. */
enum { COLUMNS = 32 };

/* Comparators of the network for UMI_MEDIAN_ROWS_MAX rows: (p^2 - p + 4) 2^(p - 2) - 1, p = 7. */
enum { COMPARATORS_MAX = 1471 };

/* Puts the smaller values of row `low` and row `high` into `low`, the larger ones into `high`. */
typedef struct comparator {
    uint8_t low, high;
} comparator;

/* Sorts n rows: Batcher's odd-even merge sort, as Knuth's Algorithm 5.2.2M has it for any n.
 * Returns how many comparators. */
static size_t make_network(size_t n, comparator *network)
{
    size_t count = 0;
    for (size_t p = 1; p < n; p *= 2) {
        for (size_t k = p; k >= 1; k /= 2) {
            for (size_t i = k % p; i + k < n; i++) {
                bool one_of_a_pair = (i - k % p) % (2 * k) < k;
                if (one_of_a_pair && i / (2 * p) == (i + k) / (2 * p)) {
                    network[count++] = (comparator){(uint8_t)i, (uint8_t)(i + k)};
                }
            }
        }
    }
    return count;
}

/* Leaves out what has no part in the rows in the middle. Returns how many are left. */
static size_t keep_what_the_middle_needs(size_t n, comparator *network, size_t count)
{
    bool needed[UMI_MEDIAN_ROWS_MAX] = {false};
    size_t first = count;
    needed[(n - 1) / 2] = needed[n / 2] = true;
    for (size_t i = count; i-- > 0;) {
        comparator c = network[i];
        if (needed[c.low] || needed[c.high]) {
            needed[c.low] = needed[c.high] = true;
            network[--first] = c;
        }
    }
    memmove(network, network + first, (count - first) * sizeof *network);
    return count - first;
}

static inline void order(float *restrict low, float *restrict high)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        float smaller = low[i] < high[i] ? low[i] : high[i];
        float larger = low[i] < high[i] ? high[i] : low[i];
        low[i] = smaller;
        high[i] = larger;
    }
}

void umi_row_median(const float *const *rows, size_t n_rows, size_t n, float *median)
{
    assert(n_rows >= 1 && n_rows <= UMI_MEDIAN_ROWS_MAX);
    comparator network[COMPARATORS_MAX];
    float block[UMI_MEDIAN_ROWS_MAX][COLUMNS];
    size_t count = keep_what_the_middle_needs(n_rows, network, make_network(n_rows, network));
    for (size_t first = 0; first < n; first += COLUMNS) {
        size_t width = n - first < COLUMNS ? n - first : COLUMNS;
        for (size_t r = 0; r < n_rows; r++) {
            memcpy(block[r], rows[r] + first, width * sizeof(float));
            memset(block[r] + width, 0, (COLUMNS - width) * sizeof(float));
        }
        for (size_t i = 0; i < count; i++) {
            order(block[network[i].low], block[network[i].high]);
        }
        const float *low = block[(n_rows - 1) / 2], *high = block[n_rows / 2];
        for (size_t i = 0; i < width; i++) {
            median[first + i] = low == high ? low[i] : 0.5f * (low[i] + high[i]);
        }
    }
}
