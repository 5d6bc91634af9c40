/** @file rv_depthwise_dsp.c What the depthwise kernels for the DSP extension share: staging, rounding and the walk. */
#include "rv_depthwise_dsp.h"

/** What staging a row needs. The order of the fields is known to assembly. */
typedef struct {
  const int8_t *from; /**< First pixel inside the image, at the group's first channel. */
  int32_t pitch;
  int16_t *to;         /**< First quad that holds a pixel. */
  uint32_t offset;     /**< Minus the zero point, twice. */
  int32_t quadBytes;   /**< From a quad to the next. */
  const int16_t *end;  /**< After the quads that end with a pixel. */
  uint32_t zeroPoints; /**< A pixel of zero points. */
  int32_t lead;        /**< Padding in the first quad, 0..3. */
  int32_t tail;        /**< Pixels in the last, where that does not end with one, 1..3; or 0. */
} row_stage;

void rv_depthwise_round(int32_t *acc, rv_depthwise_rounding *rounding, int32_t first) {
  for (int32_t i = first; i < 4; i++) {
    acc[i] = rv_requantise_channel(acc[i], rounding->requant, rounding->channel, rounding->rounder);
  }
  rounding->channel = (rounding->channel + 1 == rounding->end) ? rounding->first : rounding->channel + 1;
}

#if RV_DSP

enum { ENTRY_BYTES = 36, PAIR_BYTES = 16 };

#define PAIR(a, b)                         \
  "smmla " a ", " a ", r10, r11\n"         \
  "smmla " b ", " b ", r10, r11\n"         \
  "ssat " a ", #8, " a ", asr #\\shift\n"  \
  "ssat " b ", #8, " b ", asr #\\shift\n"

/** One routine for each shift. In: r6..r9 accumulators, r10 their multiplier, r11 the addend. Out: int8 in r6..r9. */
RV_NAKED static void fixed4(void) {
  __asm volatile(
      ".syntax unified\n"
      ".irp shift, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22\n" /* ENTRY_BYTES each */
      PAIR("r6", "r7") PAIR("r8", "r9")
      "bx lr\n"
      "nop\n"
      ".endr\n");
}

/** As fixed4 for every rounding: the frame of a row kernel has the rv_depthwise_rounding at sp + 32. */
RV_NAKED static void any4(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r3, [sp, #32]\n"
      "movs r2, #0\n"
      "push {r0, r1, r12, lr}\n"
      "push {r6-r9}\n"
      "mov r0, sp\n"
      "mov r1, r3\n"
      "bl rv_depthwise_round\n"
      "pop {r6-r9}\n"
      "pop {r0, r1, r12, pc}\n");
}

/** As any4 for r8 and r9 alone. */
RV_NAKED static void any2(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r3, [sp, #32]\n"
      "movs r2, #2\n"
      "push {r0, r1, r12, lr}\n"
      "push {r6-r9}\n"
      "mov r0, sp\n"
      "mov r1, r3\n"
      "bl rv_depthwise_round\n"
      "pop {r6-r9}\n"
      "pop {r0, r1, r12, pc}\n");
}

static void set_requantise(rv_depthwise_row *r, const rv_depthwise_rounding *rounding) {
  const uintptr_t entry = (uintptr_t)fixed4 + (uintptr_t)((rounding->rounder.shift - 1) * ENTRY_BYTES);
  r->four = (rounding->fast != 0) ? (rv_dsp_requantise)entry : any4;
  r->two = (rounding->fast != 0) ? (rv_dsp_requantise)(entry + PAIR_BYTES) : any2;
}

/** Stages a row: 27 instructions for four pixels of four channels. */
RV_NAKED static void stage_pixels(const row_stage *s RV_UNUSED) {
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "sub sp, #12\n"
      "ldm r0, {r0-r8}\n"
      "mov r12, r4\n"
      "str r5, [sp]\n"
      "str r6, [sp, #4]\n"
      "str r8, [sp, #8]\n"
      "cbz r7, 5f\n"
      "mov r4, r7\n"
      "mov r7, r6\n"
      "mov r10, r6\n"
      "mov lr, r6\n"
      "cmp r4, #2\n"
      "bhi 3f\n"
      "beq 2f\n"
      "ldr r10, [r0]\n"
      "add r0, r1\n"
      "2:\n"
      "ldr lr, [r0]\n"
      "add r0, r1\n"
      "3:\n"
      "ldr r11, [r0]\n"
      "add r0, r1\n"
      "b 1f\n"
      "5:\n"
      "cmp r2, r5\n"
      "beq 4f\n"
      "0:\n"
      "ldr r7, [r0]\n"
      "ldr r10, [r0, r1]\n"
      "add r0, r0, r1, lsl #1\n"
      "ldr lr, [r0]\n"
      "ldr r11, [r0, r1]\n"
      "add r0, r0, r1, lsl #1\n"
      "1:\n" /* pixels in r7, r10, lr, r11 */
      "sxtab16 r5, r3, r7\n"
      "sxtab16 r7, r3, r7, ror #8\n"
      "sxtab16 r8, r3, r10\n"
      "sxtab16 r10, r3, r10, ror #8\n"
      "sxtab16 r6, r3, lr\n"
      "sxtab16 lr, r3, lr, ror #8\n"
      "sxtab16 r9, r3, r11\n"
      "sxtab16 r11, r3, r11, ror #8\n"
      "pkhbt r4, r5, r8, lsl #16\n"
      "pkhtb r8, r8, r5, asr #16\n"
      "pkhbt r5, r6, r9, lsl #16\n"
      "pkhtb r9, r9, r6, asr #16\n"
      "pkhbt r6, r7, r10, lsl #16\n"
      "pkhtb r10, r10, r7, asr #16\n"
      "pkhbt r7, lr, r11, lsl #16\n"
      "pkhtb r11, r11, lr, asr #16\n"
      "stm r2, {r4-r11}\n"
      "add r2, r12\n"
      "ldr r4, [sp]\n"
      "cmp r2, r4\n"
      "bne 0b\n"
      "4:\n"
      "ldr r8, [sp, #8]\n"
      "cmp r8, #0\n"
      "beq 6f\n"
      "add r4, r2, r12\n"
      "str r4, [sp]\n"
      "movs r4, #0\n"
      "str r4, [sp, #8]\n"
      "ldr r11, [sp, #4]\n"
      "mov r10, r11\n"
      "mov lr, r11\n"
      "ldr r7, [r0]\n"
      "cmp r8, #2\n"
      "blt 1b\n"
      "ldr r10, [r0, r1]\n"
      "beq 1b\n"
      "ldr lr, [r0, r1, lsl #1]\n"
      "b 1b\n"
      "6:\n"
      "add sp, #12\n"
      "pop {r4-r11, pc}\n");
}

/** Moves `rows` (1..6) staged rows of each quad down by `by` bytes. */
RV_NAKED static void move_rows(int16_t *staged RV_UNUSED, int32_t quads RV_UNUSED, int32_t quadBytes RV_UNUSED,
                               int32_t by RV_UNUSED, int32_t rows RV_UNUSED) {
#define MOVE                  \
  "ldmia r12!, {r4-r11}\n"    \
  "stmia lr!, {r4-r11}\n" /* 8 bytes of code */
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "ldr r4, [sp, #36]\n"
      "adr.w r5, 2f\n"
      "sub r5, r5, r4, lsl #3\n"
      "adds r5, r5, #1\n"
      "push {r5}\n"
      "1:\n"
      "add r12, r0, r3\n"
      "mov lr, r0\n"
      "ldr pc, [sp]\n"
      MOVE MOVE MOVE MOVE MOVE MOVE
      "2:\n"
      "add r0, r2\n"
      "subs r1, #1\n"
      "bne 1b\n"
      "pop {r5}\n"
      "pop {r4-r11, pc}\n");
}

#else

static void not_called(void) {
}

static void set_requantise(rv_depthwise_row *r, const rv_depthwise_rounding *rounding) {
  (void)rounding;
  r->four = not_called;
  r->two = not_called;
}

static void stage_quad(int16_t *to, const uint32_t *pixels, uint32_t offset) {
  for (int32_t i = 0; i < 4; i++) {
    const uint32_t even = rv_even_bytes(pixels[i]);
    const uint32_t odd = rv_odd_bytes(pixels[i]);
    to[i] = (int16_t)(rv_low(even) + rv_low(offset));
    to[RV_DW_CHANNEL + i] = (int16_t)(rv_low(odd) + rv_low(offset));
    to[(2 * RV_DW_CHANNEL) + i] = (int16_t)(rv_high(even) + rv_low(offset));
    to[(3 * RV_DW_CHANNEL) + i] = (int16_t)(rv_high(odd) + rv_low(offset));
  }
}

static void stage_pixels(const row_stage *s) {
  const int8_t *from = s->from;
  int16_t *to = s->to;
  int32_t lead = s->lead;
  uint32_t pixels[4] = {s->zeroPoints, s->zeroPoints, s->zeroPoints, s->zeroPoints};
  for (; to != s->end; to += s->quadBytes / 2) {
    for (int32_t i = lead; i < 4; i++) {
      pixels[i] = rv_load32(from);
      from += s->pitch;
    }
    stage_quad(to, pixels, s->offset);
    lead = 0;
  }
  if (s->tail > 0) {
    for (int32_t i = 0; i < 4; i++) {
      pixels[i] = (i < s->tail) ? rv_load32(from + ((ptrdiff_t)i * s->pitch)) : s->zeroPoints;
    }
    stage_quad(to, pixels, s->offset);
  }
}

static void move_rows(int16_t *staged, int32_t quads, int32_t quadBytes, int32_t by, int32_t rows) {
  for (; quads > 0; quads--) {
    memmove(staged, staged + (by / 2), (size_t)rows * RV_DW_SLOT_BYTES);
    staged += quadBytes / 2;
  }
}

/** Tap kx of a row's words. */
static int32_t tap(const rv_depthwise_kernel *k, const uint32_t *row, int32_t kx) {
  if (kx < k->size - 1) {
    return ((kx & 1) == 0) ? rv_low(row[kx / 2]) : rv_high(row[kx / 2]);
  }
  return (k->stride == 1) ? rv_high(row[k->rowWords - 1]) : rv_low(row[k->rowWords - 1]);
}

void rv_depthwise_row_c(const rv_depthwise_row *r) {
  const rv_depthwise_kernel *k = r->kernel;
  const int32_t full = (int32_t)(r->outEnd - r->out) / (4 * r->pitch);
  const int32_t first = r->skipBefore / (4 * k->rowWords);
  for (int32_t x = 0; x < (4 * full) + r->rest; x++) {
    const uint32_t *record = r->table;
    for (int32_t c = 0; c < r->channels; c++) {
      uint32_t sum = record[k->biasAt];
      for (int32_t i = 0; i < r->rows; i++) {
        const int32_t at = (first + i) * k->rowWords;
        const uint32_t *words = record + at + ((at >= k->biasAt) ? 1 : 0);
        for (int32_t kx = 0; kx < k->size; kx++) {
          const int32_t column = (x * k->stride) + kx;
          const ptrdiff_t quad = (ptrdiff_t)(column / 4) * k->size;
          sum += (uint32_t)(r->x[((quad + i) * RV_DW_SLOT) + (c * RV_DW_CHANNEL) + (column % 4)] * tap(k, words, kx));
        }
      }
      const int32_t multiplier = (int32_t)record[(k->rowWords * k->size) + 1];
      int32_t acc[4] = {0, 0, 0, (int32_t)sum};
      if (r->rounding->fast != 0) {
        acc[3] = rv_requantise_fixed(acc[3], multiplier, r->rounding->rounder);
      } else {
        rv_depthwise_round(acc, r->rounding, 3);
      }
      r->out[((ptrdiff_t)x * r->pitch) + c] = (int8_t)acc[3];
      record += (k->rowWords * k->size) + 2;
    }
  }
}

#endif

/** Rows of a view one after the other, over the end of a ring. */
typedef struct {
  int8_t *at;
  int8_t *ringStart; /**< First row of the ring. */
  int32_t pitch;
  int32_t left;      /**< Rows to the ring's end, this one included. */
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
  int32_t quadSize;  /**< int16 from a quad of columns to the next. */
  int32_t rows;      /**< Of the window. */
  int32_t strideH;
  int32_t keep;      /**< Rows that the next output row reads again. */
  int32_t left;      /**< Input column of the first staged one; may be negative. */
  int32_t begin;     /**< Staged columns [begin, end) are inside the image. */
  int32_t end;
  int32_t quads;     /**< Staged. */
  int32_t toOffset;  /**< int16 from a slot's first quad to stage.to and stage.end. */
  int32_t endOffset;
  int32_t isPlain;   /**< 1: stage_pixels does whole rows. */
  ptrdiff_t inOffset; /**< Bytes from a row's start to the first staged pixel, and to the first output. */
  ptrdiff_t outOffset;
  ptrdiff_t full;    /**< Bytes that the full groups of an output row take. */
  int32_t firstTop;  /**< Input row of the first window's first. */
  int32_t innerFrom; /**< Output rows [innerFrom, innerEnd), from the call's first: those of inner_rows. */
  int32_t innerEnd;
  row_stage stage;
  rv_depthwise_row row;
  rv_depthwise_rounding rounding;

  int32_t channel;
  int32_t channels;
  int32_t top;       /**< Input row of the next window's first; may be outside the image. */
  int32_t next;      /**< Input row to stage next: those below it are in their slots for the row before. */
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
  row_stage s = k->stage;
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
    stage_pixels(&s);
  }
}

/** Stages the row at `source` into `slot`. */
static inline void stage_row(walk *k, int32_t slot) {
  if ((k->isPlain != 0) && (k->channels == RV_DW_GROUP)) {
    int16_t *base = k->staged + (slot * RV_DW_SLOT);
    k->stage.from = k->source.at;
    k->stage.to = base + k->toOffset;
    k->stage.end = base + k->endOffset;
    stage_pixels(&k->stage);
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
    move_rows(k->staged, k->quads, k->stage.quadBytes, k->strideH * RV_DW_SLOT_BYTES, k->keep);
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

/** `count` output rows whose windows are inside the image, each after one that has left `keep` rows. */
RV_NOINLINE static void inner_rows(walk *k, int32_t count) {
  set_rows(k, 0, k->rows);
  k->next += count * k->strideH;
  k->at += count * k->strideH;
  for (; count > 0; count--) {
    move_rows(k->staged, k->quads, k->stage.quadBytes, k->strideH * RV_DW_SLOT_BYTES, k->keep);
    for (int32_t slot = k->keep; slot < k->rows; slot++) {
      stage_row(k, slot);
    }
    compute_row(k);
  }
}

static void begin_walk(walk *k, const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                       void *scratch, const rv_depthwise_kernel *kernel) {
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
  rounding->fast = (p->requant.rounding == RV_ROUND_FIXED) && (p->requant.leftShift <= RV_DW_MAX_LEFT_SHIFT) &&
                   (p->requant.clampMin == -128) && (p->requant.clampMax == 127);
  if (rounding->fast != 0) {
    rounding->rounder.leftScale = 1; /* in the taps and the bias */
  }
  rv_depthwise_row *r = &k->row;
  set_requantise(r, rounding);
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
RV_NOINLINE static void scale_taps(const rv_depthwise_kernel *kernel, uint32_t *record, int32_t channels,
                                   uint32_t leftShift) {
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

void rv_depthwise_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                      void *scratch, const rv_depthwise_kernel *kernel) {
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
