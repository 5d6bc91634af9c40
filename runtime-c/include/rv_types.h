/**
 * @file rv_types.h
 * @brief Views, windows and requantisation parameters shared by every rivulet kernel.
 *
 * A kernel never allocates, never reads or writes outside its views, and gives the same bytes on
 * every core.
 */
#ifndef RV_TYPES_H
#define RV_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "rv_compiler.h"
#include "rv_names.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Where the rows of a tensor are, whole, as a ring of rows, or as a tile.
 *
 * Element (y, x, c) is at data + row(y) * rowPitch + (x - originX) * pixelPitch + c, with
 * row(y) = (ringRows > 0) ? y % ringRows : y - originY. Positions outside [0, height) x [0, width)
 * are padding: they are never read from memory. A caller makes sure that every position inside the
 * image which the window needs is held by the view.
 */
typedef struct {
  int8_t *data;       /**< First element held. */
  int32_t rowPitch;   /**< Bytes from a row to the next. */
  int32_t pixelPitch; /**< Bytes from a pixel to the next, >= channels. */
  int32_t height;     /**< Rows of the whole tensor. */
  int32_t width;      /**< Columns of the whole tensor. */
  int32_t originY;    /**< Row held first (linear views). */
  int32_t originX;    /**< Column held first. */
  int32_t ringRows;   /**< Rows of the ring, 0 for a linear view. */
} rv_view;

/**
 * @brief The part of the output that a call computes, in rows and columns of the whole output
 * tensor.
 */
typedef struct {
  int32_t y;    /**< First row. */
  int32_t rows; /**< Rows, >= 1. */
  int32_t x;    /**< First column. */
  int32_t cols; /**< Columns, >= 1. */
} rv_window;

/**
 * @brief Exact 64-bit requantisation: roundHalfEven(clamp(acc, accMin, accMax) * numerator /
 * denominator).
 */
typedef struct {
  int64_t numerator;
  int64_t denominator;
  int32_t accMin;
  int32_t accMax;
} rv_exact;

enum {
  RV_ROUND_FIXED = 0, /**< ((t + 2^(n-1)) >> n), t = floor((acc << l) * M / 2^32) */
  RV_ROUND_EVEN = 1,  /**< as fixed, ties to even where flagged (t is exact there) */
  RV_ROUND_EXACT = 2  /**< 64-bit rational */
};

/** @brief Requantisation of one accumulator (pooling, Mul, Resize, Softmax). */
typedef struct {
  const rv_exact *exact; /**< NULL unless rounding is RV_ROUND_EXACT. */
  int32_t multiplier;
  uint8_t rounding;
  uint8_t leftShift;
  uint8_t shift; /**< n, 1..22 */
  int8_t zeroPoint;
  int8_t clampMin;
  int8_t clampMax;
} rv_requant;

/** @brief Requantisation with a multiplier per channel. */
typedef struct {
  const int32_t *multiplier; /**< [channels]; NULL where the packing carries them. */
  const uint8_t *even;       /**< [channels], 1 = ties to even; NULL unless RV_ROUND_EVEN. */
  const rv_exact *exact;     /**< [channels]; NULL unless RV_ROUND_EXACT. */
  uint8_t rounding;
  uint8_t leftShift;
  uint8_t shift; /**< n, 1..22 */
  int8_t zeroPoint;
  int8_t clampMin;
  int8_t clampMax;
} rv_channel_requant;

/** @brief The lesser of two. */
static inline int32_t rv_min(int32_t a, int32_t b) {
  return (a < b) ? a : b;
}

/** @brief The greater of two. */
static inline int32_t rv_max(int32_t a, int32_t b) {
  return (a > b) ? a : b;
}

/** @brief Row y of a view, or NULL where it lies outside the image (padding). */
static inline const int8_t *rv_row(const rv_view *v, int32_t y) {
  if ((y < 0) || (y >= v->height)) {
    return NULL;
  }
  return v->data +
         (ptrdiff_t)((v->ringRows > 0) ? (y % v->ringRows) : (y - v->originY)) * v->rowPitch;
}

/** @brief Row y of an output view; y is inside the image. */
static inline int8_t *rv_out_row(const rv_view *v, int32_t y) {
  return v->data +
         (ptrdiff_t)((v->ringRows > 0) ? (y % v->ringRows) : (y - v->originY)) * v->rowPitch;
}

/** @brief Pixel (y, x) of a view; it is inside the image and held by the view. */
static inline int8_t *rv_pixel(const rv_view *v, int32_t y, int32_t x) {
  return rv_out_row(v, y) + (ptrdiff_t)(x - v->originX) * v->pixelPitch;
}

#ifdef __cplusplus
}
#endif

#endif /* RV_TYPES_H */
