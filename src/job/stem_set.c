#include "job/stem_set.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/window.h"
#include "io/path.h"
#include "job/null_test.h"
#include "job/stems.h"
#include "job/stream.h"

#include <stdio.h>
#include <string.h>

/* Columns of a stem's waveform, and of all of them together. */
enum { COLUMNS_MAX = 2048, ALL_COLUMNS_MAX = 65536 };

typedef struct stem_names {
    char **paths; /* of the stems while they are made, in the output set */
    char **shown; /* where they will be, for messages */
} stem_names;

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to separate");
}

void umi_stem_file_name(const char *label, umi_container container, char *name)
{
    (void)snprintf(name, UM_LABEL_MAX + 6, "%s.%s", label,
                   container == UMI_CONTAINER_FLAC ? "flac" : "wav");
}

size_t umi_stem_set_n_frames(const umi_recording *recording, const um_stft_config *stft)
{
    /* The recording, and the silence that brings out its end: see stream.c. The first frame is
     * complete with the first hop samples: see stft.h. */
    size_t delay = umi_window_synthesis_length(&stft->window) - 1;
    return (size_t)((recording->n_frames + delay) / stft->window.hop);
}

static char *copy_text(const char *text)
{
    return umi_path_copy(text, strlen(text));
}

static um_status name_stems(const umi_stem_set_config *c, stem_names *n, um_error *error)
{
    n->paths = umi_alloc(c->dictionary->n_sources, sizeof(char *));
    n->shown = umi_alloc(c->dictionary->n_sources, sizeof(char *));
    if (n->paths == NULL || n->shown == NULL) {
        return out_of_memory(error);
    }
    for (size_t s = 0; s < c->dictionary->n_sources; s++) {
        char name[UM_LABEL_MAX + 6];
        umi_stem_file_name(c->labels[s], c->format.container, name);
        n->paths[s] = copy_text(umi_output_set_path(c->output, name));
        n->shown[s] = copy_text(umi_output_set_shown_path(c->output, name));
        if (n->paths[s] == NULL || n->shown[s] == NULL) {
            return out_of_memory(error);
        }
    }
    return UM_OK;
}

static void free_names(stem_names *n, size_t n_stems)
{
    for (size_t s = 0; s < n_stems; s++) {
        if (n->paths != NULL) {
            umi_free(n->paths[s]);
        }
        if (n->shown != NULL) {
            umi_free(n->shown[s]);
        }
    }
    umi_free(n->paths);
    umi_free(n->shown);
}

static void share_energy(const double *energy, size_t n, double *shares)
{
    double total = 0.0;
    for (size_t s = 0; s < n; s++) {
        total += energy[s];
    }
    for (size_t s = 0; s < n; s++) {
        shares[s] = total > 0.0 ? energy[s] / total : 0.0;
    }
}

static um_status allocate(umi_stem_set *stems, um_error *error)
{
    size_t n = stems->n_stems, n_columns = ALL_COLUMNS_MAX / n & ~(size_t)1;
    n_columns = n_columns < COLUMNS_MAX ? n_columns : COLUMNS_MAX;
    stems->shares = umi_alloc(n, sizeof(double));
    stems->waveforms = umi_alloc(n, sizeof(umi_waveform *));
    um_status status = stems->shares == NULL || stems->waveforms == NULL ? UM_ERR_MEMORY : UM_OK;
    for (size_t s = 0; status == UM_OK && s < n; s++) {
        status = umi_waveform_new(n_columns, stems->output_format.channels, &stems->waveforms[s]);
    }
    return status == UM_OK ? UM_OK : out_of_memory(error);
}

static um_status write_stems(const umi_stem_set_config *c, const stem_names *names,
                             umi_stem_set *result, um_error *error)
{
    size_t n = c->dictionary->n_sources;
    um_separator_config config = *c->separator;
    um_separator *separator = NULL;
    umi_stems *stems = NULL;
    config.n_channels = c->recording->format.channels;
    um_status status = um_separator_new(&config, c->dictionary, &separator, error);
    if (status == UM_OK) {
        status = umi_stems_new(c->recording, &c->format, (const char *const *)names->paths,
                               (const char *const *)names->shown, n,
                               umi_stream_block_frames(config.n_channels, n), &stems, error);
    }
    if (status == UM_OK) {
        umi_stems_draw(stems, result->waveforms);
        status = umi_stream(c->recording, separator, stems, n, c->watch.progress, error);
    }
    if (status == UM_OK) {
        status = umi_stems_finish(stems, error);
        result->held = umi_stems_held(stems);
        share_energy(umi_stems_energy(stems), n, result->shares);
    }
    umi_stems_free(stems);
    um_separator_free(separator);
    return status;
}

um_status umi_stem_set_write(const umi_stem_set_config *c, umi_stem_set *stems, um_error *error)
{
    stem_names names = {NULL, NULL};
    double written = c->begin + 0.875 * (1.0 - c->begin);
    *stems = (umi_stem_set){.input_format = c->recording->format,
                            .output_format = c->format,
                            .n_frames = c->recording->n_frames,
                            .peak = c->recording->peak,
                            .labels = c->labels,
                            .n_stems = c->dictionary->n_sources,
                            .source_of = c->dictionary->source_of,
                            .n_atoms = c->dictionary->atoms.rows};
    um_status status = allocate(stems, error);
    if (status == UM_OK) {
        status = name_stems(c, &names, error);
    }
    if (status == UM_OK) {
        umi_watch_phase(&c->watch, "separating", c->begin, written);
        status = write_stems(c, &names, stems, error);
    }
    if (status == UM_OK) {
        umi_watch_phase(&c->watch, "checking", written, 1.0);
        status =
            umi_null_test(c->recording, (const char *const *)names.paths, c->dictionary->n_sources,
                          c->watch.progress, &stems->null_peak, error);
    }
    if (status == UM_OK) {
        status = umi_audio_reader_check_unchanged(c->recording->reader, error);
    }
    free_names(&names, c->dictionary->n_sources);
    if (status != UM_OK) {
        umi_stem_set_free(stems);
    }
    return status;
}

size_t umi_stem_set_count_atoms(const umi_stem_set *stems, size_t stem)
{
    size_t n = 0;
    for (size_t k = 0; k < stems->n_atoms; k++) {
        n += stems->source_of[k] == stem;
    }
    return n;
}

void umi_stem_set_free(umi_stem_set *stems)
{
    for (size_t s = 0; stems->waveforms != NULL && s < stems->n_stems; s++) {
        umi_waveform_free(stems->waveforms[s]);
    }
    umi_free(stems->waveforms);
    umi_free(stems->shares);
    memset(stems, 0, sizeof *stems);
}
