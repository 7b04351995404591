#include "cli/label.h"

#include "core/error.h"
#include "job/model.h"
#include "unmingle/dictionary.h"

#include <string.h>

um_status umi_label_check(const char *option, const char *label, um_error *error)
{
    if (!um_label_is_valid(label)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: '%s' cannot name a stem: a label has 1 to %d bytes of UTF-8, no "
                             "'/', no control characters, and no '.' in front",
                             option, label, UM_LABEL_MAX);
    }
    if (strcmp(label, umi_residual_label) == 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: '%s' is the stem of what no source explains; take another label",
                             option, label);
    }
    /* score takes a file of that name for the mixture, not for a stem. */
    if (strcmp(label, "mix") == 0 || strcmp(label, "mixture") == 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: '%s' would be taken for the mixture; take another label", option,
                             label);
    }
    return UM_OK;
}
