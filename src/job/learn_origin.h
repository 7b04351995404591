/* What both ways of learning do with a dictionary: to see that it replaces nothing that it is
 * learned from, to say where it comes from, and to publish it. */
#ifndef UMI_JOB_LEARN_ORIGIN_H
#define UMI_JOB_LEARN_ORIGIN_H

#include "io/audio_reader.h"
#include "io/output_file.h"
#include "unmingle/dictionary.h"

/* UM_ERR_ARGUMENT when `output` is the file that is being read. */
um_status umi_learn_check_apart(const umi_audio_reader *reader, const char *output,
                                um_error *error) UM_MUST_USE;

/* Notes this program and the names of the files, without their folders, as many as fit.
 * UM_ERR_MEMORY. */
um_status umi_learn_set_origin(um_dictionary *dictionary, const char *const *paths, size_t n_paths,
                               um_error *error) UM_MUST_USE;

/* Writes the dictionary and gives the file its name. */
um_status umi_learn_publish(const um_dictionary *dictionary, umi_output_file *output,
                            um_error *error) UM_MUST_USE;

#endif
