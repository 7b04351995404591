#include "cli/params.h"

#include "cli/number.h"
#include "core/error.h"

#include <stdio.h>
#include <string.h>

const umi_param *umi_param_find(const char *name, unsigned commands)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    for (size_t i = 0; i < n; i++) {
        if ((params[i].commands & commands) != 0 && strcmp(params[i].name, name) == 0) {
            return &params[i];
        }
    }
    return NULL;
}

const char *umi_group_title(umi_group group)
{
    static const char *const titles[UMI_N_GROUPS] = {
        "Sources",  "Cleaning",     "Devices",   "Model",      "Output",
        "Learning", "First values", "Transform", "Many files", "Running"};
    return titles[group];
}

void umi_param_range(const umi_param *param, char *text, size_t size)
{
    char low[UMI_SIZE_TEXT];
    char high[UMI_SIZE_TEXT];
    switch (param->kind) {
    case UMI_INTEGER:
        snprintf(text, size, "%.0f..%.0f%s%s", param->min, param->max,
                 param->word != NULL ? " or " : "", param->word != NULL ? param->word : "");
        break;
    case UMI_REAL:
        snprintf(text, size, "%.7g..%.7g", param->min, param->max);
        break;
    case UMI_SIZE:
        umi_format_size((uint64_t)param->min, low);
        umi_format_size((uint64_t)param->max, high);
        snprintf(text, size, "%s..%s", low, high);
        break;
    case UMI_FLAG:
    case UMI_CHOICE:
    case UMI_TEXT:
    case UMI_PATH:
        text[0] = '\0';
        break;
    }
}

const char *umi_param_default(const umi_param *param)
{
    return param->initial != NULL ? param->initial : param->initial_words;
}

static um_status no_number(const umi_param *param, const char *text, const char *kind,
                           um_error *error)
{
    char range[64];
    umi_param_range(param, range, sizeof range);
    return umi_error_set(error, UM_ERR_ARGUMENT, "'%s' is not %s in %s", text, kind, range);
}

static um_status check_range(const umi_param *param, const char *text, double value,
                             um_error *error)
{
    if (value >= param->min && value <= param->max) {
        return UM_OK;
    }
    char range[64];
    umi_param_range(param, range, sizeof range);
    return umi_error_set(error, UM_ERR_ARGUMENT, "%s is outside %s%s%s", text, range,
                         param->unit != NULL ? " " : "", param->unit != NULL ? param->unit : "");
}

static um_status parse_choice(const umi_param *param, const char *text, unsigned *choice,
                              um_error *error)
{
    char words[128] = "";
    for (unsigned i = 0; param->choices[i] != NULL; i++) {
        if (strcmp(param->choices[i], text) == 0) {
            *choice = i;
            return UM_OK;
        }
        size_t used = strlen(words);
        snprintf(words + used, sizeof words - used, "%s%s", i > 0 ? ", " : "", param->choices[i]);
    }
    return umi_error_set(error, UM_ERR_ARGUMENT, "'%s' is none of %s", text, words);
}

static um_status parse_flag(const char *text, bool *flag, um_error *error)
{
    if (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0) {
        *flag = true;
    } else if (strcmp(text, "no") == 0 || strcmp(text, "false") == 0) {
        *flag = false;
    } else {
        return umi_error_set(error, UM_ERR_ARGUMENT, "'%s' is neither yes nor no", text);
    }
    return UM_OK;
}

um_status umi_param_parse(const umi_param *param, const char *text, umi_value *value,
                          um_error *error)
{
    switch (param->kind) {
    case UMI_FLAG:
        return parse_flag(text, &value->flag, error);
    case UMI_INTEGER:
        if (param->word != NULL && strcmp(text, param->word) == 0) {
            value->integer = 0;
            return UM_OK;
        }
        /* -3 is a whole number, only out of range: say so. */
        if (text[0] == '-' && umi_parse_integer(text + 1, &value->integer)) {
            return check_range(param, text, -1, error);
        }
        if (!umi_parse_integer(text, &value->integer)) {
            return no_number(param, text, "a whole number", error);
        }
        return check_range(param, text, (double)value->integer, error);
    case UMI_REAL:
        if (!umi_parse_real(text, &value->real)) {
            return no_number(param, text, "a number", error);
        }
        return check_range(param, text, value->real, error);
    case UMI_SIZE:
        if (!umi_parse_size(text, &value->integer)) {
            return no_number(param, text, "a size such as 512M or 1.5G", error);
        }
        return check_range(param, text, (double)value->integer, error);
    case UMI_CHOICE:
        return parse_choice(param, text, &value->choice, error);
    case UMI_TEXT:
    case UMI_PATH:
        if (text[0] == '\0') {
            return umi_error_set(error, UM_ERR_ARGUMENT, "the value is empty");
        }
        value->text = text;
        return UM_OK;
    }
    return umi_error_set(error, UM_ERR_INTERNAL, "%s is of no kind", param->name);
}
