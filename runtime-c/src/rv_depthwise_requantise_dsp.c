/** @file rv_depthwise_requantise_dsp.c Rounding of the depthwise kernels for the DSP extension. */
#include "rv_depthwise_dsp.h"

RV_USED void rv_depthwise_round(int32_t *acc, rv_depthwise_walk *k, int32_t first) {
  const rv_channel_requant *requant = &k->call->p->requant;
  const rv_rounder rounder = rv_channel_rounder(requant);
  for (int32_t i = first; i < 4; i++) {
    acc[i] = rv_requantise_channel(acc[i], requant, k->roundChannel, rounder);
  }
  k->roundChannel++;
  if (k->roundChannel == k->channel + k->channels) {
    k->roundChannel = k->channel;
  }
}

#if RV_DSP

/* Routines for four accumulators; those for two leave r6 and r7 out. In: r6..r9 accumulators, r10
 * their multiplier, r11 the addend. Out: int8 in r6..r9. r0, r1 and what is in the frame stay. */

#define FIXED(acc)      \
  "smmla " acc ", " acc \
  ", r10, r11\n"        \
  "asr " acc ", " acc   \
  ", r2\n"              \
  "ssat " acc ", #8, " acc "\n"

/** As the walks do it. */
RV_NAKED static void fixed4(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r2, [sp, #8]\n" FIXED("r6") FIXED("r7") FIXED("r8") FIXED("r9") "bx lr\n");
}

/*
 * Ties to even, r11 less 1 where they are: in a tie, all bits that the shift drops are ones, and
 * one more carries into the quotient. `parity` of the quotient, without the zero point: AND where
 * that is even, BIC where it is odd.
 */
#define EVEN(acc, parity)        \
  "smmla " acc ", " acc          \
  ", r10, r11\n"                 \
  "asr r5, " acc ", r2\n" parity \
  " r5, r4, r5\n"                \
  "add " acc                     \
  ", r5\n"                       \
  "asr " acc                     \
  ", r2\n"                       \
  "ssat " acc ", #8, " acc "\n"

/* r4 1 where ties of this channel go to even; r3 has the next channel's bit, and in the end the
 * first one's again. */
#define EVEN_FOUR(parity)                                                      \
  __asm volatile(                                                              \
      ".syntax unified\n"                                                      \
      "ldr r2, [sp, #8]\n"                                                     \
      "ldrd r3, r12, [sp, #260]\n"                                             \
      "and r4, r3, #1\n"                                                       \
      "lsrs r3, r3, #1\n"                                                      \
      "it cs\n"                                                                \
      "orrcs r3, r12\n"                                                        \
      "str r3, [sp, #260]\n"                                                   \
      "sub r11, r4\n" EVEN("r6", parity) EVEN("r7", parity) EVEN("r8", parity) \
          EVEN("r9", parity) "bx lr\n")

/** As fixed4, ties to even, an even zero point; also for fewer accumulators. */
RV_NAKED static void even4(void) {
  EVEN_FOUR("and");
}

/** The same for an odd zero point. */
RV_NAKED static void odd4(void) {
  EVEN_FOUR("bic");
}

/* In C: `first` of the four accumulators. */
#define ANY(first) \
  __asm volatile(                \
      ".syntax unified\n"        \
      "mov r3, sp\n"             \
      "push {r0, r1, r12, lr}\n" \
      "push {r6-r9}\n"           \
      "mov r0, sp\n"             \
      "mov r1, r3\n"             \
      "movs r2, #" first         \
      "\n"                       \
      "bl " RV_SYMBOL(rv_depthwise_round) "\n"  \
      "pop {r6-r9}\n"            \
      "pop {r0, r1, r12, pc}\n")

/** As fixed4 for every rounding. */
RV_NAKED static void any4(void) {
  ANY("0");
}

RV_NAKED static void any2(void) {
  ANY("2");
}

/** Rounded, then clamped. */
RV_NAKED static void clamped4(void) {
  __asm volatile(
      ".syntax unified\n"
      "str lr, [sp, #252]\n"
      "ldr lr, [sp, #240]\n"
      "blx lr\n"
      "add r2, sp, #244\n"
      "ldm r2, {r2, r3, lr}\n" RV_CLAMP("r6", "r2", "r3") RV_CLAMP("r7", "r2", "r3")
          RV_CLAMP("r8", "r2", "r3") RV_CLAMP("r9", "r2", "r3") "bx lr\n");
}

void rv_depthwise_begin_rounding(rv_depthwise_walk *k) {
  const rv_channel_requant *requant = &k->call->p->requant;
  const rv_rounder rounder = rv_channel_rounder(requant);
  k->addend = rounder.addend;
  k->shift = rounder.shift;
  k->isSlow = 1;
  if (rv_depthwise_is_fast(requant) == 0) {
    k->codes[0] = any4;
    k->codes[1] = any2;
    return;
  }
  k->inner = fixed4;
  if (requant->rounding == RV_ROUND_EVEN) {
    k->inner = ((requant->zeroPoint & 1) == 0) ? even4 : odd4;
  }
  k->codes[0] = k->inner;
  k->isSlow = (k->inner != fixed4) ? 1 : 0;
  if (rv_clamps_within(requant)) {
    k->clampMin = requant->clampMin;
    k->clampMax = requant->clampMax;
    k->codes[0] = clamped4;
    k->isSlow = 1;
  }
  k->codes[1] = k->codes[0];
}

#else

void rv_depthwise_begin_rounding(rv_depthwise_walk *k) {
  k->isSlow = 1;
}

#endif

void rv_depthwise_round_group(rv_depthwise_walk *k) {
  const rv_channel_requant *requant = &k->call->p->requant;
  k->roundChannel = k->channel;
  if (requant->rounding == RV_ROUND_EVEN) {
    k->lastEven = (uint32_t)1 << (k->channels - 1);
    k->evens = 0;
    for (int32_t c = 0; c < k->channels; c++) {
      k->evens |= (uint32_t)requant->even[k->channel + c] << c;
    }
  }
}
