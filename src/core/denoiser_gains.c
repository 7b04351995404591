/* A section through the denoiser: activations in bands, models in bins, gains. */
#include "core/denoiser_internal.h"
#include "core/matrix.h"

#include <math.h>
#include <string.h>

enum { ITERATIONS = 40, ITERATIONS_FAST = 20 };

/* Bins where the noise is loud count less: by the root of its mean level, which is kept above this
 * share of the section's. Else the fit is to the fluctuations of a rumble. */
static const float LEVEL_FLOOR = 0.03f;

/* The level of the noise against the section's, dB: from here on full strength, and from here down
 * the least. */
static const double NOISY_DB = -14.0, GENTLE_DB = -29.0;
static const double GENTLE_STRENGTH = 0.2, GENTLE_STRENGTH_FAST = 0.08;

/* Likewise: from here on a profile counts alone, and from here down it has the least share in the
 * lowest bins, in full up to 140 Hz and not at all from 250 Hz on. */
static const double PROFILE_ALONE_DB = -6.0, PROFILE_LEAST_DB = -12.0;
static const double PROFILE_LEAST = 0.25;
static const double LOWEST_BIN = 9.0, LOW_BIN_END = 16.0;

/* -- What the section brings ------------------------------------------------------------------- */

static void weigh_bins(um_denoiser *d, const float *mean)
{
    size_t n = d->config.n_bins;
    double sum = 0.0;
    for (size_t f = 0; f < n; f++) {
        d->weights[f] = 1.0f / sqrtf(mean[f] / d->unit + LEVEL_FLOOR);
        sum += (double)d->weights[f];
    }
    for (size_t f = 0; f < n; f++) {
        d->weights[f] *= (float)((double)n / sum);
    }
}

/* The atoms of a part, which are first.. of all, in bands (rows that sum to 1) and in bins at the
 * scale that goes with these. */
static void fold_atoms(um_denoiser *d, um_view atoms, size_t first, umi_denoiser_part *part)
{
    size_t n_bins = d->config.n_bins;
    for (size_t k = 0; k < part->n_atoms; k++) {
        const float *atom = um_row(atoms, k);
        float *bands = um_row(d->W, first + k);
        double sum = 0.0;
        for (size_t i = 0; i < d->n_stacked; i++) {
            umi_bands_sum(&d->bands, d->weights, atom + i * n_bins, bands + i * d->band_stride);
        }
        for (size_t b = 0; b < d->W.cols; b++) {
            sum += (double)bands[b];
        }
        float scale = sum > 0.0 ? (float)(1.0 / sum) : 0.0f;
        for (size_t b = 0; b < d->W.cols; b++) {
            bands[b] *= scale;
        }
        for (size_t i = 0; i < d->n_stacked; i++) {
            /* Frame i of an atom is seen by the frame that lies as far on the other side. */
            float *row = um_row(part->D, (d->n_stacked - 1 - i) * part->stride + k);
            for (size_t f = 0; f < n_bins; f++) {
                row[f] = atom[i * n_bins + f] * scale / (float)d->n_stacked;
            }
        }
    }
}

/* The rows beyond both ends of a section of n rows repeat the first and last. */
static void repeat_ends(const um_denoiser *d, um_view M, size_t n)
{
    size_t before = d->n_stacked / 2;
    for (size_t i = 0; i < before; i++) {
        memcpy(um_row(M, i), um_row(M, before), M.cols * sizeof(float));
        memcpy(um_row(M, before + n + i), um_row(M, before + n - 1), M.cols * sizeof(float));
    }
}

/* M = rows of x, times `factor`, in bands. */
static void fold_frames(const um_denoiser *d, um_cview x, float factor, um_view M)
{
    size_t before = d->n_stacked / 2;
    for (size_t t = 0; t < x.rows; t++) {
        float *row = um_row(M, before + t);
        umi_bands_sum(&d->bands, d->weights, um_crow(x, t), row);
        for (size_t b = 0; b < d->bands.n_bands; b++) {
            row[b] *= factor;
        }
    }
    repeat_ends(d, M, x.rows);
}

/* Frames first.. of a matrix with ends, each with its neighbours in one row. */
static um_cview stacked(const um_denoiser *d, um_view M, size_t first, size_t rows)
{
    um_cview view = {um_row(M, first), rows, d->n_stacked * M.stride, M.stride};
    return view;
}

/* -- Activations ------------------------------------------------------------------------------- */

static void keep_activations(um_denoiser *d, umi_denoiser_part *part, size_t atom, size_t first,
                             size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        memcpy(um_row(part->H, d->n_stacked / 2 + first + i), um_row(d->H, i) + atom,
               part->n_atoms * sizeof(float));
    }
}

/* Activations of all n frames; with_fixed: beside the fixed part C of the noise. */
static void solve(um_denoiser *d, size_t n, bool with_fixed)
{
    size_t iterations = d->config.fast ? ITERATIONS_FAST : ITERATIONS;
    for (size_t first = 0; first < n; first += UMI_TILE_FRAMES) {
        size_t rows = n - first < UMI_TILE_FRAMES ? n - first : UMI_TILE_FRAMES;
        um_cview V = stacked(d, d->V, first, rows);
        umi_tile_problem problem = umi_tile_problem_of(V, um_const_view(d->W));
        problem.shrinkage = d->shrinkage;
        if (with_fixed) {
            problem.C = stacked(d, d->C, first, rows);
        }
        um_view H = {d->H.data, rows, d->H.cols, d->H.stride};
        umi_tile_solve(&d->kernels, &problem, iterations, H, &d->scratch);
        keep_activations(d, &d->speech_part, 0, first, rows);
        keep_activations(d, &d->noise_part, d->n_speech, first, rows);
    }
    repeat_ends(d, d->speech_part.H, n);
    repeat_ends(d, d->noise_part.H, n);
}

/* X = the part's model of frames first.. */
static void model(const um_denoiser *d, const umi_denoiser_part *part, size_t first, size_t rows,
                  um_view X)
{
    d->kernels.model(rows, d->config.n_bins, part->D.rows, um_row(part->H, first), part->H.stride,
                     part->D.data, part->D.stride, X.data, X.stride);
}

/* -- Passes ------------------------------------------------------------------------------------ */

/* (1 - M)^8 with the share of speech M = S^2 / (S^2 + N^2). */
static void weigh_noise(const float *S, const float *N, size_t n, float *weights)
{
    for (size_t f = 0; f < n; f++) {
        float s = S[f] * S[f], other = N[f] * N[f], sum = s + other;
        float w = sum > 0.0f ? other / sum : 1.0f;
        w *= w;
        w *= w;
        weights[f] = w * w;
    }
}

/* From a first look, the noise as it goes along. */
static void follow_noise(um_denoiser *d, um_cview V)
{
    size_t n_bins = d->config.n_bins;
    solve(d, V.rows, false);
    for (size_t first = 0; first < V.rows; first += UMI_TILE_FRAMES) {
        size_t rows = V.rows - first < UMI_TILE_FRAMES ? V.rows - first : UMI_TILE_FRAMES;
        model(d, &d->speech_part, first, rows, d->S);
        model(d, &d->noise_part, first, rows, d->N);
        for (size_t i = 0; i < rows; i++) {
            const float *S = um_row(d->S, i), *N = um_row(d->N, i);
            umi_speech_log_ratio(S, N, d->unit, n_bins, um_row(d->first, first + i));
            weigh_noise(S, N, n_bins, um_row(d->R, first + i));
        }
    }
    um_view R = {d->R.data, V.rows, n_bins, d->R.stride};
    umi_noise_floor_run(&d->floor, V, um_const_view(R), R);
    fold_frames(d, um_const_view(R), umi_speech_gain_fixed_noise(), d->C);
}

/* The level of the noise against the section's power, dB. */
static double level_of(const umi_noise *noise, double power)
{
    return 10.0 * log10(noise->power / power);
}

/* 0 up to `first`, 1 from `last` on, linear between. */
static double ramp(double x, double first, double last)
{
    double y = (x - first) / (last - first);
    return y > 1.0 ? 1.0 : y > 0.0 ? y : 0.0;
}

/* What is nearly clean is treated gently: little could be won, and speech be lost. From 1 where the
 * noise is at -14 dB of the section, linear in dB. */
static float strength_at(const um_denoiser *d, double level)
{
    double least = d->config.fast ? GENTLE_STRENGTH_FAST : GENTLE_STRENGTH;
    return (float)(least + (1.0 - least) * ramp(level, GENTLE_DB, NOISY_DB));
}

/* Adds to G the share that each bin of `share` has of the gains from a noise of that level, dB. */
static void decide(um_denoiser *d, um_cview V, double level, um_view G)
{
    float strength = strength_at(d, level);
    bool fast = d->config.fast;
    solve(d, V.rows, !fast);
    for (size_t first = 0; first < V.rows; first += UMI_TILE_FRAMES) {
        size_t rows = V.rows - first < UMI_TILE_FRAMES ? V.rows - first : UMI_TILE_FRAMES;
        model(d, &d->speech_part, first, rows, d->S);
        model(d, &d->noise_part, first, rows, d->N);
        for (size_t i = 0; i < rows; i++) {
            umi_speech_evidence evidence = {um_crow(V, first + i),
                                            um_row(d->S, i),
                                            um_row(d->N, i),
                                            fast ? NULL : um_row(d->first, first + i),
                                            fast ? NULL : um_row(d->R, first + i),
                                            d->unit,
                                            strength};
            umi_speech_gains(&evidence, d->config.n_bins, d->row);
            float *row = um_row(G, first + i);
            for (size_t f = 0; f < d->config.n_bins; f++) {
                row[f] += d->share[f] * d->row[f];
            }
        }
    }
}

static void add_gains(um_denoiser *d, const umi_noise *noise, um_cview V, double power, um_view G)
{
    weigh_bins(d, noise->mean);
    fold_atoms(d, d->speech, 0, &d->speech_part);
    fold_atoms(d, noise->atoms, d->n_speech, &d->noise_part);
    fold_frames(d, V, 1.0f, d->V);
    if (!d->config.fast) {
        follow_noise(d, V);
    }
    decide(d, V, level_of(noise, power), G);
}

static void fill(um_view G, float value)
{
    for (size_t t = 0; t < G.rows; t++) {
        for (size_t f = 0; f < G.cols; f++) {
            um_row(G, t)[f] = value;
        }
    }
}

/* Of the gains of bin f, what the noise found in the section decides beside a profile of that
 * level. The atoms of other voices may lack the fundamental of a deep one; where a profile holds a
 * bass or a rumble, loud speech would go with it. */
static float share_of_found(double level, size_t f)
{
    double trusted = ramp(level, PROFILE_LEAST_DB, PROFILE_ALONE_DB);
    double low = 1.0 - ramp((double)f, LOWEST_BIN, LOW_BIN_END);
    return (float)((1.0 - PROFILE_LEAST) * (1.0 - trusted) * low);
}

static um_status find_gains(um_denoiser *d, um_cview V, um_view G)
{
    double power = umi_matrix_power(V);
    double level = d->has_profile ? level_of(&d->profile, power) : -INFINITY;
    bool with_found = level < PROFILE_ALONE_DB;
    um_status status = with_found ? umi_denoiser_learn_found(d) : UM_OK;
    with_found = with_found && d->found.is_there;
    for (size_t f = 0; f < d->config.n_bins; f++) {
        d->share[f] = !with_found ? 0.0f : d->has_profile ? share_of_found(level, f) : 1.0f;
    }
    if (status == UM_OK && with_found) {
        add_gains(d, &d->found, V, power, G);
    }
    for (size_t f = 0; f < d->config.n_bins; f++) {
        d->share[f] = 1.0f - d->share[f];
    }
    if (status == UM_OK && d->has_profile) {
        add_gains(d, &d->profile, V, power, G);
    } else if (status == UM_OK && !with_found) {
        fill(G, 1.0f);
    }
    return status;
}

um_status um_denoiser_gains(um_denoiser *d, um_cview V, um_view G)
{
    if (d == NULL || V.cols != d->config.n_bins || V.rows > d->config.n_frames ||
        !umi_tile_magnitudes_are_valid(V) || G.rows != V.rows || G.cols != V.cols ||
        G.stride < G.cols || (G.rows > 0 && G.data == NULL)) {
        return UM_ERR_ARGUMENT;
    }
    double mean = V.rows > 0 ? umi_matrix_sum(V) / ((double)V.rows * (double)V.cols) : 0.0;
    d->unit = (float)mean;
    if (!(d->unit > 0.0f) || (d->has_profile && !d->profile.is_there)) {
        fill(G, 1.0f);
        return UM_OK;
    }
    fill(G, 0.0f);
    unsigned before = umi_flush_denormals();
    um_status status = find_gains(d, V, G);
    umi_restore_denormals(before);
    return status;
}
