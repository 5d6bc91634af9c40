/**
 * @file rv_dot_short_mve.c Pairs of vectors of at most 48 values: they stay in Q registers while
 * all quads of a group pass. r1, r3: where results go; r7, r11: addend and shift of the fast
 * requantisation, the only one here.
 */
/* Assembly is laid out by hand. */
/* clang-format off */
#include "rv_dot_mve.h"

#if RV_MVE

#include "rv_dot_short_mve.h"

#define RUN_CORE      \
  L("mov r9, sp")     \
  L("ldr pc, [sp, #" RV_CORE "]")

RV_NAKED void rv_dot_short_mve(const rv_dot_run *run RV_UNUSED) {
  __asm volatile(
      RV_ENTER
      GROUPS
      RV_LABEL("21f", RV_THEN16)
      RV_LABEL("31f", RV_THEN8)
      RV_LABEL("41f", RV_THEN4)
      CORES_BY_BLOCKS
      L("ldrd r7, r11, [sp, #" RV_ADDEND "]")
      L("ldrd r1, r3, [sp, #" RV_OUT "]")

      /* A pair. Vectors of one block are loaded here, once. */
      L("10: ldr r5, [sp, #" RV_STREAM "]")
      RV_LAST_LANES
      L("ldr pc, [sp, #" RV_PAIR "]")
      "11:"
      VECTORS
      LOAD_LAST("q6", "q7", "r0", "r2")
      L("ldr pc, [sp, #" RV_FIRST "]")
      L("20: ldr r0, [sp, #" RV_THEN16 "]")
      L("str r0, [sp, #" RV_RESUME "]")
      "22:"
      IS16
      RUN_CORE
      "21:"
      RV_REQUANTISE16("sp", "r7", "r11")
      L("ldr r0, [sp, #" RV_END16 "]")
      L("cmp r5, r0")
      L("bne 22b")
      L("ldr pc, [sp, #" RV_AFTER16 "]")
      /* Groups of 8; of 9 to 15 channels, first eight and then the rest. */
      L("30: ldr r0, [sp, #" RV_THEN8 "]")
      L("str r0, [sp, #" RV_RESUME "]")
      IS8
      RUN_CORE
      L("31: ldr r0, [sp, #" RV_LEFT8 "]")
      L("vctp.16 r0")
      RV_REQUANTISE8("sp", "r7", "r11")
      L("ldr pc, [sp, #" RV_AFTER8 "]")
      L("37: ldr r0, [sp, #" RV_LEFT8 "]")
      L("subs r0, #8")
      L("bgt 38f")
      L("ldr r0, [sp, #" RV_IN8 "]")
      L("str r0, [sp, #" RV_LEFT8 "]")
      L("b 60f")
      L("38: str r0, [sp, #" RV_LEFT8 "]")
      RV_LAST_LANES
      IS8
      RUN_CORE
      "40:"
      RV_LAST_LANES
      L("ldr r0, [sp, #" RV_THEN4 "]")
      L("str r0, [sp, #" RV_RESUME "]")
      IS4
      RUN_CORE
      L("41: ldr r0, [sp, #" RV_IN4 "]")
      L("vctp.32 r0")
      RV_REQUANTISE4("sp", "r7", "r11")
      "60:"
      VECTORS
      L("ldrd r4, r6, [sp, #" RV_STEPS "]")
      L("add r0, r4")
      L("add r2, r4")
      L("strd r0, r2, [sp, #" RV_IN "]")
      L("add r1, r6")
      L("add r3, r6")
      L("ldr r4, [sp, #" RV_PAIRS "]")
      L("subs r4, #1")
      L("str r4, [sp, #" RV_PAIRS "]")
      L("bgt 10b")
      RV_LEAVE

      CORES);
}

#else

/** ISO C forbids an empty translation unit. */
typedef int rv_dot_short_mve_is_in_the_twin;

#endif
