/** @file rv_depthwise_dsp.c What the walk of the depthwise kernels for the DSP extension does once
 * a call and once a group. */
#include "rv_depthwise_dsp.h"

/** At row y, or the first one below it inside the image, `offset` bytes into it. */
static rv_depthwise_cursor cursor(const rv_view *v, int32_t y, ptrdiff_t offset) {
  rv_depthwise_cursor c;
  c.at = rv_out_row(v, rv_max(y, 0)) + offset;
  c.pitch = v->rowPitch;
  c.wrap = v->data + offset;
  c.end = (v->ringRows > 0) ? c.wrap + ((ptrdiff_t)v->ringRows * v->rowPitch) : NULL;
  return c;
}

/** A multiple of 8. */
static void zero_bytes(int16_t *to, int32_t bytes) {
  for (; bytes > 0; bytes -= 8) {
    rv_store32(to, 0);
    rv_store32(to + 2, 0);
    to += 4;
    RV_KEEP_LOOP();
  }
}

/** Zeros in quads [first, end), all rows. */
static void zero_quads(const rv_depthwise_walk *k, int32_t first, int32_t end) {
  zero_bytes(k->staged + ((ptrdiff_t)first * (k->quadBytes / 2)), (end - first) * k->quadBytes);
}

RV_USED void rv_depthwise_stage_apart(const rv_depthwise_walk *k, const int8_t *from,
                                      int16_t *slot) {
  const int32_t zeroPoint = k->call->p->inputZeroPoint;
  int16_t *quad = slot + (k->toOffset / 2);
  int32_t left = k->columns;
  for (int32_t first = k->padding; left > 0; first = 0) {
    const int32_t end = rv_min(4, first + left);
    for (int32_t c = 0; c < k->channels; c++) {
      const int8_t *x = from + c;
      int16_t *to = quad + ((ptrdiff_t)c * RV_DW_CHANNEL);
      if (end - first < 4) {
        rv_store32(to, 0);
        rv_store32(to + 2, 0);
      }
      for (int32_t i = first; i < end; i++) {
        to[i] = (int16_t)(*x - zeroPoint);
        x += k->pixelPitch;
      }
    }
    from += (ptrdiff_t)(end - first) * k->pixelPitch;
    quad += k->quadBytes / 2;
    left -= end - first;
  }
}

RV_USED void rv_depthwise_set_rows(rv_depthwise_walk *k) {
  const rv_depthwise_kernel *kernel = k->call->kernel;
  const int32_t top = k->top - k->strideH;
  const int32_t first = rv_clamp(-top, 0, k->kernelRows);
  const int32_t end = rv_clamp(k->height - top, first, k->kernelRows);
  const int32_t rows = end - first;
  k->skipBefore = 4 * first * kernel->rowWords;
  k->skipAfter = 4 * (kernel->size - end) * kernel->rowWords;
  k->nextChannel = 8 - (RV_DW_SLOT_BYTES * rows);
  k->x = k->staged + (first * RV_DW_SLOT);
  k->isBorder = (rows < k->kernelRows) ? 1 : 0;
#if RV_DSP
  for (int32_t i = 0; i < 3; i++) {
    k->entries[i] = k->ends[i] - ((uintptr_t)rows * kernel->rowBytes[i]) + 1u;
  }
#endif
}

/** Columns: which of the staged ones are inside the image. Returns the input column of the first.
 */
static int32_t begin_columns(rv_depthwise_walk *k) {
  const rv_depthwise_call *call = k->call;
  const rv_conv_params *p = call->p;
  const int32_t stride = call->kernel->stride;
  const int32_t columns = ((call->w->cols - 1) * stride) + p->kernelW;
  const int32_t left = (call->w->x * stride) - p->padLeft;
  const int32_t begin = rv_clamp(-left, 0, columns);
  const int32_t end = rv_clamp(call->in->width - left, begin, columns);
  k->columns = end - begin;
  k->quads = (columns + 3) / 4;
  k->toOffset = (begin / 4) * k->quadBytes;
  k->endOffset = (end / 4) * k->quadBytes;
  k->padding = (begin < end) ? begin & 3 : 0;
  k->tail = (begin < end) ? end & 3 : 0;
  /* Padding that no row stages stays zero. */
  zero_quads(k, 0, begin / 4);
  zero_quads(k, (begin < end) ? (end + 3) / 4 : begin / 4, k->quads);
  return left + begin;
}

RV_USED void rv_depthwise_begin(rv_depthwise_walk *k, const rv_depthwise_call *call) {
  const rv_conv_params *p = call->p;
  const rv_depthwise_kernel *kernel = call->kernel;
  const rv_view *in = call->in;
  const rv_view *out = call->out;
  const rv_window *w = call->w;
  k->call = call;
  k->pitch = out->pixelPitch;
  k->staged = (int16_t *)call->scratch;
  k->x = k->staged;
  k->quadBytes = kernel->size * RV_DW_SLOT_BYTES;
  k->height = in->height;
  k->kernelRows = p->kernelH;
  k->strideH = p->strideH;
  k->moveBytes = p->strideH * RV_DW_SLOT_BYTES;
  k->pixelPitch = in->pixelPitch;
  k->offset = rv_minus_twice(p->inputZeroPoint);
  k->zeroPoints = (uint8_t)p->inputZeroPoint * 0x01010101u;
  k->skipsRows = kernel->skipsRows;
  k->firstInside = p->strideH;
  k->packed = (const uint32_t *)p->weights;
  k->channel = 0;
  k->channels = 0;
  const int32_t top = (w->y * p->strideH) - p->padTop;
  const int32_t x = begin_columns(k);
  int16_t *const table = k->staged + ((ptrdiff_t)k->quads * (k->quadBytes / 2));
  k->table = (const uint32_t *)(const void *)table;
  if ((rv_min(p->kernelH, in->height) < kernel->size) || (p->inChannels < RV_DW_GROUP)) {
    /* Some slots and records stay unused: what is planned is written all the same. */
    zero_quads(k, 0, k->quads);
    zero_bytes(table, 4 * RV_DW_GROUP * ((kernel->rowWords * kernel->size) + 2));
  }
  k->firstTop = top;
  k->source =
      cursor(in, rv_min(top, in->height - 1), (ptrdiff_t)(x - in->originX) * in->pixelPitch);
  k->target = cursor(out, w->y, (ptrdiff_t)(w->x - out->originX) * out->pixelPitch);
  k->firstSource = k->source.at;
  k->firstTarget = k->target.at;
  rv_depthwise_begin_rounding(k);
  /* Groups of four columns: three are one without its last. */
  const int32_t rest = w->cols & 3;
  const int five = (rest == 1) && (w->cols > 4) && (kernel->hasFive != 0) && (k->isSlow == 0);
  k->rest = (rest == 3) ? 0 : (five ? 5 : rest);
  k->cut = (rest == 3) ? 0xFFFFFFFFu : 0u;
  k->full = (((w->cols + 1) & ~3) - (five ? 4 : 0)) * k->pitch;
}

RV_USED void rv_depthwise_store_few(rv_depthwise_walk *k, int32_t columns) {
  int8_t *const next = k->out + ((ptrdiff_t)columns * k->pitch);
  const int8_t *const end = (next == k->cutEnd) ? next - k->pitch : next;
  /* Five begin a word earlier. */
  const uint8_t *from = (const uint8_t *)((columns == 5) ? (const void *)&k->row : k->temporary);
  for (int8_t *to = k->out; to != end; to += k->pitch) {
    for (int32_t c = 0; c < k->channels; c++) {
      to[c] = (int8_t)from[c];
    }
    from += 4;
  }
  k->out = next;
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

/** To the next channels of the same rows. */
static void restart(rv_depthwise_cursor *c, int8_t *first, int32_t channel, int32_t step) {
  c->at = first + channel;
  c->wrap += step;
  c->end = (c->end != NULL) ? c->end + step : NULL;
}

RV_USED int32_t rv_depthwise_begin_group(rv_depthwise_walk *k) {
  const rv_depthwise_call *call = k->call;
  const rv_conv_params *p = call->p;
  const rv_depthwise_kernel *kernel = call->kernel;
  const int32_t step = k->channels;
  k->channel += step;
  const int32_t channels = rv_min(RV_DW_GROUP, p->inChannels - k->channel);
  if (channels <= 0) {
    return 0;
  }
  if (channels != step) {
    k->channels = channels;
    k->tableEnd = k->table + (channels * ((kernel->rowWords * kernel->size) + 2));
    k->xStep = (k->quadBytes * kernel->stride) - (8 * channels);
    k->lead = k->padding;
    if ((channels < RV_DW_GROUP) || ((k->padding != 0) && (k->padding + k->columns < 4))) {
      k->lead = RV_DW_APART;
    }
  }
  restart(&k->source, k->firstSource, k->channel, step);
  restart(&k->target, k->firstTarget, k->channel, step);
  k->top = k->firstTop;
  k->next = k->firstTop;
  k->x = k->staged;
  k->isBorder = 1;
  k->rowsLeft = call->w->rows;
  uint32_t *table = (uint32_t *)call->scratch + (k->table - (const uint32_t *)call->scratch);
  k->packed = kernel->expand(k->packed, table, channels,
                             (kernel->skipsRows != 0) ? p->kernelH : kernel->size);
  if (p->requant.leftShift > 0) {
    if (rv_depthwise_is_fast(&p->requant) != 0) {
      scale_taps(kernel, table, channels, p->requant.leftShift);
    }
  }
  rv_depthwise_round_group(k);
  return channels;
}
