#include "cli/atom_group.h"

#include "cli/label.h"
#include "core/error.h"
#include "core/memory.h"

#include <stdint.h>
#include <string.h>

static um_status not_a_group(const char *text, um_error *error)
{
    return umi_error_set(error, UM_ERR_ARGUMENT,
                         "--group: '%s' is not NAME=ATOMS, such as lead=3,5-9 or rest=others",
                         text);
}

/* Reads digits, at least one, and passes over them. */
static bool take_number(const char **text, size_t *value)
{
    const char *c = *text;
    *value = 0;
    while (*c >= '0' && *c <= '9') {
        *value = *value < SIZE_MAX / 20 ? *value * 10 + (size_t)(*c - '0') : *value;
        c++;
    }
    bool any = c > *text;
    *text = c;
    return any;
}

/* Reads "others", a number or a range up to the comma or the end. */
static bool take_item(const char **text, umi_atom_group *group)
{
    size_t length = strcspn(*text, ",");
    umi_atom_range range;
    if (length == strlen("others") && strncmp(*text, "others", length) == 0) {
        group->others = true;
        *text += length;
        return true;
    }
    if (!take_number(text, &range.first)) {
        return false;
    }
    range.last = range.first;
    if (**text == '-') {
        (*text)++;
        if (!take_number(text, &range.last)) {
            return false;
        }
    }
    group->ranges[group->n_ranges++] = range;
    return range.first <= range.last;
}

um_status umi_atom_group_parse(const char *text, umi_atom_group *group, um_error *error)
{
    memset(group, 0, sizeof *group);
    const char *equals = strchr(text, '=');
    if (equals == NULL) {
        return not_a_group(text, error);
    }
    /* One byte past the longest is enough to see that it is too long. */
    char label[UM_LABEL_MAX + 2] = {0};
    size_t length = (size_t)(equals - text);
    memcpy(label, text, length < sizeof label ? length : sizeof label - 1);
    um_status status = umi_label_check("--group", label, error);
    if (status != UM_OK) {
        return status;
    }
    memcpy(group->label, label, sizeof group->label);
    group->ranges = umi_alloc(strlen(equals), sizeof *group->ranges); /* more than commas */
    if (group->ranges == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the groups");
    }
    const char *rest = equals;
    do {
        rest++; /* '=' or ',' */
        if (!take_item(&rest, group)) {
            umi_atom_group_free(group);
            return not_a_group(text, error);
        }
    } while (*rest == ',');
    if (*rest != '\0') {
        umi_atom_group_free(group);
        return not_a_group(text, error);
    }
    return UM_OK;
}

void umi_atom_group_free(umi_atom_group *group)
{
    umi_free(group->ranges);
    memset(group, 0, sizeof *group);
}
