/* The atoms that speech is told from noise with. */
#ifndef UMI_JOB_SPEECH_DICTIONARY_H
#define UMI_JOB_SPEECH_DICTIONARY_H

#include "unmingle/dictionary.h"

/* Loads a dictionary by 'learn --speech'. Of another one, whose atoms are of one frame, those that
 * are labelled "speech" are taken: remapped (atoms_remap.h) to the transform of speech, and the
 * same in all three frames. UM_ERR_CONFIG for one that is not of speech, UM_ERR_MEMORY, and what
 * um_dictionary_load says. On failure *out is NULL. */
um_status umi_speech_load(const char *path, um_dictionary **out, um_error *error) UM_MUST_USE;

#endif
