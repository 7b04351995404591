#include "unmingle/group.h"

#include "core/kmeans.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/mfcc.h"

#include <math.h>
#include <stdbool.h>

enum { N_BANDS = 40, N_COEFFICIENTS = 14, N_TIMBRE = N_COEFFICIENTS - 1, N_RESTARTS = 10 };

/* How the features are scaled against each other; chosen on mixtures of real instruments. A gain
 * counts so that hard left and hard right are 12 apart, like 120 in cepstral units. */
static const double timbre_scale = 0.1;
static const double place_scale = 8.48528137423857; /* 6 sqrt(2) */
static const double evidence_scale = 6.0;
static const double mel_low_hz = 40.0, mel_high_hz = 16000.0;
static const double spectrum_scale = 1000.0, spectrum_floor = 1e-3;

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

um_status um_group_atoms(um_cview W, um_cview gains, const double *energy, const double *evidence,
                         double sample_rate, size_t n_sources, uint64_t seed, size_t *source_of)
{
    if (W.cols < 1 || !umi_matrix_is_non_negative(W, false) || gains.cols < 1 ||
        !umi_matrix_is_non_negative(gains, false) || energy == NULL || source_of == NULL ||
        gains.rows != W.rows || n_sources < 1 || n_sources > W.rows) {
        return UM_ERR_ARGUMENT;
    }
    size_t K = W.rows;
    for (size_t k = 0; k < K; k++) {
        if (!(energy[k] >= 0.0 && isfinite(energy[k])) ||
            (evidence != NULL && !(evidence[k] >= 0.0 && evidence[k] <= 1.0))) {
            return UM_ERR_ARGUMENT;
        }
    }
    um_status status = UM_ERR_MEMORY;
    double *features = umi_alloc(K * (N_TIMBRE + gains.cols + 1), sizeof(double));
    double *weights = umi_alloc(K, sizeof(double));
    double *sum = umi_alloc(n_sources, sizeof(double));
    size_t *new_number = umi_alloc(n_sources, sizeof(size_t));
    if (features == NULL || weights == NULL || sum == NULL || new_number == NULL) {
        goto done;
    }
    double total = 0.0;
    for (size_t k = 0; k < K; k++) {
        total += energy[k];
    }
    for (size_t k = 0; k < K; k++) {
        weights[k] = total > 0.0 ? sqrt(energy[k] / total) : 1.0;
    }
    status = compute_features(W, gains, evidence, sample_rate, features);
    if (status == UM_OK) {
        status = umi_kmeans(features, weights, K, N_TIMBRE + gains.cols + 1, n_sources, N_RESTARTS,
                            seed, source_of, NULL);
    }
    if (status == UM_OK) {
        sort_sources(energy, K, n_sources, source_of, sum, new_number);
    }
done:
    umi_free(features);
    umi_free(weights);
    umi_free(sum);
    umi_free(new_number);
    return status;
}
