/**
 * @file rv_resize_linear.h
 * @brief Private to the kernels of linear resizing: one output pixel's neighbours, and codes in
 * doubt.
 */
#ifndef RV_RESIZE_LINEAR_H
#define RV_RESIZE_LINEAR_H

#include "rv_kernels.h"
#include "rv_requantise.h"

/** Top left, top right, bottom left, bottom right. */
typedef struct {
  const int8_t *pixel[4];
  int32_t weight[4];   /**< Products of a row's and a column's integer weight. */
  int32_t row, column; /**< Of the output. */
  int32_t weighed;     /**< 1 once `floats` are the float32 weights. */
  uint32_t floats[4];
} rv_neighbours;

/** The neighbours of output pixel (y, x), whose input rows are `top` and `bottom`. */
static inline rv_neighbours rv_neighbours_of(const rv_resize_params *p, const rv_view *in,
                                             const int8_t *top, const int8_t *bottom, int32_t y,
                                             int32_t x) {
  const ptrdiff_t left = (ptrdiff_t)(p->columns0[x] - in->originX) * in->pixelPitch;
  const ptrdiff_t right = (ptrdiff_t)(p->columns1[x] - in->originX) * in->pixelPitch;
  const int32_t below = p->rowWeights1[y];
  const int32_t above = p->rowDenominator - below;
  const int32_t after = p->columnWeights1[x];
  const int32_t before = p->columnDenominator - after;
  rv_neighbours n;
  n.pixel[0] = top + left;
  n.pixel[1] = top + right;
  n.pixel[2] = bottom + left;
  n.pixel[3] = bottom + right;
  n.weight[0] = above * before;
  n.weight[1] = above * after;
  n.weight[2] = below * before;
  n.weight[3] = below * after;
  n.row = y;
  n.column = x;
  n.weighed = 0;
  return n;
}

/** What truncation adds to twice a positive accumulator, and takes from twice a negative one. */
static inline int32_t rv_truncation(const rv_resize_params *p) {
  return 1 - (p->rowDenominator * p->columnDenominator);
}

/** Whether the sum t + addend of a fixed rounding is too close to a boundary to be sure of. */
static inline int rv_in_doubt(int32_t sum, int32_t shift, uint32_t doubt) {
  const uint32_t fraction = ((uint32_t)1 << shift) - 1u;
  return (((uint32_t)sum + doubt) & fraction) < (2u * doubt);
}

/** The code of channel c by float32 arithmetic. Out of line: few codes need it. */
RV_HOT int8_t rv_resize_float32(const rv_resize_params *p, rv_neighbours *n, int32_t c);

#endif /* RV_RESIZE_LINEAR_H */
