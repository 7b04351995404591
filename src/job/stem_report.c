#include "job/stem_report.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

const char umi_stem_report_name[] = "unmingle.json";

double umi_null_db(double null_peak)
{
    return null_peak > 0.0 ? 20.0 * log10(null_peak) : -INFINITY;
}

umi_json *umi_stem_report_format(const umi_audio_format *format)
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

static umi_json *input_json(const char *path, const umi_recording_origin *origin,
                            const umi_stem_set *stems)
{
    umi_json *json = umi_stem_report_format(&stems->input_format);
    bool ok = umi_json_set(json, "file", umi_json_string(path)) &&
              umi_json_set(json, "frames", umi_json_integer((int64_t)stems->n_frames)) &&
              umi_recording_origin_put(origin, json);
    if (!ok) {
        umi_json_free(json);
        return NULL;
    }
    return json;
}

/* The atoms of a stem, as users count them. */
static umi_json *atoms_json(const umi_stem_set *stems, size_t stem)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t k = 0; k < stems->n_atoms && ok; k++) {
        if (stems->source_of[k] == stem) {
            ok = umi_json_append(array, umi_json_integer((int64_t)k + 1));
        }
    }
    if (!ok) {
        umi_json_free(array);
        return NULL;
    }
    return array;
}

umi_json *umi_stem_report_stems(const umi_stem_set *stems)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t s = 0; s < stems->n_stems && ok; s++) {
        char name[UM_LABEL_MAX + 6];
        umi_stem_file_name(stems->labels[s], stems->output_format.container, name);
        umi_json *stem = umi_json_object();
        ok = umi_json_set(stem, "label", umi_json_string(stems->labels[s])) &&
             umi_json_set(stem, "file", umi_json_string(name)) &&
             umi_json_set(stem, "atoms", atoms_json(stems, s)) &&
             umi_json_set(stem, "share", umi_json_number(stems->shares[s]));
        /* The array takes the stem even when it is not whole: it is freed with it. */
        ok = umi_json_append(array, stem) && ok;
    }
    if (!ok) {
        umi_json_free(array);
        return NULL;
    }
    return array;
}

bool umi_stem_report_begin(umi_json *json, const char *command, const char *path,
                           const umi_recording_origin *origin, const umi_stem_set *stems)
{
    return umi_json_set(json, "program", umi_json_string("unmingle " UNMINGLE_VERSION)) &&
           umi_json_set(json, "command", umi_json_string(command)) &&
           umi_json_set(json, "input", input_json(path, origin, stems)) &&
           umi_json_set(json, "output_format", umi_stem_report_format(&stems->output_format)) &&
           umi_json_set(json, "stems", umi_stem_report_stems(stems));
}

bool umi_stem_report_kept(umi_json *json, const char *const *names, size_t n_names)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t i = 0; i < n_names && ok; i++) {
        umi_json *file = umi_json_object();
        ok = umi_json_set(file, "file", umi_json_string(names[i]));
        ok = umi_json_append(array, file) && ok;
    }
    return umi_json_set(json, "kept", array) && ok;
}

bool umi_stem_report_end(umi_json *json, const umi_stem_set *stems)
{
    bool exact = stems->null_peak == 0.0;
    return umi_json_set(json, "null_exact", umi_json_boolean(exact)) &&
           /* Minus infinity, which JSON cannot say, is null. */
           umi_json_set(json, "null_db", umi_json_number(umi_null_db(stems->null_peak))) &&
           umi_json_set(json, "samples_held", umi_json_integer((int64_t)stems->held));
}

um_status umi_stem_report_write(umi_json *json, umi_output_set *output, um_error *error)
{
    char *text = json != NULL ? umi_json_to_text(json) : NULL;
    um_status status =
        text == NULL
            ? umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory",
                            umi_output_set_shown_path(output, umi_stem_report_name))
            : umi_output_set_write(output, umi_stem_report_name, text, strlen(text), error);
    umi_free(text);
    return status;
}
