/* What the user asked for: built-in values, then the preset, then the options, later ones winning.
 *
 * The fields are filled by the table in params.c; what each means, its range and its default stand
 * there. A 0 or NULL where the range excludes it means "not given, work it out". */
#ifndef UMI_CLI_OPTIONS_H
#define UMI_CLI_OPTIONS_H

#include "cli/presets.h"
#include "job/model.h"
#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum umi_help { UMI_HELP_NONE, UMI_HELP_EVERYDAY, UMI_HELP_ALL } umi_help;

/* Places in the choices of params.c; --window-shape counts as um_window does, --start as umi_start,
 * --divergence as um_divergence, --solver as umi_solver,
 * --precision as um_precision. */
typedef enum umi_format { UMI_FORMAT_WAV, UMI_FORMAT_FLAC } umi_format;
typedef enum umi_sample_format {
    UMI_SAMPLE_FORMAT_KEEP,
    UMI_SAMPLE_FORMAT_16,
    UMI_SAMPLE_FORMAT_24,
    UMI_SAMPLE_FORMAT_32,
    UMI_SAMPLE_FORMAT_FLOAT
} umi_sample_format;

typedef struct umi_texts {
    const char **items;
    size_t count;
} umi_texts;

/* A file or word that is no option, and the --label that stood before it, or NULL. */
typedef struct umi_operand {
    const char *text;
    const char *label;
} umi_operand;

/* Where a value came from. */
typedef enum umi_origin { UMI_BUILT_IN, UMI_FROM_PRESET, UMI_FROM_OPTION } umi_origin;

typedef struct umi_options {
    const umi_command *command;
    umi_help help; /* asked for: the other fields are then not complete */

    /* sources */
    uint64_t sources;
    umi_texts learn; /* see clip.h */
    umi_texts dictionary;
    umi_texts label;
    uint64_t atoms; /* separate, factor: in all; learn: a label */
    uint64_t clip_atoms;
    uint64_t shifts;
    unsigned split; /* umi_split */
    bool adapt;
    bool residual;
    const char *preset;
    umi_texts group; /* see atom_group.h */
    bool single_atoms;
    const char *input; /* the recording that a result was made from */
    const char *reference;
    const char *estimate;
    bool permute;

    /* cleaning */
    const char *profile;
    const char *speech; /* the dictionary */
    double strength;
    double max_reduction; /* dB */
    bool fast;
    bool keep_channels;
    bool learn_speech;

    /* devices */
    const char *in, *out; /* names, or parts of them */
    bool watch;
    double rate;     /* Hz, 0: the device's */
    uint64_t period; /* frames, 0: as the device likes */
    uint64_t channels;
    unsigned latency; /* umi_live_latency */
    const char *record;
    bool no_retry;
    bool no_learning;
    bool page, no_page;
    uint64_t port;

    /* model */
    unsigned divergence; /* um_divergence */
    double beta;
    uint64_t atom_frames;
    double sparsity;
    double atom_sparsity;
    double continuity;
    const char *rank_survey;
    const char *weights;

    /* output */
    const char *output;
    uint64_t width; /* of a picture, pixels */
    bool dark;
    unsigned format;        /* umi_format */
    unsigned sample_format; /* umi_sample_format */
    bool residue;
    bool force;
    bool json;
    bool save_V;
    bool report_1999;

    /* learning */
    unsigned solver; /* umi_solver */
    uint64_t restarts;
    unsigned precision; /* um_precision */
    uint64_t iterations;
    double tolerance;
    unsigned start; /* umi_start */
    double exponent;
    uint64_t seed;
    uint64_t memory; /* bytes; factor: 0 is half of the machine's */

    /* first values */
    const char *init_W;
    const char *init_H;
    bool fix_W;
    const char *harmonic; /* "LOW-HIGH" */
    uint64_t percussive;

    /* transform */
    uint64_t window;       /* samples, 0: 93 ms rounded to a power of two */
    uint64_t hop;          /* samples, 0: window / 4 */
    unsigned window_shape; /* um_window */

    /* many files */
    const char *manifest;
    uint64_t jobs; /* 0: one a core */
    const char *shard;
    const char *shards;
    const char *report;

    /* running */
    uint64_t threads; /* 0: see running.h */
    unsigned cpu;     /* place in umi_cpu_choices */
    bool allow_truncated;
    bool strict;
    bool progress;
    bool quiet;
    bool verbose;

    umi_operand *operands;
    size_t n_operands;

    umi_preset *preset_file; /* owned; the texts that came from it live here */
    unsigned char *origins;  /* umi_origin a row of the table */
} umi_options;

/* Built-in values. Texts given later are borrowed from argv or the preset. UM_ERR_MEMORY. */
um_status umi_options_new(const umi_command *command, umi_options *options) UM_MUST_USE;

/* Reads the arguments after the command's name: argv[0] is that name. Loads the preset that they
 * name, or the command's. UM_ERR_ARGUMENT, UM_ERR_CONFIG for the preset, UM_ERR_MEMORY. */
um_status umi_options_parse(umi_options *options, int argc, char **argv,
                            um_error *error) UM_MUST_USE;

/* Takes what no option has set from the preset, which belongs to the options from then on. */
um_status umi_options_take_preset(umi_options *options, umi_preset *preset,
                                  um_error *error) UM_MUST_USE;

/* Where the value of `name` came from; a name that the command takes. */
umi_origin umi_options_origin(const umi_options *options, const char *name);

/* Tolerates what _new left half built. */
void umi_options_free(umi_options *options);

#endif
