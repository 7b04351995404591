#include "job/grouping.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/model.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { STEMS_MAX = 4096 };

/* An atom that is in no group. */
#define NOWHERE SIZE_MAX

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the stems");
}

static um_status allocate(umi_grouping *g, size_t n_atoms, size_t n_stems, um_error *error)
{
    g->n_atoms = n_atoms;
    g->labels = umi_alloc(n_stems, sizeof *g->labels);
    g->source_of = umi_alloc(n_atoms, sizeof *g->source_of);
    g->order = umi_alloc(n_atoms, sizeof *g->order);
    if (g->labels == NULL || g->source_of == NULL || g->order == NULL) {
        return out_of_memory(error);
    }
    for (size_t k = 0; k < n_atoms; k++) {
        g->source_of[k] = NOWHERE;
    }
    return UM_OK;
}

void umi_grouping_free(umi_grouping *grouping)
{
    umi_free(grouping->labels);
    umi_free(grouping->source_of);
    umi_free(grouping->order);
    memset(grouping, 0, sizeof *grouping);
}

/* The stem `label`, made when it is new. */
static size_t stem_of(umi_grouping *g, const char *label)
{
    for (size_t s = 0; s < g->n_stems; s++) {
        if (strcmp(g->labels[s], label) == 0) {
            return s;
        }
    }
    (void)snprintf(g->labels[g->n_stems], sizeof g->labels[0], "%s", label);
    return g->n_stems++;
}

static void fill_order(umi_grouping *g)
{
    size_t n = 0;
    for (size_t s = 0; s < g->n_stems; s++) {
        for (size_t k = 0; k < g->n_atoms; k++) {
            if (g->source_of[k] == s) {
                g->order[n++] = k;
            }
        }
    }
}

/* -- Text -------------------------------------------------------------------------------------- */

/* Appends "1-3, 7": the atoms for which of[k] is `value`. */
static void append_ranges(const size_t *of, size_t n, size_t value, char *text, size_t size)
{
    size_t used = strlen(text);
    const char *comma = "";
    for (size_t k = 0; k < n; k++) {
        if (of[k] != value) {
            continue;
        }
        size_t last = k;
        while (last + 1 < n && of[last + 1] == value) {
            last++;
        }
        char range[64];
        (void)snprintf(range, sizeof range, last > k ? "%s%zu-%zu" : "%s%zu", comma, k + 1,
                       last + 1);
        if (used + strlen(range) + sizeof ", ..." > size) {
            (void)snprintf(text + used, size - used, "%s...", comma);
            return;
        }
        used += (size_t)snprintf(text + used, size - used, "%s", range);
        comma = ", ";
        k = last;
    }
}

void umi_grouping_describe(const umi_grouping *grouping, size_t stem, char *text, size_t size)
{
    text[0] = '\0';
    append_ranges(grouping->source_of, grouping->n_atoms, stem, text, size);
}

/* -- Groups ------------------------------------------------------------------------------------ */

static um_status put_atom(umi_grouping *g, size_t k, size_t stem, um_error *error)
{
    if (g->source_of[k] != NOWHERE) {
        bool same = g->source_of[k] == stem;
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--group: atom %zu is in '%s' %s%s%s; each can be in one group only",
                             k + 1, g->labels[g->source_of[k]], same ? "twice" : "and in '",
                             same ? "" : g->labels[stem], same ? "" : "'");
    }
    g->source_of[k] = stem;
    return UM_OK;
}

static um_status put_ranges(umi_grouping *g, const umi_atom_group *group, size_t stem,
                            um_error *error)
{
    um_status status = UM_OK;
    for (size_t i = 0; i < group->n_ranges; i++) {
        umi_atom_range range = group->ranges[i];
        if (range.first < 1 || range.last > g->n_atoms) {
            return umi_error_set(
                error, UM_ERR_ARGUMENT, "--group %s: there is no atom %zu; they are 1 to %zu",
                group->label, range.first < 1 ? range.first : range.last, g->n_atoms);
        }
        for (size_t k = range.first - 1; k < range.last && status == UM_OK; k++) {
            status = put_atom(g, k, stem, error);
        }
    }
    return status;
}

/* The group with the others, or NULL. */
static um_status find_others(const umi_atom_group *groups, size_t n_groups,
                             const umi_atom_group **others, um_error *error)
{
    *others = NULL;
    for (size_t i = 0; i < n_groups; i++) {
        if (!groups[i].others) {
            continue;
        }
        if (*others != NULL && strcmp((*others)->label, groups[i].label) != 0) {
            return umi_error_set(error, UM_ERR_ARGUMENT,
                                 "--group: '%s' and '%s' cannot both have the others",
                                 (*others)->label, groups[i].label);
        }
        *others = &groups[i];
    }
    return UM_OK;
}

/* Gives the last stem what is in no group. */
static um_status put_rest(umi_grouping *g, const umi_atom_group *others, bool residual,
                          um_error *error)
{
    size_t n_left = 0;
    for (size_t k = 0; k < g->n_atoms; k++) {
        n_left += g->source_of[k] == NOWHERE;
    }
    if (others == NULL && n_left == 0 && !residual) {
        return UM_OK;
    }
    size_t stem = stem_of(g, others != NULL ? others->label : umi_residual_label);
    if (others != NULL && n_left == 0 && !residual) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--group %s: no others are left; all of the %zu atoms are in groups",
                             others->label, g->n_atoms);
    }
    for (size_t k = 0; k < g->n_atoms; k++) {
        if (g->source_of[k] == NOWHERE) {
            g->source_of[k] = stem;
        }
    }
    g->residual = residual;
    g->left_over = others == NULL && n_left > 0;
    return UM_OK;
}

um_status umi_grouping_make(const um_dictionary *atoms, bool residual, const umi_atom_group *groups,
                            size_t n_groups, umi_grouping *g, um_error *error)
{
    const umi_atom_group *others = NULL;
    memset(g, 0, sizeof *g);
    um_status status =
        n_groups < STEMS_MAX
            ? find_others(groups, n_groups, &others, error)
            : umi_error_set(error, UM_ERR_ARGUMENT, "--group: at most %d groups are possible",
                            STEMS_MAX - 1);
    if (status == UM_OK) {
        status = allocate(g, atoms->W.rows, n_groups + 1, error);
    }
    /* First those without the others, whose stem comes last. */
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n_groups && status == UM_OK; i++) {
            bool last = others != NULL && strcmp(groups[i].label, others->label) == 0;
            if (last == (pass == 1)) {
                status = put_ranges(g, &groups[i], stem_of(g, groups[i].label), error);
            }
        }
    }
    if (status == UM_OK) {
        status = put_rest(g, others, residual, error);
    }
    if (status != UM_OK) {
        umi_grouping_free(g);
        return status;
    }
    fill_order(g);
    return UM_OK;
}

um_status umi_grouping_make_single(const um_dictionary *atoms, bool residual, umi_grouping *g,
                                   um_error *error)
{
    size_t n = atoms->W.rows;
    int n_digits = n < 100 ? 2 : n < 1000 ? 3 : 4;
    memset(g, 0, sizeof *g);
    um_status status = allocate(g, n, n + 1, error);
    if (status != UM_OK) {
        umi_grouping_free(g);
        return status;
    }
    for (size_t k = 0; k < n; k++) {
        (void)snprintf(g->labels[k], sizeof g->labels[0], "atom-%0*zu", n_digits, k + 1);
        g->source_of[k] = k;
        g->order[k] = k;
    }
    g->n_stems = n;
    if (residual) {
        (void)stem_of(g, umi_residual_label);
        g->residual = true;
    }
    return UM_OK;
}
