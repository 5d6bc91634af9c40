/**
 * @file rv_conv2d_colour_s8_dsp.c
 * @brief 3x3 convolution of a three-channel image for the DSP extension: most networks' first
 * layer.
 *
 * A kernel row is nine neighbouring bytes, so a receptive field is staged straight from three rows.
 */
#include "rv_dsp.h"
#include "rv_kernels_dsp.h"

enum {
  DEPTH = 3,
  ROW_BYTES = 9,
  PATCH_PITCH = 12, /**< Bytes from a copied kernel row to the next. */
  WORDS = 7,        /**< 27 inputs, rounded up. */
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
} colour;

/** The 27 inputs of a field, and one byte of zero. No byte beside theirs is read. */
static inline void load_field(const int8_t *row0, const int8_t *row1, const int8_t *row2,
                              uint32_t words[WORDS]) {
  words[0] = rv_load32(row0);
  words[1] = rv_load32(row0 + 4);
  words[2] = (uint32_t)(uint8_t)row0[8] | (rv_load32(row1) << 8);
  words[3] = rv_load32(row1 + 3);
  words[4] = (rv_load32(row1 + 5) >> 16) | (rv_load32(row2) << 16);
  words[5] = rv_load32(row2 + 2);
  words[6] = rv_load32(row2 + 5) >> 8;
}

/** `fields` of the three fields that are staged side by side, the first at column x. */
RV_NOINLINE static void stage(const field_rows *rows, int32_t x, int32_t stride, int32_t fields,
                              int16_t *to) {
  const int8_t *row0 = rows->row[0] + (x * rows->pitch[0]);
  const int8_t *row1 = rows->row[1] + (x * rows->pitch[1]);
  const int8_t *row2 = rows->row[2] + (x * rows->pitch[2]);
  const ptrdiff_t step0 = stride * rows->pitch[0];
  const ptrdiff_t step1 = stride * rows->pitch[1];
  const ptrdiff_t step2 = stride * rows->pitch[2];
  for (; fields > 0; fields--) {
    uint32_t words[WORDS];
    load_field(row0, row1, row2, words);
    for (int32_t i = 0; i < WORDS; i++) {
      rv_store32(to + (12 * i), rv_even_bytes(words[i]));
      rv_store32(to + (12 * i) + 6, rv_odd_bytes(words[i]));
    }
    row0 += step0;
    row1 += step1;
    row2 += step2;
    to += 2;
  }
}

/** A field by itself, at column x: of a window of fewer than three. */
RV_NOINLINE static void stage_alone(const field_rows *rows, int32_t x, int16_t *to) {
  uint32_t words[WORDS];
  load_field(rows->row[0] + (x * rows->pitch[0]), rows->row[1] + (x * rows->pitch[1]),
             rows->row[2] + (x * rows->pitch[2]), words);
  for (int32_t i = 0; i < WORDS; i++) {
    rv_store32(to + (4 * i), rv_even_bytes(words[i]));
    rv_store32(to + (4 * i) + 2, rv_odd_bytes(words[i]));
  }
}

/** The three rows under output row y. */
static void begin_row(colour *c, int32_t y) {
  for (int32_t ky = 0; ky < 3; ky++) {
    const int8_t *row = rv_row(c->in, (y * c->p->strideH) - c->p->padTop + ky);
    const ptrdiff_t pitch = c->in->pixelPitch;
    c->rows.row[ky] = (row == NULL) ? c->patch + (3 * PATCH_PITCH) : row - (c->in->originX * pitch);
    c->rows.pitch[ky] = (row == NULL) ? 0 : pitch;
  }
}

/** A field at the image's left or right border, or of pixels that are no neighbours in memory, by
 * way of a copy; by itself where it is `alone`. */
RV_NOINLINE static void stage_copy(colour *c, int32_t x, int16_t *to, int alone) {
  const field_rows copy = {{c->patch, c->patch + PATCH_PITCH, c->patch + (2 * PATCH_PITCH)},
                           {0, 0, 0}};
  for (int32_t ky = 0; ky < 3; ky++) {
    int8_t *patch = c->patch + (ky * PATCH_PITCH);
    for (int32_t kx = 0; kx < 3; kx++) {
      const int32_t column = x + kx;
      const int inside = (column >= 0) && (column < c->in->width);
      const int8_t *pixel =
          inside ? c->rows.row[ky] + (column * c->rows.pitch[ky]) : c->patch + (3 * PATCH_PITCH);
      patch[0] = pixel[0];
      patch[1] = pixel[1];
      patch[2] = pixel[2];
      patch += DEPTH;
    }
  }
  if (alone) {
    stage_alone(&copy, 0, to);
  } else {
    stage(&copy, 0, 0, 1, to);
  }
}

void rv_conv2d_colour_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                             const rv_window *w, void *scratch) {
  int16_t *staged = (int16_t *)scratch;
  const int32_t stride = p->strideW;
  const int32_t lastInside =
      (in->pixelPitch == DEPTH) ? in->width - 3 : -1; /* of the columns where a field begins */
  int32_t left = w->rows * w->cols;
  const int alone = left < 3;
  int32_t slot = 0;
  int8_t *to[3];
  colour c;
  rv_dot_job job;
  c.p = p;
  c.in = in;
  memset(c.patch, p->inputZeroPoint, sizeof c.patch);
  rv_dot_begin(&job, &rv_dot_s8, &p->requant, staged, DEPTH * ROW_BYTES);
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
