/* The engine by itself: a matrix or a recording in, W and H out. */
#ifndef UMI_JOB_FACTOR_H
#define UMI_JOB_FACTOR_H

#include "job/factor_online.h"
#include "job/factor_runs.h"

typedef struct umi_factor_config {
    umi_factor_input_config input; /* its watch is not read: the one below is */
    const char *output;            /* the folder to make */
    bool force;                    /* take the place of what is there */
    bool save_V;
    bool lee_seung; /* tell their objective too; Kullback-Leibler only */
    umi_factorisation_config how;
    umi_factor_start_config start; /* its n_components and atom_frames are not read */
    uint64_t seed;
    size_t n_runs; /* 1..; more than 1 only where the seed makes a difference */
    size_t memory; /* bytes that the whole program may take; 0: half of the machine's */
    umi_watch watch;
} umi_factor_config;

/* What was done, for the report. Empty after a failure. It must not be moved. */
typedef struct umi_factor_result {
    umi_factor_input input;
    umi_factor_start start;
    umi_solver solver;        /* that was used */
    umi_factor_runs runs;     /* online: one run, and no `best` */
    umi_factor_online online; /* UMI_SOLVER_ONLINE only */
    double memory;            /* bytes that could be used */
    double lee_seung;
    double reading_seconds;           /* on the clock, for V */
    double wall_seconds, cpu_seconds; /* for all runs */
    char **warnings;                  /* what was told to config.watch */
    size_t n_warnings;
    const umi_watch *told;
    umi_watch watch; /* of the input: keeps the warnings */
} umi_factor_result;

/* Factorises, and publishes W.npy, H.npy, report.json and, where asked for, V.npy. UM_ERR_ARGUMENT
 * for settings that cannot be, UM_ERR_DATA, UM_ERR_MEMORY with the figure that would do,
 * UM_ERR_CREATE, UM_ERR_CANCELLED and so on; then nothing is left behind. */
um_status umi_factor(const umi_factor_config *config, umi_factor_result *result,
                     um_error *error) UM_MUST_USE;

/* What was lowered, penalties included: so many values on the way, the first of the first values of
 * W and H, the last of the result; online only those on the way. *iteration gets how many updates
 * had been made before value i. */
size_t umi_factor_curve_length(const umi_factor_result *result);
double umi_factor_curve_value(const umi_factor_result *result, size_t i, size_t *iteration);

void umi_factor_result_free(umi_factor_result *result);

#endif
