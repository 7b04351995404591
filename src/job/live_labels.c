#include "job/live_labels.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/live_learner.h"
#include "job/model.h"

#include <stdio.h>
#include <string.h>

void umi_live_labels_free(umi_live_labels *labels)
{
    for (size_t i = 0; i < labels->n; i++) {
        umi_free(labels->items[i].W.data);
    }
    labels->n = 0;
}

size_t umi_live_labels_find(const umi_live_labels *labels, const char *name)
{
    size_t i = 0;
    while (i < labels->n && strcmp(labels->items[i].name, name) != 0) {
        i++;
    }
    return i;
}

um_status umi_live_label_check(const char *name, um_error *error)
{
    if (!um_label_is_valid(name)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "a label has 1 to %d bytes, no '/' and no '.' in front", UM_LABEL_MAX);
    }
    if (strcmp(name, umi_live_rest_label) == 0 || strcmp(name, umi_residual_label) == 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "'%s' is what no source explains: take another label", name);
    }
    return UM_OK;
}

um_status umi_live_labels_check_room(const umi_live_labels *labels, const char *name,
                                     um_error *error)
{
    if (umi_live_labels_find(labels, name) == UMI_LIVE_LABELS_MAX) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "there are %d sources already: remove one first", UMI_LIVE_LABELS_MAX);
    }
    return UM_OK;
}

void umi_live_labels_set(umi_live_labels *labels, const char *name, um_view W)
{
    size_t place = umi_live_labels_find(labels, name);
    umi_live_label *label = &labels->items[place];
    if (place < labels->n) {
        umi_free(label->W.data);
    } else {
        (void)snprintf(label->name, sizeof label->name, "%s", name);
        labels->n++;
    }
    label->W = W;
}

void umi_live_labels_remove(umi_live_labels *labels, size_t place)
{
    umi_free(labels->items[place].W.data);
    labels->n--;
    memmove(&labels->items[place], &labels->items[place + 1],
            (labels->n - place) * sizeof labels->items[0]);
}

size_t umi_live_labels_n_atoms(const umi_live_labels *labels)
{
    size_t n = 0;
    for (size_t i = 0; i < labels->n; i++) {
        n += labels->items[i].W.rows;
    }
    return n;
}
