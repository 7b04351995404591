/* What the files of `separate`, separate*.c, share. */
#ifndef UMI_JOB_SEPARATE_INTERNAL_H
#define UMI_JOB_SEPARATE_INTERNAL_H

#include "io/output_set.h"
#include "job/gather.h"
#include "job/memory_budget.h"
#include "job/model_percussive.h"
#include "job/separate.h"
#include "unmingle/separator.h"

typedef struct umi_separate_job {
    const umi_separate_config *config;
    umi_separate_result *result;
    umi_recording recording;
    umi_sources sources;
    size_t n_bins, fft_size; /* of the transform */
    umi_memory_plan plan;
    umi_material material;     /* what was learned from; a lead is found by it to the end */
    um_repetition *repetition; /* of a lead */
    bool repeats_less;         /* the lead than the rest: repetition tells which is which */
    umi_output_set *output;
    umi_audio_format format; /* of the stems */
    um_error *error;
} umi_separate_job;

/* The transform: the dictionaries', else the settings', else by the sample rate. */
um_status umi_separate_choose_transform(umi_separate_job *job) UM_MUST_USE;

/* Whether atoms last several frames: these must be in order then, none left out. */
bool umi_separate_lasts(const umi_separate_job *job);

/* The shifts, see shift_list.h, at which known atoms may sound too; returns how many. */
size_t umi_separate_shifts(const umi_separate_job *job, double *shifts);

/* A lead has nothing below this. */
size_t umi_separate_lowest_lead_bin(const umi_separate_job *job);

umi_percussive_config umi_separate_percussive(const umi_separate_job *job);

/* Fills result->model. */
um_status umi_separate_learn(umi_separate_job *job) UM_MUST_USE;

#endif
