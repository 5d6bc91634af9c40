/**
 * @file rv_pool_window.h
 * @brief Private: the taps of a pooling window that lie inside the image.
 */
#ifndef RV_POOL_WINDOW_H
#define RV_POOL_WINDOW_H

#include "rv_kernels.h"

enum {
  RV_POOL_BLOCK = 4 /* Channels pooled together: a tap's address is computed once for them. */
};

/** `count` taps from input position `first` on, a dilation apart. */
typedef struct {
  int32_t first;
  int32_t count;
} rv_span;

/** Of the taps start + k * dilation, k < kernel, those in [low, high). */
static inline rv_span rv_taps_between(int32_t start, int32_t kernel, int32_t dilation, int32_t low,
                                      int32_t high) {
  rv_span span = {start, kernel};
  while ((span.count > 0) && (span.first < low)) {
    span.first += dilation;
    span.count--;
  }
  while ((span.count > 0) && (span.first + ((span.count - 1) * dilation) >= high)) {
    span.count--;
  }
  return span;
}

/**
 * The taps of one output pixel as a walk through memory: `rows` times `columns` of them, at least
 * one.
 */
typedef struct {
  const int8_t *column; /**< First tap's column in slot 0. */
  ptrdiff_t columnStep;
  ptrdiff_t rowPitch;
  int32_t slot; /**< Of the first row. */
  int32_t slotStep;
  int32_t slotEnd; /**< Slots in a ring; beyond any slot in a linear view. */
  int32_t rows;
  int32_t columns;
} rv_taps;

static inline rv_taps rv_taps_of(const rv_view *in, rv_span rows, int32_t dilationH,
                                 rv_span columns, int32_t dilationW) {
  rv_taps taps;
  taps.column = in->data + ((ptrdiff_t)(columns.first - in->originX) * in->pixelPitch);
  taps.columnStep = (ptrdiff_t)dilationW * in->pixelPitch;
  taps.rowPitch = in->rowPitch;
  taps.slot = (in->ringRows > 0) ? (rows.first % in->ringRows) : (rows.first - in->originY);
  taps.slotStep = dilationH;
  taps.slotEnd = (in->ringRows > 0) ? in->ringRows : INT32_MAX;
  taps.rows = rows.count;
  taps.columns = columns.count;
  return taps;
}

/** Taps that a mean's divisor counts on one axis. */
static inline int32_t rv_counted_taps(const rv_average_pool_params *p, rv_span inside,
                                      int32_t start, int32_t kernel, int32_t dilation,
                                      int32_t before, int32_t extent, int32_t after) {
  return (p->countIncludePad != 0u)
             ? rv_taps_between(start, kernel, dilation, -before, extent + after).count
             : inside.count;
}

/** Requantisation of the mean over a window that begins at (top, left). */
static inline const rv_requant *rv_mean_requant(const rv_average_pool_params *p, const rv_view *in,
                                                rv_span rows, int32_t top, rv_span columns,
                                                int32_t left) {
  const int32_t divisor =
      rv_counted_taps(p, rows, top, p->kernelH, p->dilationH, p->padTop, in->height, p->padBottom) *
      rv_counted_taps(p, columns, left, p->kernelW, p->dilationW, p->padLeft, in->width,
                      p->padRight);
  int32_t i = 0;
  while ((i + 1 < p->divisorCount) && (p->divisors[i] != divisor)) {
    i++;
  }
  return &p->requants[i];
}

#endif /* RV_POOL_WINDOW_H */
