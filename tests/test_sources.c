/* Sources known beforehand: runs of a dictionary's labels, and clips learned label by label. */
#define _DEFAULT_SOURCE
#include "job/sources.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "scratch.h"
#include "sound_file.h"
#include "timbres.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { N_FRAMES = 8000, N_BINS = 129, N_ATOMS = 3 };

static scratch made;
static char low[PATH_MAX], high[PATH_MAX], both[PATH_MAX], silent[PATH_MAX], fast[PATH_MAX];
static umi_watch watch;

static void put(char *path, const char *name, double low_gain, double high_gain, double rate)
{
    static float sound[N_FRAMES];
    for (size_t i = 0; i < N_FRAMES; i++) {
        sound[i] = (float)(low_gain * timbre_sample(TIMBRE_LOW, i) +
                           high_gain * timbre_sample(TIMBRE_HIGH, i));
    }
    snprintf(path, PATH_MAX, "%s/%s", made.directory, name);
    sound_file_write(path, sound, N_FRAMES, 1, rate);
}

static int make_files(void **state)
{
    (void)state;
    scratch_make(&made);
    put(low, "low.wav", 1.0, 0.0, TIMBRES_RATE);
    put(high, "high.wav", 0.0, 1.0, TIMBRES_RATE);
    put(both, "both.wav", 1.0, 1.0, TIMBRES_RATE);
    put(silent, "silent.wav", 0.0, 0.0, TIMBRES_RATE);
    put(fast, "fast.wav", 1.0, 0.0, 2 * TIMBRES_RATE);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

/* -- Dictionaries ------------------------------------------------------------------------------ */

/* Writes a dictionary with an atom for each label; atom k has its peak at bin k. */
static const char *put_dictionary(char *path, const char *name, const char *const *labels,
                                  size_t n_labels, double rate, size_t hop)
{
    um_dictionary *dictionary;
    um_error error;
    void *bytes;
    size_t n_bytes;
    assert_int_equal(um_dictionary_new(n_labels, 1, N_BINS, &dictionary), UM_OK);
    for (size_t k = 0; k < n_labels; k++) {
        um_row(dictionary->W, k)[k] = 1.0F;
        snprintf(dictionary->labels[k], sizeof dictionary->labels[k], "%s", labels[k]);
    }
    dictionary->sample_rate = rate;
    dictionary->stft.window.length = 256;
    dictionary->stft.window.hop = hop;
    assert_int_equal(um_dictionary_format(dictionary, &bytes, &n_bytes, &error), UM_OK);
    snprintf(path, PATH_MAX, "%s", scratch_write(&made, name, bytes, n_bytes));
    um_dictionary_free_bytes(bytes);
    um_dictionary_free(dictionary);
    return path;
}

static void every_run_of_a_label_is_a_source(void **state)
{
    (void)state;
    static const char *const one_labels[] = {"drums", "drums", "voice", "drums"};
    static const char *const other_labels[] = {"bass"};
    char one[PATH_MAX], other[PATH_MAX];
    const char *const paths[] = {put_dictionary(one, "one.st", one_labels, 4, 8000, 64),
                                 put_dictionary(other, "other.st", other_labels, 1, 8000, 64)};
    static const struct {
        const char *label;
        size_t first, n_atoms;
    } expected[] = {{"drums", 0, 2}, {"voice", 2, 1}, {"drums", 3, 1}, {"bass", 0, 1}};
    umi_sources sources;
    um_stft_config stft;
    double rate;
    um_error error;
    assert_int_equal(umi_sources_load(paths, 2, false, &sources, &error), UM_OK);
    assert_int_equal(sources.n_known, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(sources.known[i].label, expected[i].label);
        assert_int_equal(sources.known[i].W.rows, expected[i].n_atoms);
        assert_int_equal(sources.known[i].W.cols, N_BINS);
        assert_true(um_crow(sources.known[i].W, 0)[expected[i].first] == 1.0F);
    }
    assert_true(umi_sources_transform(&sources, &stft, &rate));
    assert_true(rate == 8000 && stft.window.length == 256 && stft.window.hop == 64);
    umi_sources_free(&sources);
    umi_sources_free(&sources);
    assert_int_equal(umi_sources_load(NULL, 0, false, &sources, &error), UM_OK);
    assert_int_equal(sources.n_known, 0);
    assert_false(umi_sources_transform(&sources, &stft, &rate));
    umi_sources_free(&sources);
}

/* The one that a separation kept was of its recording; of a dictionary without gains it is refused.
 */
static void a_kept_residual_is_no_source(void **state)
{
    (void)state;
    static const char *const labels[] = {"drums", "residual"};
    for (size_t i = 0; i < 3; i++) {
        um_dictionary *dictionary;
        char path[PATH_MAX];
        const char *const paths[] = {path};
        umi_sources sources;
        um_error error;
        void *bytes;
        size_t n_bytes;
        (void)put_dictionary(path, "kept.st", i < 2 ? labels : labels + 1, i < 2 ? 2 : 1, 8000, 64);
        assert_int_equal(um_dictionary_load(path, &dictionary, &error), UM_OK);
        if (i > 0) {
            assert_int_equal(um_dictionary_add_gains(dictionary, 1), UM_OK);
            for (size_t k = 0; k < dictionary->W.rows; k++) {
                um_row(dictionary->gains, k)[0] = 1.0F;
            }
        }
        assert_int_equal(um_dictionary_format(dictionary, &bytes, &n_bytes, &error), UM_OK);
        (void)scratch_write(&made, "kept.st", bytes, n_bytes);
        um_dictionary_free_bytes(bytes);
        um_dictionary_free(dictionary);
        um_status status = umi_sources_load(paths, 1, false, &sources, &error);
        if (i == 1) {
            assert_int_equal(status, UM_OK);
            assert_int_equal(sources.n_known, 1);
            assert_string_equal(sources.known[0].label, "drums");
            umi_sources_free(&sources);
        } else { /* without gains; and with nothing else in it */
            assert_int_equal(status, UM_ERR_CONFIG);
            assert_non_null(strstr(error.message, i == 0 ? "labels[1]: 'residual'" : "alone"));
        }
    }
}

static void dictionaries_must_be_alike(void **state)
{
    (void)state;
    static const char *const labels[] = {"drums"};
    char one[PATH_MAX], rate[PATH_MAX], hop[PATH_MAX], junk[PATH_MAX];
    (void)put_dictionary(one, "one.st", labels, 1, 8000, 64);
    (void)put_dictionary(rate, "rate.st", labels, 1, 16000, 64);
    (void)put_dictionary(hop, "hop.st", labels, 1, 8000, 32);
    snprintf(junk, sizeof junk, "%s", scratch_write(&made, "junk.st", "junk", 4));
    const struct {
        const char *path, *words[3];
    } cases[] = {{rate, {"rate.st", "16000", "one.st"}},
                 {hop, {"hop.st", "hop 32", "hop 64"}},
                 {junk, {"junk.st", "", ""}}};
    for (size_t i = 0; i < 3; i++) {
        const char *const paths[] = {one, cases[i].path};
        umi_sources sources;
        um_error error;
        assert_int_equal(umi_sources_load(paths, 2, false, &sources, &error), UM_ERR_CONFIG);
        for (size_t w = 0; w < 3; w++) {
            assert_non_null(strstr(error.message, cases[i].words[w]));
        }
        assert_true(sources.known == NULL && sources.n_dictionaries == 0);
    }
}

/* Atoms that last are of one dictionary alone. */
static void atoms_of_several_frames_are_alone(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_dictionary *dictionary;
    um_error error;
    void *bytes;
    size_t n_bytes;
    umi_sources sources;
    assert_int_equal(um_dictionary_new(1, 3, N_BINS, &dictionary), UM_OK);
    um_row(dictionary->W, 0)[0] = 0.6F;
    um_row(dictionary->W, 0)[N_BINS + 3] = 0.3F;
    um_row(dictionary->W, 0)[2 * N_BINS + 3] = 0.1F;
    strcpy(dictionary->labels[0], "speech");
    dictionary->sample_rate = 8000;
    dictionary->stft.window.length = 256;
    dictionary->stft.window.hop = 64;
    assert_int_equal(um_dictionary_format(dictionary, &bytes, &n_bytes, &error), UM_OK);
    snprintf(path, PATH_MAX, "%s", scratch_write(&made, "speech.st", bytes, n_bytes));
    um_dictionary_free_bytes(bytes);
    um_dictionary_free(dictionary);
    const char *const paths[] = {path, path};
    assert_int_equal(umi_sources_load(paths, 2, false, &sources, &error), UM_ERR_CONFIG);
    assert_non_null(strstr(error.message, "speech.st: its atoms last 3 frames"));
    assert_true(sources.known == NULL && sources.n_dictionaries == 0);
    assert_int_equal(umi_sources_load(paths, 1, false, &sources, &error), UM_OK);
    assert_int_equal(umi_sources_atom_frames(&sources), 3);
    /* At twice the rate the same bins are half of the spectrum; frames keep their levels. */
    assert_int_equal(umi_sources_remap(&sources, 16000.0, 256, paths, &error), UM_OK);
    assert_int_equal(sources.known[0].W.cols, 3 * N_BINS);
    assert_true(um_crow(sources.known[0].W, 0)[0] > 0.5F);
    umi_sources_free(&sources);
}

/* -- Remapping --------------------------------------------------------------------------------- */

/* Writes a kept dictionary: atoms of n_frames frames of random values, of two sources with the
 * residual between them, and the gains and covariances that it comes with. */
static void put_kept(char *path, size_t n_frames, um_dictionary **dictionary)
{
    static const char *const labels[] = {"drums", "drums", "residual", "voice"};
    um_dictionary *d;
    um_error error;
    umi_random random = umi_random_seeded(n_frames);
    void *bytes;
    size_t n_bytes;
    assert_int_equal(um_dictionary_new(4, n_frames, N_BINS, &d), UM_OK);
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < d->W.cols; i++) {
            /* The last frame of an atom may be empty, as that of a short stroke is. */
            bool empty = n_frames > 1 && i >= (n_frames - 1) * N_BINS;
            um_row(d->W, k)[i] = empty ? 0.0F : (float)umi_random_uniform(&random);
        }
        assert_true(umi_row_normalise(um_row(d->W, k), d->W.cols));
        strcpy(d->labels[k], labels[k]);
    }
    d->sample_rate = 8000;
    d->stft.window.length = 256;
    d->stft.window.hop = 64;
    assert_int_equal(um_dictionary_add_gains(d, 1), UM_OK);
    assert_int_equal(um_dictionary_add_covariances(d, 1), UM_OK);
    for (size_t k = 0; k < 4; k++) {
        um_row(d->gains, k)[0] = 1.0F;
    }
    for (size_t i = 0; i < 3 * N_BINS; i++) {
        d->covariances.data[i] = 1.0F;
    }
    assert_int_equal(um_dictionary_format(d, &bytes, &n_bytes, &error), UM_OK);
    snprintf(path, PATH_MAX, "%s", scratch_write(&made, "kept.st", bytes, n_bytes));
    um_dictionary_free_bytes(bytes);
    *dictionary = d;
}

static double square_at(const float *w, size_t f)
{
    return f < N_BINS ? (double)w[f] * (double)w[f] : 0.0;
}

/* A frame at twice the rate, so in bins twice as wide: the root of the mean power over each, and
 * above the highest old one a little. */
static void widen(const float *w, double *out)
{
    double sum = 0.0;
    for (size_t f = 0; f < N_BINS; f++) {
        out[f] = f == 0 ? sqrt((square_at(w, 0) + square_at(w, 1)) / 2)
                        : sqrt((square_at(w, 2 * f - 1) + 2 * square_at(w, 2 * f) +
                                square_at(w, 2 * f + 1)) /
                               4);
        out[f] = f > N_BINS / 2 ? 0.0 : out[f];
        sum += out[f];
    }
    for (size_t f = N_BINS / 2 + 1; f < N_BINS; f++) {
        out[f] = 1e-4 * sum / N_BINS;
    }
}

/* An atom remapped: its frames, with one factor for all of them. */
static void expect_widened(const float *before, const float *after, size_t n_frames)
{
    double expected[3 * N_BINS], sum = 0.0;
    for (size_t t = 0; t < n_frames; t++) {
        widen(before + t * N_BINS, expected + t * N_BINS);
    }
    for (size_t i = 0; i < n_frames * N_BINS; i++) {
        sum += expected[i];
    }
    for (size_t i = 0; i < n_frames * N_BINS; i++) {
        assert_true(fabs((double)after[i] - expected[i] / sum) <= 1e-5 * expected[i] / sum);
    }
}

/* Atoms of one frame and of several, whose rows are padded; known sources are those that were
 * there before, and a kept residual between them stays out. */
static void remapped_atoms_keep_their_frequencies(void **state)
{
    (void)state;
    for (size_t n_frames = 1; n_frames <= 3; n_frames += 2) {
        static const size_t first[] = {0, 3}, n_atoms[] = {2, 1};
        char path[PATH_MAX];
        const char *const paths[] = {path};
        um_dictionary *before;
        umi_sources sources;
        um_error error;
        put_kept(path, n_frames, &before);
        assert_int_equal(umi_sources_load(paths, 1, false, &sources, &error), UM_OK);
        assert_true(sources.known[0].W.stride > sources.known[0].W.cols);
        assert_int_equal(umi_sources_remap(&sources, 16000.0, 256, paths, &error), UM_OK);
        assert_int_equal(sources.n_known, 2);
        for (size_t s = 0; s < 2; s++) {
            const umi_known_source *known = &sources.known[s];
            assert_int_equal(known->W.rows, n_atoms[s]);
            assert_int_equal(known->W.cols, n_frames * N_BINS);
            /* Where a recording's sources lay is nothing that another takes over. */
            assert_true(known->G.data == NULL && known->covariance == NULL);
            for (size_t k = 0; k < n_atoms[s]; k++) {
                expect_widened(um_row(before->W, first[s] + k), um_crow(known->W, k), n_frames);
            }
        }
        umi_sources_free(&sources);
        um_dictionary_free(before);
    }
}

static um_status load_and_remap(void *paths)
{
    umi_sources sources;
    um_error error;
    um_status status = umi_sources_load(paths, 1, false, &sources, &error);
    if (status == UM_OK) {
        status = umi_sources_remap(&sources, 16000.0, 256, paths, &error);
    }
    umi_sources_free(&sources);
    return status;
}

static void every_allocation_of_a_remap_may_fail(void **state)
{
    (void)state;
    char path[PATH_MAX];
    const char *paths[] = {path};
    um_dictionary *dictionary;
    put_kept(path, 3, &dictionary);
    um_dictionary_free(dictionary);
    assert_true(counting_allocator_sweep(load_and_remap, paths) > 5);
}

/* -- Examples ---------------------------------------------------------------------------------- */

static umi_gather_config gather_of(void)
{
    umi_gather_config gather = {0};
    gather.stft = um_stft_config_default();
    gather.stft.window.length = 2 * (N_BINS - 1);
    gather.stft.window.hop = 64;
    gather.mean_channels = true;
    gather.memory = (size_t)1 << 24;
    gather.parallel = um_parallel_serial();
    gather.watch = &watch;
    return gather;
}

/* Learns examples for a recording, into sources that were loaded before. */
static um_status learn(umi_sources *sources, const char *recording_path,
                       const umi_example *examples, size_t n_examples, um_error *error)
{
    umi_gather_config gather = gather_of();
    umi_model_config model = {.n_bins = N_BINS,
                              .n_channels = 1,
                              .sample_rate = TIMBRES_RATE,
                              .iterations = 20,
                              .start = UMI_START_RANDOM,
                              .seed = 1,
                              .parallel = um_parallel_serial()};
    umi_recording recording;
    um_status status = umi_recording_open(recording_path, &gather.reader, NULL, &recording, error);
    if (status == UM_OK) {
        status = umi_sources_learn(sources, examples, n_examples, N_ATOMS, &recording, &gather,
                                   &model, error);
    }
    umi_recording_close(&recording);
    return status;
}

/* The share of all atoms below 1500 Hz. */
static double share_below(um_cview W)
{
    double below = 0.0, all = 0.0;
    for (size_t k = 0; k < W.rows; k++) {
        for (size_t f = 0; f < W.cols; f++) {
            all += (double)um_crow(W, k)[f];
            below += f < 48 ? (double)um_crow(W, k)[f] : 0.0;
        }
    }
    return below / all;
}

static void learns_label_by_label(void **state)
{
    (void)state;
    /* "all" hears low in one file and high in another. */
    const umi_example examples[] = {{"low", low, 0.0, INFINITY},
                                    {"all", low, 0.1, 0.6},
                                    {"high", NULL, 0.2, 0.9},
                                    {"all", high, 0.0, INFINITY}};
    umi_sources sources = {0};
    um_error error;
    assert_int_equal(learn(&sources, high, examples, 4, &error), UM_OK);
    assert_int_equal(sources.n_known, 3);
    assert_string_equal(sources.known[0].label, "low");
    assert_string_equal(sources.known[1].label, "all");
    assert_string_equal(sources.known[2].label, "high");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sources.known[i].W.rows, N_ATOMS);
    }
    assert_true(share_below(sources.known[0].W) > 0.9);
    assert_true(fabs(share_below(sources.known[1].W) - 0.5) < 0.4);
    assert_true(share_below(sources.known[2].W) < 0.1);
    umi_sources_free(&sources);
}

/* A dictionary's sources come first, then the clips'. */
static void learns_beside_dictionaries(void **state)
{
    (void)state;
    static const char *const labels[] = {"drums"};
    char path[PATH_MAX];
    const char *const paths[] = {put_dictionary(path, "d.st", labels, 1, TIMBRES_RATE, 64)};
    const umi_example examples[] = {{"low", low, 0.0, INFINITY}};
    umi_sources sources;
    um_error error;
    assert_int_equal(umi_sources_load(paths, 1, false, &sources, &error), UM_OK);
    assert_int_equal(learn(&sources, both, examples, 1, &error), UM_OK);
    assert_int_equal(sources.n_known, 2);
    assert_string_equal(sources.known[0].label, "drums");
    assert_true(um_crow(sources.known[0].W, 0)[0] == 1.0F);
    assert_string_equal(sources.known[1].label, "low");
    umi_sources_free(&sources);
}

static void clips_must_fit(void **state)
{
    (void)state;
    const struct {
        const char *recording;
        umi_example example;
        const char *words[2];
    } cases[] = {
        {both, {"a", silent, 0.0, INFINITY}, {"silent.wav", "silent"}},
        {silent, {"a", NULL, 0.0, INFINITY}, {"silent.wav", "'a'"}},
        {both, {"a", fast, 0.0, INFINITY}, {"fast.wav", "16000 Hz"}},
        {both, {"a", NULL, 1.0, INFINITY}, {"both.wav", "end"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_sources sources = {0};
        um_error error;
        assert_int_equal(learn(&sources, cases[i].recording, &cases[i].example, 1, &error),
                         UM_ERR_DATA);
        assert_non_null(strstr(error.message, cases[i].words[0]));
        assert_non_null(strstr(error.message, cases[i].words[1]));
        umi_sources_free(&sources);
    }
}

static um_status load_and_learn(void *paths)
{
    const umi_example examples[] = {{"low", low, 0.0, 0.1}, {"high", high, 0.0, 0.1}};
    umi_sources sources;
    um_error error;
    um_status status = umi_sources_load(paths, 1, false, &sources, &error);
    if (status == UM_OK) {
        status = learn(&sources, both, examples, 2, &error);
    }
    umi_sources_free(&sources);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char *const labels[] = {"drums", "bass"};
    char path[PATH_MAX];
    const char *paths[] = {put_dictionary(path, "d.st", labels, 2, TIMBRES_RATE, 64)};
    assert_true(counting_allocator_sweep(load_and_learn, paths) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_of_a_label_is_a_source),
        cmocka_unit_test(a_kept_residual_is_no_source),
        cmocka_unit_test(dictionaries_must_be_alike),
        cmocka_unit_test(atoms_of_several_frames_are_alone),
        cmocka_unit_test(remapped_atoms_keep_their_frequencies),
        cmocka_unit_test(every_allocation_of_a_remap_may_fail),
        cmocka_unit_test(learns_label_by_label),
        cmocka_unit_test(learns_beside_dictionaries),
        cmocka_unit_test(clips_must_fit),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("sources", tests, make_files, remove_files);
}
