/**
 * @file rv_conv2d_dsp.h
 * @brief Body of the convolutions of any geometry and grouping for the DSP extension.
 *
 * The window's pixels are one list, three at a time: the receptive fields of a group of channels
 * are staged as int16 pairs, then their products are those of a 1x1 convolution.
 */
#ifndef RV_CONV2D_DSP_H
#define RV_CONV2D_DSP_H

#include "rv_copy_run.h"
#include "rv_dsp.h"
#include "rv_kernels_dsp.h"

/** What staging needs to know, the same for all pixels of a call. */
typedef struct {
  const rv_conv_params *p;
  const rv_view *in;
  int32_t depth;     /**< Input channels of a group. */
  int32_t inputs;    /**< kernelH * kernelW * depth */
  int32_t span;      /**< Columns that a window covers. */
  int32_t denseRows; /**< 1: the taps of a kernel row are neighbours in memory. */
  int8_t *spare;     /**< A receptive field; for three fields whose depth % 4 == 0, a pixel of zero
                        points. */
} rv_fields;

/** An output pixel's window: its first row and column in the image, which may lie outside. */
typedef struct {
  int32_t y;
  int32_t x;
} rv_field;

static inline int rv_field_inside(const rv_fields *f, rv_field at) {
  return (at.x >= 0) && (at.x + f->span <= f->in->width);
}

/** Column x, channel 0 of an input row. */
static inline const int8_t *rv_column(const rv_fields *f, const int8_t *row, int32_t x) {
  return row + ((ptrdiff_t)(x - f->in->originX) * f->in->pixelPitch);
}

/** Three fields at once where depth % 4 == 0: from `channel` on, the group's channels. */
static inline void rv_stage_three_fields(const rv_fields *f, const rv_field *at, int32_t channel,
                                         int16_t *to) {
  const rv_conv_params *p = f->p;
  const int inside =
      rv_field_inside(f, at[0]) && rv_field_inside(f, at[1]) && rv_field_inside(f, at[2]);
  for (int32_t ky = 0; ky < p->kernelH; ky++) {
    const int8_t *row[3];
    row[0] = rv_row(f->in, at[0].y + (ky * p->dilationH));
    row[1] = (at[1].y == at[0].y) ? row[0] : rv_row(f->in, at[1].y + (ky * p->dilationH));
    row[2] = (at[2].y == at[1].y) ? row[1] : rv_row(f->in, at[2].y + (ky * p->dilationH));
    if (inside && (f->denseRows != 0) && (row[0] != NULL) && (row[1] != NULL) && (row[2] != NULL)) {
      to = rv_widen3(rv_column(f, row[0], at[0].x), rv_column(f, row[1], at[1].x),
                     rv_column(f, row[2], at[2].x), to, (p->kernelW * f->depth) / 4);
      continue;
    }
    for (int32_t kx = 0; kx < p->kernelW; kx++) {
      const int8_t *from[3];
      for (int32_t i = 0; i < 3; i++) {
        const int32_t x = at[i].x + (kx * p->dilationW);
        const int read = (row[i] != NULL) && (x >= 0) && (x < f->in->width);
        from[i] = read ? rv_column(f, row[i], x) + channel : f->spare;
      }
      to = rv_widen3(from[0], from[1], from[2], to, f->depth / 4);
    }
  }
}

/** 4 * n neighbouring inputs, `step` words from one pair to the next. */
static inline int16_t *rv_widen_apart(const int8_t *from, int16_t *to, int32_t n, int32_t step) {
  for (; n > 0; n--) {
    const uint32_t x = rv_load32(from);
    rv_store32(to, rv_even_bytes(x));
    rv_store32(to + (2 * step), rv_odd_bytes(x));
    from += 4;
    to += 4 * step;
  }
  return to;
}

/** The field as int8 at f->spare: any geometry, any border. */
RV_NOINLINE static void rv_copy_field(const rv_fields *f, rv_field at, int32_t channel) {
  const rv_conv_params *p = f->p;
  const uint32_t zero = (uint8_t)p->inputZeroPoint * 0x01010101u;
  for (int32_t i = 0; i < f->inputs; i += 4) {
    rv_store32(f->spare + i, zero);
  }
  /* Taps [first, end) of a kernel row are inside the image. */
  int32_t first = 0;
  int32_t end = p->kernelW;
  while ((first < end) && (at.x + (first * p->dilationW) < 0)) {
    first++;
  }
  while ((end > first) && (at.x + ((end - 1) * p->dilationW) >= f->in->width)) {
    end--;
  }
  for (int32_t ky = 0; ky < p->kernelH; ky++) {
    const int8_t *row = rv_row(f->in, at.y + (ky * p->dilationH));
    if (row == NULL) {
      continue;
    }
    int8_t *to = f->spare + (((ky * p->kernelW) + first) * f->depth);
    if (f->denseRows != 0) {
      rv_copy_run(to, rv_column(f, row, at.x + first), (end - first) * f->depth);
      continue;
    }
    for (int32_t kx = first; kx < end; kx++) {
      rv_copy_run(to, rv_column(f, row, at.x + (kx * p->dilationW)) + channel, f->depth);
      to += f->depth;
    }
  }
}

/** Four inputs of one of `step` fields that are staged side by side; returns where the next ones
 * go. */
static inline int16_t *rv_widen_word(uint32_t x, int16_t *to, int32_t step) {
  rv_store32(to, rv_even_bytes(x));
  rv_store32(to + (2 * step), rv_odd_bytes(x));
  return to + (4 * step);
}

/**
 * A field whose columns are inside the image, straight from rows of any number of bytes; rows
 * outside are zero points. `joined` has the last `bits` bits that no word has yet.
 */
RV_NOINLINE static void rv_stage_rows(const rv_fields *f, rv_field at, int16_t *to, int32_t step) {
  const rv_conv_params *p = f->p;
  const uint32_t zero = (uint8_t)p->inputZeroPoint * 0x01010101u;
  const int32_t rowBytes = p->kernelW * f->depth;
  const int32_t tail = rowBytes & 3;
  uint32_t joined = 0;
  int32_t bits = 0;
  for (int32_t ky = 0; ky < p->kernelH; ky++) {
    const int8_t *row = rv_row(f->in, at.y + (ky * p->dilationH));
    const int8_t *x = (row != NULL) ? rv_column(f, row, at.x) : (const int8_t *)&zero;
    const int32_t step4 = (row != NULL) ? 4 : 0;
    for (int32_t left = rowBytes; left >= 4; left -= 4) {
      const uint32_t word = rv_load32(x);
      to = rv_widen_word(joined | (word << bits), to, step);
      joined = (word >> 1) >> (31 - bits);
      x += step4;
    }
    if (tail > 0) {
      const uint32_t word = rv_load_tail(x, tail);
      joined |= word << bits;
      bits += 8 * tail;
      if (bits >= 32) {
        bits -= 32;
        to = rv_widen_word(joined, to, step);
        joined = word >> ((8 * tail) - bits);
      }
    }
  }
  if (bits > 0) {
    (void)rv_widen_word(joined, to, step);
  }
}

/** A field anywhere whose rows are dense and of four bytes at most: a row at a time, bytes beside
 * the image are zero points. */
RV_NOINLINE static void rv_stage_short_rows(const rv_fields *f, rv_field at, int16_t *to,
                                            int32_t step) {
  const rv_conv_params *p = f->p;
  const int32_t rowBits = 8 * p->kernelW * f->depth;
  const uint32_t zero = ((uint8_t)p->inputZeroPoint * 0x01010101u) >> (32 - rowBits);
  const int32_t first = rv_min(rv_max(-at.x, 0), p->kernelW);
  const int32_t end = rv_max(rv_min(f->in->width - at.x, p->kernelW), first);
  const int32_t inside = (end - first) * f->depth;
  const int32_t before = 8 * first * f->depth;
  const uint32_t outside =
      (inside == 4) ? 0u : zero & ~((((uint32_t)1 << (8 * inside)) - 1u) << (before & 31));
  /* Bytes from the view's first one to the row's; a ring's rows are looked up. */
  const int32_t height = (inside > 0) ? f->in->height : 0;
  const ptrdiff_t rowStep = (ptrdiff_t)p->dilationH * f->in->rowPitch;
  const ptrdiff_t column = (ptrdiff_t)(at.x + first - f->in->originX) * f->in->pixelPitch;
  ptrdiff_t offset = ((ptrdiff_t)(at.y - f->in->originY) * f->in->rowPitch) + column;
  const int32_t endY = at.y + (p->kernelH * p->dilationH);
  uint32_t joined = 0;
  int32_t bits = 0;
  for (int32_t y = at.y; y < endY; y += p->dilationH) {
    uint32_t word = zero;
    if ((y >= 0) && (y < height)) {
      const int8_t *x = (f->in->ringRows > 0) ? rv_row(f->in, y) + column : f->in->data + offset;
      word = (inside == 4) ? rv_load32(x) : outside | (rv_load_tail(x, inside) << before);
    }
    offset += rowStep;
    joined |= word << bits;
    bits += rowBits;
    if (bits >= 32) {
      bits -= 32;
      to = rv_widen_word(joined, to, step);
      joined = (word >> 1) >> (rowBits - bits - 1);
    }
  }
  if (bits > 0) {
    (void)rv_widen_word(joined, to, step);
  }
}

/** One field of `step` (1 or 3) that are staged side by side. */
static inline void rv_stage_field(const rv_fields *f, rv_field at, int32_t channel, int16_t *to,
                                  int32_t step) {
  const rv_conv_params *p = f->p;
  const int32_t rowBytes = p->kernelW * f->depth;
  if ((f->denseRows != 0) && (rowBytes <= 4)) {
    rv_stage_short_rows(f, at, to, step);
    return;
  }
  if ((f->denseRows != 0) && rv_field_inside(f, at)) {
    if (((rowBytes & 3) != 0) || (at.y < 0) ||
        (at.y + ((p->kernelH - 1) * p->dilationH) >= f->in->height)) {
      rv_stage_rows(f, at, to, step);
      return;
    }
    for (int32_t ky = 0; ky < p->kernelH; ky++) {
      const int8_t *row = rv_row(f->in, at.y + (ky * p->dilationH));
      to = rv_widen_apart(rv_column(f, row, at.x), to, rowBytes / 4, step);
    }
    return;
  }
  rv_copy_field(f, at, channel);
  (void)rv_widen_apart(f->spare, to, (f->inputs + 3) / 4, step);
}

/** The next pixel of the list. */
typedef struct {
  rv_field at;
  int8_t *to;
  int32_t y;
  int32_t left; /**< Pixels left in its row. */
} rv_field_list;

static inline void rv_field_row(rv_field_list *l, const rv_conv_params *p, const rv_view *out,
                                const rv_window *w, int32_t y) {
  l->at.y = (y * p->strideH) - p->padTop;
  l->at.x = (w->x * p->strideW) - p->padLeft;
  l->to = rv_pixel(out, y, w->x);
  l->y = y;
  l->left = w->cols;
}

/** How many times three pixels, from the list's next one on and in its row, have windows inside the
 * image, over rows that are evenly apart. */
static inline int32_t rv_inside_threes(const rv_fields *f, const rv_field_list *l) {
  const rv_conv_params *p = f->p;
  const int32_t room = f->in->width - f->span - l->at.x;
  if ((l->at.x < 0) || (room < 2 * p->strideW)) {
    return 0;
  }
  const int32_t rows = (p->kernelH - 1) * p->dilationH;
  const int8_t *first = rv_row(f->in, l->at.y);
  const int8_t *last = rv_row(f->in, l->at.y + rows);
  if ((first == NULL) || (last == NULL) || (last != first + ((ptrdiff_t)rows * f->in->rowPitch))) {
    return 0;
  }
  return rv_min(l->left, (room / p->strideW) + 1) / 3;
}

/** So many times three pixels; one group, dense rows, depth % 4 == 0. */
static inline void rv_conv2d_inside(const rv_fields *f, rv_dot_job *job, rv_field_list *l,
                                    int16_t *staged, int32_t toStep, int32_t threes) {
  const rv_conv_params *p = f->p;
  const int32_t rowBytes = p->kernelW * f->depth;
  const int32_t step = p->strideW * f->in->pixelPitch;
  const int8_t *from = rv_column(f, rv_row(f->in, l->at.y), l->at.x);
  rv_widen_rows rows;
  rows.words = rowBytes / 4;
  rows.rows = p->kernelH;
  rows.skip = (p->dilationH * f->in->rowPitch) - rowBytes;
  rv_dot_channels(job, 0, p->outChannels, (const uint32_t *)p->weights);
  l->left -= 3 * threes;
  l->at.x += 3 * threes * p->strideW;
  for (; threes > 0; threes--) {
    int8_t *const to[3] = {l->to, l->to + toStep, l->to + ((ptrdiff_t)2 * toStep)};
    rv_widen3_rows(from, step, staged, &rows);
    rv_dot_three(job, to);
    from += (ptrdiff_t)3 * step;
    l->to += (ptrdiff_t)3 * toStep;
  }
}

RV_HOT static inline void rv_conv2d_dsp(const rv_conv_params *p, const rv_view *in,
                                        const rv_view *out, const rv_window *w, int16_t *staged,
                                        const rv_dot_blocks *blocks) {
  const int32_t channels = p->outChannels / p->groups;
  const int32_t total = w->rows * w->cols;
  rv_fields f;
  f.p = p;
  f.in = in;
  f.depth = p->inChannels / p->groups;
  f.inputs = p->kernelH * p->kernelW * f.depth;
  f.span = ((p->kernelW - 1) * p->dilationW) + 1;
  f.denseRows = (p->dilationW == 1) && (f.depth == in->pixelPitch);
  const int32_t staging = 4 * ((f.inputs + 3) / 4); /* int16 of one field */
  f.spare = (int8_t *)(staged + (((total >= 3) ? 3 : 1) * staging));
  /* A pixel of zero points; or a field that no window may need: scratch is written, not just held.
   */
  const int32_t spareBytes = ((total >= 3) && ((f.depth & 3) == 0)) ? f.depth : staging;
  memset(f.spare, p->inputZeroPoint, (size_t)spareBytes);
  rv_dot_job job;
  rv_dot_begin(&job, blocks, &p->requant, staged, f.inputs);
  const int32_t groupWords = ((channels + 1) / 2) * job.pairWords;
  rv_field_list l;
  rv_field_row(&l, p, out, w, w->y);
  const int mayBeInside = (p->groups == 1) && (f.denseRows != 0) && ((f.depth & 3) == 0);
  for (int32_t left = total; left > 0;) {
    const int32_t threes = mayBeInside ? rv_inside_threes(&f, &l) : 0;
    if (threes > 0) {
      rv_conv2d_inside(&f, &job, &l, staged, out->pixelPitch, threes);
      left -= 3 * threes;
      continue;
    }
    const int32_t pixels = (left >= 3) ? 3 : 1;
    rv_field at[3];
    int8_t *to[3];
    for (int32_t i = 0; i < pixels; i++) {
      if (l.left == 0) {
        rv_field_row(&l, p, out, w, l.y + 1);
      }
      at[i] = l.at;
      to[i] = l.to;
      l.at.x += p->strideW;
      l.to += out->pixelPitch;
      l.left--;
    }
    if (pixels == 1) {
      f.spare = (int8_t *)(staged + staging);
    }
    const uint32_t *weights = (const uint32_t *)p->weights;
    for (int32_t g = 0; g < p->groups; g++) {
      rv_dot_channels(&job, g * channels, channels, weights);
      weights += groupWords;
      if (pixels == 1) {
        rv_stage_field(&f, at[0], g * f.depth, staged, 1);
        rv_dot_one(&job, to);
      } else {
        if ((f.depth & 3) == 0) {
          rv_stage_three_fields(&f, at, g * f.depth, staged);
        } else {
          for (int32_t i = 0; i < 3; i++) {
            rv_stage_field(&f, at[i], g * f.depth, staged + (2 * i), 3);
          }
        }
        rv_dot_three(&job, to);
      }
      for (int32_t i = 0; i < pixels; i++) {
        to[i] += channels;
      }
    }
    left -= pixels;
  }
}

#endif /* RV_CONV2D_DSP_H */
