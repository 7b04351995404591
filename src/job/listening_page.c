#include "job/listening_page.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/path.h"
#include "job/listen_document.h"
#include "job/plot_atoms.h"
#include "job/plot_colour.h"
#include "job/plot_pages.h"
#include "job/stem_report.h"

#include <stdio.h>
#include <string.h>

const char umi_listening_page_name[] = "index.html";

enum { PICTURE_WIDTH = 1400 };

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the listening page");
}

/* -- Colours and pictures, for a light and for a dark page ------------------------------------- */

static umi_json *colour_json(umi_rgb colour)
{
    char text[8];
    (void)snprintf(text, sizeof text, "#%06x", (unsigned)(colour & 0xFFFFFFU));
    return umi_json_string(text);
}

/* Stems have the colours that their atoms have in the picture, where sources count in the order in
 * which they come; what has no atoms has none. */
static umi_json *stem_colours_json(const umi_stem_set *stems, const umi_plot_colours *colours)
{
    umi_json *array = umi_json_array();
    umi_rgb *of_stem = umi_alloc(stems->n_stems, sizeof *of_stem);
    bool *known = umi_alloc(stems->n_stems, sizeof *known);
    bool ok = array != NULL && of_stem != NULL && known != NULL;
    size_t n = 0;
    for (size_t k = 0; ok && k < stems->n_atoms; k++) {
        size_t s = stems->source_of[k];
        if (!known[s]) {
            of_stem[s] = umi_plot_source_colour(colours, n++);
            known[s] = true;
        }
    }
    for (size_t s = 0; ok && s < stems->n_stems; s++) {
        ok = umi_json_append(array, colour_json(known[s] ? of_stem[s] : colours->quiet));
    }
    umi_free(known);
    umi_free(of_stem);
    if (!ok) {
        umi_json_free(array);
        return NULL;
    }
    return array;
}

/* A picture as a text; NULL where there is none. */
static umi_json *picture_json(const umi_atom_pictures *pictures, bool dark)
{
    const unsigned char *bytes = pictures->bytes[dark];
    char *text = umi_path_copy((const char *)bytes, pictures->n_bytes[dark]);
    umi_json *json = text != NULL ? umi_json_string(text) : NULL;
    umi_free(text);
    return json;
}

/* Puts one of the two themes into `json`; false when memory is short. */
static bool put_theme(umi_json *json, bool dark, const umi_stem_set *stems,
                      const umi_atom_pictures *pictures)
{
    umi_plot_colours colours = umi_plot_colours_of(dark);
    umi_json *theme = umi_json_object();
    bool ok = umi_json_set(theme, "page", colour_json(colours.page)) &&
              umi_json_set(theme, "ink", colour_json(colours.ink)) &&
              umi_json_set(theme, "quiet", colour_json(colours.quiet)) &&
              umi_json_set(theme, "rule", colour_json(colours.rule)) &&
              umi_json_set(theme, "stems", stem_colours_json(stems, &colours));
    if (ok && pictures->bytes[dark] != NULL) {
        ok = umi_json_set(theme, "picture", picture_json(pictures, dark));
    }
    return umi_json_set(json, dark ? "dark" : "light", theme) && ok;
}

/* Without pictures where there are no atoms, or they would be too high. */
static um_status put_themes(umi_json *json, const umi_stem_set *stems, umi_kept_result *kept,
                            um_error *error)
{
    umi_atom_pictures pictures = {0};
    if (kept != NULL) {
        um_status status = umi_plot_atoms(kept, UMI_PICTURE_SVG, PICTURE_WIDTH, &pictures, error);
        if (status != UM_OK && status != UM_ERR_ARGUMENT) {
            return status;
        }
    }
    bool ok = put_theme(json, false, stems, &pictures) && put_theme(json, true, stems, &pictures);
    umi_atom_pictures_free(&pictures);
    return ok ? UM_OK : out_of_memory(error);
}

/* -- The data ---------------------------------------------------------------------------------- */

/* The stems as in the report, with their waveforms. */
static umi_json *stems_json(const umi_stem_set *stems)
{
    umi_json *array = umi_stem_report_stems(stems);
    bool ok = array != NULL;
    for (size_t s = 0; ok && s < stems->n_stems; s++) {
        const umi_waveform *waveform = stems->waveforms[s];
        char *text = umi_waveform_text(waveform);
        umi_json *stem = umi_json_at(array, s);
        ok = text != NULL &&
             umi_json_set(stem, "peak", umi_json_number(umi_waveform_peak(waveform))) &&
             umi_json_set(stem, "waveform", umi_json_string(text));
        umi_free(text);
    }
    if (!ok) {
        umi_json_free(array);
        return NULL;
    }
    return array;
}

static um_status fill(umi_json *json, const char *recording, const umi_stem_set *stems,
                      umi_kept_result *kept, um_error *error)
{
    double from, to;
    uint64_t column_frames = umi_waveform_column_frames(stems->waveforms[0]);
    umi_plot_atoms_time(PICTURE_WIDTH, &from, &to);
    bool ok = umi_json_set(json, "program", umi_json_string("unmingle " UNMINGLE_VERSION)) &&
              umi_json_set(json, "recording", umi_json_string(umi_plot_title_of(recording))) &&
              umi_json_set(json, "format", umi_stem_report_format(&stems->output_format)) &&
              umi_json_set(json, "frames", umi_json_integer((int64_t)stems->n_frames)) &&
              umi_json_set(json, "column_frames", umi_json_integer((int64_t)column_frames)) &&
              umi_json_set(json, "null_exact", umi_json_boolean(stems->null_peak == 0.0)) &&
              umi_json_set(json, "null_db", umi_json_number(umi_null_db(stems->null_peak))) &&
              umi_json_set(json, "stems", stems_json(stems)) &&
              /* Where the picture's axis of time is, as shares of its width. */
              umi_json_set(json, "from", umi_json_number(from)) &&
              umi_json_set(json, "to", umi_json_number(to));
    return ok ? put_themes(json, stems, kept, error) : out_of_memory(error);
}

/* -- The document ------------------------------------------------------------------------------ */

static const char mark_text[] = "/* data */";

static const unsigned char *find_mark(void)
{
    const unsigned char *at = umi_listen_document;
    while (memcmp(at, mark_text, sizeof mark_text - 1) != 0) {
        at++; /* embed.cmake saw to it that there is one */
    }
    return at;
}

/* Appends JSON so that nothing in it can end the element it is in: '<' as an escape. */
static char *append_json(char *to, const char *json)
{
    for (; *json != '\0'; json++) {
        if (*json == '<') {
            memcpy(to, "\\u003c", 6);
            to += 6;
        } else {
            *to++ = *json;
        }
    }
    return to;
}

static um_status write_document(const char *json, umi_output_set *output, um_error *error)
{
    enum { MARK_BYTES = sizeof mark_text - 1 };
    const unsigned char *mark = find_mark();
    size_t n_before = (size_t)(mark - umi_listen_document);
    size_t n_after = umi_listen_document_bytes - n_before - MARK_BYTES;
    size_t n_json = strlen(json);
    for (const char *at = strchr(json, '<'); at != NULL; at = strchr(at + 1, '<')) {
        n_json += 5;
    }
    char *document = umi_alloc(n_before + n_json + n_after, 1);
    if (document == NULL) {
        return out_of_memory(error);
    }
    memcpy(document, umi_listen_document, n_before);
    char *end = append_json(document + n_before, json);
    memcpy(end, mark + MARK_BYTES, n_after);
    um_status status = umi_output_set_write(output, umi_listening_page_name, document,
                                            n_before + n_json + n_after, error);
    umi_free(document);
    return status;
}

um_status umi_listening_page_write(const char *recording, const umi_stem_set *stems,
                                   umi_kept_result *kept, umi_output_set *output, um_error *error)
{
    umi_json *json = umi_json_object();
    char *text = NULL;
    um_status status = fill(json, recording, stems, kept, error);
    if (status == UM_OK) {
        text = umi_json_to_line(json);
        status = text == NULL ? out_of_memory(error) : write_document(text, output, error);
    }
    umi_free(text);
    umi_json_free(json);
    return status;
}
