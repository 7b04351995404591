/* Atoms, as users number them, put together to stems. */
#ifndef UMI_JOB_GROUPING_H
#define UMI_JOB_GROUPING_H

#include "unmingle/dictionary.h"

/* Both ends are in it; the first atom of a dictionary is 1. */
typedef struct umi_atom_range {
    size_t first, last;
} umi_atom_range;

/* A stem that is asked for. */
typedef struct umi_atom_group {
    char label[UM_LABEL_MAX + 1];
    umi_atom_range *ranges;
    size_t n_ranges;
    bool others; /* also all atoms that are in no group */
} umi_atom_group;

typedef struct umi_grouping {
    char (*labels)[UM_LABEL_MAX + 1]; /* n_stems */
    size_t n_stems;
    size_t *source_of; /* of each atom: its stem */
    size_t *order;     /* atoms stem by stem, in each as in the dictionary; counted from 0 */
    size_t n_atoms;
    bool residual;  /* the last stem also takes what no atom explains */
    bool left_over; /* atoms in no group, which became the stem "residual" */
} umi_grouping;

/* Stems in the order of the groups; groups with one label are one. The stem with the others comes
 * last. Without such, atoms that are left over become the stem "residual", the last one. With
 * `residual` what no atom explains goes the same way, with or without atoms beside it.
 * UM_ERR_ARGUMENT for an atom that is not there or is in two groups, others that are none or asked
 * for twice, or more than 4096 stems; the message says what is possible. UM_ERR_MEMORY. On failure
 * *grouping is empty. */
um_status umi_grouping_make(const um_dictionary *atoms, bool residual, const umi_atom_group *groups,
                            size_t n_groups, umi_grouping *grouping, um_error *error) UM_MUST_USE;

/* Every atom a stem of its own, "atom-01" and so on, with as many digits as the last one has, at
 * least two. With `residual` there is the stem "residual", too. UM_ERR_MEMORY. */
um_status umi_grouping_make_single(const um_dictionary *atoms, bool residual,
                                   umi_grouping *grouping, um_error *error) UM_MUST_USE;

/* The atoms of a stem for people: "1-3, 7"; what finds no room ends in "...". */
void umi_grouping_describe(const umi_grouping *grouping, size_t stem, char *text, size_t size);

/* Leaves an empty one; of an empty one (all zero) does nothing. */
void umi_grouping_free(umi_grouping *grouping);

#endif
