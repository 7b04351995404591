/* The value of --group: NAME=ATOMS, a stem and the atoms that it is made of. */
#ifndef UMI_CLI_ATOM_GROUP_H
#define UMI_CLI_ATOM_GROUP_H

#include "job/grouping.h"

/* lead=3,5-9: numbers of atoms, from 1, and ranges; rest=others: all that are in no group. Whether
 * there are such atoms is not looked at. UM_ERR_ARGUMENT with a message that quotes `text`, or
 * names a label that cannot be; UM_ERR_MEMORY. On failure *group is empty. */
um_status umi_atom_group_parse(const char *text, umi_atom_group *group,
                               um_error *error) UM_MUST_USE;

/* An empty one is fine. */
void umi_atom_group_free(umi_atom_group *group);

#endif
