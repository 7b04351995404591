/* What is known of a live run at a moment: plain data, for the page, the terminal and JSON.
 *
 * Levels in bytes: round(255 (dB + 90) / 90) within 0..255, 0 dB being full scale; those of atoms
 * are relative to the atom's peak. Bands are spaced evenly in the logarithm of frequency, from
 * UMI_LIVE_LOW_HZ to UMI_LIVE_HIGH_HZ or half the sample rate. */
#ifndef UMI_JOB_LIVE_STATE_H
#define UMI_JOB_LIVE_STATE_H

#include "unmingle/dictionary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UMI_LIVE_SOURCES_MAX = 8, UMI_LIVE_ATOMS_MAX = 512, UMI_LIVE_BANDS = 128 };
enum { UMI_LIVE_LOW_HZ = 40, UMI_LIVE_HIGH_HZ = 20000 };
enum { UMI_LIVE_NAME_SIZE = 128, UMI_LIVE_TEXT_SIZE = 256 };

typedef enum umi_live_condition {
    UMI_LIVE_RUNNING,
    UMI_LIVE_SILENT,   /* the input has been digital silence for 3 s */
    UMI_LIVE_RETRYING, /* the device is gone; it is tried again */
    UMI_LIVE_STOPPED
} umi_live_condition;

typedef struct umi_live_source_state {
    char label[UM_LABEL_MAX + 1];
    double gain; /* 0..2 */
    bool mute, solo;
    size_t n_atoms;
    bool is_rest; /* what no labelled source is */
} umi_live_source_state;

typedef struct umi_live_state {
    umi_live_condition condition;
    char message[UMI_LIVE_TEXT_SIZE]; /* what people should know, or "" */
    char in[UMI_LIVE_NAME_SIZE];      /* devices */
    char out[UMI_LIVE_NAME_SIZE];     /* "": none */
    double rate;                      /* Hz, of the separation */
    size_t period;                    /* frames of a callback */
    size_t channels;
    double delay_ms;     /* from input to output, NAN where there is no output */
    double algorithm_ms; /* of it, what the transform needs */
    double load;         /* of one core, 0..1 */
    uint64_t overruns;   /* times that a block came late or was lost */
    uint64_t dropped;    /* frames dropped for it */
    const char *latency; /* "lowest", "low", "quality" */
    bool learning, frozen;
    char hold[UM_LABEL_MAX + 1];        /* the label that is held, or "" */
    double held;                        /* seconds of it */
    char recording[UMI_LIVE_TEXT_SIZE]; /* the folder, or "" */
    uint64_t model;                     /* version of the atoms */
    size_t n_sources;
    umi_live_source_state sources[UMI_LIVE_SOURCES_MAX];
} umi_live_state;

/* What was heard at a moment. */
typedef struct umi_live_frame {
    uint64_t number;
    uint8_t bands[UMI_LIVE_BANDS];
    uint8_t in, out; /* levels */
    size_t n_sources;
    uint8_t levels[UMI_LIVE_SOURCES_MAX];
    size_t n_atoms;
    uint8_t activations[UMI_LIVE_ATOMS_MAX];
} umi_live_frame;

/* The atoms, source after source. */
typedef struct umi_live_atoms {
    uint64_t model;
    size_t n_atoms;
    uint8_t source[UMI_LIVE_ATOMS_MAX];
    uint8_t bands[UMI_LIVE_ATOMS_MAX][UMI_LIVE_BANDS];
} umi_live_atoms;

#endif
