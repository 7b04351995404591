/* What the files of the factorisation, nmf*.c, share: its state, and how one hands on to the next.
 *
 *     nmf.c            the object: memory, start values that are given, results
 *     nmf_start.c      start values that are made
 *     nmf_run.c        the iterations
 *     nmf_extrapolate.c  iterations from extrapolated values
 *     nmf_auto.c       a start from some of the frames
 *     nmf_pass.c       one pass over V, tile by tile, and the sums for the dictionary
 *     nmf_kl.c  nmf_euclidean.c  nmf_beta.c    what a divergence does with a tile and with its sums
 *     nmf_bf16.c       the same for Kullback-Leibler with operands in bfloat16
 *     nmf_sparse.c     the same for a sparse V; nmf_entries.c holds its entries by columns
 *     nmf_penalty.c    sparsity and continuity
 *     nmf_held_out.c   cells that the updates do not see */
#ifndef UMI_CORE_NMF_INTERNAL_H
#define UMI_CORE_NMF_INTERNAL_H

#include "core/kernels/kernels.h"
#include "core/random.h"
#include "core/tile.h"
#include "unmingle/nmf.h"

/* V's frames are cut into at most so many parts. Each sums what the dictionary needs from its
 * frames; the parts' sums are added in order. The number of parts is a matter of V alone, so that
 * the bits do not depend on who did the work. */
enum { UMI_NMF_PARTS_MAX = 8 };

enum { UMI_NMF_CHANNELS_MAX = 64 };

/* The sums of one part over its frames. */
typedef struct umi_nmf_part {
    um_view N;              /* K x columns: H^T A, A being the numerator of the divergence; of a
                               sparse V only the first part has one */
    um_view E;              /* K x columns: H^T B, its denominator (beta only) */
    um_view HH;             /* K x K: H^T H (Euclidean only) */
    double *activation_sum; /* K: sum of H over the frames */
    double divergence;      /* of the part, before the update */
    double penalty;         /* of its activations, before the update */
    double held_out;        /* divergence of its cells that are held out */
    size_t n_held_out;
} umi_nmf_part;

typedef struct umi_nmf_pass umi_nmf_pass;
typedef struct umi_nmf_bf16 umi_nmf_bf16;
typedef struct umi_nmf_momentum umi_nmf_momentum;

/* What differs between divergences. */
typedef struct umi_nmf_family {
    /* Before a pass, W and H being as they are; may be NULL. */
    void (*prepare)(um_nmf *nmf);
    /* Rows first .. first + H.rows - 1 of V: measures, updates H, adds to the part's sums, as the
     * pass asks for. */
    void (*tile)(const umi_nmf_pass *pass, size_t first, um_view H, umi_nmf_part *part,
                 const umi_tile_scratch *scratch);
    /* W, G and scale from the parts' sums. */
    void (*dictionary)(umi_nmf_pass *pass);
} umi_nmf_family;

extern const umi_nmf_family umi_nmf_kl, umi_nmf_euclidean, umi_nmf_beta, umi_nmf_kl_sparse;

/* The entries of a sparse V, by rows and by columns. Cells that are held out are among them, with
 * the sign bit set and the value, if any, behind it: what the updates need is the places of both.
 */
typedef struct umi_nmf_entries {
    um_csparse V;         /* of this run: what was given, or the copy below */
    size_t capacity;      /* entries that there is room for, cells that are held out included */
    size_t *column_start; /* n_bins + 1: entries by columns, those of one column by rows */
    uint32_t *row;        /* of each of these */
    uint32_t *entry;      /* and its place in V */
    float *ratio;         /* V / (H W) of V's entries (joint updates only) */
    size_t *row_start;    /* V with the cells that are held out (held_out only) */
    uint32_t *column;
    float *value;
} umi_nmf_entries;

struct um_nmf {
    um_nmf_config config;
    double beta; /* of the divergence, whatever its name */
    const umi_nmf_family *family;
    umi_kernels kernels;
    bool joint;                 /* H and W are updated from one model */
    umi_nmf_momentum *momentum; /* NULL: the solver does not extrapolate */
    umi_nmf_bf16 *bf16;         /* NULL: everything in float32 */
    size_t n_columns;           /* n_channels * n_bins */
    um_view W;                  /* K x n_bins */
    um_view G;                  /* K x n_channels */
    um_view D;        /* K x n_columns: W once a channel, times its gain; W itself for 1 channel */
    um_view H;        /* n_frames x K */
    um_view H_before; /* n_frames x K: H at the start of the pass (continuity_H, and sparse V with
                         joint updates, only) */
    um_view Wt;       /* n_bins x K: W transposed (sparse V only) */
    umi_nmf_entries entries; /* sparse V only */
    um_view B;               /* K x K: D D^T (Euclidean only) */
    um_view E;               /* K x n_columns: H^T H D (Euclidean only) */
    bool *fixed;             /* K: the atom keeps its spectrum */
    double *weights;         /* K: of the penalties */
    double *scale;           /* K: factors that the next pass applies to the columns of H */
    double mean;             /* u: of V in this run */
    float largest;           /* of V in this run */
    double sum;              /* of the dense V that is at work */
    size_t n_rows;           /* of V in the last run: so many rows of H mean something */
    size_t frame_first; /* row n of the V that is at work is frame frame_first + n frame_step */
    size_t frame_step;  /* of the one that was given */
    umi_nmf_part parts[UMI_NMF_PARTS_MAX];
    umi_tile_scratch *scratch; /* one a worker */
    double *curve;
    size_t n_curve;
    size_t iterations;
    size_t curve_start;          /* iterations before the first value of the curve */
    double divergence, held_out; /* after the last run */
    size_t n_held_out;
};

/* How many parts the frames of a V with n_rows rows are cut into, 1..UMI_NMF_PARTS_MAX. */
size_t umi_nmf_n_parts(size_t n_rows);

/* Writes D from W and G, and Wt. */
void umi_nmf_expand(um_nmf *nmf);

/* One pass over V, or over some of its frames. */
struct umi_nmf_pass {
    um_nmf *nmf;
    um_cview V;
    size_t n_parts;
    bool update;  /* H */
    bool learn;   /* collect the sums for the dictionary; implies update */
    bool measure; /* the objective before the update */
};

/* -- nmf_run.c --------------------------------------------------------------------------------- */

/* The iterations, V being checked, and mean, largest and n_rows known. Of a sparse V, whose entries
 * are in nmf->entries, rows and cols are all that V says. */
um_status umi_nmf_iterate(um_nmf *nmf, um_cview V, const um_progress *progress);

/* What umi_nmf_iterate is made of. _begin takes H's first V.rows rows and W as they are; _step is
 * one iteration, and returns the objective before it when pass->measure asks for that; _end brings
 * H up to date with the last dictionary, and returns the objective then. */
umi_nmf_pass umi_nmf_begin(um_nmf *nmf, um_cview V);
double umi_nmf_step(umi_nmf_pass *pass);
double umi_nmf_end(umi_nmf_pass *pass);

/* -- nmf_extrapolate.c ------------------------------------------------------------------------- */

/* Makes nmf->momentum; false when memory is short. */
bool umi_nmf_momentum_init(um_nmf *nmf);
void umi_nmf_momentum_free(um_nmf *nmf);

/* Forgets where the values came from. */
void umi_nmf_momentum_begin(um_nmf *nmf);

/* One iteration, from extrapolated values. Returns the objective there, or, where that is higher
 * than the one before and the iteration was taken back, the one before. */
double umi_nmf_momentum_step(umi_nmf_pass *pass);

/* Leaves nothing but values in H, W and G. */
void umi_nmf_momentum_end(um_nmf *nmf, size_t n_rows);

/* Before and after the update of the rows first ... of H, by this worker. */
void umi_nmf_momentum_enter(const um_nmf *nmf, um_cview H, size_t i_worker);
void umi_nmf_momentum_leave(const um_nmf *nmf, size_t first, um_view H, size_t i_worker);

/* -- nmf_auto.c -------------------------------------------------------------------------------- */

/* Learns W from some of the frames, sets H of all by them, and sets nmf->iterations to what that
 * came to. Does nothing where it would not pay. */
um_status umi_nmf_auto_start(um_nmf *nmf, um_cview V, const um_progress *progress);

/* -- nmf_pass.c -------------------------------------------------------------------------------- */

/* Whether an iteration learns anything of the dictionary. */
bool umi_nmf_learns_dictionary(const um_nmf *nmf);

/* Gains are learned: there is more than one channel to tell apart. */
bool umi_nmf_learns_gains(const um_nmf *nmf);

/* One pass; returns the objective before it, when measured. The parts' sums lie in parts[0] then,
 * apart from N and E, which umi_nmf_reduce_row adds up row by row. */
double umi_nmf_pass_run(umi_nmf_pass *pass);

/* The first run of components, from `from` on, whose atom or gains are learned: *begin .. *end - 1.
 * False when there is none. */
bool umi_nmf_next_learned(const um_nmf *nmf, size_t from, size_t *begin, size_t *end);

/* M += H^T X for the components whose atom or gains are learned; M is K x columns. */
void umi_nmf_accumulate(const um_nmf *nmf, um_cview H, const float *X, size_t X_stride, um_view M);

/* Adds row k of every part's N, and of E where there is one, to the first part's, and so the sum
 * of the activations. */
void umi_nmf_reduce_row(const umi_nmf_pass *pass, size_t k);

/* Sum over channels of gain * S at bin f, S being one row of n_columns. A weight of 0 leaves out
 * its term, here and below: where no atom has anything to say the ratio is huge, and its sum over
 * many frames may be infinite. */
double umi_nmf_over_channels(const um_nmf *nmf, size_t k, const float *S, size_t f);

/* Sum over bins of W S in channel c. */
double umi_nmf_over_bins(const um_nmf *nmf, size_t k, const float *S, size_t c);

/* w *= (up / down)^power for the spectrum of atom k, with the numerators N and the denominators E,
 * each one row of n_columns, and the penalties; gains likewise. */
void umi_nmf_learn_spectrum(um_nmf *nmf, size_t k, const float *N, const float *E, double power);
void umi_nmf_learn_gains(um_nmf *nmf, size_t k, const float *N, const float *E, double power);

/* Brings what was learned of atom k back to sums of 1, and sets scale[k] so that the model stays
 * as it is; with penalties on H, whose scale means something, that is 1. */
void umi_nmf_normalise_atom(um_nmf *nmf, size_t k);

/* -- nmf_bf16.c -------------------------------------------------------------------------------- */

/* Makes nmf->bf16, with the row of that name or, for NULL, the best that the processor has. Where
 * it has none, or where the work asked for is not done in bfloat16, nmf->bf16 stays NULL. False
 * when memory is short. */
bool umi_nmf_bf16_init(um_nmf *nmf, const char *row);
void umi_nmf_bf16_free(um_nmf *nmf);

/* Packs the dictionary as it is now, for the next pass. */
void umi_nmf_bf16_prepare(um_nmf *nmf);

/* What the family's `tile` does but for measuring: updates H, adds to the part's sums. */
void umi_nmf_bf16_tile(const umi_nmf_pass *pass, size_t first, um_view H, umi_nmf_part *part,
                       const umi_tile_scratch *scratch);

/* -- nmf_penalty.c ----------------------------------------------------------------------------- */

/* Whether H has a penalty. The scale of H then means something, so W may not push any into it. */
bool umi_nmf_penalises_activations(const um_nmf *nmf);

/* The coefficient of log(|W_k|_1 / |W_k|_2), in the units of the sums N and E. */
double umi_nmf_sparsity_of_atom(const um_nmf *nmf, size_t k);

/* The penalty of rows first .. first + H.rows - 1 of H, and that of W. */
double umi_nmf_activations_penalty(const um_nmf *nmf, size_t first, um_cview H);
double umi_nmf_atoms_penalty(const um_nmf *nmf);

/* H = H (P / Q)^power with the penalties, for rows first ... of H; P and Q are H.rows x K. Q = NULL
 * stands for 1: Kullback-Leibler, where power is 1 and the penalised minimum is exact. */
void umi_nmf_update_activations(const um_nmf *nmf, size_t first, um_view H, const float *P,
                                const float *Q, size_t stride, double power);

/* -- nmf_start.c ------------------------------------------------------------------------------- */

/* Uniform random start values for n_rows frames of a V with this mean. */
void umi_nmf_start_random(um_nmf *nmf, size_t n_rows, double mean, uint64_t seed);

/* -- nmf_sparse.c, nmf_entries.c --------------------------------------------------------------- */

/* Memory for the entries; false when it is short or the entries are too many to be numbered. What
 * was made is freed by umi_nmf_entries_free all the same. */
bool umi_nmf_entries_init(um_nmf *nmf);
void umi_nmf_entries_free(um_nmf *nmf);

/* Takes the entries of V, which is valid and within what _init made room for. */
void umi_nmf_entries_set(um_nmf *nmf, const um_csparse *V);

/* Wt from W. */
void umi_nmf_transpose_atoms(um_nmf *nmf);

/* -- nmf_held_out.c ---------------------------------------------------------------------------- */

/* Walks over the held-out columns of one row: a function of the seed and the row alone. The gaps
 * between them are geometric, so that every cell is held out with the same chance. */
typedef struct umi_nmf_hidden_cells {
    umi_random random;
    double log_seen; /* log(1 - share) */
    double next;     /* column, in double because a gap may be past any column */
    size_t n_columns;
} umi_nmf_hidden_cells;

umi_nmf_hidden_cells umi_nmf_hidden_cells_of(const um_nmf *nmf, size_t row);

/* False when there is none any more. Columns ascend. */
bool umi_nmf_next_hidden(umi_nmf_hidden_cells *cells, size_t *column);

/* For the tile of V that begins at row `first`: sets the ratio of cells that are held out to 1,
 * as if V were there what the model says. That makes the update the EM step for missing data. */
void umi_nmf_hide(const um_nmf *nmf, size_t first, um_cview V, const umi_tile_scratch *scratch);

/* For the same cells: adds to part->held_out and n_held_out, and returns the sum of M - V over
 * them. */
double umi_nmf_measure_held_out(const um_nmf *nmf, size_t first, um_cview V, um_cview H,
                                umi_nmf_part *part);

#endif
