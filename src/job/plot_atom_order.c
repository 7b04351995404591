#include "job/plot_atom_order.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

void umi_atom_mean_frame(const um_dictionary *dictionary, size_t atom, float *mean)
{
    size_t F = um_dictionary_n_bins(dictionary);
    const float *frames = um_row(dictionary->W, atom);
    for (size_t f = 0; f < F; f++) {
        double sum = 0;
        for (size_t t = 0; t < dictionary->n_frames; t++) {
            sum += (double)frames[t * F + f];
        }
        mean[f] = (float)(sum / (double)dictionary->n_frames);
    }
}

static size_t strongest(const float *bins, size_t n_bins)
{
    size_t best = 0;
    for (size_t f = 1; f < n_bins; f++) {
        best = bins[f] > bins[best] ? f : best;
    }
    return best;
}

static int compare(const void *one, const void *other)
{
    const umi_placed_atom *a = one, *b = other;
    if (a->source != b->source) {
        return a->source < b->source ? -1 : 1;
    }
    if (a->peak != b->peak) {
        return a->peak < b->peak ? -1 : 1;
    }
    return a->atom < b->atom ? -1 : a->atom > b->atom;
}

/* The source of atom k, those before it having theirs. */
static size_t source_of(const um_dictionary *dictionary, const umi_atom_order *order, size_t k)
{
    for (size_t j = 0; j < k; j++) {
        if (strcmp(dictionary->labels[j], dictionary->labels[k]) == 0) {
            return order->atoms[j].source;
        }
    }
    return order->n_sources;
}

um_status umi_atom_order_make(const um_dictionary *dictionary, umi_atom_order *order,
                              um_error *error)
{
    size_t K = dictionary->W.rows, F = um_dictionary_n_bins(dictionary);
    float *mean = umi_alloc(F, sizeof *mean);
    *order = (umi_atom_order){umi_alloc(K, sizeof *order->atoms), K, 0};
    if (mean == NULL || order->atoms == NULL) {
        umi_free(mean);
        umi_atom_order_free(order);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to sort the atoms");
    }
    for (size_t k = 0; k < K; k++) {
        size_t source = source_of(dictionary, order, k);
        umi_atom_mean_frame(dictionary, k, mean);
        order->atoms[k] = (umi_placed_atom){k, source, strongest(mean, F)};
        order->n_sources += source == order->n_sources;
    }
    qsort(order->atoms, K, sizeof *order->atoms, compare);
    umi_free(mean);
    return UM_OK;
}

void umi_atom_order_free(umi_atom_order *order)
{
    umi_free(order->atoms);
    *order = (umi_atom_order){NULL, 0, 0};
}

bool umi_atom_order_begins(const umi_atom_order *order, size_t i)
{
    return i == 0 || order->atoms[i].source != order->atoms[i - 1].source;
}
