/**
 * @file rv_dot_long_mve.c Pairs of vectors of any length, reloaded for every quad; single vectors,
 * two quads at a time; and the general requantisation, by a call into C.
 */
/* Assembly is laid out by hand. */
/* clang-format off */
#include "rv_dot_mve.h"

#if RV_MVE

#include "rv_dot_asm_mve.h"

/* Four lanes of channels from each of two quads to eight halfwords in `d`; t is scratch. r0 addend, r2 shift. */
#define NARROW(d, t, at0, m0, at1, m1)                                                                          \
  L("vldrw.32 " d ", [sp, #" at0 "]") L("vldrw.32 " t ", [sp, #" at1 "]") L("vqdmlash.s32 " d ", " m0 ", r0")   \
  L("vqdmlash.s32 " t ", " m1 ", r0") L("vqrshrnb.s32 " d ", " d ", #2") L("vqrshrnt.s32 " d ", " t ", #2")     \
  L("vshl.s16 " d ", r2")
#define STORE16(out, a, b, c, d)                                                                            \
  NARROW("q0", "q1", a, "q3", b, "q4") NARROW("q1", "q2", c, "q5", d, "q6") L("vqmovnb.s16 q0, q0")         \
  L("vqmovnt.s16 q0, q1") L("vstrb.8 q0, [" out "], #16")
#define STORE8(out, a, b)                                                                                   \
  NARROW("q0", "q1", a, "q3", b, "q4") L("vqmovnb.s16 q0, q0") L("vpst") L("vstrbt.16 q0, [" out "], #8")
#define STORE4(out, a)                                                                                      \
  L("vldrw.32 q0, [sp, #" a "]") L("vqdmlash.s32 q0, q3, r0") L("vqrshrnb.s32 q0, q0, #2")                  \
  L("vshl.s16 q0, r2") L("vqmovnb.s16 q0, q0") L("vpst") L("vstrbt.32 q0, [" out "], #4")
#define OUT_AND_CONSTANTS L("ldrd r1, r3, [sp, #" RV_OUT "]") L("ldrd r0, r2, [sp, #" RV_ADDEND "]")
#define MULTIPLIERS1 L("vldrw.32 q3, [r5], #16")
#define MULTIPLIERS2 MULTIPLIERS1 L("vldrw.32 q4, [r5], #16")
#define MULTIPLIERS4 MULTIPLIERS2 L("vldrw.32 q5, [r5], #16") L("vldrw.32 q6, [r5], #16")
#define LANES(lanes, at) L("ldr r4, [sp, #" at "]") L("vctp." lanes " r4")
#define CALL_GENERAL(channels, quads)                                                                  \
  L("mov r0, sp") channels L("movs r2, #" quads) L("mov r3, sp") L("ldr r12, [sp, #" RV_GENERAL "]") L("blx r12") \
  RV_LAST_LANES
#define BLOCK RV_LOAD2("q0", "q1") RV_LOAD4("q2", "q3", "q4", "q5", "r5") RV_MAC8("q0", "q1", "q2", "q3", "q4", "q5")
#define RUN_CORE(then, quads)                                                                       \
  L("ldr r1, [sp, #" then "]") L("str r1, [sp, #" RV_RESUME "]") L("mov r9, sp") L("ldr r7, [sp, #" quads "]") \
  L("ldr pc, [sp, #" RV_CORE16 "]")
/* q0 times two quads. */
#define MAC_SINGLE                                                                                          \
  RV_LOAD4("q2", "q3", "q4", "q5", "r5") RV_MAC("r0", "q0", "q2") RV_MAC("r2", "q0", "q3")                  \
  RV_MAC("r4", "q0", "q4") RV_MAC("r6", "q0", "q5") RV_LOAD4("q2", "q3", "q4", "q5", "r3")                  \
  RV_MAC("r8", "q0", "q2") RV_MAC("r10", "q0", "q3") RV_MAC("r12", "q0", "q4") RV_MAC("lr", "q0", "q5")

RV_NAKED void rv_dot_long_mve(const rv_dot_run *run RV_UNUSED) {
  __asm volatile(
      RV_ENTER
      /* Where the loop over all blocks but the last begins: four are unrolled, 56 bytes each. */
      L("ldr r0, [sp, #" RV_BLOCKS "]")
      L("adds r2, r0, #2")
      L("lsrs r2, r2, #2")
      L("str r2, [sp, #" RV_LOOPS "]")
      L("lsls r2, r2, #2")
      L("subs r2, r2, r0")
      L("adds r2, #1")
      L("movs r1, #56")
      L("muls r2, r1")
      L("adr.w r1, 51f")
      L("orr r1, r1, #1")
      L("adds r2, r2, r1")
      L("cmp r0, #1")
      L("bne 1f")
      L("adr.w r2, 52f")
      L("orr r2, r2, #1")
      L("1: str r2, [sp, #" RV_ENTRY "]")
      RV_LABEL("50f", RV_CORE16)
      L("cmp r0, #4")
      L("bne 1f")
      RV_LABEL("53f", RV_CORE16)
      L("1: movs r1, #4")
      L("str r1, [sp, #" RV_QUADS16 "]")
      L("movs r1, #2")
      L("str r1, [sp, #" RV_QUADS8 "]")
      L("str r1, [sp, #" RV_PIXELS "]")
      L("movs r1, #1")
      L("str r1, [sp, #" RV_QUADS4 "]")
      RV_LABEL("20f", RV_THEN16)
      RV_LABEL("30f", RV_THEN8)
      RV_LABEL("40f", RV_THEN4)
      L("ldr r0, [sp, #" RV_REQUANT "]")
      L("cbz r0, 2f")
      RV_LABEL("22f", RV_THEN16)
      RV_LABEL("32f", RV_THEN8)
      RV_LABEL("42f", RV_THEN4)
      L("2: ldr r4, [sp, #" RV_PAIRS "]")
      L("cmp r4, #0")
      L("ble 15f")

      /* A pair: its groups of 16, of 8, of 4. */
      L("10: ldr r5, [sp, #" RV_WEIGHTS "]")
      RV_LAST_LANES
      L("movs r0, #0")
      L("str r0, [sp, #" RV_DONE "]")
      L("11: ldr r1, [sp, #" RV_END16 "]")
      L("cmp r5, r1")
      L("beq 12f")
      RUN_CORE(RV_THEN16, RV_QUADS16)
      L("12: ldr r0, [sp, #" RV_IN8 "]")
      L("cbz r0, 14f")
      L("13: str r0, [sp, #" RV_LEFT8 "]")
      RUN_CORE(RV_THEN8, RV_QUADS8)
      L("14: ldr r0, [sp, #" RV_IN4 "]")
      L("cbz r0, 16f")
      RUN_CORE(RV_THEN4, RV_QUADS4)
      L("16: ldrd r0, r2, [sp, #" RV_IN "]")
      L("ldrd r4, r6, [sp, #" RV_STEPS "]")
      L("add r0, r4")
      L("add r2, r4")
      L("strd r0, r2, [sp, #" RV_IN "]")
      L("ldrd r0, r2, [sp, #" RV_OUT "]")
      L("add r0, r6")
      L("add r2, r6")
      L("strd r0, r2, [sp, #" RV_OUT "]")
      L("ldr r4, [sp, #" RV_PAIRS "]")
      L("subs r4, #1")
      L("str r4, [sp, #" RV_PAIRS "]")
      L("bgt 10b")

      /* A single vector: the same once more, with another core. */
      L("15: ldr r0, [sp, #" RV_SINGLE "]")
      L("cbz r0, 19f")
      L("movs r0, #0")
      L("str r0, [sp, #" RV_SINGLE "]")
      L("str r0, [sp, #" RV_QUADS4 "]")
      L("movs r1, #2")
      L("str r1, [sp, #" RV_QUADS16 "]")
      L("movs r1, #1")
      L("str r1, [sp, #" RV_QUADS8 "]")
      L("str r1, [sp, #" RV_PIXELS "]")
      RV_LABEL("55f", RV_CORE16)
      L("ldr r0, [sp, #" RV_REQUANT "]")
      L("cmp r0, #0")
      L("bne 10b")
      RV_LABEL("21f", RV_THEN16)
      RV_LABEL("31f", RV_THEN8)
      RV_LABEL("41f", RV_THEN4)
      L("b 10b")
      "19:" RV_LEAVE

      /* After a core: a group of 16, of a pair (quads 32 bytes apart), of a single vector, on the general path. */
      "20:" MULTIPLIERS4 OUT_AND_CONSTANTS STORE16("r1", "0", "32", "64", "96") STORE16("r3", "16", "48", "80", "112")
      L("strd r1, r3, [sp, #" RV_OUT "]")
      L("b 11b")
      "21:" MULTIPLIERS4 OUT_AND_CONSTANTS STORE16("r1", "0", "16", "32", "48")
      L("str r1, [sp, #" RV_OUT "]")
      L("b 11b")
      "22:" CALL_GENERAL(L("movs r1, #16"), "4")
      L("b 11b")
      /* Of 8. */
      "30:" MULTIPLIERS2 OUT_AND_CONSTANTS LANES("16", RV_LEFT8) STORE8("r1", "0", "32") STORE8("r3", "16", "48")
      L("b 35f")
      "31:" MULTIPLIERS2 OUT_AND_CONSTANTS LANES("16", RV_LEFT8) STORE8("r1", "0", "16")
      L("35: strd r1, r3, [sp, #" RV_OUT "]")
      RV_LAST_LANES
      L("b 36f")
      "32:" CALL_GENERAL(L("ldr r1, [sp, #" RV_LEFT8 "]"), "2")
      L("36: ldr r0, [sp, #" RV_LEFT8 "]")
      L("subs r0, #8")
      L("bgt 13b")
      L("b 14b")
      /* Of 4. */
      "40:" MULTIPLIERS1 OUT_AND_CONSTANTS LANES("32", RV_IN4) STORE4("r1", "0") STORE4("r3", "16")
      L("strd r1, r3, [sp, #" RV_OUT "]")
      L("b 16b")
      "41:" MULTIPLIERS1 OUT_AND_CONSTANTS LANES("32", RV_IN4) STORE4("r1", "0")
      L("b 16b")
      "42:" CALL_GENERAL(L("ldr r1, [sp, #" RV_IN4 "]"), "1")
      L("b 16b")

      /* The core of a pair: r7 quads. */
      "50:" RV_BIAS
      L("ldrd r1, r3, [sp, #" RV_IN "]")
      L("ldr r11, [sp, #" RV_LOOPS "]")
      L("ldr pc, [sp, #" RV_ENTRY "]")
      ".balign 4\n\t"
      "51:" BLOCK BLOCK BLOCK BLOCK
      L("subs r11, #1")
      L("bne 51b")
      ".balign 4\n\t"
      L("52: vpstt")
      L("vldrbt.8 q0, [r1]")
      L("vldrbt.8 q1, [r3]")
      RV_LOAD4("q2", "q3", "q4", "q5", "r5")
      RV_MAC8("q0", "q1", "q2", "q3", "q4", "q5")
      RV_STORE_ACC
      L("subs r7, #1")
      L("bne 50b")
      L("ldr pc, [sp, #" RV_RESUME "]")

      /* Of a pair of four blocks, half of which stay in registers. */
      L("53: ldrd r1, r3, [sp, #" RV_IN "]")
      L("vldrb.8 q0, [r1]")
      L("vldrb.8 q1, [r3]")
      L("vldrb.8 q2, [r1, #16]")
      L("vldrb.8 q3, [r3, #16]")
      "54:" RV_BIAS RV_LOAD4_MAC8("q0", "q1") RV_LOAD4_MAC8("q2", "q3")
      L("vldrb.8 q4, [r1, #32]")
      L("vldrb.8 q5, [r3, #32]")
      RV_LOAD4_MAC8("q4", "q5")
      L("vpstt")
      L("vldrbt.8 q4, [r1, #48]")
      L("vldrbt.8 q5, [r3, #48]")
      RV_LOAD4_MAC8("q4", "q5")
      RV_STORE_ACC
      L("subs r7, #1")
      L("bne 54b")
      L("ldr pc, [sp, #" RV_RESUME "]")

      /* Of a single vector: r7 pairs of quads, the second one's weights at r3. r7 = 0: one quad, taken twice. */
      L("55: movs r11, #0")
      L("cmp r7, #0")
      L("it eq")
      L("moveq r7, #1")
      L("beq 56f")
      L("ldr r11, [sp, #" RV_BLOCKS "]")
      L("lsls r11, r11, #6")
      L("adds r11, #16")
      L("56: add r3, r5, r11")
      L("ldm r5!, {r0, r2, r4, r6}")
      L("ldm r3!, {r8, r10, r12, lr}")
      L("str r11, [sp, #" RV_LOOPS "]")
      L("ldr r1, [sp, #" RV_IN "]")
      L("ldr r11, [sp, #" RV_BLOCKS "]")
      L("subs r11, #1")
      L("beq 58f")
      L("57: vldrb.8 q0, [r1], #16")
      MAC_SINGLE
      L("subs r11, #1")
      L("bne 57b")
      L("58: vpst")
      L("vldrbt.8 q0, [r1]")
      MAC_SINGLE
      RV_STORE_ACC
      L("mov r5, r3")
      L("ldr r11, [sp, #" RV_LOOPS "]")
      L("subs r7, #1")
      L("bne 56b")
      L("ldr pc, [sp, #" RV_RESUME "]"));
}

#else

/** ISO C forbids an empty translation unit. */
typedef int rv_dot_long_mve_is_in_the_twin;

#endif
