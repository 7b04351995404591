/* The page has in it what the run made, as text that ends nothing but itself. */
#define _DEFAULT_SOURCE
#include "job/listening_page.h"

#include "core/memory.h"
#include "format/json.h"
#include "plot_sample.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

enum { N_STEMS = 3, MANY = 2000, PAGE_MAX = 2000000 };

static char labels[N_STEMS][UM_LABEL_MAX + 1] = {"drums", "</script><!--", "residual"};
static const size_t source_of[PLOT_ATOMS] = {1, 0, 1, 0}; /* as plot_sample.h has them */
static double shares[N_STEMS] = {0.25, 0.75, 0.0};
static umi_waveform *waveforms[N_STEMS];
static char page[PAGE_MAX];
static um_error error;

static umi_stem_set stems_of(double null_peak)
{
    umi_audio_format format = {UMI_CONTAINER_FLAC, UMI_SAMPLE_S24, PLOT_RATE, 1};
    return (umi_stem_set){.input_format = format,
                          .output_format = format,
                          .n_frames = 3,
                          .labels = labels,
                          .n_stems = N_STEMS,
                          .source_of = source_of,
                          .n_atoms = PLOT_ATOMS,
                          .shares = shares,
                          .waveforms = waveforms,
                          .null_peak = null_peak};
}

static void draw_waveforms(void)
{
    static const float samples[] = {0.25F, -0.5F, 0.0F};
    for (size_t s = 0; s < N_STEMS; s++) {
        assert_int_equal(umi_waveform_new(4, 1, &waveforms[s]), UM_OK);
        umi_waveform_add(waveforms[s], samples, s == 2 ? 0 : 3);
    }
}

static void free_waveforms(void)
{
    for (size_t s = 0; s < N_STEMS; s++) {
        umi_waveform_free(waveforms[s]);
    }
}

/* Writes the page into `page`; its length. */
static size_t write_page(const char *recording, const umi_stem_set *stems, umi_kept_result *kept)
{
    char folder[PATH_MAX];
    umi_output_set *set;
    snprintf(folder, sizeof folder, "%s", scratch_path(&files, "out"));
    assert_int_equal(umi_output_set_begin(folder, true, &set, &error), UM_OK);
    assert_int_equal(umi_listening_page_write(recording, stems, kept, set, &error), UM_OK);
    assert_int_equal(umi_output_set_commit(set, NULL, 0, &error), UM_OK);
    umi_output_set_free(set);
    size_t n = scratch_read(scratch_path(&files, "out/index.html"), page, sizeof page);
    assert_in_range(n, 1, sizeof page - 1);
    page[n] = '\0';
    return n;
}

/* What the page's script reads; it must be one element up to its own end tag. */
static umi_json *read_data(void)
{
    static const char begin[] = "id=\"data\">";
    umi_json *json;
    const char *at = strstr(page, begin);
    assert_non_null(at);
    at += sizeof begin - 1;
    const char *end = strchr(at, '<');
    assert_memory_equal(end, "</script>\n", 10);
    assert_int_equal(umi_json_parse(at, (size_t)(end - at), "data", &json, &error), UM_OK);
    return json;
}

static const char *text_at(const umi_json *object, const char *key)
{
    return umi_json_get_string(umi_json_get(object, key));
}

static void the_data_are_those_of_the_run(void **state)
{
    (void)state;
    umi_kept_result kept = plot_sample_result(&files);
    umi_stem_set stems = stems_of(0.0);
    bool exact;
    double number;
    draw_waveforms();
    write_page("/songs/<a> & \"b\"\xFF.wav", &stems, &kept);
    umi_json *json = read_data();
    assert_string_equal(text_at(json, "recording"), "<a> & \"b\"\xEF\xBF\xBD.wav");
    assert_string_equal(text_at(umi_json_get(json, "format"), "container"), "FLAC");
    assert_true(umi_json_get_boolean(umi_json_get(json, "null_exact"), &exact) && exact);
    assert_true(umi_json_get_number(umi_json_get(json, "frames"), &number) && number == 3);
    assert_true(umi_json_get_number(umi_json_get(json, "column_frames"), &number) && number == 1);
    const umi_json *list = umi_json_get(json, "stems");
    assert_int_equal(umi_json_length(list), N_STEMS);
    const umi_json *second = umi_json_at(list, 1), *last = umi_json_at(list, 2);
    assert_string_equal(text_at(second, "label"), "</script><!--");
    assert_string_equal(text_at(second, "file"), "</script><!--.flac");
    assert_string_equal(text_at(second, "waveform"), "404040"
                                                     "81817f"
                                                     "000000");
    assert_true(umi_json_get_number(umi_json_get(second, "peak"), &number) && number == 0.5);
    assert_string_equal(text_at(last, "waveform"), "");
    umi_json_free(json);
    free_waveforms();
    umi_kept_result_close(&kept);
}

/* Of the sources in the picture the first one is that of the first atom. */
static void colours_are_those_of_the_picture(void **state)
{
    (void)state;
    umi_kept_result kept = plot_sample_result(&files);
    umi_stem_set stems = stems_of(0.0);
    draw_waveforms();
    write_page("a.wav", &stems, &kept);
    umi_json *json = read_data();
    const umi_json *light = umi_json_get(json, "light"), *dark = umi_json_get(json, "dark");
    const umi_json *colours = umi_json_get(light, "stems");
    assert_string_equal(umi_json_get_string(umi_json_at(colours, 0)), "#d55e00");
    assert_string_equal(umi_json_get_string(umi_json_at(colours, 1)), "#0072b2");
    assert_string_equal(umi_json_get_string(umi_json_at(colours, 2)), text_at(light, "quiet"));
    assert_string_equal(text_at(light, "page"), "#ffffff");
    assert_string_not_equal(text_at(light, "page"), text_at(dark, "page"));
    assert_non_null(strstr(text_at(light, "picture"), "<svg"));
    assert_string_not_equal(text_at(light, "picture"), text_at(dark, "picture"));
    umi_json_free(json);
    free_waveforms();
    umi_kept_result_close(&kept);
}

static void it_is_the_same_again_and_asks_for_nothing_else(void **state)
{
    (void)state;
    umi_kept_result kept = plot_sample_result(&files);
    umi_stem_set stems = stems_of(0.5);
    bool exact;
    double null_db;
    draw_waveforms();
    size_t n = write_page("-", &stems, &kept);
    char *first = malloc(n);
    assert_non_null(first);
    memcpy(first, page, n);
    assert_int_equal(write_page("-", &stems, &kept), n);
    assert_memory_equal(first, page, n);
    assert_null(strstr(page, "src=\"http"));
    assert_null(strstr(page, "href=\"http"));
    assert_null(strstr(page, "import "));
    assert_null(strstr(page, "/* script */"));
    assert_null(strstr(page, "/* style */"));
    umi_json *json = read_data();
    assert_string_equal(text_at(json, "recording"), "standard input");
    assert_true(umi_json_get_boolean(umi_json_get(json, "null_exact"), &exact) && !exact);
    assert_true(umi_json_get_number(umi_json_get(json, "null_db"), &null_db));
    assert_true(null_db > -6.03 && null_db < -6.02);
    umi_json_free(json);
    free(first);
    free_waveforms();
    umi_kept_result_close(&kept);
}

/* A picture higher than pictures are: the page goes without. */
static void too_many_atoms_for_a_picture(void **state)
{
    (void)state;
    umi_kept_result kept = plot_sample_result(&files);
    umi_stem_set stems = stems_of(0.0);
    um_dictionary *many;
    um_view H = matrix_new(2, MANY);
    static size_t all_of_one[MANY];
    draw_waveforms();
    assert_int_equal(um_dictionary_new(MANY, 1, PLOT_BINS, &many), UM_OK);
    many->sample_rate = PLOT_RATE;
    many->stft = kept.atoms->stft;
    for (size_t k = 0; k < MANY; k++) {
        um_row(many->W, k)[k % PLOT_BINS] = 1.0F;
        snprintf(many->labels[k], sizeof *many->labels, "%zu", k);
    }
    umi_kept_result_close(&kept);
    (void)remove(scratch_path(&files, umi_kept_activations_name));
    assert_int_equal(umi_npy_file_write_matrix(files.path, NULL, um_const_view(H), &error), UM_OK);
    umi_free(H.data);
    kept = (umi_kept_result){.atoms = many, .exponent = 1, .n_frames = 3};
    assert_int_equal(umi_kept_activations_open(files.directory, MANY, &kept.activations, &error),
                     UM_OK);
    stems.n_atoms = MANY;
    stems.source_of = all_of_one;
    write_page("a.wav", &stems, &kept);
    umi_json *json = read_data();
    assert_null(umi_json_get(umi_json_get(json, "light"), "picture"));
    assert_non_null(umi_json_get(umi_json_get(json, "light"), "ink"));
    umi_json_free(json);
    free_waveforms();
    umi_kept_result_close(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_data_are_those_of_the_run),
        cmocka_unit_test(colours_are_those_of_the_picture),
        cmocka_unit_test(it_is_the_same_again_and_asks_for_nothing_else),
        cmocka_unit_test(too_many_atoms_for_a_picture),
    };
    return cmocka_run_group_tests_name("listening_page", tests, scratch_set_up, scratch_tear_down);
}
