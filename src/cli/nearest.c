#include "cli/nearest.h"

#include <string.h>

enum { LONGEST = 63 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t umi_edit_distance(const char *a, const char *b)
{
    size_t n = strlen(a);
    size_t m = strlen(b);
    if (n > LONGEST || m > LONGEST) {
        return n > m ? n : m;
    }
    /* Three rows of the table are enough: swaps look two rows back. */
    size_t rows[3][LONGEST + 1];
    for (size_t j = 0; j <= m; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smaller(replaced, 1 + smaller(above[j], row[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = smaller(row[j], 1 + rows[(i - 2) % 3][j - 2]);
            }
        }
    }
    return rows[n % 3][m];
}

const char *umi_nearest(const char *word, const char *const *words, size_t n)
{
    size_t limit = 1 + strlen(word) / 4;
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t distance = umi_edit_distance(word, words[i]);
        if (distance <= limit) {
            best = words[i];
            limit = distance - (distance > 0);
            if (distance == 0) {
                break;
            }
        }
    }
    return best;
}
