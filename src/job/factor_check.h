/* Which settings of a factorisation go together, and with which V. */
#ifndef UMI_JOB_FACTOR_CHECK_H
#define UMI_JOB_FACTOR_CHECK_H

#include "job/factor.h"

/* What can be said before V is seen. UM_ERR_ARGUMENT, with a message that names the options and
 * says what would do; here and below. */
um_status umi_factor_check_settings(const umi_factor_config *config, um_error *error) UM_MUST_USE;

/* The rest, once the input is open. */
um_status umi_factor_check_input(const umi_factor_config *config, const umi_factor_input *input,
                                 um_error *error) UM_MUST_USE;

#endif
