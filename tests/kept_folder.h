/* A recording of two timbres and the folder of a separation of it, for tests of what uses that. */
#ifndef KEPT_FOLDER_H
#define KEPT_FOLDER_H

#include "job/separate.h"
#include "scratch.h"
#include "sound_file.h"
#include "timbres.h"

#include <math.h>

enum { KEPT_FRAMES = 9000, KEPT_CHANNELS = 2, KEPT_ATOMS = 6 };

typedef struct kept_folder {
    scratch made;
    char recording[PATH_MAX], stems[PATH_MAX];
} kept_folder;

/* Two sources, with the stem of what no atom explains when `residual`. False when it failed. */
static inline bool kept_folder_make(kept_folder *folder, bool residual)
{
    static int32_t mix[KEPT_FRAMES * KEPT_CHANNELS];
    scratch_make(&folder->made);
    for (size_t i = 0; i < KEPT_FRAMES * KEPT_CHANNELS; i++) {
        size_t t = i / KEPT_CHANNELS;
        double left = i % KEPT_CHANNELS == 0 ? 0.8 : 0.3;
        mix[i] = (int32_t)lrint(32767.0 * (left * timbre_sample(TIMBRE_LOW, t) +
                                           (1.1 - left) * timbre_sample(TIMBRE_HIGH, t)));
    }
    (void)snprintf(folder->recording, PATH_MAX, "%s/mix.wav", folder->made.directory);
    (void)snprintf(folder->stems, PATH_MAX, "%s/stems", folder->made.directory);
    sound_file_write_int(folder->recording, UMI_SAMPLE_S16, mix, KEPT_FRAMES, KEPT_CHANNELS,
                         TIMBRES_RATE);
    umi_separate_config config = {.input = folder->recording,
                                  .output = folder->stems,
                                  .n_sources = 2,
                                  .n_atoms = KEPT_ATOMS,
                                  .residual = residual,
                                  .window = 512,
                                  .iterations = 30,
                                  .exponent = 2.0,
                                  .seed = 1,
                                  .memory = (size_t)144 << 20,
                                  .format = {UMI_CONTAINER_WAV, true, UMI_SAMPLE_S16},
                                  .parallel = um_parallel_serial()};
    umi_separate_result result;
    um_status status = umi_separate(&config, &result, NULL);
    umi_separate_result_free(&result);
    return status == UM_OK;
}

static inline void kept_folder_remove(kept_folder *folder)
{
    scratch_remove(&folder->made);
}

#endif
