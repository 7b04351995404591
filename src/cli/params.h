/* The table of parameters: the one place that knows an option's name, type, range, default and
 * help. The command line, presets, --help, the man page and the completions of the shells are all
 * made from it, so that none of them can tell another story. */
#ifndef UMI_CLI_PARAMS_H
#define UMI_CLI_PARAMS_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The commands, as bits of umi_param.commands. */
enum {
    UMI_SEPARATE = 1 << 0,
    UMI_LEARN = 1 << 1,
    UMI_INFO = 1 << 2,
    UMI_SCORE = 1 << 3,
    UMI_PRESETS = 1 << 4,
    UMI_FACTOR = 1 << 5,
    UMI_DENOISE = 1 << 6,
    UMI_LIVE = 1 << 7,
    UMI_DEVICES = 1 << 8,
    UMI_RENDER = 1 << 9,
    UMI_PLOT = 1 << 10,
    UMI_EVERY_COMMAND = (1 << 11) - 1
};

typedef enum umi_kind {
    UMI_FLAG,    /* bool */
    UMI_INTEGER, /* uint64_t */
    UMI_REAL,    /* double */
    UMI_SIZE,    /* uint64_t, bytes */
    UMI_CHOICE,  /* unsigned, the place of the word in `choices` */
    UMI_TEXT,    /* const char * */
    UMI_PATH     /* const char *; in a preset, relative to the preset's folder */
} umi_kind;

/* In the order in which help shows them. */
typedef enum umi_group {
    UMI_GROUP_SOURCES,
    UMI_GROUP_CLEANING,
    UMI_GROUP_DEVICES,
    UMI_GROUP_MODEL,
    UMI_GROUP_OUTPUT,
    UMI_GROUP_LEARNING,
    UMI_GROUP_START,
    UMI_GROUP_TRANSFORM,
    UMI_GROUP_BATCH,
    UMI_GROUP_RUNNING,
    UMI_N_GROUPS
} umi_group;

typedef struct umi_param {
    const char *name; /* the long option and the key in presets */
    char letter;      /* the short option, 0: none */
    umi_kind kind;
    umi_group group;
    unsigned commands;          /* who takes it; a name is unique within a command */
    bool repeatable;            /* UMI_TEXT and UMI_PATH: every value counts, not the last alone */
    bool required;              /* a command that takes it cannot do without ... */
    const char *or_else;        /* ... unless this option is given in its place; or NULL */
    bool in_presets;            /* may stand in a preset; a flag then takes =no as well */
    bool everyday;              /* --help explains it; of the others it gives the names */
    const char *metavar;        /* what stands for the value in help */
    double min, max;            /* UMI_INTEGER, UMI_REAL, UMI_SIZE: both are allowed */
    const char *unit;           /* "samples"; NULL for plain numbers */
    const char *word;           /* UMI_INTEGER: stands for 0, which is outside min..max; or NULL */
    const char *initial;        /* built-in value, as it would be typed; NULL: 0, false, none */
    const char *initial_words;  /* for people, when the built-in value is worked out later */
    const char *const *choices; /* UMI_CHOICE: words, then NULL */
    size_t offset;              /* of the value in umi_options */
    const char *help;           /* a line of help, without range and default */
    const char *detail;         /* the man page's paragraph: plain scdoc, whole sentences */
} umi_param;

/* A value on its way from text to umi_options. */
typedef union umi_value {
    bool flag;
    uint64_t integer;
    double real;
    unsigned choice;
    const char *text;
} umi_value;

const umi_param *umi_params(size_t *n);

/* The parameter `name` of any command in `commands`; NULL when there is none. */
const umi_param *umi_param_find(const char *name, unsigned commands);

const char *umi_group_title(umi_group group);

/* The one parser of values. Text values stay where `text` is. UM_ERR_ARGUMENT with a message that
 * says what would do, but not whose value it is: "0 is outside 1..4096". */
um_status umi_param_parse(const umi_param *param, const char *text, umi_value *value,
                          um_error *error) UM_MUST_USE;

/* "1..4096", "2..64 or auto", "16M..1T"; "" for kinds without a range. */
void umi_param_range(const umi_param *param, char *text, size_t size);

/* The built-in value for people: "20", "96M", "window / 4"; NULL for none. */
const char *umi_param_default(const umi_param *param);

/* Words of the choices, in the order of the table. */
extern const char *const umi_cpu_choices[];
extern const char *const umi_window_choices[];
extern const char *const umi_solver_choices[];

#endif
