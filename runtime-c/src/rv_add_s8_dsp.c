/** @file rv_add_s8_dsp.c Elementwise weighted sum of two tensors for the DSP extension. */
#include "rv_broadcast.h"
#include "rv_dsp.h"
#include "rv_kernels_dsp.h"

/** A run of elements, 4 * n of them. The order of the fields is known to assembly. */
typedef struct {
  const int8_t *a;
  const int8_t *b;
  int8_t *out;
  const int8_t *end; /**< out + 4 * n, n >= 1 */
  int32_t shift;     /**< 1..22 */
  int32_t multiplierA;
  int32_t multiplierB;
  int32_t addend; /**< Half a step and the zero point before the shift included. */
} add_run;

#if RV_DSP

/* Element k of the words r8 and r12 into `sum`; r9, r10 multipliers, r11 addend. */
#define SUM(sum, k)        \
  "sxtb lr, r8, ror #" #k  \
  "\n"                     \
  "mla " sum               \
  ", lr, r9, r11\n"        \
  "sxtb lr, r12, ror #" #k \
  "\n"                     \
  "mla " sum ", lr, r10, " sum "\n"

/** 30 instructions for four elements. */
RV_NAKED static void add_words(const add_run *run RV_UNUSED) {
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "ldm r0, {r0-r4, r9-r11}\n"
      "subs r4, #1\n"
      "movs r5, #20\n" /* bytes of a shift's entry */
      "adr.w r6, 3f\n"
      "mla r6, r4, r5, r6\n"
      "adds r6, #1\n"
      "push {r6}\n"
      "1:\n"
      "ldr r8, [r0], #4\n"
      "ldr r12, [r1], #4\n"
      "sxtb lr, r8\n"
      "mla r4, lr, r9, r11\n"
      "sxtb.w lr, r12\n"
      "mla r4, lr, r10, r4\n"
      SUM("r5", 8) SUM("r6", 16) SUM("r7", 24)
      "ldr pc, [sp]\n"
      "2:\n"
      "bfi r4, r5, #8, #8\n"
      "bfi r4, r6, #16, #8\n"
      "bfi r4, r7, #24, #8\n"
      "str r4, [r2], #4\n"
      "cmp r2, r3\n"
      "bne 1b\n"
      "pop {r6}\n"
      "pop {r4-r11, pc}\n"
      ".balign 4\n"
      "3:\n"
      ".irp shift, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22\n"
      "ssat r4, #8, r4, asr #\\shift\n"
      "ssat r5, #8, r5, asr #\\shift\n"
      "ssat r6, #8, r6, asr #\\shift\n"
      "ssat r7, #8, r7, asr #\\shift\n"
      "b.w 2b\n"
      ".endr\n");
}

#endif

static int8_t add_one(const add_run *run, int32_t a, int32_t b) {
  const int32_t t = (a * run->multiplierA) + (b * run->multiplierB) + run->addend;
  return (int8_t)rv_saturate(t >> run->shift);
}

static void add(add_run *run, const int8_t *a, const int8_t *b, int8_t *out, int32_t n) {
#if RV_DSP
  if (n >= 4) {
    run->a = a;
    run->b = b;
    run->out = out;
    run->end = out + (n & ~3);
    add_words(run);
    a += n & ~3;
    b += n & ~3;
    out += n & ~3;
    n &= 3;
  }
#endif
  for (; n > 0; n--) {
    *out++ = add_one(run, *a++, *b++);
  }
}

void rv_add_s8_dsp(const rv_add_params *p, const rv_view *a, const rv_view *b, const rv_view *out,
                   const rv_window *w, void *scratch) {
  (void)scratch;
  const rv_runs runs = rv_row_runs(a, p->broadcastA, b, p->broadcastB, out, p->channels, w->cols);
  const int32_t pitchA = rv_operand_pitch(a, p->broadcastA);
  const int32_t pitchB = rv_operand_pitch(b, p->broadcastB);
  add_run run;
  run.shift = p->shift;
  run.multiplierA = p->multiplierA;
  run.multiplierB = p->multiplierB;
  run.addend =
      p->addend + (((int32_t)1 << p->shift) >> 1) + (p->zeroPoint * ((int32_t)1 << p->shift));
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *fromA = rv_operand(a, p->broadcastA, y, w->x);
    const int8_t *fromB = rv_operand(b, p->broadcastB, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t i = 0; i < runs.runs; i++) {
      add(&run, fromA, fromB, to, runs.length);
      fromA += pitchA;
      fromB += pitchB;
      to += out->pixelPitch;
    }
  }
}
