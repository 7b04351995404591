#include "unmingle/group.h"

#include "core/kmeans.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/mfcc.h"

#include <math.h>
#include <stdbool.h>

enum { N_BANDS = 40, N_COEFFICIENTS = 14, N_TIMBRE = N_COEFFICIENTS - 1, N_RESTARTS = 50 };

/* How the features are scaled against each other; chosen on mixtures of real instruments. A gain
 * counts so that hard left and hard right are 12 apart, like 120 in cepstral units. */
static const double timbre_scale = 0.1;
static const double place_scale = 8.48528137423857; /* 6 sqrt(2) */
static const double evidence_scale = 4.0;
static const double mel_low_hz = 40.0, mel_high_hz = 16000.0;
static const double spectrum_scale = 1000.0, spectrum_floor = 1e-3;

/* The atoms as weighted points. */
typedef struct points {
    size_t n, n_dimensions;
    double *features; /* n x n_dimensions */
    double *weights;  /* n */
} points;

/* One row of n_timbre + n_channels + 1 numbers an atom. */
static um_status compute_features(um_cview W, um_cview gains, const double *evidence,
                                  double sample_rate, double *features)
{
    umi_mfcc *mfcc;
    um_status status =
        umi_mfcc_new(W.cols, sample_rate, N_BANDS, mel_low_hz, mel_high_hz, N_COEFFICIENTS, &mfcc);
    if (status != UM_OK) {
        return status;
    }
    for (size_t k = 0; k < W.rows; k++) {
        double coefficients[N_COEFFICIENTS];
        double *row = features + k * (N_TIMBRE + gains.cols + 1);
        umi_mfcc_compute(mfcc, um_crow(W, k), spectrum_scale, spectrum_floor, coefficients);
        for (size_t i = 0; i < N_TIMBRE; i++) {
            row[i] = timbre_scale * coefficients[i + 1];
        }
        for (size_t c = 0; c < gains.cols; c++) {
            row[N_TIMBRE + c] = place_scale * (double)um_crow(gains, k)[c];
        }
        row[N_TIMBRE + gains.cols] = evidence != NULL ? evidence_scale * evidence[k] : 0.0;
    }
    umi_mfcc_free(mfcc);
    return UM_OK;
}

/* Renumbers the sources so that source 0 has the most energy. */
static void sort_sources(const double *energy, size_t n_components, size_t n_sources,
                         size_t *source_of, double *sum, size_t *new_number)
{
    for (size_t k = 0; k < n_components; k++) {
        sum[source_of[k]] += energy[k];
    }
    for (size_t s = 0; s < n_sources; s++) {
        new_number[s] = 0;
        for (size_t other = 0; other < n_sources; other++) {
            new_number[s] += sum[other] > sum[s] || (sum[other] == sum[s] && other < s);
        }
    }
    for (size_t k = 0; k < n_components; k++) {
        source_of[k] = new_number[source_of[k]];
    }
}

static void points_free(points *p)
{
    umi_free(p->features);
    umi_free(p->weights);
}

static bool are_valid(um_cview W, um_cview gains, const double *energy, const double *evidence)
{
    if (W.cols < 1 || !umi_matrix_is_non_negative(W, false) || gains.cols < 1 ||
        !umi_matrix_is_non_negative(gains, false) || energy == NULL || gains.rows != W.rows) {
        return false;
    }
    for (size_t k = 0; k < W.rows; k++) {
        if (!(energy[k] >= 0.0 && isfinite(energy[k])) ||
            (evidence != NULL && !(evidence[k] >= 0.0 && evidence[k] <= 1.0))) {
            return false;
        }
    }
    return true;
}

/* To be freed whatever this returns. */
static um_status points_make(um_cview W, um_cview gains, const double *energy,
                             const double *evidence, double sample_rate, points *p)
{
    *p = (points){W.rows, N_TIMBRE + gains.cols + 1, NULL, NULL};
    p->features = umi_alloc(p->n * p->n_dimensions, sizeof(double));
    p->weights = umi_alloc(p->n, sizeof(double));
    if (p->features == NULL || p->weights == NULL) {
        return UM_ERR_MEMORY;
    }
    double total = 0.0;
    for (size_t k = 0; k < p->n; k++) {
        total += energy[k];
    }
    for (size_t k = 0; k < p->n; k++) {
        p->weights[k] = total > 0.0 ? sqrt(energy[k] / total) : 1.0;
    }
    return compute_features(W, gains, evidence, sample_rate, p->features);
}

um_status um_group_atoms(um_cview W, um_cview gains, const double *energy, const double *evidence,
                         double sample_rate, size_t n_sources, uint64_t seed, size_t *source_of)
{
    if (source_of == NULL || n_sources < 1 || n_sources > W.rows ||
        !are_valid(W, gains, energy, evidence)) {
        return UM_ERR_ARGUMENT;
    }
    points p;
    double *sum = umi_alloc(n_sources, sizeof(double));
    size_t *new_number = umi_alloc(n_sources, sizeof(size_t));
    um_status status = points_make(W, gains, energy, evidence, sample_rate, &p);
    if (sum == NULL || new_number == NULL) {
        status = UM_ERR_MEMORY;
    }
    if (status == UM_OK) {
        status = umi_kmeans(p.features, p.weights, p.n, p.n_dimensions, n_sources, N_RESTARTS, seed,
                            source_of);
    }
    if (status == UM_OK) {
        sort_sources(energy, W.rows, n_sources, source_of, sum, new_number);
    }
    points_free(&p);
    umi_free(sum);
    umi_free(new_number);
    return status;
}

/* -- How many sources -------------------------------------------------------------------------- */

/* Chosen on mixtures of two to four instruments. */
static const double usual_number = 3.0, unusual_costs = 0.06, least_share = 0.03;

static double distance(const points *p, size_t i, size_t j)
{
    double sum = 0.0;
    for (size_t d = 0; d < p->n_dimensions; d++) {
        double difference =
            p->features[i * p->n_dimensions + d] - p->features[j * p->n_dimensions + d];
        sum += difference * difference;
    }
    return sqrt(sum);
}

/* Weighted mean distance of atom i to the others of `group`; negative when there are none. */
static double distance_to(const points *p, size_t i, const size_t *group_of, size_t group)
{
    double sum = 0.0, weights = 0.0;
    for (size_t j = 0; j < p->n; j++) {
        if (j != i && group_of[j] == group) {
            sum += p->weights[j] * distance(p, i, j);
            weights += p->weights[j];
        }
    }
    return weights > 0.0 ? sum / weights : -1.0;
}

static double silhouette(const points *p, size_t i, const size_t *group_of, size_t n_groups)
{
    double own = distance_to(p, i, group_of, group_of[i]), nearest = INFINITY;
    for (size_t group = 0; group < n_groups; group++) {
        double other = group != group_of[i] ? distance_to(p, i, group_of, group) : -1.0;
        nearest = other >= 0.0 && other < nearest ? other : nearest;
    }
    double larger = fmax(own, nearest);
    return own >= 0.0 && isfinite(nearest) && larger > 0.0 ? (nearest - own) / larger : 0.0;
}

static um_status fit(const points *p, const double *energy, uint64_t seed, size_t *group_of,
                     um_group_fit *f)
{
    double clarity = 0.0, weights = 0.0, total = 0.0, least = INFINITY;
    um_status status = umi_kmeans(p->features, p->weights, p->n, p->n_dimensions, f->n_sources,
                                  N_RESTARTS, seed, group_of);
    if (status != UM_OK) {
        return status;
    }
    for (size_t k = 0; k < p->n; k++) {
        clarity += p->weights[k] * silhouette(p, k, group_of, f->n_sources);
        weights += p->weights[k];
        total += energy[k];
    }
    for (size_t group = 0; group < f->n_sources; group++) {
        double sum = 0.0;
        for (size_t k = 0; k < p->n; k++) {
            sum += group_of[k] == group ? energy[k] : 0.0;
        }
        least = fmin(least, sum);
    }
    f->clarity = weights > 0.0 ? clarity / weights : 0.0;
    f->smallest = total > 0.0 ? least / total : 0.0;
    f->heard = f->smallest >= least_share;
    return UM_OK;
}

um_status um_group_survey(um_cview W, um_cview gains, const double *energy, double sample_rate,
                          uint64_t seed, size_t n_fits, um_group_fit *fits, size_t *suggested)
{
    if (fits == NULL || suggested == NULL || n_fits < 1 || n_fits > UM_GROUP_FITS ||
        n_fits >= W.rows || !are_valid(W, gains, energy, NULL)) {
        return UM_ERR_ARGUMENT;
    }
    points p;
    double best = -INFINITY;
    size_t *group_of = umi_alloc(W.rows, sizeof(size_t));
    um_status status = points_make(W, gains, energy, NULL, sample_rate, &p);
    if (group_of == NULL) {
        status = UM_ERR_MEMORY;
    }
    *suggested = 2;
    for (size_t i = 0; i < n_fits && status == UM_OK; i++) {
        fits[i].n_sources = 2 + i;
        status = fit(&p, energy, seed, group_of, &fits[i]);
        double value = fits[i].clarity - unusual_costs * fabs((double)(2 + i) - usual_number);
        if (status == UM_OK && fits[i].heard && value > best) {
            best = value;
            *suggested = fits[i].n_sources;
        }
    }
    points_free(&p);
    umi_free(group_of);
    return status;
}
