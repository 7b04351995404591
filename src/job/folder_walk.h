/* The sound files in a folder and in the folders below it, in one order wherever it is asked for.
 */
#ifndef UMI_JOB_FOLDER_WALK_H
#define UMI_JOB_FOLDER_WALK_H

#include "io/input_file.h"
#include "unmingle/status.h"

/* Called with the path of a sound file below the folder, and whether the name is a link. Or, where
 * problem is not UM_OK, with a folder that could not be read ("" is the folder itself), and why. A
 * status other than UM_OK ends the walk. */
typedef um_status (*umi_walk_found)(void *user, const char *path, bool is_link, um_status problem,
                                    const char *why);

/* Every folder's names are sorted byte by byte. Sound files are told by name (sound_name.h). What
 * is hidden is passed over, and so is the folder `left_out`, unless NULL. A link to a file counts
 * as the file; a link to a folder is not followed, so there are no circles. UM_ERR_MEMORY, and what
 * `found` returns. */
um_status umi_folder_walk(const char *folder, const umi_file_identity *left_out,
                          umi_walk_found found, void *user, um_error *error) UM_MUST_USE;

#endif
