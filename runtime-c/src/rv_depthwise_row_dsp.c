/** @file rv_depthwise_row_dsp.c The walk of the depthwise kernels for the DSP extension, in C. */
#include "rv_depthwise_dsp.h"

#if !RV_DSP

/** Tap kx of a row's words. */
static int32_t tap(const rv_depthwise_kernel *k, const uint32_t *row, int32_t kx) {
  if (kx < k->size - 1) {
    return ((kx & 1) == 0) ? rv_low(row[kx / 2]) : rv_high(row[kx / 2]);
  }
  return (k->stride == 1) ? rv_high(row[k->rowWords - 1]) : rv_low(row[k->rowWords - 1]);
}

/** Of the output row's column x and the group's channel c. */
static int32_t accumulator(const rv_depthwise_walk *k, const uint32_t *record, int32_t x,
                           int32_t c) {
  const rv_depthwise_kernel *kernel = k->call->kernel;
  uint32_t sum = record[kernel->biasAt];
  const int32_t first = k->skipBefore / (4 * kernel->rowWords);
  const int32_t end = kernel->size - (k->skipAfter / (4 * kernel->rowWords));
  for (int32_t ky = first; ky < end; ky++) {
    const int32_t at = ky * kernel->rowWords;
    const uint32_t *words = record + at + ((at >= kernel->biasAt) ? 1 : 0);
    for (int32_t kx = 0; kx < kernel->size; kx++) {
      const int32_t column = (x * kernel->stride) + kx;
      const ptrdiff_t quad = (ptrdiff_t)(column / 4) * kernel->size;
      const int32_t value =
          k->staged[((quad + ky) * RV_DW_SLOT) + (c * RV_DW_CHANNEL) + (column % 4)];
      sum += (uint32_t)(value * tap(kernel, words, kx));
    }
  }
  return (int32_t)sum;
}

static void compute_row(rv_depthwise_walk *k) {
  const rv_channel_requant *requant = &k->call->p->requant;
  const rv_depthwise_kernel *kernel = k->call->kernel;
  const int32_t recordWords = (kernel->rowWords * kernel->size) + 2;
  rv_rounder rounder = rv_channel_rounder(requant);
  rounder.leftScale = 1; /* in the taps and the bias, where the rounding is fast */
  for (int32_t x = 0; x < k->call->w->cols; x++) {
    for (int32_t c = 0; c < k->channels; c++) {
      const uint32_t *record = k->table + (c * recordWords);
      const int32_t multiplier = (int32_t)record[recordWords - 1];
      int32_t acc[4] = {0, 0, 0, accumulator(k, record, x, c)};
      if (rv_depthwise_is_fast(requant) == 0) {
        rv_depthwise_round(acc, k, 3);
      } else if (requant->rounding == RV_ROUND_EVEN) {
        acc[3] = rv_requantise_even(acc[3], multiplier, requant->even[k->channel + c], rounder);
      } else {
        acc[3] = rv_requantise_fixed(acc[3], multiplier, rounder);
      }
      k->out[((ptrdiff_t)x * k->pitch) + c] = (int8_t)acc[3];
    }
  }
}

static void advance(rv_depthwise_cursor *c) {
  c->at += c->pitch;
  if (c->at == c->end) {
    c->at = c->wrap;
  }
}

/** Four channels of a row into a slot. */
static void stage(const rv_depthwise_walk *k, const int8_t *from, int16_t *slot) {
  int16_t *to = slot + (k->toOffset / 2);
  const int32_t end = k->lead + k->columns;
  for (int32_t column = 0; column < ((end + 3) & ~3); column++) {
    const int isInside = (column >= k->lead) && (column < end);
    const uint32_t pixel = isInside ? rv_load32(from) : k->zeroPoints;
    for (int32_t c = 0; c < RV_DW_GROUP; c++) {
      const int32_t value = (int8_t)((pixel >> (8 * c)) & 0xFFu);
      to[(c * RV_DW_CHANNEL) + (column & 3)] = (int16_t)(value + rv_low(k->offset));
    }
    from += isInside ? k->pixelPitch : 0;
    to += ((column & 3) == 3) ? k->quadBytes / 2 : 0;
  }
}

/** Stages what the next output row needs. */
static void next_row(rv_depthwise_walk *k) {
  const int32_t kept = k->next - k->top;
  if (kept > 0) {
    for (int32_t quad = 0; quad < k->quads; quad++) {
      int16_t *to = k->staged + ((ptrdiff_t)quad * (k->quadBytes / 2));
      memmove(to, to + (k->moveBytes / 2), (size_t)kept * RV_DW_SLOT_BYTES);
    }
  }
  k->next = k->top + k->kernelRows;
  for (int32_t i = kept; i < k->kernelRows; i++) {
    int16_t *slot = k->staged + (i * RV_DW_SLOT);
    if ((k->top + i >= 0) && (k->top + i < k->height)) {
      if (k->lead == RV_DW_APART) {
        rv_depthwise_stage_apart(k, k->source.at, slot);
      } else {
        stage(k, k->source.at, slot);
      }
      advance(&k->source);
    } else if (k->skipsRows == 0) {
      for (int32_t quad = 0; quad < k->quads; quad++) {
        memset(slot + ((ptrdiff_t)quad * (k->quadBytes / 2)), 0, RV_DW_SLOT_BYTES);
      }
    }
  }
  k->top += k->strideH;
  if (k->skipsRows != 0) {
    rv_depthwise_set_rows(k);
  }
  k->out = k->target.at;
  advance(&k->target);
}

void rv_depthwise_walk_c(const rv_depthwise_call *call) {
  rv_depthwise_walk k;
  rv_depthwise_begin(&k, call);
  k.skipBefore = 0;
  k.skipAfter = 0;
  while (rv_depthwise_begin_group(&k) > 0) {
    for (; k.rowsLeft > 0; k.rowsLeft--) {
      next_row(&k);
      compute_row(&k);
    }
  }
}

#endif
