/* What the files of the denoiser share. */
#ifndef UMI_CORE_DENOISER_INTERNAL_H
#define UMI_CORE_DENOISER_INTERNAL_H

#include "core/bands.h"
#include "core/noise_floor.h"
#include "core/quiet_frames.h"
#include "core/tile.h"
#include "unmingle/denoiser.h"
#include "unmingle/nmf.h"

/* Atoms of noise that are learned; their mean is one more. */
enum { UMI_NOISE_ATOMS = 16, UMI_NOISE_FRAMES_MAX = 512 };

/* Some atoms of the dictionary as the model needs them, and the activations of a section for them.
 *
 * A frame has as many estimates as frames are stacked: one from its own stack and one from that of
 * each neighbour. Their mean is one product: the row of H of frame t and its neighbours', which lie
 * side by side in memory, times D, the frames of the atoms the other way round. */
typedef struct umi_denoiser_part {
    size_t n_atoms, stride; /* stride: n_atoms padded */
    um_view D;              /* n_stacked * stride x n_bins */
    um_view H;              /* n_stacked / 2 + n_frames + n_stacked / 2 rows of stride */
} umi_denoiser_part;

/* What is known of a noise. */
typedef struct umi_noise {
    bool is_there; /* false: silence */
    um_view atoms; /* UMI_NOISE_ATOMS learned, and their mean: rows sum to 1 */
    float *mean;   /* n_bins: mean magnitudes */
    double power;  /* of what tells how loud it is: mean of V^2 */
} umi_noise;

struct um_denoiser {
    um_denoiser_config config;
    umi_kernels kernels;
    size_t n_stacked, n_speech, n_atoms; /* n_atoms: of speech, noise, and the mean noise */
    um_view speech;                      /* n_speech x n_stacked * n_bins, rows sum to 1 */
    bool has_profile;                    /* the noise of um_denoiser_set_noise is known */
    umi_noise profile;                   /* that noise */
    umi_noise found;                     /* and that of the quiet frames of the section, */
    size_t n_quiet;                      /* of which so many wait in `frames` to be learned */
    um_nmf *nmf;                         /* learns the noise */
    um_view frames;                      /* UMI_NOISE_FRAMES_MAX x n_stacked * n_bins */
    umi_bands bands;
    size_t band_stride; /* n_bands padded */
    float *weights;     /* of each bin within its band */
    um_view W;          /* the atoms in bands: n_atoms x n_stacked * band_stride */
    float *shrinkage;   /* n_atoms: 1 / (1 + penalty) */
    um_view V, C;       /* in bands: rows as those of a part's H; C: what of the noise is fixed */
    um_view H;          /* of one tile */
    umi_tile_scratch scratch;
    umi_denoiser_part speech_part, noise_part;
    um_view first; /* n_frames x n_bins: log S/N of the first pass */
    um_view R;     /* the same: noise as it goes along; meanwhile its weights */
    um_view S, N;  /* models of one tile */
    umi_noise_floor floor;
    float *row, *share;     /* n_bins: gains of a frame from one noise, and what they count */
    umi_quiet_frame *quiet; /* n_frames, and with levels: scratch to find the noise */
    double *levels;         /* n_bins */
    float unit;             /* mean of the section's V */
};

/* Learns the noise of the quiet frames that wait, if there are any. */
um_status umi_denoiser_learn_found(um_denoiser *denoiser);

/* The evidence of one bin range of a frame, and the gains from it. */
typedef struct umi_speech_evidence {
    const float *V, *S, *N; /* n values; N without c R */
    const float *first;     /* log S/N of the first pass, or NULL */
    const float *R;         /* or NULL */
    float unit;             /* mean of V */
    float strength;         /* 0..1: the gains are taken to this power */
} umi_speech_evidence;

/* How much of R the second pass adds to the noise. */
float umi_speech_gain_fixed_noise(void);

/* log((S + e) / (N + e)) within +-7, e small against the unit. */
void umi_speech_log_ratio(const float *S, const float *N, float unit, size_t n, float *ratio);

/* The gains from the evidence; without `first` and R by the coefficients of the fast way. */
void umi_speech_gains(const umi_speech_evidence *evidence, size_t n, float *G);

#endif
