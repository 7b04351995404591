/* Matrices of our own. */
#ifndef UMI_CORE_MATRIX_H
#define UMI_CORE_MATRIX_H

#include "unmingle/view.h"

/* A zeroed matrix whose rows start on UMI_ALIGNMENT. Its data is NULL when the size overflows or
 * memory is short; free it with umi_free. */
um_view umi_matrix_new(size_t rows, size_t cols);

#endif
