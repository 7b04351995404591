#include "job/learn_speech.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "io/output_file.h"
#include "job/frame_walk.h"
#include "job/learn_origin.h"
#include "job/speech_stacks.h"
#include "job/speech_transform.h"
#include "unmingle/denoiser.h"
#include "unmingle/dictionary.h"
#include "unmingle/nmf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ITERATIONS = 60, RATE = 16000 };

/* Of the loudest column of a recording: what is softer is no speech. */
static const double SILENCE = 1e-3;

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
}

/* -- One speaker ------------------------------------------------------------------------------- */

/* Divides each row of M by the root of its sum. */
static void level(um_view M)
{
    for (size_t t = 0; t < M.rows; t++) {
        float *row = um_row(M, t);
        float scale = (float)(1.0 / sqrt(umi_matrix_sum(um_cview_of(row, 1, M.cols))));
        for (size_t i = 0; i < M.cols; i++) {
            row[i] *= scale;
        }
    }
}

/* M = frames of the whole recording, each between its neighbours; to be freed, on failure too. */
static um_status read_stacks(const umi_learn_speech_config *c, umi_recording *recording, um_view *M,
                             umi_learn_speech_result *result, um_error *error)
{
    const char *name = umi_audio_reader_name(recording->reader);
    um_stft_config transform = umi_speech_transform(recording->format.sample_rate);
    um_stft *stft;
    if (recording->format.sample_rate < RATE) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: has %.0f Hz; speech is learned at %d and more", name,
                             recording->format.sample_rate, RATE);
    }
    um_status status = um_stft_new(&transform, &stft, error);
    if (status != UM_OK) {
        return status;
    }
    uint64_t there = umi_frame_walk_frames(stft, recording->n_frames);
    size_t n = there < c->n_frames_max ? (size_t)there : c->n_frames_max;
    result->n_available_frames += there;
    result->n_drawn_frames += n;
    *M = umi_matrix_new(n, UM_DENOISER_STACKED * UMI_SPEECH_BINS);
    umi_speech_stacks_config stacks = {stft, c->seed, c->parallel, c->watch.progress};
    status = M->data != NULL ? umi_speech_stacks_read(&stacks, recording, *M, error)
                             : out_of_memory(error);
    um_stft_free(stft);
    return status;
}

static um_status factorise(const umi_learn_speech_config *c, um_cview M, um_view W, um_error *error)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = M.rows;
    config.n_bins = M.cols;
    config.n_components = W.rows;
    config.iterations = ITERATIONS;
    config.parallel = c->parallel;
    um_nmf *nmf;
    um_status status = um_nmf_new(&config, &nmf);
    if (status != UM_OK) {
        return out_of_memory(error);
    }
    status = um_nmf_start_random(nmf, M, c->seed);
    if (status == UM_OK) {
        status = um_nmf_run(nmf, M, c->watch.progress);
    }
    if (status == UM_OK) {
        umi_matrix_copy_rows(W, 0, um_nmf_atoms(nmf));
    }
    um_nmf_free(nmf);
    return status == UM_OK ? UM_OK
                           : umi_error_set(error, status,
                                           status == UM_ERR_CANCELLED ? "cancelled"
                                                                      : "the factorisation failed");
}

/* Fills W with the atoms of one recording; the work is from share `from` of all of it to `to`. */
static um_status learn_speaker(const umi_learn_speech_config *c, const char *path, double from,
                               double to, um_view W, umi_learn_speech_result *result,
                               um_error *error)
{
    double share = to - from;
    umi_recording recording;
    um_view M = {0};
    umi_watch_phase(&c->watch, "reading", from, from + 0.1 * share);
    um_status status = umi_recording_open(path, &c->reader, c->watch.progress, &recording, error);
    if (status != UM_OK) {
        return status;
    }
    status = umi_learn_check_apart(recording.reader, c->output, error);
    if (status == UM_OK) {
        umi_watch_phase(&c->watch, "reading", from + 0.1 * share, from + 0.3 * share);
        status = read_stacks(c, &recording, &M, result, error);
    }
    if (status == UM_OK) {
        status = umi_audio_reader_check_unchanged(recording.reader, error);
    }
    if (status == UM_OK) {
        umi_recording_warn(&recording, &c->watch);
        umi_watch_phase(&c->watch, "learning", from + 0.3 * share, to);
        umi_matrix_keep_loud_rows(&M, SILENCE);
        level(M);
        status = M.rows > 0 ? factorise(c, um_const_view(M), W, error)
                            : umi_error_set(error, UM_ERR_DATA, "%s: no speech to learn from",
                                            umi_audio_reader_name(recording.reader));
        result->n_learned_frames += M.rows;
    }
    umi_free(M.data);
    umi_recording_close(&recording);
    return status;
}

/* -- All of them ------------------------------------------------------------------------------- */

static um_status make_dictionary(const umi_learn_speech_config *c, um_dictionary **out,
                                 um_error *error)
{
    um_status status =
        um_dictionary_new(c->n_files * c->n_atoms, UM_DENOISER_STACKED, UMI_SPEECH_BINS, out);
    if (status != UM_OK) {
        return status == UM_ERR_MEMORY
                   ? out_of_memory(error)
                   : umi_error_set(error, status, "%zu speakers of %zu atoms are too many",
                                   c->n_files, c->n_atoms);
    }
    um_dictionary *d = *out;
    d->sample_rate = RATE;
    d->stft = umi_speech_transform(RATE);
    d->seed = c->seed;
    for (size_t k = 0; k < d->W.rows; k++) {
        (void)snprintf(d->labels[k], sizeof d->labels[k], "speech");
    }
    return umi_learn_set_origin(d, c->files, c->n_files, error);
}

um_status umi_learn_speech(const umi_learn_speech_config *config, umi_learn_speech_result *result,
                           um_error *error)
{
    umi_output_file *output = NULL;
    um_dictionary *dictionary = NULL;
    memset(result, 0, sizeof *result);
    um_status status = umi_output_file_begin(config->output, config->force, &output, error);
    if (status == UM_OK) {
        status = make_dictionary(config, &dictionary, error);
    }
    for (size_t i = 0; i < config->n_files && status == UM_OK; i++) {
        double share = 1.0 / (double)config->n_files;
        um_view W = {um_row(dictionary->W, i * config->n_atoms), config->n_atoms,
                     dictionary->W.cols, dictionary->W.stride};
        status = learn_speaker(config, config->files[i], share * (double)i, share * (double)(i + 1),
                               W, result, error);
    }
    if (status == UM_OK) {
        result->n_components = dictionary->W.rows;
        status = umi_learn_publish(dictionary, output, error);
    }
    umi_output_file_free(output); /* what was not committed is removed */
    um_dictionary_free(dictionary);
    return status;
}
