/* Clips that sit elsewhere between the channels than their sources are noticed, others are not. */
#define _DEFAULT_SOURCE
#include "job/clip_places.h"

#include "core/memory.h"
#include "scratch.h"
#include "sound_file.h"
#include "timbres.h"
#include "unmingle/matrix_mask.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { N_FRAMES = 24000, WINDOW = 256, HOP = 64, F = WINDOW / 2 + 1 };

static scratch made;
static char warned[512];

static void take_warning(void *user, const char *message)
{
    (void)user;
    size_t used = strlen(warned);
    snprintf(warned + used, sizeof warned - used, "%s\n", message);
}

static const char *put_mix(size_t n_channels)
{
    static const double gains[2][2] = {{0.8, 0.2}, {0.3, 0.7}};
    static float sound[2 * N_FRAMES];
    for (size_t i = 0; i < N_FRAMES; i++) {
        for (size_t c = 0; c < n_channels; c++) {
            sound[i * n_channels + c] = (float)(gains[0][c] * timbre_sample(TIMBRE_LOW, i) +
                                                gains[1][c] * timbre_sample(TIMBRE_HIGH, i));
        }
    }
    const char *path = scratch_path(&made, "mix.wav");
    sound_file_write(path, sound, N_FRAMES, n_channels, TIMBRES_RATE);
    return path;
}

/* What clips of the two sources tell that have these gains: the low one has the lower bins. */
typedef struct clips {
    float W[2][F], G[2][2], covariances[2][4 * F];
    umi_known_source known[2];
    umi_sources sources;
} clips;

static void make_clips(clips *c, const float low[2], const float high[2])
{
    memset(c, 0, sizeof *c);
    for (size_t s = 0; s < 2; s++) {
        const float *gain = s == 0 ? low : high;
        static double sums[4 * F];
        float spectrum[4 * F] = {0};
        for (size_t f = 0; f < F; f++) {
            c->W[s][f] = (f < F / 2) == (s == 0) ? 1.0f / 64.0f : 0.0f;
            spectrum[2 * f] = gain[0];
            spectrum[2 * (F + f)] = gain[1];
        }
        memset(sums, 0, sizeof sums);
        um_covariance_add(spectrum, 2, F, sums);
        um_covariance_finish(sums, 2, F, c->covariances[s]);
        memcpy(c->G[s], gain, sizeof c->G[s]);
        c->known[s] = (umi_known_source){.label = s == 0 ? "low" : "high",
                                         .W = um_cview_of(c->W[s], 1, F),
                                         .G = um_cview_of(c->G[s], 1, 2),
                                         .covariance = c->covariances[s]};
    }
    c->sources.known = c->known;
    c->sources.n_known = 2;
}

static void check(clips *c, const char *path)
{
    umi_audio_reader_options options = {0};
    umi_recording recording;
    umi_watch watch = {NULL, NULL, take_warning, NULL};
    umi_clip_places_config config = {um_stft_config_default(), um_parallel_serial(), 1, &watch};
    um_error error;
    config.stft.window.length = WINDOW;
    config.stft.window.hop = HOP;
    warned[0] = '\0';
    assert_int_equal(umi_recording_open(path, &options, NULL, &recording, &error), UM_OK);
    assert_int_equal(umi_clip_places_check(&config, &recording, &c->sources, &error), UM_OK);
    umi_recording_close(&recording);
}

static bool are_kept(const clips *c)
{
    return c->known[0].covariance != NULL && c->known[1].covariance != NULL &&
           c->known[0].G.data != NULL && c->known[1].G.data != NULL;
}

static const float low_true[2] = {0.8f, 0.2f}, high_true[2] = {0.3f, 0.7f};
static const float centre[2] = {0.5f, 0.5f};

static void clips_that_fit_are_kept(void **state)
{
    (void)state;
    clips c;
    make_clips(&c, low_true, high_true);
    check(&c, put_mix(2));
    assert_true(are_kept(&c));
    assert_string_equal(warned, "");
}

static void a_clip_from_elsewhere_is_named(void **state)
{
    (void)state;
    clips c;
    make_clips(&c, low_true, centre);
    check(&c, put_mix(2));
    assert_true(c.known[0].covariance == NULL && c.known[0].G.data == NULL);
    assert_true(c.known[1].covariance == NULL && c.known[1].G.data == NULL);
    assert_non_null(strstr(warned, "the clip of 'high'"));
    assert_null(strstr(warned, "'low'"));
}

static void without_places_nothing_is_checked(void **state)
{
    (void)state;
    clips c;
    make_clips(&c, low_true, centre);
    check(&c, put_mix(1));
    assert_true(are_kept(&c));
    make_clips(&c, low_true, centre);
    c.known[0].covariance = NULL;
    check(&c, put_mix(2));
    assert_non_null(c.known[1].covariance);
    make_clips(&c, centre, centre);
    c.sources.n_known = 1;
    check(&c, put_mix(2));
    assert_true(are_kept(&c));
    assert_string_equal(warned, "");
}

static int make_folder(void **state)
{
    (void)state;
    scratch_make(&made);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clips_that_fit_are_kept),
        cmocka_unit_test(a_clip_from_elsewhere_is_named),
        cmocka_unit_test(without_places_nothing_is_checked),
    };
    return cmocka_run_group_tests_name("clip_places", tests, make_folder, remove_folder);
}
