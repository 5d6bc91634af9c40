/**
 * @file rv_dot_pixels_dsp.c
 * @brief Staging of pixels as int16 pairs, and the driver of the block products.
 */
#include "rv_dsp.h"

#if RV_DSP

RV_NAKED int16_t *rv_widen3(const int8_t *p0 RV_UNUSED, const int8_t *p1 RV_UNUSED,
                            const int8_t *p2 RV_UNUSED, int16_t *to RV_UNUSED,
                            int32_t n RV_UNUSED) {
#define WIDEN               \
  "ldr r7, [r0], #4\n"      \
  "ldr r8, [r1], #4\n"      \
  "ldr r9, [r2], #4\n"      \
  "sxtb16 r4, r7\n"         \
  "sxtb16 r5, r8\n"         \
  "sxtb16 r6, r9\n"         \
  "sxtb16 r7, r7, ror #8\n" \
  "sxtb16 r8, r8, ror #8\n" \
  "sxtb16 r9, r9, ror #8\n" \
  "stmia r3!, {r4-r9}\n"
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r9, lr}\n"
      "ldr r12, [sp, #28]\n"
      "lsrs r12, r12, #1\n"
      "bcc 2f\n" WIDEN
      "cmp r12, #0\n"
      "beq 3f\n"
      "2:\n" WIDEN WIDEN
      "subs r12, #1\n"
      "bne 2b\n"
      "3:\n"
      "mov r0, r3\n"
      "pop {r4-r9, pc}\n");
}

RV_NAKED void rv_widen3_rows(const int8_t *from RV_UNUSED, int32_t step RV_UNUSED,
                             int16_t *to RV_UNUSED, const rv_widen_rows *rows RV_UNUSED) {
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "ldm r3, {r10, r11, r12}\n" /* words, rows, skip */
      "mov r3, r2\n"
      "add r2, r0, r1, lsl #1\n"
      "add r1, r0\n"
      "1: lsrs lr, r10, #1\n"
      "bcc 2f\n" WIDEN
      "beq 3f\n"
      "2:\n" WIDEN WIDEN
      "subs lr, #1\n"
      "bne 2b\n"
      "3: add r0, r12\n"
      "add r1, r12\n"
      "add r2, r12\n"
      "subs r11, #1\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}

#else

int16_t *rv_widen3(const int8_t *p0, const int8_t *p1, const int8_t *p2, int16_t *to, int32_t n) {
  for (int32_t i = 0; i < n; i++) {
    const uint32_t x[3] = {rv_load32(p0 + (4 * i)), rv_load32(p1 + (4 * i)),
                           rv_load32(p2 + (4 * i))};
    for (int32_t p = 0; p < 3; p++) {
      rv_store32(to + (2 * p), rv_even_bytes(x[p]));
      rv_store32(to + 6 + (2 * p), rv_odd_bytes(x[p]));
    }
    to += 12;
  }
  return to;
}

void rv_widen3_rows(const int8_t *from, int32_t step, int16_t *to, const rv_widen_rows *rows) {
  for (int32_t i = 0; i < rows->rows; i++) {
    const int8_t *row = from + ((ptrdiff_t)i * ((4 * rows->words) + rows->skip));
    to = rv_widen3(row, row + step, row + (2 * step), to, rows->words);
  }
}

#endif

static inline void widen(const int8_t *from, int16_t *to) {
  const uint32_t x = rv_load32(from);
  rv_store32(to, rv_even_bytes(x));
  rv_store32(to + 2, rv_odd_bytes(x));
}

int16_t *rv_widen1(const int8_t *from, int16_t *to, int32_t n) {
  for (; n > 1; n -= 2) {
    widen(from, to);
    widen(from + 4, to + 4);
    from += 8;
    to += 8;
  }
  if (n > 0) {
    widen(from, to);
    to += 4;
  }
  return to;
}

void rv_widen_tail(const int8_t *const *pixel, int32_t pixels, int32_t at, int16_t *to,
                   int32_t tail) {
  for (int32_t i = 0; i < pixels; i++) {
    const uint32_t x = rv_load_tail(pixel[i] + at, tail);
    rv_store32(to + (2 * i), rv_even_bytes(x));
    rv_store32(to + (2 * (pixels + i)), rv_odd_bytes(x));
  }
}

/** Of the staged pixels, those that a block's loop leaves behind it; it may begin behind others. */
static int32_t loop_elements(int32_t pixels, int32_t steps) {
#if RV_M7
  return (pixels == 3) ? 12 * (steps - 1) : (4 * steps) + 6;
#else
  return 4 * pixels * steps;
#endif
}

static void begin_block(rv_dot *d, rv_dot_job *job, const int16_t *staged, int32_t pixels,
                        int32_t steps) {
  d->x = staged;
  d->loopEnd = staged + loop_elements(pixels, steps);
  d->step1 = 0;
  d->step2 = 0;
  d->addend = job->rounding.rounder.addend;
  d->requantise = rv_dsp_entry(&job->rounding, 6 - (2 * pixels));
#if RV_M7
  if (rv_dsp_is_plain(&job->rounding)) {
    d->requantise = NULL;
  }
#endif
  d->rounding = &job->rounding;
  d->steps = steps;
}

void rv_dot_begin(rv_dot_job *job, const rv_dot_blocks *blocks, const rv_channel_requant *r,
                  const int16_t *staged, int32_t inputs) {
  const int32_t steps = (inputs + 3) / 4;
  job->blocks = blocks;
  rv_dsp_begin_rounding(&job->rounding, r);
  job->pairWords = 4 + (2 * steps) + ((job->rounding.masks != 0) ? 2 : 0);
  const int plain = rv_dsp_is_plain(&job->rounding) && (job->rounding.shift <= RV_DOT_PLAIN_SHIFT);
  job->pixels = plain ? blocks->plain : blocks->three;
  begin_block(&job->three, job, staged, 3, steps);
  begin_block(&job->one, job, staged, 1, steps);
}

void rv_dot_channels(rv_dot_job *job, int32_t first, int32_t channels, const uint32_t *weights) {
  job->firstChannel = first;
  job->channels = channels;
  job->weights = weights;
  job->rounding.channels = first + channels;
  job->three.weights = weights;
  job->one.weights = weights;
}

void rv_dot_last_channel(rv_dot_job *job, int32_t pixels, int8_t *const *out) {
  /* The pair's second channel does not exist: its byte must not be written. */
  int8_t last[6];
  const int32_t even = job->channels - 1;
  rv_dot d = (pixels == 3) ? job->three : job->one;
  d.weights = job->weights + ((ptrdiff_t)(even / 2) * job->pairWords);
  d.out = last;
  d.outEnd = last + 2;
  d.step1 = 2;
  d.step2 = 4;
  job->rounding.first = 6 - (2 * pixels);
  job->rounding.channel = job->firstChannel + even;
  if (pixels == 3) {
    job->blocks->three(&d);
  } else {
    job->blocks->one(&d);
  }
  for (int32_t i = 0; i < pixels; i++) {
    out[i][even] = last[2 * i];
  }
}
