#include "job/model_lead.h"

#include "core/atom_shares.h"
#include "core/error.h"
#include "core/memory.h"
#include "job/model_internal.h"

#include <math.h>
#include <string.h>

const char umi_lead_label[] = "voice";
const char umi_accompaniment_label[] = "accompaniment";

typedef struct foreground {
    const um_repetition *repetition;
    size_t n_bins, lowest_bin;
} foreground;

/* V less its background. */
static void find_foreground(const void *user, um_cview V, size_t first, um_view L, float *scratch)
{
    const foreground *f = user;
    um_cview rows = {um_crow(V, first), L.rows, V.cols, V.stride};
    um_repetition_background(f->repetition, rows, L, scratch);
    for (size_t t = 0; t < L.rows; t++) {
        float *l = um_row(L, t);
        const float *v = um_crow(rows, t);
        for (size_t i = 0; i < L.cols; i++) {
            l[i] = i % f->n_bins < f->lowest_bin ? 0.0f : v[i] - l[i];
        }
    }
}

/* How much of each atom does not repeat. */
static um_status find_evidence(const umi_model_config *config, um_cview V, const um_nmf *nmf,
                               const um_repetition *repetition, size_t lowest_bin, double *evidence)
{
    foreground f = {repetition, config->n_bins, lowest_bin};
    umi_part part = {find_foreground, &f, um_repetition_scratch(repetition, UMI_PART_FRAMES)};
    um_view D = umi_model_expand(um_nmf_atoms(nmf), um_nmf_gains(nmf));
    um_status status = UM_ERR_MEMORY;
    if (D.data != NULL) {
        status = umi_atom_shares(&config->parallel, V, &part, um_nmf_activations(nmf),
                                 um_const_view(D), evidence);
    }
    umi_free(D.data);
    return status;
}

/* Whether source 0 repeats less than what else there is, and not more. */
static bool first_repeats_less(const um_nmf *nmf, const double *evidence, const umi_model *model)
{
    double sum[2] = {0.0, 0.0}, weight[2] = {0.0, 0.0};
    for (size_t k = 0; k < model->W.rows; k++) {
        double energy = sqrt(umi_model_component_energy(nmf, k));
        sum[model->source_of[k] > 0] += energy * evidence[k];
        weight[model->source_of[k] > 0] += energy;
    }
    return sum[0] * weight[1] >= sum[1] * weight[0];
}

/* The voice, source 0, is the group that repeats less. */
static void put_voice_first(const um_nmf *nmf, const double *evidence, umi_model *model)
{
    bool swap = !first_repeats_less(nmf, evidence, model);
    for (size_t k = 0; swap && k < model->W.rows; k++) {
        model->source_of[k] = 1 - model->source_of[k];
    }
}

um_status umi_model_learn_lead(const umi_model_config *config, um_cview V, size_t n_atoms,
                               const um_repetition *repetition, size_t lowest_bin,
                               const um_progress *progress, umi_model *model, um_error *error)
{
    um_nmf *nmf = NULL;
    memset(model, 0, sizeof *model);
    double *evidence = umi_alloc(n_atoms, sizeof *evidence);
    um_status status = evidence == NULL ? umi_model_out_of_memory(error)
                                        : umi_model_allocate(model, n_atoms, 2, config, error);
    if (status == UM_OK) {
        status = umi_model_nmf_learn(config, V, config->n_channels, n_atoms, progress, &nmf, error);
    }
    if (status == UM_OK &&
        find_evidence(config, V, nmf, repetition, lowest_bin, evidence) != UM_OK) {
        status = umi_model_out_of_memory(error);
    }
    if (status == UM_OK) {
        status = umi_model_group(config, nmf, 2, evidence, model, error);
    }
    if (status == UM_OK) {
        put_voice_first(nmf, evidence, model);
        umi_model_take(model, nmf);
        umi_model_set_label(model, 0, umi_lead_label);
        umi_model_set_label(model, 1, umi_accompaniment_label);
    } else {
        umi_model_free(model);
    }
    um_nmf_free(nmf);
    umi_free(evidence);
    return status;
}

/* Between what repeats and what does not, among the free atoms. 0.15 lost half a dB on made songs.
 */
static const double WIDE_GAP = 0.2;

/* The evidence above which free atoms, the last n_free ones, are the voice's: that of the atom
 * below the widest gap among them, or 1 where no gap is wide. */
static double below_widest_gap(const double *evidence, size_t n_atoms, size_t n_free)
{
    double widest = WIDE_GAP, below = 1.0;
    for (size_t k = n_atoms - n_free; k < n_atoms; k++) {
        double next = INFINITY;
        for (size_t i = n_atoms - n_free; i < n_atoms; i++) {
            next = evidence[i] > evidence[k] ? fmin(next, evidence[i]) : next;
        }
        if (isfinite(next) && next - evidence[k] >= widest) {
            widest = next - evidence[k];
            below = evidence[k];
        }
    }
    return below;
}

/* Of the free atoms some learn what the clip does not have of the voice. Those are its own that
 * repeat less than its known atoms do on the mean, or clearly less than the others; all but the one
 * that repeats most. */
static void give_to_voice(const um_nmf *nmf, const double *evidence, size_t n_free,
                          umi_model *model)
{
    size_t n_known = model->W.rows - n_free, least = n_known;
    double sum = 0.0, weight = 0.0;
    for (size_t k = 0; k < n_known; k++) {
        double energy = sqrt(umi_model_component_energy(nmf, k));
        sum += energy * evidence[k];
        weight += energy;
    }
    double edge = below_widest_gap(evidence, model->W.rows, n_free);
    for (size_t k = n_known; k < model->W.rows; k++) {
        least = evidence[k] < evidence[least] ? k : least;
    }
    for (size_t k = n_known; k < model->W.rows; k++) {
        if (k != least && (evidence[k] > edge || evidence[k] * weight > sum)) {
            model->source_of[k] = 0;
        }
    }
}

um_status umi_model_learn_known_lead(const umi_model_config *config, um_cview V,
                                     const umi_known_source *known, size_t n_known, size_t n_free,
                                     const um_repetition *repetition, size_t lowest_bin,
                                     const um_progress *progress, umi_model *model,
                                     bool *repeats_less, um_error *error)
{
    um_nmf *nmf = NULL;
    double *evidence = NULL;
    um_status status = umi_model_begin_known(config, known, n_known, n_free, model, error);
    if (status == UM_OK) {
        status = umi_model_nmf_beside(config, V, known, n_known, progress, model, &nmf, error);
    }
    if (status == UM_OK) {
        evidence = umi_alloc(model->W.rows, sizeof *evidence);
        if (evidence == NULL ||
            find_evidence(config, V, nmf, repetition, lowest_bin, evidence) != UM_OK) {
            status = umi_model_out_of_memory(error);
        }
    }
    if (status == UM_OK) {
        *repeats_less = first_repeats_less(nmf, evidence, model);
        umi_model_set_label(model, 1, umi_accompaniment_label);
        if (*repeats_less) {
            give_to_voice(nmf, evidence, n_free, model);
        }
        umi_model_take(model, nmf);
    } else {
        umi_model_free(model);
    }
    um_nmf_free(nmf);
    umi_free(evidence);
    return status;
}
