/* What the files of the separator share: its state. */
#ifndef UMI_CORE_SEPARATOR_INTERNAL_H
#define UMI_CORE_SEPARATOR_INTERNAL_H

#include "core/kernels/kernels.h"
#include "core/shifted_atoms.h"
#include "core/tile.h"
#include "unmingle/matrix_mask.h"
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
    float *models;            /* of the active sources: n x UMI_MASK_FRAMES x columns */
    float *masked; /* with covariances, or a refit: n_sources x columns x (re, im) of one frame */
    float *estimates; /* with a refit: active sources x UMI_SEPARATOR_TASK_FRAMES x columns */
} umi_separator_worker;

struct um_separator_dictionary {
    size_t n_sources, n_bins, n_channels;
    bool residual;
    um_view D;        /* n_components x n_channels * n_bins, atoms of a source together */
    size_t *first_of; /* n_sources + 1: where each source's atoms start in D */
    size_t *active;   /* the sources that have atoms, and the last one */
    size_t n_active;
    float *shrinkage;           /* one a column of H, see tile.h; NULL: no penalty */
    umi_shifted_atoms *shifted; /* NULL: no shifts */
    um_matrix_mask *matrices;   /* NULL: ratio masks */
};

struct um_separator {
    um_separator_config config;
    umi_kernels kernels;
    um_stft *stft;
    size_t hop, delay, n_bins, n_sources;
    size_t n_columns;                          /* n_channels * n_bins: one frame of V */
    size_t n_frames;                           /* a batch holds at most */
    um_separator_dictionary *own;              /* that it was made with */
    const um_separator_dictionary *dictionary; /* in use */
    size_t n_activations_max;                  /* columns of H */
    size_t mask_frames;                        /* frames whose models are formed at once */
    umi_separator_worker *workers;
    um_analysis **analyses;    /* n_channels */
    um_synthesis **syntheses;  /* (n_sources - 1) * n_channels */
    float *X;                  /* a batch's spectra: frame, channel, bin, (re, im) */
    float *Y;                  /* masked: source, frame, channel, bin, (re, im) */
    um_view V;                 /* n_frames x n_columns */
    um_view H;                 /* n_frames x n_activations_max */
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

/* -- separator_frames.c: one task of frames, from X to Y --------------------------------------- */

/* Frames first .. first + rows - 1 of the batch, rows <= UMI_SEPARATOR_TASK_FRAMES: V, H, and Y of
 * all active sources but the last. */
void umi_separator_frames(um_separator *separator, umi_separator_worker *worker, size_t first,
                          size_t rows);

#endif
