/* What a separation left is read as it was written, and checked against the recording. */
#define _DEFAULT_SOURCE
#include "job/kept_result.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "kept_folder.h"

#include <setjmp.h>

#include <cmocka.h>

static kept_folder plain, with_residual;
static um_error error;

static int make_folders(void **state)
{
    (void)state;
    return kept_folder_make(&plain, false) && kept_folder_make(&with_residual, true) ? 0 : 1;
}

static int remove_folders(void **state)
{
    (void)state;
    kept_folder_remove(&plain);
    kept_folder_remove(&with_residual);
    return 0;
}

static void is_what_was_done(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const kept_folder *folder = i == 0 ? &plain : &with_residual;
        umi_kept_result kept;
        assert_int_equal(umi_kept_result_open(folder->stems, &kept, &error), UM_OK);
        assert_int_equal(kept.atoms->W.rows, KEPT_ATOMS);
        assert_true(kept.atoms->gains.cols == KEPT_CHANNELS &&
                    kept.atoms->sample_rate == TIMBRES_RATE);
        assert_int_equal(umi_kept_activations_width(kept.activations), 1);
        assert_true(kept.exponent == 2.0 && kept.n_frames == KEPT_FRAMES);
        assert_int_equal(kept.residual, i == 1);
        char whole[PATH_MAX];
        assert_non_null(realpath(folder->recording, whole));
        assert_string_equal(kept.origin.path, whole);
        umi_kept_result_close(&kept);
        umi_kept_result_close(&kept);
    }
}

static void knows_its_recording(void **state)
{
    (void)state;
    static const umi_audio_reader_options options = {0};
    umi_kept_result kept;
    umi_recording recording;
    umi_recording_origin origin;
    assert_int_equal(umi_kept_result_open(plain.stems, &kept, &error), UM_OK);
    assert_int_equal(umi_recording_open(plain.recording, &options, NULL, &recording, &error),
                     UM_OK);
    assert_int_equal(umi_recording_origin_of(plain.recording, &origin, &error), UM_OK);
    assert_int_equal(umi_kept_result_check(&kept, "stems", &origin, &recording, &error), UM_OK);
    origin.hash[31] ^= 1;
    assert_int_equal(umi_kept_result_check(&kept, "stems", &origin, &recording, &error),
                     UM_ERR_DATA);
    assert_non_null(strstr(error.message, "mix.wav: is not, or no longer, the recording"));
    origin.hash[31] ^= 1;
    origin.n_bytes++;
    assert_int_equal(umi_kept_result_check(&kept, "stems", &origin, &recording, &error),
                     UM_ERR_DATA);
    /* From standard input: its bytes are not known, so it goes by what the recording holds. */
    umi_recording_origin_free(&kept.origin);
    assert_int_equal(umi_kept_result_check(&kept, "stems", &origin, &recording, &error), UM_OK);
    recording.n_frames++;
    assert_int_equal(umi_kept_result_check(&kept, "stems", &origin, &recording, &error),
                     UM_ERR_DATA);
    recording.n_frames--;
    recording.format.sample_rate = 16000.0;
    assert_int_equal(umi_kept_result_check(&kept, "stems", &origin, &recording, &error),
                     UM_ERR_DATA);
    recording.format.sample_rate = TIMBRES_RATE;
    recording.format.channels = 1;
    assert_int_equal(umi_kept_result_check(&kept, "stems", &origin, &recording, &error),
                     UM_ERR_DATA);
    umi_recording_close(&recording);
    umi_recording_origin_free(&origin);
    umi_kept_result_close(&kept);
}

/* The files one by one replaced by what they are not; the rest is for test_render.py. */
static void damage_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *message;
        um_status status;
    } rows[] = {
        {"stems/activations.npy", "x", "activations.npy: ", UM_ERR_DATA},
        {"stems/atoms.safetensors", "x", "atoms.safetensors: ", UM_ERR_CONFIG},
        {"stems/unmingle.json", "{\"command\": \"separate\"}", "tells of no atoms", UM_ERR_DATA},
        {"stems/unmingle.json", "[", "unmingle.json: cannot be read as JSON", UM_ERR_DATA}};
    kept_folder folder;
    assert_true(kept_folder_make(&folder, false));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        umi_kept_result kept;
        (void)scratch_write(&folder.made, rows[i].name, rows[i].text, strlen(rows[i].text));
        assert_int_equal(umi_kept_result_open(folder.stems, &kept, &error), rows[i].status);
        assert_true(kept.atoms == NULL && kept.activations == NULL && kept.origin.path == NULL);
        if (strstr(error.message, rows[i].message) == NULL) {
            fail_msg("%s: %s", rows[i].message, error.message);
        }
    }
    kept_folder_remove(&folder);
}

static um_status open_and_close(void *context)
{
    (void)context;
    umi_kept_result kept;
    um_status status = umi_kept_result_open(plain.stems, &kept, &error);
    assert_int_equal(status == UM_OK, kept.atoms != NULL);
    umi_kept_result_close(&kept);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(open_and_close, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_what_was_done),
        cmocka_unit_test(knows_its_recording),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("kept_result", tests, make_folders, remove_folders);
}
