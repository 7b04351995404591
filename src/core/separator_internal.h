/* What the files of the separator share: its state. */
#ifndef UMI_CORE_SEPARATOR_INTERNAL_H
#define UMI_CORE_SEPARATOR_INTERNAL_H

#include "core/kernels/kernels.h"
#include "core/shifted_atoms.h"
#include "core/tile.h"
#include "unmingle/matrix_mask.h"
#include "unmingle/nmfd.h"
#include "unmingle/separator.h"

/* Frames whose models are formed at once: as many as the kernels' register blocks like, few
 * enough for the models of all sources to stay in cache. With shifts a task's. */
enum { UMI_MASK_FRAMES = 8 };

/* Frames a task: less than a tile, so that several threads find something to do in one batch. */
enum { UMI_SEPARATOR_TASK_FRAMES = UMI_TILE_FRAMES };

/* Scratch of one worker. */
typedef struct umi_separator_worker {
    umi_tile_scratch tile;
    umi_shifted_tile shifted; /* with shifts */
    float *models;            /* of the active sources: n x mask_frames x columns */
    float *unexplained;       /* what they leave of V: columns of one frame */
    float *masked;  /* with covariances, or a refit: n_sources x columns x (re, im) of one frame */
    um_view guided; /* with a guide: shares of mask_frames frames ... */
    float *guiding; /* ... and scratch to find them */
    float *estimates; /* with a refit: active sources x UMI_SEPARATOR_TASK_FRAMES x columns */
} umi_separator_worker;

struct um_separator_dictionary {
    size_t n_sources, n_bins, n_channels;
    bool residual;
    size_t atom_frames; /* T; 1 for atoms that do not last */
    um_view W;          /* with T > 1: n_components x T n_bins, atoms of a source together */
    um_view D;          /* T = 1: n_components x n_channels n_bins, atoms of a source together; else
                           n_components T x n_bins: source after source, of each the last frames of
                           its atoms, those before, ... */
    size_t *first_of;   /* n_sources + 1: where each source's atoms start in D */
    size_t *active;     /* the sources that have atoms, and the last one */
    size_t n_active;
    float *shrinkage;           /* one a column of H, see tile.h; NULL: no penalty */
    umi_shifted_atoms *shifted; /* NULL: no shifts */
    um_matrix_mask *matrices;   /* NULL: ratio masks */
    float *distinctness;        /* with matrices, see matrix_mask.h */
    um_view M;                  /* what models are made of: D, with matrices summed over channels */
    umi_shifted_atoms *moved_M; /* the same at all pitches; NULL: no shifts */
};

struct um_separator {
    um_separator_config config;
    umi_kernels kernels;
    um_stft *stft;
    size_t hop, delay, n_bins, n_sources;
    size_t n_columns; /* n_channels * n_bins: one frame of X */
    size_t n_points;  /* columns of V, models and masks: n_columns, or n_bins for all channels */
    size_t n_frames;  /* a batch holds at most */
    size_t halo;      /* frames before and after a batch that it depends on; then it has n_frames */
    size_t n_late;    /* frames by which the first of a batch waits for them */
    um_separator_dictionary *own;              /* that it was made with */
    const um_separator_dictionary *dictionary; /* in use */
    size_t n_activations_max;                  /* columns of H */
    size_t mask_frames;                        /* frames whose models are formed at once */
    umi_separator_worker *workers;
    um_analysis **analyses;    /* n_channels */
    um_synthesis **syntheses;  /* (n_sources - 1) * n_channels */
    size_t n_before;           /* frames held before the batch, at most halo */
    size_t n_held;             /* these, the batch, and those behind it: rows of X, V, H */
    float *X;                  /* spectra: frame, channel, bin, (re, im) */
    float *Y;                  /* masked: source, frame of the batch, channel, bin, (re, im) */
    um_view V;                 /* frames x n_points */
    um_view H;                 /* frames x n_activations_max */
    float *column;             /* one activation of all frames */
    um_nmfd *nmfd;             /* T > 1: finds H ... */
    um_view start;             /* ... from here */
    float *windows;            /* T > 1: source after source, H of the T - 1 frames before the batch
                                  and of the batch */
    float *fifo;               /* separated sound not given out yet: source, sample, channel */
    size_t fifo_size;          /* samples a source */
    size_t fifo_first, fifo_n; /* the same for all sources */
    float *delayed;            /* ring of the last `delay` samples of input */
    size_t delayed_at;
    size_t n_batch_frames; /* of the batch at hand */
    um_cview in;           /* the part of the block at hand */
};

/* Columns of H. */
size_t umi_separator_n_activations(const um_separator_dictionary *dictionary);

/* -- separator_frames.c: frames from X to Y, in tasks of at most UMI_SEPARATOR_TASK_FRAMES
 * --------- */

/* V of the frames first .. first + rows - 1 that are held. */
void umi_separator_measure(um_separator *separator, size_t first, size_t rows);

/* H of them, each by itself. */
void umi_separator_solve(um_separator *separator, umi_separator_worker *worker, size_t first,
                         size_t rows);

/* Updates more, of what is there. */
void umi_separator_improve(um_separator *separator, umi_separator_worker *worker, size_t iterations,
                           size_t first, size_t rows);

/* Y of all active sources but the last, for the same frames, which must be of the batch. */
void umi_separator_mask(um_separator *separator, umi_separator_worker *worker, size_t first,
                        size_t rows);

/* -- separator_guide.c: what else than atoms tells of the first source ------------------------- */

/* Floats of scratch that so many frames need. */
size_t umi_separator_guide_floats(const um_separator *separator, size_t rows);

/* The first source's share of every point of the frames from `first` on, which are held: a row of
 * `shares`, n_points wide, for each. */
void umi_separator_guide_shares(const um_separator *separator, size_t first, um_view shares,
                                float *scratch);

/* Blends it into the shares that the atoms give to the two sources. */
void umi_separator_guide_blend(const um_separator *separator, const float *guided, float *first,
                               float *second);

/* -- separator_convolutive.c: atoms that last several frames ----------------------------------- */

/* For a dictionary with T > 1. UM_ERR_MEMORY. */
um_status umi_separator_convolutive_init(um_separator *separator) UM_MUST_USE;

/* H of the batch, from V of all frames that are held. */
um_status umi_separator_convolutive_solve(um_separator *separator) UM_MUST_USE;

/* Takes H of the batch, and of the frames before it, for the models. */
void umi_separator_convolutive_window(um_separator *separator);

/* M, rows x n_bins: the model of a source for frames first .. first + M.rows - 1. */
void umi_separator_convolutive_model(const um_separator *separator, size_t source, size_t first,
                                     um_view M);

#endif
