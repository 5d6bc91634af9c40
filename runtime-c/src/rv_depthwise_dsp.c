/** @file rv_depthwise_dsp.c The walk of the depthwise kernels for the DSP extension. */
#include "rv_depthwise_dsp.h"

/** Rows of a view one after the other, over the end of a ring. */
typedef struct {
  int8_t *at;
  int8_t *ringStart; /**< First row of the ring. */
  int32_t pitch;
  int32_t left; /**< Rows to the ring's end, this one included. */
  int32_t ringRows;
} row_cursor;

/** Row y, `offset` bytes into it; y is inside the image. */
static void begin_cursor(row_cursor *c, const rv_view *v, int32_t y, ptrdiff_t offset) {
  c->ringStart = v->data + offset;
  c->at = rv_out_row(v, y) + offset;
  c->pitch = v->rowPitch;
  c->ringRows = v->ringRows;
  c->left = (v->ringRows > 0) ? v->ringRows - (y % v->ringRows) : INT32_MAX;
}

static inline void advance(row_cursor *c) {
  c->at += c->pitch;
  c->left--;
  if (c->left == 0) {
    c->at = c->ringStart;
    c->left = c->ringRows;
  }
}

/** A call: first what is the same for all its rows, then how far it is with a group of channels. */
typedef struct {
  const rv_view *in;
  const rv_depthwise_kernel *kernel;
  int16_t *staged;
  int32_t quadSize; /**< int16 from a quad of columns to the next. */
  int32_t rows;     /**< Of the window. */
  int32_t strideH;
  int32_t keep;  /**< Rows that the next output row reads again. */
  int32_t left;  /**< Input column of the first staged one; may be negative. */
  int32_t begin; /**< Staged columns [begin, end) are inside the image. */
  int32_t end;
  int32_t quads;    /**< Staged. */
  int32_t toOffset; /**< int16 from a slot's first quad to stage.to and stage.end. */
  int32_t endOffset;
  int32_t isPlain; /**< 1: rv_depthwise_stage_pixels does whole rows. */
  ptrdiff_t
      inOffset; /**< Bytes from a row's start to the first staged pixel, and to the first output. */
  ptrdiff_t outOffset;
  ptrdiff_t full;    /**< Bytes that the full groups of an output row take. */
  int32_t firstTop;  /**< Input row of the first window's first. */
  int32_t innerFrom; /**< Output rows [innerFrom, innerEnd), from the call's first: those of
                        inner_rows. */
  int32_t innerEnd;
  rv_depthwise_stage stage;
  rv_depthwise_row row;
  rv_depthwise_rounding rounding;

  int32_t channel;
  int32_t channels;
  int32_t top; /**< Input row of the next window's first; may be outside the image. */
  int32_t
      next; /**< Input row to stage next: those below it are in their slots for the row before. */
  row_cursor source; /**< At row `at`. */
  int32_t at;
  row_cursor target;
} walk;

/** Zeros in `slots` slots of quads [first, end). */
static void zero_quads(const walk *k, int32_t first, int32_t end, int32_t slot, int32_t slots) {
  for (int32_t q = first; q < end; q++) {
    int16_t *to = k->staged + ((ptrdiff_t)q * k->quadSize) + (slot * RV_DW_SLOT);
    for (int32_t i = slots * RV_DW_SLOT; i > 0; i -= 4) {
      rv_store32(to, 0);
      rv_store32(to + 2, 0);
      to += 4;
      RV_KEEP_LOOP();
    }
  }
}

/** Stages a row pixel by pixel: fewer than four channels, or an image narrower than a quad. */
RV_NOINLINE static void stage_apart(const walk *k, const int8_t *from, int32_t slot) {
  uint32_t pixels[4];
  rv_depthwise_stage s = k->stage;
  s.from = (const int8_t *)pixels;
  s.pitch = 4;
  s.lead = 0;
  s.tail = 0;
  for (int32_t q = k->begin / 4; 4 * q < k->end; q++) {
    for (int32_t i = 0; i < 4; i++) {
      const int32_t column = (4 * q) + i;
      pixels[i] = s.zeroPoints;
      if ((column >= k->begin) && (column < k->end)) {
        for (int32_t c = 0; c < k->channels; c++) {
          ((int8_t *)&pixels[i])[c] = from[c];
        }
        from += k->stage.pitch;
      }
    }
    s.to = k->staged + ((ptrdiff_t)q * k->quadSize) + (slot * RV_DW_SLOT);
    s.end = s.to + k->quadSize;
    rv_depthwise_stage_pixels(&s);
  }
}

/** Stages the row at `source` into `slot`. */
static inline void stage_row(walk *k, int32_t slot) {
  if ((k->isPlain != 0) && (k->channels == RV_DW_GROUP)) {
    int16_t *base = k->staged + (slot * RV_DW_SLOT);
    k->stage.from = k->source.at;
    k->stage.to = base + k->toOffset;
    k->stage.end = base + k->endOffset;
    rv_depthwise_stage_pixels(&k->stage);
  } else {
    stage_apart(k, k->source.at, slot);
  }
  advance(&k->source);
}

static inline void compute_row(walk *k) {
  k->row.out = k->target.at;
  k->row.outEnd = k->row.out + k->full;
  k->kernel->row(&k->row);
  advance(&k->target);
  k->top += k->strideH;
}

/** Window rows [first, end) are inside the image. */
static void set_rows(walk *k, int32_t first, int32_t end) {
  rv_depthwise_row *r = &k->row;
  r->rows = end - first;
  r->skipBefore = 4 * first * k->kernel->rowWords;
  r->skipAfter = 4 * (k->kernel->size - end) * k->kernel->rowWords;
  r->nextChannel = 8 - (RV_DW_SLOT_BYTES * r->rows);
  r->x = k->staged + (first * RV_DW_SLOT);
}

/** One output row, whatever of its window is inside the image or staged. */
RV_NOINLINE static void any_row(walk *k) {
  const int32_t first = rv_clamp(-k->top, 0, k->rows);
  const int32_t end = rv_clamp(k->in->height - k->top, first, k->rows);
  int32_t slot = k->next - k->top;
  if ((slot > 0) && (k->keep > 0)) {
    rv_depthwise_move_rows(k->staged, k->quads, k->stage.quadBytes, k->strideH * RV_DW_SLOT_BYTES,
                           k->keep);
  } else {
    slot = 0;
  }
  if (k->kernel->skipsRows == 0) {
    for (; slot < first; slot++) {
      zero_quads(k, 0, k->quads, slot, 1);
    }
  } else {
    set_rows(k, first, end);
    slot = rv_max(slot, first);
  }
  for (; slot < end; slot++) {
    if (k->at != k->top + slot) {
      k->at = k->top + slot;
      begin_cursor(&k->source, k->in, k->at, k->inOffset + k->channel);
    }
    stage_row(k, slot);
    k->at++;
  }
  if (k->kernel->skipsRows == 0) {
    for (; slot < k->rows; slot++) {
      zero_quads(k, 0, k->quads, slot, 1);
    }
  }
  k->next = k->top + slot;
  compute_row(k);
}

/** `count` output rows whose windows are inside the image, each after one that has left `keep`
 * rows. */
RV_NOINLINE static void inner_rows(walk *k, int32_t count) {
  set_rows(k, 0, k->rows);
  k->next += count * k->strideH;
  k->at += count * k->strideH;
  for (; count > 0; count--) {
    rv_depthwise_move_rows(k->staged, k->quads, k->stage.quadBytes, k->strideH * RV_DW_SLOT_BYTES,
                           k->keep);
    for (int32_t slot = k->keep; slot < k->rows; slot++) {
      stage_row(k, slot);
    }
    compute_row(k);
  }
}

static void begin_walk(walk *k, const rv_conv_params *p, const rv_view *in, const rv_view *out,
                       const rv_window *w, void *scratch, const rv_depthwise_kernel *kernel) {
  const int32_t columns = ((w->cols - 1) * kernel->stride) + p->kernelW;
  const int32_t quadsHeld = (((w->cols + 3) / 4) * kernel->stride) + kernel->quadsAhead;
  k->in = in;
  k->kernel = kernel;
  k->staged = (int16_t *)scratch;
  k->quadSize = kernel->size * RV_DW_SLOT;
  k->rows = p->kernelH;
  k->strideH = p->strideH;
  k->keep = k->rows - k->strideH;
  k->firstTop = (w->y * p->strideH) - p->padTop;
  k->innerFrom = rv_max(1, (k->strideH - 1 - k->firstTop) / k->strideH);
  k->innerEnd = -1;
  if ((k->keep > 0) && (in->height - k->rows >= k->firstTop)) {
    k->innerEnd = rv_min(w->rows, ((in->height - k->rows - k->firstTop) / k->strideH) + 1);
  }
  if (k->innerEnd <= k->innerFrom) {
    k->innerFrom = -1;
  }
  k->left = (w->x * kernel->stride) - p->padLeft;
  k->begin = rv_clamp(-k->left, 0, columns);
  k->end = rv_clamp(in->width - k->left, k->begin, columns);
  k->quads = (columns + 3) / 4;
  k->toOffset = (k->begin / 4) * k->quadSize;
  k->endOffset = (k->end / 4) * k->quadSize;
  k->isPlain = ((k->begin & 3) == 0) || (k->end >= ((k->begin + 3) & ~3));
  k->inOffset = (ptrdiff_t)(k->left + k->begin - in->originX) * in->pixelPitch;
  k->outOffset = (ptrdiff_t)(w->x - out->originX) * out->pixelPitch;
  k->full = (ptrdiff_t)(w->cols & ~3) * out->pixelPitch;
  k->stage.pitch = in->pixelPitch;
  k->stage.offset = rv_minus_twice(p->inputZeroPoint);
  k->stage.quadBytes = 2 * k->quadSize;
  k->stage.zeroPoints = (uint8_t)p->inputZeroPoint * 0x01010101u;
  k->stage.lead = k->begin & 3;
  k->stage.tail = k->end & 3;
  rv_depthwise_rounding *rounding = &k->rounding;
  rounding->requant = &p->requant;
  rounding->rounder = rv_channel_rounder(&p->requant);
  rounding->fast = (p->requant.rounding == RV_ROUND_FIXED) &&
                   (p->requant.leftShift <= RV_DW_MAX_LEFT_SHIFT);
  if (rounding->fast != 0) {
    rounding->rounder.leftScale = 1; /* in the taps and the bias */
  }
  rv_depthwise_row *r = &k->row;
  rv_depthwise_set_requantise(r, rounding);
  r->pitch = out->pixelPitch;
  r->fourth = 3 * r->pitch;
  r->addend = rounding->rounder.addend;
  r->table = (const uint32_t *)(const void *)(k->staged + ((ptrdiff_t)quadsHeld * k->quadSize));
  r->rounding = rounding;
  r->rest = w->cols & 3;
  r->second = (r->rest == 1) ? 0 : r->pitch;
  r->kernel = kernel;
  set_rows(k, 0, k->rows);
  /* Padding that no row stages stays zero. */
  zero_quads(k, 0, k->begin / 4, 0, k->rows);
  zero_quads(k, (k->end + 3) / 4, k->quads, 0, k->rows);
}

/** Multiplies the taps of `channels` records by 2^leftShift. */
RV_NOINLINE static void scale_taps(const rv_depthwise_kernel *kernel, uint32_t *record,
                                   int32_t channels, uint32_t leftShift) {
  const int32_t end = (kernel->rowWords * kernel->size) + 1;
  for (; channels > 0; channels--) {
    for (int32_t i = 0; i < end; i++) {
      if (i != kernel->biasAt) {
        record[i] = ((record[i] << leftShift) & 0xFFFFu) | ((record[i] & 0xFFFF0000u) << leftShift);
      }
    }
    record += end + 1;
  }
}

/** What depends on the number of channels in a group. */
static void set_channels(walk *k, int32_t channels) {
  rv_depthwise_row *r = &k->row;
  k->channels = channels;
  r->channels = channels;
  r->tableEnd = r->table + (channels * ((k->kernel->rowWords * k->kernel->size) + 2));
  r->xStep = (k->stage.quadBytes * k->kernel->stride) - (8 * channels);
  r->outStep = (4 * r->pitch) - channels;
}

static void walk_group(walk *k, const rv_view *out, const rv_window *w) {
  k->rounding.channel = k->channel;
  k->rounding.first = k->channel;
  k->rounding.end = k->channel + k->channels;
  k->top = k->firstTop;
  k->next = k->firstTop;
  k->at = -1;
  begin_cursor(&k->target, out, w->y, k->outOffset + k->channel);
  for (int32_t y = 0; y < w->rows;) {
    if (y == k->innerFrom) {
      inner_rows(k, k->innerEnd - y);
      y = k->innerEnd;
    } else {
      any_row(k);
      y++;
    }
  }
}

void rv_depthwise_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                      const rv_window *w, void *scratch, const rv_depthwise_kernel *kernel) {
  const uint32_t *packed = (const uint32_t *)p->weights;
  const int32_t packedRows = (kernel->skipsRows != 0) ? p->kernelH : kernel->size;
  walk k;
  begin_walk(&k, p, in, out, w, scratch, kernel);
  uint32_t *table = (uint32_t *)scratch + (k.row.table - (const uint32_t *)scratch);
  set_channels(&k, RV_DW_GROUP);
  for (k.channel = 0; k.channel < p->inChannels; k.channel += RV_DW_GROUP) {
    if (k.channel + RV_DW_GROUP > p->inChannels) {
      set_channels(&k, p->inChannels - k.channel);
    }
    packed = kernel->expand(packed, table, k.channels, packedRows);
    if ((k.rounding.fast != 0) && (p->requant.leftShift > 0)) {
      scale_taps(kernel, table, k.channels, p->requant.leftShift);
    }
    walk_group(&k, out, w);
  }
}
