/**
 * @file rv_stream.h
 * @brief What the loops of fused regions need: bounds of tiles, and columns kept from one tile to
 * the next.
 */
#ifndef RV_STREAM_H
#define RV_STREAM_H

#include <stdint.h>

#include "rv_copy_run.h"

#define RV_MIN(a, b) (((a) < (b)) ? (a) : (b))
#define RV_MAX(a, b) (((a) > (b)) ? (a) : (b))

/**
 * @brief Moves the last columns of a tile to its front, row by row.
 *
 * @param tile      first row of the tile
 * @param rowPitch  bytes from a row to the next
 * @param rows      rows
 * @param shift     bytes from the front to the first byte kept, >= 0
 * @param keep      bytes kept of each row; nothing moves where it is <= 0
 */
static inline void rv_keep_columns(int8_t *tile, int32_t rowPitch, int32_t rows, int32_t shift,
                                   int32_t keep) {
  int32_t y;
  if ((keep <= 0) || (shift <= 0)) {
    return;
  }
  for (y = 0; y < rows; y++) {
    rv_copy_run(tile, tile + shift, keep);
    tile += rowPitch;
  }
}

#endif /* RV_STREAM_H */
