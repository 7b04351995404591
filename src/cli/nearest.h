/* "Did you mean": the known word that is nearest to a mistyped one. */
#ifndef UMI_CLI_NEAREST_H
#define UMI_CLI_NEAREST_H

#include <stddef.h>

/* Insertions, deletions, replacements and swaps of neighbours that lead from a to b (optimal
 * string alignment). Words longer than 63 bytes are as far apart as they are long. */
size_t umi_edit_distance(const char *a, const char *b);

/* The nearest of n words, the first of equals; NULL when all are too far away to be meant: more
 * than 1 edit, and 1 more for every four bytes of `word`. */
const char *umi_nearest(const char *word, const char *const *words, size_t n);

#endif
