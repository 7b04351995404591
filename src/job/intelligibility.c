#include "job/intelligibility.h"

#include "core/memory.h"
#include "io/resample.h"

#include <stdbool.h>

/* Frames that are resampled at a time, and the most that come out at a time. */
enum { BLOCK = 1024 };

/* The reference by itself, or, interleaved, the reference and the estimate. */
typedef struct stage {
    umi_resampler *resampler;
    size_t n_signals;
} stage;

struct umi_intelligibility {
    um_stoi *stoi;
    stage survey, measure;
    bool measuring;
    float in[2 * BLOCK], out[2 * BLOCK];
};

um_status umi_intelligibility_new(double sample_rate, umi_intelligibility **out)
{
    *out = NULL;
    umi_intelligibility *job = umi_alloc(1, sizeof *job);
    if (job == NULL) {
        return UM_ERR_MEMORY;
    }
    job->survey.n_signals = 1;
    job->measure.n_signals = 2;
    um_status status = um_stoi_new(&job->stoi);
    if (status == UM_OK) {
        status = umi_resampler_new(sample_rate, UM_STOI_RATE, 1, &job->survey.resampler);
    }
    if (status == UM_OK) {
        status = umi_resampler_new(sample_rate, UM_STOI_RATE, 2, &job->measure.resampler);
    }
    if (status != UM_OK) {
        umi_intelligibility_free(job);
        return status;
    }
    *out = job;
    return UM_OK;
}

void umi_intelligibility_free(umi_intelligibility *job)
{
    if (job == NULL) {
        return;
    }
    um_stoi_free(job->stoi);
    umi_resampler_free(job->survey.resampler);
    umi_resampler_free(job->measure.resampler);
    umi_free(job);
}

/* Gives n resampled frames to the pass at hand. */
static um_status pass_on(umi_intelligibility *job, const stage *s, size_t n)
{
    um_cview reference = {job->out, n, 1, s->n_signals};
    if (s == &job->survey) {
        return um_stoi_survey(job->stoi, reference);
    }
    um_cview estimate = {job->out + 1, n, 1, s->n_signals};
    return um_stoi_measure(job->stoi, reference, estimate);
}

/* Resamples n <= BLOCK frames of job->in. */
static um_status push(umi_intelligibility *job, const stage *s, size_t n)
{
    um_status status = UM_OK;
    for (size_t done = 0; done < n && status == UM_OK;) {
        size_t n_used, n_made;
        status = umi_resampler_push(s->resampler, job->in + done * s->n_signals, n - done, &n_used,
                                    job->out, BLOCK, &n_made);
        if (status == UM_OK) {
            status = pass_on(job, s, n_made);
        }
        done += n_used;
    }
    return status;
}

static um_status flush(umi_intelligibility *job, const stage *s)
{
    um_status status = UM_OK;
    for (size_t n = BLOCK; n == BLOCK && status == UM_OK;) {
        status = umi_resampler_flush(s->resampler, job->out, BLOCK, &n);
        if (status == UM_OK) {
            status = pass_on(job, s, n);
        }
    }
    return status;
}

/* Frame t's channels as one sample. */
static float mix_down(um_cview sound, size_t t)
{
    double sum = 0;
    for (size_t c = 0; c < sound.cols; c++) {
        sum += (double)um_crow(sound, t)[c];
    }
    return (float)(sum / (double)sound.cols);
}

/* Without an estimate: the first pass. */
static um_status add(umi_intelligibility *job, um_cview reference, const um_cview *estimate)
{
    const stage *s = estimate == NULL ? &job->survey : &job->measure;
    um_status status = UM_OK;
    for (size_t first = 0, n; first < reference.rows && status == UM_OK; first += n) {
        n = reference.rows - first < BLOCK ? reference.rows - first : BLOCK;
        for (size_t t = 0; t < n; t++) {
            job->in[t * s->n_signals] = mix_down(reference, first + t);
            if (estimate != NULL) {
                job->in[t * s->n_signals + 1] = mix_down(*estimate, first + t);
            }
        }
        status = push(job, s, n);
    }
    return status;
}

um_status umi_intelligibility_survey(umi_intelligibility *job, um_cview reference)
{
    return add(job, reference, NULL);
}

um_status umi_intelligibility_measure(umi_intelligibility *job, um_cview reference,
                                      um_cview estimate)
{
    if (!job->measuring) {
        um_status status = flush(job, &job->survey);
        if (status != UM_OK) {
            return status;
        }
        job->measuring = true;
    }
    return add(job, reference, &estimate);
}

um_status umi_intelligibility_finish(umi_intelligibility *job, um_stoi_figures *figures)
{
    um_status status = flush(job, &job->measure);
    *figures = um_stoi_result(job->stoi);
    return status;
}
