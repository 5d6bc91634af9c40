/**
 * @file rv_pool_window.h
 * @brief Private: the taps of a pooling window that lie inside the image.
 */
#ifndef RV_POOL_WINDOW_H
#define RV_POOL_WINDOW_H

#include "rv_kernels.h"

/** `count` taps from input position `first` on, a dilation apart. */
typedef struct {
  int32_t first;
  int32_t count;
} rv_span;

/** Of the taps start + k * dilation, k < kernel, those in [low, high). */
static inline rv_span rv_taps_between(int32_t start, int32_t kernel, int32_t dilation, int32_t low, int32_t high) {
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

#endif /* RV_POOL_WINDOW_H */
