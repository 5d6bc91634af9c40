/** @file rv_transpose_s8.c Permutation of the axes of a row-major tensor, plain C. */
#include "rv_kernels.h"

enum { MAX_RANK = 8 };

void rv_transpose_s8(const rv_transpose_params *p, const rv_view *in, const rv_view *out,
                     const rv_window *w, void *scratch) {
  (void)scratch;
  int32_t index[MAX_RANK] = {0};
  const int8_t *from = in->data;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      int8_t *to = rv_pixel(out, y, x);
      for (int32_t c = 0; c < p->channels; c++) {
        to[c] = *from;
        for (int32_t axis = p->rank - 1; axis >= 0; axis--) {
          from += p->inStrides[axis];
          index[axis]++;
          if (index[axis] < p->outDims[axis]) {
            break;
          }
          from -= (ptrdiff_t)p->inStrides[axis] * p->outDims[axis];
          index[axis] = 0;
        }
      }
    }
  }
}
