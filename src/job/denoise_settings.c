#include "job/denoise_settings.h"

#include "core/error.h"
#include "io/file_hash.h"

static umi_json *profile_json(const umi_denoise_config *config, const char *hash)
{
    if (config->profile == UMI_PROFILE_AUTO) {
        return umi_json_string("auto");
    }
    umi_json *json = umi_json_object();
    bool ok = config->profile == UMI_PROFILE_FILE
                  ? umi_json_set(json, "file_hash", umi_json_string(hash))
                  : umi_json_set(json, "from", umi_json_number(config->profile_start)) &&
                        /* null: to the end */
                        umi_json_set(json, "to", umi_json_number(config->profile_end));
    if (!ok) {
        umi_json_free(json);
        return NULL;
    }
    return json;
}

um_status umi_denoise_settings(const umi_denoise_config *config, bool residue, umi_json **out,
                               um_error *error)
{
    char dictionary[UMI_FILE_HASH_SIZE];
    char profile[UMI_FILE_HASH_SIZE] = "";
    *out = NULL;
    um_status status = umi_file_hash(config->dictionary, dictionary, error);
    if (status == UM_OK && config->profile == UMI_PROFILE_FILE) {
        status = umi_file_hash(config->profile_path, profile, error);
    }
    if (status != UM_OK) {
        return status;
    }
    umi_json *json = umi_json_object();
    bool ok = umi_json_set(json, "program", umi_json_string("unmingle " UNMINGLE_VERSION)) &&
              umi_json_set(json, "command", umi_json_string("denoise")) &&
              umi_json_set(json, "dictionary_hash", umi_json_string(dictionary)) &&
              umi_json_set(json, "profile", profile_json(config, profile)) &&
              umi_json_set(json, "strength", umi_json_number(config->strength)) &&
              umi_json_set(json, "max_reduction", umi_json_number(config->max_reduction)) &&
              umi_json_set(json, "fast", umi_json_boolean(config->fast)) &&
              umi_json_set(json, "keep_channels", umi_json_boolean(config->keep_channels)) &&
              /* What is allowed to be cut changes no output; what is forbidden may refuse one. */
              umi_json_set(json, "strict", umi_json_boolean(config->reader.strict)) &&
              umi_json_set(json, "residue", umi_json_boolean(residue));
    if (!ok) {
        umi_json_free(json);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    *out = json;
    return UM_OK;
}

umi_json *umi_denoise_figures(const umi_denoise_result *result)
{
    umi_json *json = umi_json_object();
    umi_json *warnings = umi_json_array();
    bool ok = umi_json_set(json, "seconds", umi_json_number(result->seconds)) &&
              umi_json_set(json, "frames", umi_json_integer((int64_t)result->n_frames)) &&
              /* Infinity, which JSON cannot say, is null. */
              umi_json_set(json, "reduction_db", umi_json_number(result->reduction_db)) &&
              umi_json_set(json, "clipped", umi_json_integer((int64_t)result->clipped)) &&
              umi_json_set(json, "not_finite", umi_json_integer((int64_t)result->not_finite));
    for (size_t i = 0; i < result->n_warnings; i++) {
        ok = umi_json_append(warnings, umi_json_string(result->warnings[i])) && ok;
    }
    ok = umi_json_set(json, "warnings", warnings) && ok;
    if (!ok) {
        umi_json_free(json);
        return NULL;
    }
    return json;
}
