#include "job/kept_result.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/path.h"
#include "io/text.h"
#include "job/json_file.h"
#include "job/kept_atoms.h"
#include "job/model.h"
#include "job/shift_list.h"
#include "job/stem_report.h"
#include "job/stem_set.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* Of masks, see mask.h. */
static const double EXPONENT_MIN = 0.1, EXPONENT_MAX = 10.0;

/* -- unmingle.json ----------------------------------------------------------------------------- */

static um_status reject(const char *shown, const char *reason, um_error *error)
{
    return umi_error_set(error, UM_ERR_DATA, "%s/%s: %s", shown, umi_stem_report_name, reason);
}

/* Whether the atoms are among the files that were kept. */
static bool tells_of_atoms(const umi_json *json)
{
    const umi_json *kept = umi_json_get(json, "kept");
    bool found = false;
    for (size_t i = 0; i < umi_json_length(kept); i++) {
        const char *file = umi_json_get_string(umi_json_get(umi_json_at(kept, i), "file"));
        found = found || (file != NULL && strcmp(file, umi_kept_atoms_name) == 0);
    }
    return found;
}

static um_status take_report(const umi_json *json, const char *shown, umi_kept_result *kept,
                             um_error *error)
{
    const umi_json *input = umi_json_get(json, "input");
    const char *command = umi_json_get_string(umi_json_get(json, "command"));
    const char *from = umi_json_get_string(umi_json_get(json, "from"));
    int64_t n_frames, n_channels;
    if (command != NULL && strcmp(command, "render") == 0) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s/%s: tells of stems of 'unmingle render'; make others from the "
                             "folder of 'unmingle separate', %s",
                             shown, umi_stem_report_name, from != NULL ? from : "as these were");
    }
    if (command == NULL || strcmp(command, "separate") != 0) {
        return reject(shown, "is not the report of 'unmingle separate'", error);
    }
    if (!tells_of_atoms(json)) {
        return reject(
            shown, "tells of no atoms: --fast, or an older version made it; separate again", error);
    }
    um_status status = umi_recording_origin_get(input, &kept->origin);
    if (status == UM_ERR_MEMORY) {
        return umi_error_set(error, status, "%s: not enough memory", shown);
    }
    if (status != UM_OK || !umi_json_get_integer(umi_json_get(input, "frames"), &n_frames) ||
        n_frames < 0 || !umi_json_get_integer(umi_json_get(input, "channels"), &n_channels) ||
        n_channels < 1 ||
        !umi_json_get_number(umi_json_get(umi_json_get(json, "settings"), "exponent"),
                             &kept->exponent) ||
        !umi_json_get_boolean(umi_json_get(umi_json_get(json, "settings"), "residual"),
                              &kept->residual) ||
        !(kept->exponent >= EXPONENT_MIN && kept->exponent <= EXPONENT_MAX)) {
        return reject(shown, "is damaged; separate again", error);
    }
    kept->n_frames = (uint64_t)n_frames;
    kept->n_channels = (size_t)n_channels;
    return UM_OK;
}

static um_status read_report(const char *directory, const char *shown, umi_kept_result *kept,
                             um_error *error)
{
    struct stat info;
    umi_json *json = NULL;
    char *path = umi_path_join(directory, umi_stem_report_name);
    um_status status = path == NULL ? UM_ERR_MEMORY : umi_json_file_read(path, &json);
    if (status == UM_OK) {
        status = take_report(json, shown, kept, error);
    } else if (status == UM_ERR_MEMORY) {
        status = umi_error_set(error, status, "%s: not enough memory", shown);
    } else if (stat(directory, &info) != 0) {
        status = umi_error_set(error, UM_ERR_NO_INPUT, "%s: no such folder", shown);
    } else if (!S_ISDIR(info.st_mode)) {
        status =
            umi_error_set(error, UM_ERR_DATA,
                          "%s: no folder; 'unmingle separate' makes one from a recording", shown);
    } else if (status == UM_ERR_NO_INPUT) {
        status = umi_error_set(error, status,
                               "%s: holds no %s, so it is no folder of 'unmingle separate'", shown,
                               umi_stem_report_name);
    } else {
        status = reject(shown, "cannot be read as JSON", error);
    }
    umi_json_free(json);
    umi_free(path);
    return status;
}

/* -- All of it --------------------------------------------------------------------------------- */

static um_status load_atoms(const char *directory, umi_kept_result *kept, um_error *error)
{
    char *path = umi_path_join(directory, umi_kept_atoms_name);
    if (path == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", directory);
    }
    um_status status = um_dictionary_load(path, &kept->atoms, error);
    bool plain = status == UM_OK && kept->atoms->n_frames == 1;
    if (status == UM_OK &&
        (plain ? kept->atoms->gains.cols != kept->n_channels : kept->atoms->gains.data != NULL)) {
        status = umi_error_set(error, UM_ERR_DATA,
                               "%s: is not what a separation left; separate again", path);
    }
    umi_free(path);
    return status;
}

um_status umi_kept_result_open(const char *directory, umi_kept_result *kept, um_error *error)
{
    char shown[UMI_DISPLAY_MAX];
    (void)umi_display_name(directory, shown, sizeof shown);
    memset(kept, 0, sizeof *kept);
    um_status status = read_report(directory, shown, kept, error);
    if (status == UM_OK) {
        status = load_atoms(directory, kept, error);
    }
    if (status == UM_OK) {
        status =
            umi_kept_activations_open(directory, kept->atoms->W.rows, &kept->activations, error);
    }
    if (status == UM_OK) {
        /* The atoms as they are, and moved up and down. */
        kept->shifts = umi_kept_activations_width(kept->activations) - 1;
        if (kept->shifts > UMI_SHIFT_SEMITONES_MAX) {
            status = umi_error_set(error, UM_ERR_DATA, "%s/%s: has too many columns", shown,
                                   umi_kept_activations_name);
        }
    }
    if (status != UM_OK) {
        umi_kept_result_close(kept);
    }
    return status;
}

void umi_kept_result_close(umi_kept_result *kept)
{
    um_dictionary_free(kept->atoms);
    umi_kept_activations_free(kept->activations);
    umi_recording_origin_free(&kept->origin);
    memset(kept, 0, sizeof *kept);
}

um_status umi_kept_result_check(const umi_kept_result *kept, const char *directory,
                                const umi_recording_origin *origin, const umi_recording *recording,
                                um_error *error)
{
    const char *name = umi_audio_reader_name(recording->reader);
    if (kept->origin.path != NULL && !umi_recording_origin_same_bytes(&kept->origin, origin)) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: is not, or no longer, the recording that %s was made from, which "
                             "had %" PRIu64
                             " bytes and the XXH3 %s; --input says where that one is",
                             name, directory, kept->origin.n_bytes, kept->origin.hash);
    }
    if (recording->n_frames != kept->n_frames ||
        recording->format.sample_rate != kept->atoms->sample_rate ||
        recording->format.channels != kept->n_channels) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: has %" PRIu64 " frames, %zu channels, %.0f Hz; what %s was made "
                             "from had %" PRIu64 ", %zu, %.0f",
                             name, recording->n_frames, recording->format.channels,
                             recording->format.sample_rate, directory, kept->n_frames,
                             kept->n_channels, kept->atoms->sample_rate);
    }
    size_t n_rows = umi_kept_activations_rows(kept->activations);
    size_t n_wanted = umi_stem_set_n_frames(recording, &kept->atoms->stft);
    return n_rows == n_wanted
               ? UM_OK
               : umi_error_set(error, UM_ERR_DATA,
                               "%s/%s: has %zu rows, and the recording %zu frames; separate again",
                               directory, umi_kept_activations_name, n_rows, n_wanted);
}
