/* The atoms of a run, kept in a dictionary file beside its stems. */
#ifndef UMI_JOB_KEPT_ATOMS_H
#define UMI_JOB_KEPT_ATOMS_H

#include "io/output_set.h"
#include "job/model.h"
#include "unmingle/stft.h"

#include <stdint.h>

extern const char umi_kept_atoms_name[]; /* "atoms.safetensors" */

/* Where the atoms of a model come from. */
typedef struct umi_kept_atoms_origin {
    const um_stft_config *stft;
    double sample_rate; /* Hz */
    uint64_t seed;
    size_t atom_frames;    /* that the model's atoms last */
    const char *recording; /* its path, or "-" */
} umi_kept_atoms_origin;

/* Writes the model's atoms and gains, in its order, into `output`. UM_ERR_ARGUMENT for what
 * um_dictionary_format refuses, UM_ERR_MEMORY, UM_ERR_IO and so on. */
um_status umi_kept_atoms_write(const umi_model *model, const umi_kept_atoms_origin *origin,
                               umi_output_set *output, um_error *error) UM_MUST_USE;

/* Every row of `from`, a matrix with n columns, transposed to a row of `to`. Covariances are planes
 * of n bins in matrix_mask.h, and bins of as many values as there are planes in a dictionary. */
void umi_kept_covariances_turn(um_cview from, size_t n, um_view to);

#endif
