/* Operands of the products, in the form that the SIMD rows share.
 *
 * model, ratio and accumulate are one product C = A B, in which neighbouring columns of B and C lie
 * side by side: a register holds columns, elements of A are broadcast. project, P = R D^T, sums
 * along the columns and is a case of its own. */
#ifndef UMI_CORE_KERNELS_PRODUCT_H
#define UMI_CORE_KERNELS_PRODUCT_H

#include <stddef.h>

/* What becomes of the sums of a block of C. */
typedef enum umi_finish {
    UMI_STORE,  /* C = A B */
    UMI_DIVIDE, /* C = V / max(A B, UMI_MODEL_FLOOR) */
    UMI_ADD     /* C = C + A B, the sum being started from C */
} umi_finish;

typedef struct umi_product {
    size_t rows, cols, depth;
    const float *A; /* element (i, k) is A[i * A_row + k * A_step] */
    size_t A_row, A_step;
    const float *B; /* depth x cols */
    size_t B_stride;
    const float *V; /* rows x cols, for UMI_DIVIDE */
    size_t V_stride;
    float *C; /* rows x cols */
    size_t C_stride;
} umi_product;

/* A sum along a row is kept as so many partial ones, over every 16th product, and then folded:
 * those 8 apart are added, 4, 2 and 1. One order for vectors of every width, so that processors
 * which round alike, once for a product and its addition, come to the same bits. */
enum { UMI_PARTIAL_SUMS = 16 };

/* Four floats in one vector: a quarter of an element's partial sums, or four elements. */
enum { UMI_QUAD = 4 };
typedef float umi_quad __attribute__((vector_size(UMI_QUAD * sizeof(float))));

typedef struct umi_projection {
    size_t rows, cols, atoms;
    const float *R; /* rows x cols */
    size_t R_stride;
    const float *D; /* atoms x cols */
    size_t D_stride;
    float *P; /* rows x atoms */
    size_t P_stride;
} umi_projection;

/* The sums of a projection run over blocks of about 1024 columns, so that the rows of D of one
 * block of P stay in the first cache while all frames pass. This is the width of all blocks but the
 * last, a multiple of `lanes`: a function of the number of columns alone, as the order of the sums
 * has to be. */
static inline size_t umi_projection_width(size_t cols, size_t lanes)
{
    size_t n_blocks = (cols + 512) / 1024;
    return n_blocks > 1 ? (cols / n_blocks / lanes + 1) * lanes : cols;
}

#endif
