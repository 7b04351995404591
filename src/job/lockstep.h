/* Several recordings read side by side, block by block. */
#ifndef UMI_JOB_LOCKSTEP_H
#define UMI_JOB_LOCKSTEP_H

#include "io/audio_format.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>
#include <stdint.h>

typedef struct umi_lockstep umi_lockstep;

/* Opens n_files >= 1 recordings, which must have the same rate and channels: UM_ERR_DATA with a
 * message that names two that differ, and what umi_audio_reader_open says; UM_ERR_MEMORY. Holds
 * one small block of each. On failure *out is NULL. */
um_status umi_lockstep_new(const char *const *paths, size_t n_files, umi_lockstep **out,
                           um_error *error) UM_MUST_USE;
void umi_lockstep_free(umi_lockstep *files); /* NULL is fine */

/* Of all: rate and channels; of the first: the rest. */
const umi_audio_format *umi_lockstep_format(const umi_lockstep *files);

/* As umi_audio_reader_frames, of the first. */
uint64_t umi_lockstep_frames(const umi_lockstep *files);

/* Reads the next block of all; *n_frames is 0 at their end. UM_ERR_DATA with a message that names
 * two when one ends before another, and what umi_audio_reader_read_float says. */
um_status umi_lockstep_read(umi_lockstep *files, size_t *n_frames, um_error *error) UM_MUST_USE;

/* What was read of file i: n_frames rows, a column a channel. Valid until the next call of _read.
 */
um_cview umi_lockstep_block(const umi_lockstep *files, size_t i);

/* Back to the first frame of all. */
um_status umi_lockstep_rewind(umi_lockstep *files, um_error *error) UM_MUST_USE;

/* As umi_audio_reader_warning, of file i. */
const char *umi_lockstep_warning(umi_lockstep *files, size_t i, size_t i_warning);

#endif
