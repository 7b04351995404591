#include "job/separate_report.h"

#include "job/kept_activations.h"
#include "job/kept_atoms.h"
#include "job/listening_page.h"

#include <math.h>

static umi_json *texts_json(const char *const *texts, size_t n)
{
    umi_json *array = umi_json_array();
    for (size_t i = 0; i < n; i++) {
        if (!umi_json_append(array, umi_json_string(texts[i]))) {
            umi_json_free(array);
            return NULL;
        }
    }
    return array;
}

/* An example as it was typed: LABEL=CLIP@A-B. */
static umi_json *examples_json(const umi_separate_config *config)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t i = 0; i < config->n_examples && ok; i++) {
        const umi_example *e = &config->examples[i];
        umi_json *json = umi_json_object();
        ok = umi_json_set(json, "label", umi_json_string(e->label)) &&
             umi_json_set(json, "clip",
                          umi_json_string(e->path == NULL ? config->input : e->path)) &&
             umi_json_set(json, "from", umi_json_number(e->start)) &&
             umi_json_set(json, "to", umi_json_number(e->end)); /* null: to the end */
        ok = umi_json_append(array, json) && ok;
    }
    if (!ok) {
        umi_json_free(array);
        return NULL;
    }
    return array;
}

static umi_json *count_json(size_t n)
{
    return umi_json_integer((int64_t)n);
}

/* What was asked for, as far as it took part. */
static umi_json *settings_json(const umi_separate_config *config, const umi_separate_result *result)
{
    static const char *const splits[] = {[UMI_SPLIT_SOURCES] = "sources",
                                         [UMI_SPLIT_LEAD] = "lead",
                                         [UMI_SPLIT_PERCUSSIVE] = "percussive"};
    static const char *const starts[] = {
        [UMI_START_NNDSVD] = "nndsvd", [UMI_START_RANDOM] = "random"};
    umi_json *json = umi_json_object();
    const um_window_config *window = &result->stft.window;
    bool percussive = config->split == UMI_SPLIT_PERCUSSIVE;
    bool counted = result->blind && config->split == UMI_SPLIT_SOURCES && config->n_sources > 0;
    umi_start start = result->blind && !config->fast ? config->start : UMI_START_RANDOM;
    bool ok =
        umi_json_set(json, "split", umi_json_string(splits[config->split])) &&
        umi_json_set(json, "fast", umi_json_boolean(config->fast)) &&
        umi_json_set(json, "sources",
                     umi_json_number(counted ? (double)config->n_sources : NAN)) && /* or null */
        umi_json_set(json, "window", count_json(window->length)) &&
        umi_json_set(json, "hop", count_json(window->hop)) &&
        umi_json_set(json, "window_shape", umi_json_string(um_window_name(window->window))) &&
        umi_json_set(json, "atoms", count_json(result->stems.n_atoms)) &&
        umi_json_set(json, "start", umi_json_string(starts[start])) &&
        umi_json_set(json, "iterations", count_json(config->fast ? 0 : config->iterations)) &&
        umi_json_set(json, "tolerance", umi_json_number(percussive ? 0.0 : config->tolerance)) &&
        umi_json_set(json, "exponent", umi_json_number(config->exponent)) &&
        umi_json_set(json, "shifts", count_json(result->shifts)) &&
        umi_json_set(json, "residual", umi_json_boolean(result->residual)) &&
        umi_json_set(json, "memory", count_json(config->memory)) &&
        umi_json_set(json, "dictionaries",
                     texts_json(config->dictionaries, config->n_dictionaries)) &&
        umi_json_set(json, "adapt", umi_json_boolean(config->adapt)) &&
        umi_json_set(json, "examples", examples_json(config));
    if (ok && config->n_examples > 0) {
        ok = umi_json_set(json, "clip_atoms", count_json(config->n_clip_atoms)) &&
             umi_json_set(json, "clip_iterations", count_json(result->clip_iterations));
    }
    if (!ok) {
        umi_json_free(json);
        return NULL;
    }
    return json;
}

static umi_json *curve_json(const umi_model *model)
{
    umi_json *array = umi_json_array();
    for (size_t i = 0; i < model->n_curve; i++) {
        if (!umi_json_append(array, umi_json_number(model->curve[i]))) {
            umi_json_free(array);
            return NULL;
        }
    }
    return array;
}

/* What spoke for the number of sources; empty where it was given. */
static umi_json *fits_json(const umi_model *model)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t i = 0; i < model->n_fits && ok; i++) {
        umi_json *json = umi_json_object();
        ok = umi_json_set(json, "sources", umi_json_integer((int64_t)model->fits[i].n_sources)) &&
             umi_json_set(json, "clarity", umi_json_number(model->fits[i].clarity)) &&
             umi_json_set(json, "smallest", umi_json_number(model->fits[i].smallest));
        ok = umi_json_append(array, json) && ok;
    }
    if (!ok) {
        umi_json_free(array);
        return NULL;
    }
    return array;
}

umi_json *umi_separate_report(const umi_separate_config *config, const umi_separate_result *result)
{
    /* From the first two render makes other stems. */
    static const char *const kept[] = {umi_kept_atoms_name, umi_kept_activations_name,
                                       umi_listening_page_name};
    size_t n_missing = config->fast ? 2 : 0; /* there are no atoms then */
    umi_json *json = umi_json_object();
    bool ok =
        umi_stem_report_begin(json, "separate", config->input, &result->origin, &result->stems) &&
        umi_stem_report_kept(json, kept + n_missing, sizeof kept / sizeof *kept - n_missing) &&
        umi_json_set(json, "settings", settings_json(config, result)) &&
        umi_json_set(json, "seed", umi_json_integer((int64_t)config->seed)) &&
        umi_json_set(json, "learned_frames", umi_json_integer((int64_t)result->n_learned_frames)) &&
        umi_json_set(json, "available_frames",
                     umi_json_integer((int64_t)result->n_available_frames)) &&
        umi_json_set(json, "iterations", umi_json_integer((int64_t)result->model.iterations)) &&
        umi_json_set(json, "divergence", curve_json(&result->model)) &&
        (result->model.n_fits == 0 || umi_json_set(json, "fits", fits_json(&result->model))) &&
        umi_stem_report_end(json, &result->stems);
    if (!ok) {
        umi_json_free(json);
        return NULL;
    }
    return json;
}
