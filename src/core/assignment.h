/* The cheapest pairing of two sets. */
#ifndef UMI_CORE_ASSIGNMENT_H
#define UMI_CORE_ASSIGNMENT_H

#include "unmingle/status.h"

#include <stddef.h>

/* What stands for "no partner". */
#define UMI_UNASSIGNED ((size_t)-1)

/* Pairs rows with columns one to one so that the sum of cost[row * n_columns + column] over the
 * pairs is least; min(n_rows, n_columns) pairs are made. column_of_row[n_rows] gets each row's
 * column, or UMI_UNASSIGNED where there are more rows than columns. Costs are finite, of any sign;
 * for the greatest sum pass them negated. Time grows as n^3. UM_ERR_MEMORY.
 *
 * Shortest augmenting paths with dual potentials (Jonker and Volgenant, 1987), in the rectangular
 * form of Crouse, "On implementing 2D rectangular assignment algorithms", 2016. */
UM_MUST_USE um_status umi_assign(const double *cost, size_t n_rows, size_t n_columns,
                                 size_t *column_of_row);

#endif
