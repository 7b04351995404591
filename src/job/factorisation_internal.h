/* What factorisation.c shares with the files that know one engine of the library each. */
#ifndef UMI_JOB_FACTORISATION_INTERNAL_H
#define UMI_JOB_FACTORISATION_INTERNAL_H

#include "job/factorisation.h"

/* How the calls of factorisation.h are done by one of the library's objects. */
typedef struct umi_engine {
    /* Bytes beside V. */
    double (*bytes)(const umi_factorisation_config *config, umi_start start,
                    const umi_factor_input *input);
    um_status (*make)(umi_factorisation *f); /* f->object */
    void (*free)(void *object);              /* NULL is fine */
    um_status (*start)(umi_factorisation *f, const umi_factor_start *start, uint64_t seed);
    um_status (*run)(umi_factorisation *f, const um_progress *progress); /* fills the results */
} umi_engine;

extern const umi_engine umi_engine_nmf;  /* nmf.h, dense and sparse */
extern const umi_engine umi_engine_nmfd; /* nmfd.h */
extern const umi_engine umi_engine_vq;   /* vq.h */
extern const umi_engine umi_engine_pca;  /* pca.h */

struct umi_factorisation {
    umi_factorisation_config config;
    const umi_factor_input *input;
    const umi_engine *engine;
    void *object;
    uint64_t seed; /* of the next run, where the object asks for it then */
    /* Of the last run. */
    um_cview W, H;
    const double *curve;
    size_t n_curve, iterations;
    size_t curve_start, curve_step; /* value i of the curve is that after start + i step of them */
    double divergence;
    um_precision precision;
};

#endif
