/* The labelled sources of a live run, each with its atoms, in the order in which they came. */
#ifndef UMI_JOB_LIVE_LABELS_H
#define UMI_JOB_LIVE_LABELS_H

#include "job/live_state.h"
#include "unmingle/view.h"

/* All but the rest. */
enum { UMI_LIVE_LABELS_MAX = UMI_LIVE_SOURCES_MAX - 1 };

typedef struct umi_live_label {
    char name[UM_LABEL_MAX + 1];
    um_view W; /* its atoms, rows sum to 1 */
} umi_live_label;

typedef struct umi_live_labels {
    umi_live_label items[UMI_LIVE_LABELS_MAX];
    size_t n;
} umi_live_labels;

void umi_live_labels_free(umi_live_labels *labels);

/* The place of `name`, or labels->n. */
size_t umi_live_labels_find(const umi_live_labels *labels, const char *name);

/* Whether `name` may be that of a source: can be a file's, and is not one that means something.
 * UM_ERR_ARGUMENT with a message. */
um_status umi_live_label_check(const char *name, um_error *error) UM_MUST_USE;

/* UM_ERR_ARGUMENT unless `name` is there or there is room for it. */
um_status umi_live_labels_check_room(const umi_live_labels *labels, const char *name,
                                     um_error *error) UM_MUST_USE;

/* Gives `name` these atoms, in place of its own when it is there; there must be room. W.data is the
 * list's then. */
void umi_live_labels_set(umi_live_labels *labels, const char *name, um_view W);

void umi_live_labels_remove(umi_live_labels *labels, size_t place);

/* Atoms of all. */
size_t umi_live_labels_n_atoms(const umi_live_labels *labels);

#endif
