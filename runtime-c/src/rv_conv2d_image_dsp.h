/**
 * @file rv_conv2d_image_dsp.h
 * @brief Body of the 3x3 convolutions of images with few channels for the DSP extension: most
 * networks' first layer.
 *
 * Included by the files that define RV_IMAGE_DEPTH, the number of channels, 1 to 4. A kernel row is
 * 3 * RV_IMAGE_DEPTH neighbouring bytes, so a receptive field is staged straight from three rows.
 */
#ifndef RV_CONV2D_IMAGE_DSP_H
#define RV_CONV2D_IMAGE_DSP_H

#include "rv_dsp.h"
#include "rv_kernels_dsp.h"

enum {
  DEPTH = RV_IMAGE_DEPTH,
  PATCH_PITCH = 12,              /**< Bytes from a copied kernel row to the next. */
  INPUTS = 9 * DEPTH,            /**< Of a field, */
  WORDS = ((9 * DEPTH) + 3) / 4, /**< and its words. */
};

/** The three rows of a field, at column 0. */
typedef struct {
  const int8_t *row[3];
  ptrdiff_t
      pitch[3]; /**< Bytes from a pixel to the next; 0 where all pixels are the same zero points. */
} field_rows;

typedef struct {
  const rv_conv_params *p;
  const rv_view *in;
  field_rows rows;
  int8_t patch[4 * PATCH_PITCH]; /**< Three kernel rows copied, and one of zero points. */
} image;

/** Word i of a field, among those of `side` fields that are staged side by side. */
static inline void put(int16_t *to, int32_t side, int32_t i, uint32_t word) {
  rv_store32(to + (4 * side * i), rv_even_bytes(word));
  rv_store32(to + (4 * side * i) + (2 * side), rv_odd_bytes(word));
}

/** Stages a field from its three rows, a word after the other: few live at a time. No byte beside
 * theirs is read. */
static inline void join_rows(const int8_t *row0, const int8_t *row1, const int8_t *row2,
                             int32_t side, int16_t *to) {
#if RV_IMAGE_DEPTH == 1
  const uint32_t x1 = rv_load_tail(row1, 3);
  const uint32_t x2 = rv_load_tail(row2, 3);
  put(to, side, 0, rv_load_tail(row0, 3) | (x1 << 24));
  put(to, side, 1, (x1 >> 8) | (x2 << 16));
  put(to, side, 2, x2 >> 16);
#elif RV_IMAGE_DEPTH == 2
  put(to, side, 0, rv_load32(row0));
  put(to, side, 1, (rv_load32(row0 + 2) >> 16) | (rv_load32(row1) << 16));
  put(to, side, 2, rv_load32(row1 + 2));
  put(to, side, 3, rv_load32(row2));
  put(to, side, 4, rv_load32(row2 + 2) >> 16);
#elif RV_IMAGE_DEPTH == 3
  put(to, side, 0, rv_load32(row0));
  put(to, side, 1, rv_load32(row0 + 4));
  put(to, side, 2, (uint32_t)(uint8_t)row0[8] | (rv_load32(row1) << 8));
  put(to, side, 3, rv_load32(row1 + 3));
  put(to, side, 4, (rv_load32(row1 + 5) >> 16) | (rv_load32(row2) << 16));
  put(to, side, 5, rv_load32(row2 + 2));
  put(to, side, 6, rv_load32(row2 + 5) >> 8);
#else
  for (int32_t i = 0; i < 3; i++) {
    put(to, side, i, rv_load32(row0 + (4 * i)));
    put(to, side, 3 + i, rv_load32(row1 + (4 * i)));
    put(to, side, 6 + i, rv_load32(row2 + (4 * i)));
  }
#endif
}

/** `fields` of the three fields that are staged side by side, the first at column x. No byte beside
 * theirs is read. */
RV_NOINLINE static void stage(const field_rows *rows, int32_t x, int32_t stride, int32_t fields,
                              int16_t *to) {
  const int8_t *row0 = rows->row[0] + (x * rows->pitch[0]);
  const int8_t *row1 = rows->row[1] + (x * rows->pitch[1]);
  const int8_t *row2 = rows->row[2] + (x * rows->pitch[2]);
  const ptrdiff_t step0 = stride * rows->pitch[0];
  const ptrdiff_t step1 = stride * rows->pitch[1];
  const ptrdiff_t step2 = stride * rows->pitch[2];
  RV_OPAQUE(fields); /* One or three, but one loop: it shares a small instruction cache. */
  for (; fields > 0; fields--) {
    join_rows(row0, row1, row2, 3, to);
    row0 += step0;
    row1 += step1;
    row2 += step2;
    to += 2;
  }
}

/** A field by itself, at column x: of a window of fewer than three. */
RV_NOINLINE static void stage_alone(const field_rows *rows, int32_t x, int16_t *to) {
  join_rows(rows->row[0] + (x * rows->pitch[0]), rows->row[1] + (x * rows->pitch[1]),
            rows->row[2] + (x * rows->pitch[2]), 1, to);
}

/** The three rows under output row y. */
static void begin_row(image *c, int32_t y) {
  for (int32_t ky = 0; ky < 3; ky++) {
    const int8_t *row = rv_row(c->in, (y * c->p->strideH) - c->p->padTop + ky);
    const ptrdiff_t pitch = c->in->pixelPitch;
    c->rows.row[ky] = (row == NULL) ? c->patch + (3 * PATCH_PITCH) : row - (c->in->originX * pitch);
    c->rows.pitch[ky] = (row == NULL) ? 0 : pitch;
  }
}

/** A field at the image's left or right border, or of pixels that are no neighbours in memory, by
 * way of a copy; by itself where it is `alone`. */
RV_NOINLINE static void stage_copy(image *c, int32_t x, int16_t *to, int alone) {
  const field_rows copy = {{c->patch, c->patch + PATCH_PITCH, c->patch + (2 * PATCH_PITCH)},
                           {0, 0, 0}};
  for (int32_t ky = 0; ky < 3; ky++) {
    int8_t *patch = c->patch + (ky * PATCH_PITCH);
    for (int32_t kx = 0; kx < 3; kx++) {
      const int32_t column = x + kx;
      const int inside = (column >= 0) && (column < c->in->width);
      const int8_t *pixel =
          inside ? c->rows.row[ky] + (column * c->rows.pitch[ky]) : c->patch + (3 * PATCH_PITCH);
      for (int32_t i = 0; i < DEPTH; i++) {
        patch[i] = pixel[i];
      }
      patch += DEPTH;
    }
  }
  if (alone) {
    stage_alone(&copy, 0, to);
  } else {
    stage(&copy, 0, 0, 1, to);
  }
}

RV_HOT static inline void rv_conv2d_image_dsp(const rv_conv_params *p, const rv_view *in,
                                              const rv_view *out, const rv_window *w,
                                              int16_t *staged) {
  const int32_t stride = p->strideW;
  const int32_t lastInside =
      (in->pixelPitch == DEPTH) ? in->width - 3 : -1; /* of the columns where a field begins */
  int32_t left = w->rows * w->cols;
  const int alone = left < 3;
  int32_t slot = 0;
  int8_t *to[3];
  image c;
  rv_dot_job job;
  c.p = p;
  c.in = in;
  memset(c.patch, p->inputZeroPoint, sizeof c.patch);
  rv_dot_begin(&job, &rv_dot_s8, &p->requant, staged, INPUTS);
  rv_dot_channels(&job, 0, p->outChannels, (const uint32_t *)p->weights);
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    int8_t *target = rv_pixel(out, y, w->x);
    int32_t x = (w->x * stride) - p->padLeft;
    begin_row(&c, y);
    for (int32_t i = w->cols; i > 0;) {
      const int inside = (x >= 0) && (x <= lastInside);
      if (inside && (slot == 0) && (i >= 3) && (x + (2 * stride) <= lastInside)) {
        stage(&c.rows, x, stride, 3, staged);
        to[0] = target;
        to[1] = to[0] + out->pixelPitch;
        to[2] = to[1] + out->pixelPitch;
        target = to[2] + out->pixelPitch;
        x += 3 * stride;
        i -= 3;
        slot = 3;
      } else {
        if (!inside) {
          stage_copy(&c, x, staged + (2 * slot), alone);
        } else if (alone) {
          stage_alone(&c.rows, x, staged);
        } else {
          stage(&c.rows, x, stride, 1, staged + (2 * slot));
        }
        to[slot] = target;
        target += out->pixelPitch;
        x += stride;
        i--;
        slot++;
      }
      if (slot == 3) {
        rv_dot_three(&job, to);
        slot = 0;
        left -= 3;
      } else if (left < 3) {
        /* The last one or two: their pairs closed up. */
        for (int32_t k = 1; (k < 2 * WORDS) && !alone; k++) {
          rv_store32(staged + (2 * k), rv_load32(staged + (6 * k)));
        }
        rv_dot_one(&job, to);
        slot = 0;
        left--;
      }
    }
  }
}

#endif /* RV_CONV2D_IMAGE_DSP_H */
