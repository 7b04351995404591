#include "job/stem_match.h"

#include "core/assignment.h"
#include "core/memory.h"
#include "unmingle/si_sdr.h"

struct umi_stem_match {
    size_t n_references, n_estimates;
    double *energy; /* |s|^2 [reference][estimate] */
    double *error;  /* |s - e|^2, likewise; at the end minus the SDR, which is the cost */
};

um_status umi_stem_match_new(size_t n_references, size_t n_estimates, umi_stem_match **out)
{
    *out = NULL;
    umi_stem_match *match = umi_alloc(1, sizeof *match);
    if (match == NULL) {
        return UM_ERR_MEMORY;
    }
    match->n_references = n_references;
    match->n_estimates = n_estimates;
    match->energy = umi_alloc(n_references * n_estimates, sizeof *match->energy);
    match->error = umi_alloc(n_references * n_estimates, sizeof *match->error);
    if (match->energy == NULL || match->error == NULL) {
        umi_stem_match_free(match);
        return UM_ERR_MEMORY;
    }
    *out = match;
    return UM_OK;
}

void umi_stem_match_free(umi_stem_match *match)
{
    if (match == NULL) {
        return;
    }
    umi_free(match->energy);
    umi_free(match->error);
    umi_free(match);
}

void umi_stem_match_add(umi_stem_match *match, size_t i, size_t j, um_cview reference,
                        um_cview estimate)
{
    double energy = 0, error = 0;
    for (size_t t = 0; t < reference.rows; t++) {
        const float *s = um_crow(reference, t), *e = um_crow(estimate, t);
        for (size_t c = 0; c < reference.cols; c++) {
            double difference = (double)s[c] - (double)e[c];
            energy += (double)s[c] * (double)s[c];
            error += difference * difference;
        }
    }
    match->energy[i * match->n_estimates + j] += energy;
    match->error[i * match->n_estimates + j] += error;
}

um_status umi_stem_match_finish(umi_stem_match *match, size_t *partner)
{
    for (size_t k = 0; k < match->n_references * match->n_estimates; k++) {
        match->error[k] = -um_energy_ratio(match->energy[k], match->error[k]);
    }
    return umi_assign(match->error, match->n_references, match->n_estimates, partner);
}
