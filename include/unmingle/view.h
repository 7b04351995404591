/* Matrices by reference.
 *
 * A view is a rows x cols matrix of float32 that somebody else owns, row-major: element (r, c) is
 * data[r * stride + c], stride >= cols, counted in floats. V, H and W of nmf.h are passed as views,
 * and so is sound: one row a sample frame, one column a channel. um_cview is the same for data
 * that is only read: constness is about the data, not about the view. */
#ifndef UNMINGLE_VIEW_H
#define UNMINGLE_VIEW_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_view {
    float *data;
    size_t rows;
    size_t cols;
    size_t stride;
} um_view;

typedef struct um_cview {
    const float *data;
    size_t rows;
    size_t cols;
    size_t stride;
} um_cview;

/* A view of rows * cols floats that lie without gaps. */
static inline um_view um_view_of(float *data, size_t rows, size_t cols)
{
    um_view v = {data, rows, cols, cols};
    return v;
}

static inline um_cview um_cview_of(const float *data, size_t rows, size_t cols)
{
    um_cview v = {data, rows, cols, cols};
    return v;
}

/* The same matrix, to be read only. */
static inline um_cview um_const_view(um_view v)
{
    um_cview c = {v.data, v.rows, v.cols, v.stride};
    return c;
}

static inline float *um_row(um_view v, size_t row)
{
    return v.data + row * v.stride;
}

static inline const float *um_crow(um_cview v, size_t row)
{
    return v.data + row * v.stride;
}

#ifdef __cplusplus
}
#endif

#endif
