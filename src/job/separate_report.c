#include "job/separate_report.h"

#include <math.h>
#include <stdio.h>

double umi_null_db(double null_peak)
{
    return null_peak > 0.0 ? 20.0 * log10(null_peak) : -INFINITY;
}

void umi_stem_file_name(const char *label, umi_container container, char *name)
{
    (void)snprintf(name, UM_LABEL_MAX + 6, "%s.%s", label,
                   container == UMI_CONTAINER_FLAC ? "flac" : "wav");
}

static umi_json *format_json(const umi_audio_format *format)
{
    umi_json *json = umi_json_object();
    bool ok =
        umi_json_set(json, "container", umi_json_string(umi_container_name(format->container))) &&
        umi_json_set(json, "sample_format", umi_json_string(umi_sample_name(format->sample))) &&
        umi_json_set(json, "sample_rate", umi_json_number(format->sample_rate)) &&
        umi_json_set(json, "channels", umi_json_integer((int64_t)format->channels));
    if (!ok) {
        umi_json_free(json);
        return NULL;
    }
    return json;
}

static umi_json *input_json(const umi_separate_config *config, const umi_separate_result *result)
{
    umi_json *json = format_json(&result->input_format);
    bool ok = umi_json_set(json, "file", umi_json_string(config->input)) &&
              umi_json_set(json, "frames", umi_json_integer((int64_t)result->n_frames));
    if (!ok) {
        umi_json_free(json);
        return NULL;
    }
    return json;
}

static size_t count_atoms(const umi_model *model, size_t source)
{
    size_t n = 0;
    for (size_t k = 0; k < model->W.rows; k++) {
        n += model->source_of[k] == source;
    }
    return n;
}

static umi_json *stems_json(const umi_separate_result *result)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t s = 0; s < result->model.n_sources && ok; s++) {
        char name[UM_LABEL_MAX + 6];
        umi_stem_file_name(result->model.labels[s], result->output_format.container, name);
        umi_json *stem = umi_json_object();
        ok = umi_json_set(stem, "label", umi_json_string(result->model.labels[s])) &&
             umi_json_set(stem, "file", umi_json_string(name)) &&
             umi_json_set(stem, "atoms",
                          umi_json_integer((int64_t)count_atoms(&result->model, s))) &&
             umi_json_set(stem, "share", umi_json_number(result->shares[s]));
        /* The array takes the stem even when it is not whole: it is freed with it. */
        ok = umi_json_append(array, stem) && ok;
    }
    if (!ok) {
        umi_json_free(array);
        return NULL;
    }
    return array;
}

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

static umi_json *settings_json(const umi_separate_config *config, const umi_separate_result *result)
{
    umi_json *json = umi_json_object();
    const um_window_config *window = &result->stft.window;
    const char *start = config->start == UMI_START_NNDSVD ? "nndsvd" : "random";
    bool ok = umi_json_set(json, "window", umi_json_integer((int64_t)window->length)) &&
              umi_json_set(json, "hop", umi_json_integer((int64_t)window->hop)) &&
              umi_json_set(json, "window_shape", umi_json_string(um_window_name(window->window))) &&
              umi_json_set(json, "atoms", umi_json_integer((int64_t)result->model.W.rows)) &&
              umi_json_set(json, "start", umi_json_string(result->blind ? start : "random")) &&
              umi_json_set(json, "iterations", umi_json_integer((int64_t)config->iterations)) &&
              umi_json_set(json, "tolerance", umi_json_number(config->tolerance)) &&
              umi_json_set(json, "exponent", umi_json_number(config->exponent)) &&
              umi_json_set(json, "residual", umi_json_boolean(config->residual)) &&
              umi_json_set(json, "memory", umi_json_integer((int64_t)config->memory)) &&
              umi_json_set(json, "dictionaries",
                           texts_json(config->dictionaries, config->n_dictionaries)) &&
              umi_json_set(json, "examples", examples_json(config));
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

umi_json *umi_separate_report(const umi_separate_config *config, const umi_separate_result *result)
{
    umi_json *json = umi_json_object();
    bool exact = result->null_peak == 0.0;
    bool ok =
        umi_json_set(json, "program", umi_json_string("unmingle " UNMINGLE_VERSION)) &&
        umi_json_set(json, "command", umi_json_string("separate")) &&
        umi_json_set(json, "input", input_json(config, result)) &&
        umi_json_set(json, "output_format", format_json(&result->output_format)) &&
        umi_json_set(json, "stems", stems_json(result)) &&
        umi_json_set(json, "settings", settings_json(config, result)) &&
        umi_json_set(json, "seed", umi_json_integer((int64_t)config->seed)) &&
        umi_json_set(json, "learned_frames", umi_json_integer((int64_t)result->n_learned_frames)) &&
        umi_json_set(json, "available_frames",
                     umi_json_integer((int64_t)result->n_available_frames)) &&
        umi_json_set(json, "iterations", umi_json_integer((int64_t)result->model.iterations)) &&
        umi_json_set(json, "divergence", curve_json(&result->model)) &&
        umi_json_set(json, "null_exact", umi_json_boolean(exact)) &&
        /* Minus infinity, which JSON cannot say, is null. */
        umi_json_set(json, "null_db", umi_json_number(umi_null_db(result->null_peak))) &&
        umi_json_set(json, "samples_held", umi_json_integer((int64_t)result->held));
    if (!ok) {
        umi_json_free(json);
        return NULL;
    }
    return json;
}
