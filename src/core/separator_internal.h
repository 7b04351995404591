/* What the files of the separator share: its state. */
#ifndef UMI_CORE_SEPARATOR_INTERNAL_H
#define UMI_CORE_SEPARATOR_INTERNAL_H

#include "core/kernels/kernels.h"
#include "core/tile.h"
#include "unmingle/separator.h"

/* Frames whose models are formed at once: as many as the kernels' register blocks like, few
 * enough for the models of all sources to stay in cache. */
enum { UMI_MASK_FRAMES = 8 };

/* Scratch of one worker. */
typedef struct umi_separator_worker {
    umi_tile_scratch tile;
    float *models; /* of the active sources: n x UMI_MASK_FRAMES x columns */
} umi_separator_worker;

struct um_separator_dictionary {
    size_t n_sources, n_bins, n_channels;
    bool residual;
    um_view D;        /* n_components x n_channels * n_bins, atoms of a source together */
    size_t *first_of; /* n_sources + 1: where each source's atoms start in D */
    size_t *active;   /* the sources that have atoms, and the last one */
    size_t n_active;
    float *shrinkage; /* n_components, see tile.h; NULL: no penalty */
};

struct um_separator {
    um_separator_config config;
    umi_kernels kernels;
    um_stft *stft;
    size_t hop, delay, n_bins;
    size_t n_columns;                          /* n_channels * n_bins: one frame of V */
    size_t n_frames;                           /* a batch holds at most */
    um_separator_dictionary *own;              /* that it was made with */
    const um_separator_dictionary *dictionary; /* in use */
    size_t n_components_max;
    umi_separator_worker *workers;
    um_analysis **analyses;    /* n_channels */
    um_synthesis **syntheses;  /* (n_sources - 1) * n_channels */
    float *X;                  /* a batch's spectra: frame, channel, bin, (re, im) */
    float *Y;                  /* masked: source, frame, channel, bin, (re, im) */
    um_view V;                 /* n_frames x n_columns */
    um_view H;                 /* n_frames x n_components */
    float *fifo;               /* separated sound not given out yet: source, sample, channel */
    size_t fifo_size;          /* samples a source */
    size_t fifo_first, fifo_n; /* the same for all sources */
    float *delayed;            /* ring of the last `delay` samples of input */
    size_t delayed_at;
    size_t n_batch_frames; /* of the batch at hand */
    um_cview in;           /* the part of the block at hand */
};

#endif
