/** @file rv_depthwise_requantise_dsp.c Rounding of the depthwise kernels for the DSP extension. */
#include "rv_depthwise_dsp.h"

RV_USED void rv_depthwise_round(int32_t *acc, rv_depthwise_rounding *rounding, int32_t first) {
  for (int32_t i = first; i < 4; i++) {
    acc[i] = rv_requantise_channel(acc[i], rounding->requant, rounding->channel, rounding->rounder);
  }
  rounding->channel =
      (rounding->channel + 1 == rounding->end) ? rounding->first : rounding->channel + 1;
}

#if RV_DSP

enum { ENTRY_BYTES = 36, PAIR_BYTES = 16 };

#define PAIR(a, b)                         \
  "smmla " a ", " a ", r10, r11\n"         \
  "smmla " b ", " b ", r10, r11\n"         \
  "ssat " a ", #8, " a ", asr #\\shift\n"  \
  "ssat " b ", #8, " b ", asr #\\shift\n"

/** One routine for each shift. In: r6..r9 accumulators, r10 their multiplier, r11 the addend. Out:
 * int8 in r6..r9. */
RV_NAKED static void fixed4(void) {
  __asm volatile(
      ".syntax unified\n"
      ".irp shift, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22\n"
      PAIR("r6", "r7") PAIR("r8", "r9")
      "bx lr\n"
      "nop\n"
      ".endr\n");
}

/** As fixed4 for every rounding: the frame of a row kernel has the rv_depthwise_rounding at sp
 * + 32. */
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

/** As fixed4, then clamped: the rv_dsp_clamps are the first of the rv_depthwise_rounding. */
RV_NAKED static void clamped4(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r2, [sp, #32]\n"
      "str lr, [r2, #4]\n"
      "ldr lr, [r2]\n"
      "blx lr\n"
      "ldrd r3, r4, [r2, #8]\n"
      RV_CLAMP("r6", "r3", "r4") RV_CLAMP("r7", "r3", "r4")
      RV_CLAMP("r8", "r3", "r4") RV_CLAMP("r9", "r3", "r4")
      "ldr pc, [r2, #4]\n");
}

/** As clamped4 for r8 and r9 alone, PAIR_BYTES later. */
RV_NAKED static void clamped2(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r2, [sp, #32]\n"
      "str lr, [r2, #4]\n"
      "ldr lr, [r2]\n"
      "add lr, #16\n"
      "blx lr\n"
      "ldrd r3, r4, [r2, #8]\n"
      RV_CLAMP("r8", "r3", "r4") RV_CLAMP("r9", "r3", "r4")
      "ldr pc, [r2, #4]\n");
}

void rv_depthwise_set_requantise(rv_depthwise_row *r, rv_depthwise_rounding *rounding) {
  const int32_t offset = (rounding->rounder.shift - 1) * ENTRY_BYTES;
  const uintptr_t entry = (uintptr_t)fixed4 + (uintptr_t)offset;
  rounding->clamps.fixed = (rv_dsp_requantise)entry;
  rounding->clamps.low = rounding->requant->clampMin;
  rounding->clamps.high = rounding->requant->clampMax;
  if (rounding->fast == 0) {
    r->four = any4;
    r->two = any2;
  } else if (rv_clamps_within(rounding->requant)) {
    r->four = clamped4;
    r->two = clamped2;
  } else {
    r->four = (rv_dsp_requantise)entry;
    r->two = (rv_dsp_requantise)(entry + PAIR_BYTES);
  }
}

#else

void rv_depthwise_set_requantise(rv_depthwise_row *r, rv_depthwise_rounding *rounding) {
  (void)rounding;
  r->four = NULL;
  r->two = NULL;
}

#endif
