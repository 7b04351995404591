/* A live run on disk, as it goes: mix.wav and a file for every source, float, in one folder.
 *
 * The files are there under their names from their first second on, and can be played at any time:
 * their headers are brought up to date once a second. All start when the recording does, and have
 * the same length; the sources add up to the mix. Removed sources go on in silence. */
#ifndef UMI_JOB_LIVE_RECORDER_H
#define UMI_JOB_LIVE_RECORDER_H

#include "job/live_state.h"
#include "unmingle/view.h"

typedef struct umi_live_recorder umi_live_recorder;

/* Makes the folder, unless it is there. UM_ERR_CREATE when it holds a mix.wav already;
 * UM_ERR_MEMORY and what making files says. */
um_status umi_live_recorder_new(const char *folder, double rate, size_t n_channels,
                                umi_live_recorder **out, um_error *error) UM_MUST_USE;

/* A thread writes what _take was given; UM_ERR_MEMORY. */
um_status umi_live_recorder_start(umi_live_recorder *recorder, um_error *error) UM_MUST_USE;

/* Never waits, by one thread. The mix and UMI_LIVE_SOURCES_MAX sources, n x n_channels each; labels
 * and n_sources as in umi_live_atom_set. A label that was not there before gets a file of its own,
 * as long as there are no more than UMI_LIVE_SOURCES_MAX; the sound of others is added to the
 * rest's. What the disk is too slow for is lost, and silence in its place. */
void umi_live_recorder_take(umi_live_recorder *recorder, um_cview mix, const um_view *sources,
                            const char (*labels)[UM_LABEL_MAX + 1], size_t n_sources);

/* True when something is wrong that was not told before, with what it is; by one thread. */
bool umi_live_recorder_trouble(umi_live_recorder *recorder, char *text, size_t size);

/* Finishes the files and frees. UM_ERR_IO when something could not be written, `error` says what.
 * NULL is fine. */
um_status umi_live_recorder_finish(umi_live_recorder *recorder, um_error *error) UM_MUST_USE;

#endif
