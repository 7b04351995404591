/* The messages of the live stream, byte by byte as live_message.h describes them. */
#include "job/live_message.h"

#include "core/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t message[UMI_LIVE_MESSAGE_SIZE];

static umi_live_state sample_state(void)
{
    umi_live_state state = {.condition = UMI_LIVE_SILENT,
                            .message = "say \"ah\"",
                            .in = "Mikrofon \xc3\xa4",
                            .rate = 48000,
                            .period = 128,
                            .channels = 2,
                            .delay_ms = NAN,
                            .algorithm_ms = 5.25,
                            .load = 0.125,
                            .overruns = 3,
                            .dropped = 384,
                            .latency = "lowest",
                            .learning = true,
                            .hold = "A",
                            .held = 1.5,
                            .model = 7,
                            .n_sources = 2};
    umi_live_source_state first = {"voice", 0.5, true, false, 16, false};
    umi_live_source_state rest = {"rest", 1, false, true, 8, true};
    state.sources[0] = first;
    state.sources[1] = rest;
    return state;
}

/* Written out from the description, compared as text: the order of keys is part of it. */
static void state_as_json(void **unused)
{
    (void)unused;
    static const char expected[] =
        "{\"condition\":\"silent\",\"message\":\"say \\\"ah\\\"\",\"in\":\"Mikrofon \xc3\xa4\","
        "\"out\":null,\"rate\":48000,\"period\":128,\"channels\":2,\"delay_ms\":null,"
        "\"algorithm_ms\":5.25,\"load\":0.125,\"overruns\":3,\"dropped\":384,"
        "\"latency\":\"lowest\",\"learning\":true,\"frozen\":false,\"hold\":\"A\",\"held\":1.5,"
        "\"recording\":null,\"model\":7,\"bands\":{\"n\":128,\"low\":40,\"high\":20000},"
        "\"sources\":[{\"label\":\"voice\",\"gain\":0.5,\"mute\":true,\"solo\":false,\"atoms\":16,"
        "\"rest\":false},{\"label\":\"rest\",\"gain\":1,\"mute\":false,\"solo\":true,\"atoms\":8,"
        "\"rest\":true}]}";
    umi_live_state state = sample_state();
    size_t n = umi_live_encode_state(&state, message);
    size_t n_text = strlen(expected);
    uint8_t head[8] = {(uint8_t)n_text, (uint8_t)(n_text >> 8), 0, 0, 1};
    assert_int_equal(n, 8 + n_text);
    assert_memory_equal(message, head, 8);
    assert_memory_equal(message + 8, expected, n_text);
}

static void state_of_other_runs(void **unused)
{
    (void)unused;
    static const char *const names[] = {"running", "silent", "retrying", "stopped"};
    umi_live_state state = sample_state();
    strcpy(state.out, "Speaker");
    strcpy(state.recording, "takes");
    state.hold[0] = '\0';
    state.delay_ms = 8.5;
    state.rate = 16000;
    for (size_t i = 0; i < 4; i++) {
        state.condition = (umi_live_condition)i;
        umi_json *json = umi_live_state_json(&state);
        double number = 0;
        assert_string_equal(umi_json_get_string(umi_json_get(json, "condition")), names[i]);
        assert_string_equal(umi_json_get_string(umi_json_get(json, "out")), "Speaker");
        assert_string_equal(umi_json_get_string(umi_json_get(json, "recording")), "takes");
        assert_null(umi_json_get_string(umi_json_get(json, "hold")));
        assert_true(umi_json_get_number(umi_json_get(json, "delay_ms"), &number));
        assert_true(number == 8.5);
        assert_true(
            umi_json_get_number(umi_json_get(umi_json_get(json, "bands"), "high"), &number));
        assert_true(number == 8000);
        umi_json_free(json);
    }
}

/* The longest texts there can be, all of them escaped. */
static void largest_state(void **unused)
{
    (void)unused;
    umi_live_state state = sample_state();
    memset(state.message, 1, sizeof state.message - 1);
    memset(state.in, 1, sizeof state.in - 1);
    memset(state.out, 1, sizeof state.out - 1);
    memset(state.hold, 1, sizeof state.hold - 1);
    memset(state.recording, 1, sizeof state.recording - 1);
    state.n_sources = UMI_LIVE_SOURCES_MAX;
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        memset(state.sources[i].label, 1, UM_LABEL_MAX);
    }
    assert_true(umi_live_encode_state(&state, message) > 6 * 1000);
}

static void frame_as_bytes(void **unused)
{
    (void)unused;
    umi_live_frame frame = {.number = 0x1122334455667788,
                            .in = 200,
                            .out = 100,
                            .n_sources = 3,
                            .levels = {9, 8, 7, 6},
                            .n_atoms = 260};
    for (size_t i = 0; i < UMI_LIVE_BANDS; i++) {
        frame.bands[i] = (uint8_t)(255 - i);
    }
    for (size_t i = 0; i < UMI_LIVE_ATOMS_MAX; i++) {
        frame.activations[i] = (uint8_t)i;
    }
    static const uint8_t start[] = {147,  1,    0,    0,    2,   0, 0, 0, /* 12 + 128 + 3 + 260 */
                                    0x88, 0x77, 0x66, 0x55, 128, 3, 4, 1, 200, 100, 0, 0};
    assert_int_equal(umi_live_encode_frame(&frame, message), 8 + 12 + 128 + 3 + 260);
    assert_memory_equal(message, start, sizeof start);
    assert_memory_equal(message + 20, frame.bands, 128);
    assert_memory_equal(message + 148, frame.levels, 3);
    assert_memory_equal(message + 151, frame.activations, 260);
}

static void atoms_as_bytes(void **unused)
{
    (void)unused;
    static umi_live_atoms atoms = {.model = 0x100000002, .n_atoms = 2, .source = {1, 5}};
    memset(atoms.bands[0], 17, UMI_LIVE_BANDS);
    memset(atoms.bands[1], 34, UMI_LIVE_BANDS);
    static const uint8_t start[] = {10, 1, 0, 0, 3, 0, 0,   0, /* 8 + 2 * 129 */
                                    2,  0, 0, 0, 2, 0, 128, 0, 1, 17};
    assert_int_equal(umi_live_encode_atoms(&atoms, message), 8 + 8 + 2 * 129);
    assert_memory_equal(message, start, sizeof start);
    assert_int_equal(message[16 + 128], 17);
    assert_int_equal(message[16 + 129], 5);
    assert_int_equal(message[16 + 130], 34);
    assert_int_equal(message[16 + 257], 34);
    atoms.n_atoms = UMI_LIVE_ATOMS_MAX;
    assert_int_equal(umi_live_encode_atoms(&atoms, message), UMI_LIVE_MESSAGE_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_as_json),  cmocka_unit_test(state_of_other_runs),
        cmocka_unit_test(largest_state),  cmocka_unit_test(frame_as_bytes),
        cmocka_unit_test(atoms_as_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
