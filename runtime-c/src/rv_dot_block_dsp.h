/**
 * @file rv_dot_block_dsp.h
 * @brief Products of one or three pixels with pairs of output channels, int8 weights streamed from
 * flash.
 *
 * Included by the two files that define RV_DOT_SUMMED: 1 for summed words (17 instructions for 24
 * products of three pixels, 14 for 16 of one), 0 for separate bytes (19 and 18).
 */
#ifndef RV_DOT_BLOCK_DSP_H
#define RV_DOT_BLOCK_DSP_H

#include "rv_dsp.h"

#if RV_DSP

/* Copy of rv_dot on the stack: out 0, step1 4, step2 8, x 12, outEnd 16, loopEnd 20, addend 24,
 * requantise 28, rounding 32; then what a block needs beside it. r1 walks the weights, r0 the
 * inputs. */
/* With nine registers a multiple of eight. */
#define FRAME "52"
#define PROLOGUE                                     \
  ".syntax unified\n"                                \
  "push {r4-r11, lr}\n"                              \
  "sub sp, #" FRAME                                  \
  "\n"                                               \
  "ldm r0!, {r4-r11}\n"                              \
  "stm sp, {r4-r11}\n"                               \
  "ldm r0, {r1-r3}\n" /* weights, rounding, steps */ \
  "str r2, [sp, #32]\n"                              \
  "mov r0, r7\n"

#if RV_DOT_SUMMED
#define WIDEN_B(w) ""
#define SPLIT3        \
  "subs r5, r5, r4\n" \
  "subs r7, r7, r6\n" \
  "sub r9, r9, r8\n"  \
  "asrs r5, r5, #8\n" \
  "asrs r7, r7, #8\n" \
  "asr r9, r9, #8\n"
#define SPLIT1       \
  "sub r9, r9, r8\n" \
  "asr r9, r9, #8\n"
#define STEP3_BYTES "66"
#define STEP1_BYTES "54"
#else
#define WIDEN_B(w) "sxtb16 " w ", " w ", ror #8\n"
#define SPLIT3 ""
#define SPLIT1 ""
#define STEP3_BYTES "74"
#define STEP1_BYTES "70"
#endif

#define ADD_TO(to, x, w, sum) "smlad " to ", " x ", " w ", " sum "\n"

/* r2 and r3 multipliers: accumulators become int8 and are written; the flags say whether pairs are
 * left, r0 is at the inputs. rv_dot_slice_dsp.c knows what stands between the call and the stores.
 */
#define CALL3                  \
  "ldrd r10, r12, [sp, #24]\n" \
  "blx r12\n"
#define STORE3                \
  "bfi r4, r5, #8, #8\n"      \
  "bfi r6, r7, #8, #8\n"      \
  "bfi r8, r9, #8, #8\n"      \
  "ldm sp, {r10, r11, r12}\n" \
  "strh r6, [r10, r11]\n"     \
  "strh r8, [r10, r12]\n"     \
  "strh r4, [r10], #2\n"      \
  "str r10, [sp]\n"           \
  "ldrd r0, r11, [sp, #12]\n" \
  "cmp r10, r11\n"
#define CALL1                 \
  "ldrd r10, lr, [sp, #24]\n" \
  "blx lr\n"
#define STORE1                \
  "bfi r8, r9, #8, #8\n"      \
  "ldr r10, [sp]\n"           \
  "strh r8, [r10], #2\n"      \
  "str r10, [sp]\n"           \
  "ldrd r0, r11, [sp, #12]\n" \
  "cmp r10, r11\n"

#if RV_M7
#include "rv_dot_block_m7.h"
#else

/* Two inputs: word w of weights, which becomes channel b's (or the sum's), then channel a's;
 * r10..r12 the pixels' pairs. */
#if RV_DOT_SUMMED
#define PRODUCTS(w, a0, b0, a1, b1, a2, b2)                                            \
  "ldmia r0!, {r10, r11, r12}\n" ADD_TO("r5", "r10", w, b0) ADD_TO("r7", "r11", w, b1) \
      ADD_TO("r9", "r12", w, b2) "sxtb16 " w ", " w "\n" ADD_TO("r4", "r10", w, a0)    \
          ADD_TO("r6", "r11", w, a1) ADD_TO("r8", "r12", w, a2)
/* lr keeps where the inputs end. */
#define INPUTS_END "ldr lr, [sp, #20]\n"
#define AT_END "cmp r0, lr\n"
#else
#define PRODUCTS(w, a0, b0, a1, b1, a2, b2)                                                  \
  "ldmia r0!, {r10, r11, r12}\n"                                                             \
  "sxtb16 lr, " w "\n" WIDEN_B(w) ADD_TO("r5", "r10", w, b0) ADD_TO("r7", "r11", w, b1)      \
      ADD_TO("r9", "r12", w, b2) ADD_TO("r4", "r10", "lr", a0) ADD_TO("r6", "r11", "lr", a1) \
          ADD_TO("r8", "r12", "lr", a2)
#define INPUTS_END ""
#define AT_END          \
  "ldr r2, [sp, #20]\n" \
  "cmp r0, r2\n"
#endif
#define MORE_PRODUCTS(w) PRODUCTS(w, "r4", "r5", "r6", "r7", "r8", "r9")
/* Four inputs. */
#define STEP3 "ldmia r1!, {r2, r3}\n" MORE_PRODUCTS("r2") MORE_PRODUCTS("r3")

/* After the first of r3 steps a loop of four, entered (r12) at label 3 less those of its first
 * pass: one to four, or none where the first step is the only one. */
#define ENTER_LOOP         \
  "subs r4, r3, #2\n"      \
  "and r4, r4, #3\n"       \
  "adds r4, r4, #1\n"      \
  "cmp r3, #1\n"           \
  "it eq\n"                \
  "moveq r4, #0\n"         \
  "movs r5, #" STEP3_BYTES \
  "\n"                     \
  "adr.w r12, 3f\n"        \
  "mls r12, r4, r5, r12\n" \
  "adds r12, r12, #1\n"

RV_NAKED static void dot3(const rv_dot *d RV_UNUSED) {
  __asm volatile(
      PROLOGUE
      ENTER_LOOP
      "str r12, [sp, #36]\n"
      INPUTS_END
      "1:\n"
      "ldmia r1!, {r2, r3, r8, r9}\n"
      PRODUCTS("r2", "r8", "r9", "r8", "r9", "r8", "r9")
      MORE_PRODUCTS("r3")
      "ldr pc, [sp, #36]\n"
      "2:\n"
      ".rept 4\n" STEP3 ".endr\n"
      "3:\n"
      AT_END
      "bne 2b\n"
      SPLIT3
      "ldmia r1!, {r2, r3}\n"
      CALL3 STORE3
      INPUTS_END
      "bne 1b\n"
      "add sp, #" FRAME "\n"
      "pop {r4-r11, pc}\n");
}

#if RV_DOT_SUMMED
/*
 * dot3 where accumulators are but multiplied, shifted and saturated, which stands here: a call
 * costs more than the six shifts. A pair's sums less a's are 256 b, and stay so: b's addend and
 * shift are those of 2^8 times its value.
 *
 * Frame: addend 0, shift 4, those of b 8 and 12, x 16, outEnd 20, out 24, step1 28, step2 32,
 * loopEnd 36, where the loop is entered 40: each block loads all of it in two instructions.
 */
#define ROUND_A(r) "smmla " r ", " r ", r2, r10\n"
#define ROUND_B(r) "smmla " r ", " r ", r3, r12\n"
#define SHIFT_A(r) "asr " r ", " r ", r11\n"
#define SHIFT_B(r) "asr " r ", " r ", lr\n"
#define TO_INT8(r) "ssat " r ", #8, " r "\n"

RV_NAKED static void plain3(const rv_dot *d RV_UNUSED) {
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "sub sp, #44\n"
      "ldm r0!, {r4-r11}\n"
      "ldm r0, {r1-r3}\n" /* weights, rounding, steps */
      "strd r4, r5, [sp, #24]\n"
      "strd r6, r9, [sp, #32]\n"
      "strd r7, r8, [sp, #16]\n"
      "ldr r11, [r2, #36]\n" /* shift */
      "mov r0, r7\n"
      "lsl r12, r10, #8\n"
      "add lr, r11, #8\n"
      "stm sp, {r10, r11, r12, lr}\n"
      "mov lr, r9\n" ENTER_LOOP
      "str r12, [sp, #40]\n"
      "1:\n"
      "ldmia r1!, {r2, r3, r8, r9}\n"
      PRODUCTS("r2", "r8", "r9", "r8", "r9", "r8", "r9")
      MORE_PRODUCTS("r3")
      "ldr pc, [sp, #40]\n"
      "2:\n"
      ".rept 4\n" STEP3 ".endr\n"
      "3:\n"
      AT_END
      "bne 2b\n"
      "subs r5, r5, r4\n"
      "ldmia r1!, {r2, r3}\n"
      "ldm sp, {r10, r11, r12, lr}\n"
      "subs r7, r7, r6\n"
      "sub r9, r9, r8\n"
      ROUND_A("r4") ROUND_B("r5") ROUND_A("r6") ROUND_B("r7") ROUND_A("r8") ROUND_B("r9")
      SHIFT_A("r4") SHIFT_B("r5") SHIFT_A("r6") SHIFT_B("r7") SHIFT_A("r8") SHIFT_B("r9")
      "add r3, sp, #16\n"
      TO_INT8("r4") TO_INT8("r5") TO_INT8("r6") TO_INT8("r7") TO_INT8("r8") TO_INT8("r9")
      "ldm r3, {r0, r2, r10, r11, r12, lr}\n"
      "bfi r4, r5, #8, #8\n"
      "bfi r6, r7, #8, #8\n"
      "bfi r8, r9, #8, #8\n"
      "strh r6, [r10, r11]\n"
      "strh r8, [r10, r12]\n"
      "strh r4, [r10], #2\n"
      "str r10, [sp, #24]\n"
      "cmp r10, r2\n"
      "bne 1b\n"
      "add sp, #44\n"
      "pop {r4-r11, pc}\n");
}
#endif

/* Two inputs of one pixel. */
#define PRODUCT(w, x)                            \
  "sxtb16 lr, " w "\n" WIDEN_B(w) "smlad r8, " x \
                                  ", lr, r8\n"   \
                                  "smlad r9, " x ", " w ", r9\n"
/* Eight inputs. */
#define STEP1                                                                         \
  "ldmia.w r1!, {r2, r3, r10, r11}\n"                                                 \
  "ldmia r0!, {r4-r7}\n" PRODUCT("r2", "r4") PRODUCT("r3", "r5") PRODUCT("r10", "r6") \
      PRODUCT("r11", "r7")

/* Two pairs at a time, in front of dot1's own: streams at r1 and r11, sums r8, r9 and r10, r12. */
#if RV_DOT_SUMMED
/* Of words a and b, inputs r4 and r5. */
#define ADD_PAIR(a, b, first, sum)     \
  "smlad " sum ", r4, " a ", " sum     \
  "\n"                                 \
  "smlad " sum ", r5, " b ", " sum     \
  "\n"                                 \
  "sxtb16 " a ", " a                   \
  "\n"                                 \
  "sxtb16 " b ", " b                   \
  "\n"                                 \
  "smlad " first ", r4, " a ", " first \
  "\n"                                 \
  "smlad " first ", r5, " b ", " first "\n"
/* Four inputs: 56 bytes. */
#define STEP_OF_TWO       \
  "ldmia r0!, {r4, r5}\n" \
  "ldmia r1!, {r2, r3}\n" \
  "ldmia.w r11!, {r6, r7}\n" ADD_PAIR("r2", "r3", "r8", "r9") ADD_PAIR("r6", "r7", "r10", "r12")
/* r2 is the rounding, r3 the steps, r4 the output and r8 its end: 4 and 8 become
 * shift and addend, 44 from stream to stream, 48 where such blocks end. */
#define TWO_PAIRS \
  "ldr r12, [r2, #32]\n"        \
  "sub r5, r8, r4\n"            \
  "bics r5, r5, #3\n" \
  "beq 8f\n" \
  "cmp r12, #0\n" \
  "ble 8f\n"                    \
  "add r5, r4\n"                \
  "lsls r4, r3, #3\n"           \
  "adds r4, #16\n"              \
  "strd r4, r5, [sp, #44]\n" \
  "strd r12, r10, [sp, #4]\n" \
  "mov r11, r4\n"     \
  "subs r4, r3, #1\n" \
  "and r4, r4, #3\n" \
  "movs r5, #56\n"              \
  "adr.w r12, 22f\n"            \
  "mls r12, r4, r5, r12\n"      \
  "adds r12, r12, #1\n"         \
  "str r12, [sp, #36]\n" \
  "str r3, [sp, #40]\n" \
  "ldr lr, [sp, #20]\n" \
  "20:\n" \
  "add r11, r1\n"           \
  "ldmia r1!, {r2, r3, r8, r9}\n" \
  "ldmia r0!, {r4, r5}\n"       \
  "ldmia r11!, {r6, r7, r10, r12}\n" \
  ADD_PAIR("r2", "r3", "r8", "r9") ADD_PAIR("r6", "r7", "r10", "r12") \
  "ldr pc, [sp, #36]\n"         \
  "21:\n"                       \
  ".rept 4\n" STEP_OF_TWO ".endr\n" \
  "22:\n"                       \
  "cmp r0, lr\n"                \
  "bne 21b\n"                   \
  "ldmia r1!, {r2, r3}\n"       \
  "ldmia.w r11!, {r4, r5}\n"    \
  "ldrd r7, r6, [sp, #4]\n"         \
  "mov r1, r11\n"               \
  "sub r9, r9, r8\n"            \
  "sub r12, r12, r10\n"         \
  "asr r9, r9, #8\n"            \
  "asr r12, r12, #8\n"          \
  ROUND_HIGH("r8", "r2") ROUND_HIGH("r9", "r3") ROUND_HIGH("r10", "r4") ROUND_HIGH("r12", "r5") \
  "bfi r8, r9, #8, #8\n"        \
  "bfi r10, r12, #8, #8\n"      \
  "ldr r2, [sp]\n"              \
  "ldr r0, [sp, #12]\n"         \
  "pkhbt r8, r8, r10, lsl #16\n" \
  "str r8, [r2], #4\n" \
  "ldrd r11, r3, [sp, #44]\n" \
  "str r2, [sp]\n" \
  "cmp r2, r3\n" \
  "bne 20b\n"                   \
  "ldr r3, [sp, #16]\n"         \
  "cmp r2, r3\n"                \
  "beq 7f\n"                    \
  "ldr r3, [sp, #40]\n"         \
  "8:\n"
/* r6 addend, r7 shift. */
#define ROUND_HIGH(r, m)   \
  "smmla " r ", " r ", " m \
  ", r6\n"                 \
  "asr " r ", " r          \
  ", r7\n"                 \
  "ssat " r ", #8, " r "\n"
#else
#define TWO_PAIRS ""
#endif

RV_NAKED static void dot1(const rv_dot *d RV_UNUSED) {
  __asm volatile(
      PROLOGUE TWO_PAIRS
      /* First four inputs where steps is odd, else eight; then eight at a time in a loop of four,
       * entered so that the first pass is the shorter one. */
      "subs r2, r3, #1\n"
      "lsrs r2, r2, #1\n"
      "and r2, r2, #3\n"
      "movs r4, #" STEP1_BYTES "\n"
      "adr.w r12, 3f\n"
      "mls r12, r2, r4, r12\n"
      "adds r12, r12, #1\n"
      "str r12, [sp, #40]\n"
      "adr.w r12, 4f\n"
      "lsls r3, r3, #31\n"
      "bne 5f\n"
      "adr.w r12, 6f\n"
      "5:\n"
      "adds r12, r12, #1\n"
      "str r12, [sp, #36]\n"
      "ldr r12, [sp, #20]\n"
      "1:\n"
      "ldmia r1!, {r2, r3, r8, r9}\n"
      "ldr pc, [sp, #36]\n"
      "4:\n"
      "ldmia r0!, {r4, r5}\n"
      PRODUCT("r2", "r4") PRODUCT("r3", "r5")
      "ldr pc, [sp, #40]\n"
      "6:\n"
      "ldmia r1!, {r10, r11}\n"
      "ldmia r0!, {r4-r7}\n"
      PRODUCT("r2", "r4") PRODUCT("r3", "r5") PRODUCT("r10", "r6") PRODUCT("r11", "r7")
      "ldr pc, [sp, #40]\n"
      "2:\n"
      ".rept 4\n" STEP1 ".endr\n"
      "3:\n"
      "cmp r0, r12\n"
      "bne 2b\n"
      SPLIT1
      "ldmia r1!, {r2, r3}\n"
      CALL1 STORE1
      "bne 1b\n"
      "7:\n"
      "add sp, #" FRAME "\n"
      "pop {r4-r11, pc}\n");
}

#endif

#else

/** Channel b's weights of a word, or those that its sum has. */
static uint32_t second_weights(uint32_t word) {
#if RV_DOT_SUMMED
  return word;
#else
  return rv_odd_bytes(word);
#endif
}

/** Channel b's accumulator from its sum. */
static int32_t split(uint32_t a, uint32_t sum) {
#if RV_DOT_SUMMED
  return (int32_t)(sum - a) >> 8;
#else
  (void)a;
  return (int32_t)sum;
#endif
}

static uint32_t multiply_add(uint32_t x, uint32_t w, uint32_t sum) {
  return sum + (uint32_t)(rv_low(x) * rv_low(w)) + (uint32_t)(rv_high(x) * rv_high(w));
}

/** Six accumulators, those of `pixels` pixels at the end, become int8. */
static void requantise(int32_t *acc, int32_t pixels, const uint8_t *multipliers,
                       rv_dsp_rounding *rounding) {
  if (rounding->fast == 0) {
    rv_dsp_round_pairs(acc, rounding);
    return;
  }
  for (int32_t i = 6 - (2 * pixels); i < 6; i++) {
    const int32_t multiplier = (int32_t)rv_load32(multipliers + (4 * (i & 1)));
    if (rounding->masks != 0) {
      const uint32_t mask = rv_load32(multipliers + 8 + (4 * (i & 1)));
      acc[i] = rv_requantise_even(acc[i], multiplier, (mask != 0u) ? 1u : 0u, rounding->rounder);
    } else {
      acc[i] = rv_requantise_fixed(acc[i], multiplier, rounding->rounder);
    }
  }
}

/** Products of the packed stream with `pixels` pixels, modulo 2^32 as the assembly computes them.
 */
static void dot(const rv_dot *d, int32_t pixels) {
  const int32_t steps[3] = {0, d->step1, d->step2};
  const int32_t first = 6 - (2 * pixels);
  const int32_t keep = d->rounding->keep;
  const int kept = (keep == RV_SUMS_SET) || (keep == RV_SUMS_ADD);
  const uint8_t *w = (const uint8_t *)d->weights;
  for (int8_t *out = d->out; out != d->outEnd; out += kept ? 8 * pixels : 2) {
    uint32_t a[3];
    uint32_t b[3];
    for (int32_t p = 0; p < pixels; p++) {
      a[p] = rv_load32(w + 8);
      b[p] = rv_load32(w + 12);
    }
    const uint8_t *x = (const uint8_t *)d->x;
    for (int32_t i = 0; i < 2 * d->steps; i++) {
      w += (i == 2) ? 8 : 0;
      const uint32_t word = rv_load32(w);
      for (int32_t p = 0; p < pixels; p++) {
        a[p] = multiply_add(rv_load32(x), rv_even_bytes(word), a[p]);
        b[p] = multiply_add(rv_load32(x), second_weights(word), b[p]);
        x += 4;
      }
      w += 4;
    }
    w += (d->steps == 1) ? 8 : 0;
    int32_t acc[6];
    int32_t *sums = kept ? (int32_t *)(void *)out : d->rounding->sums;
    for (int32_t p = 0; p < pixels; p++) {
      acc[first + (2 * p)] = (int32_t)a[p];
      acc[first + (2 * p) + 1] = split(a[p], b[p]);
    }
    for (int32_t i = 0; i < 2 * pixels; i++) {
      acc[first + i] += ((keep == RV_SUMS_ADD) || (keep == RV_SUMS_LAST)) ? sums[i] : 0;
      if (kept) {
        sums[i] = acc[first + i];
      }
    }
    if (!kept) {
      requantise(acc, pixels, w, d->rounding);
      for (int32_t p = 0; p < pixels; p++) {
        out[steps[p]] = (int8_t)acc[first + (2 * p)];
        out[steps[p] + 1] = (int8_t)acc[first + (2 * p) + 1];
      }
    }
    if (keep == RV_SUMS_LAST) {
      d->rounding->sums += 2 * pixels;
    }
    w += (d->rounding->masks != 0) ? 16 : 8;
  }
}

static void dot3(const rv_dot *d) {
  dot(d, 3);
}

static void dot1(const rv_dot *d) {
  dot(d, 1);
}

#endif

#endif /* RV_DOT_BLOCK_DSP_H */
