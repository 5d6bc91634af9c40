/**
 * @file rv_dot_long_mve.c Pairs of vectors of any length, reloaded for every quad; single vectors,
 * two quads at a time; and the general requantisation, by a call into C.
 */
/* Assembly is laid out by hand. */
/* clang-format off */
#include "rv_dot_mve.h"

#if RV_MVE

#include "rv_dot_short_mve.h"

/* A single vector's groups, whose accumulators follow one another: as RV_REQUANTISE16. */
#define SINGLE_HALF          \
  RV_MULTIPLIERS("q3")       \
  RV_SUMS("q0", "sp", "0")   \
  RV_SCALE("q0", "q3", "r0") \
  RV_MULTIPLIERS("q4")       \
  RV_SUMS("q1", "sp", "16")  \
  RV_SCALE("q1", "q4", "r0") \
  RV_BOTTOM("q0")
#define SINGLE16             \
  SINGLE_HALF                \
  RV_MULTIPLIERS("q3")       \
  RV_SUMS("q2", "sp", "32")  \
  RV_SCALE("q2", "q3", "r0") \
  RV_TOP("q0", "q1")         \
  RV_MULTIPLIERS("q4")       \
  RV_SUMS("q5", "sp", "48")  \
  RV_SCALE("q5", "q4", "r0") \
  RV_BOTTOM("q2")            \
  RV_SHIFT("q0", "r2")       \
  RV_TOP("q2", "q5")         \
  RV_NARROW("q0")            \
  RV_SHIFT("q2", "r2")       \
  RV_NARROW_TOP("q0", "q2")  \
  L("vstrb.8 q0, [r1], #16")
#define SINGLE8              \
  SINGLE_HALF                \
  RV_TOP("q0", "q1")         \
  RV_SHIFT("q0", "r2")       \
  RV_NARROW("q0")            \
  L("vpst")                  \
  L("vstrbt.16 q0, [r1], #8")
#define SINGLE4              \
  RV_MULTIPLIERS("q3")       \
  RV_SUMS("q0", "sp", "0")   \
  RV_SCALE("q0", "q3", "r0") \
  RV_BOTTOM("q0")            \
  RV_SHIFT("q0", "r2")       \
  RV_NARROW("q0")            \
  L("vpst")                  \
  L("vstrbt.32 q0, [r1], #4")
#define OUT_AND_CONSTANTS             \
  L("ldrd r1, r3, [sp, #" RV_OUT "]") \
  L("ldrd r0, r2, [sp, #" RV_ADDEND "]")
#define LANES(lanes, at)     \
  L("ldr r4, [sp, #" at "]") \
  L("vctp." lanes " r4")
#define CALL_GENERAL(channels, quads) \
  L("mov r0, sp")                     \
  channels                            \
  L("movs r2, #" quads)               \
  L("mov r3, sp")                     \
  L("ldr r12, [sp, #" RV_GENERAL "]") \
  L("blx r12")                        \
  RV_LAST_LANES
#define RUN_CORE(then, quads)         \
  L("ldr r1, [sp, #" then "]")        \
  L("str r1, [sp, #" RV_RESUME "]")   \
  L("mov r9, sp")                     \
  L("ldr r7, [sp, #" quads "]")       \
  L("ldr pc, [sp, #" RV_CORE "]")

/* A pair's first vectors of 16 values, and its next ones. */
#define X0 L("vldrb.8 q0, [r1]")
#define X1 L("vldrb.8 q1, [r3]")
#define NEXT_X0 L("vldrb.8 q0, [r1, #16]!")
#define NEXT_X1 L("vldrb.8 q1, [r3, #16]!")
/* As RV_NEXT_BLOCK, with the vectors of the next block loaded meanwhile. */
#define BLOCK                                              \
  RV_LANE2("q0", "q1", "q2", , RV_LOAD("q2"))              \
  RV_LANE3("q0", "q1", "q3", NEXT_X0, NEXT_X1)             \
  RV_LANE0("q0", "q1", "q2", RV_LOAD("q3"), RV_LOAD("q2")) \
  RV_LANE1("q0", "q1", "q3", , RV_LOAD("q3"))
#define AT(q, base, at) L("vldrb.8 " q ", [" base ", #" at "]")

/* A single vector's values times a row of each of two quads' weights, at r5 and at r3. */
#define SINGLE_X L("vldrb.8 q0, [r1], #16")
#define ROW(w, from) L("vldrb.8 " w ", [" from "], #16")
#define SINGLE_BLOCK(row, x) \
  ROW("q2", "r5")            \
  RV_MAC("r0", "q0", "q1")   \
  ROW("q1", "r5")            \
  RV_MAC("r2", "q0", "q2")   \
  ROW("q2", "r5")            \
  RV_MAC("r4", "q0", "q1")   \
  ROW("q1", "r3")            \
  RV_MAC("r6", "q0", "q2")   \
  ROW("q2", "r3")            \
  RV_MAC("r8", "q0", "q1")   \
  ROW("q1", "r3")            \
  RV_MAC("r10", "q0", "q2")  \
  ROW("q2", "r3")            \
  RV_MAC("r12", "q0", "q1")  \
  row                        \
  RV_MAC("lr", "q0", "q2")   \
  x

RV_NAKED void rv_dot_long_mve(const rv_dot_run *run RV_UNUSED) {
  __asm volatile(
      RV_ENTER
      /*
       * Where the loop over all blocks but the first and the last begins: eight are unrolled, 56
       * bytes each.
       */
      L("ldr r0, [sp, #" RV_BLOCKS "]")
      L("adds r2, r0, #5")
      L("lsrs r2, r2, #3")
      L("str r2, [sp, #" RV_LOOPS "]")
      L("lsls r2, r2, #3")
      L("subs r2, r2, r0")
      L("adds r2, #2")
      L("movs r1, #56")
      L("muls r2, r1")
      L("adr.w r1, 51f")
      L("orr r1, r1, #1")
      L("adds r2, r2, r1")
      L("cmp r0, #2")
      L("bne 1f")
      L("adr.w r2, 52f")
      L("orr r2, r2, #1")
      L("1: str r2, [sp, #" RV_ENTRY "]")
      RV_LABEL("50f", RV_CORE)
      L("cmp r0, #4")
      L("bne 1f")
      RV_LABEL("54f", RV_CORE)
      L("1: cmp r0, #1")
      L("bne 1f")
      RV_LABEL("58f", RV_CORE)
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
      L("10: ldr r5, [sp, #" RV_STREAM "]")
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
      L("ldr r1, [sp, #" RV_BLOCKS "]")
      L("subs r2, r1, #1")
      L("str r2, [sp, #" RV_SECOND "]")
      L("lsls r1, r1, #6")
      L("adds r1, #16")
      L("str r1, [sp, #" RV_LOOPS "]")
      RV_LABEL("60f", RV_CORE)
      L("ldr r0, [sp, #" RV_REQUANT "]")
      L("cmp r0, #0")
      L("bne 10b")
      RV_LABEL("21f", RV_THEN16)
      RV_LABEL("31f", RV_THEN8)
      RV_LABEL("41f", RV_THEN4)
      L("b 10b")
      "19:" RV_LEAVE

      /* After a core: a group of 16, of a pair, of a single vector, on the general path. */
      "20:" OUT_AND_CONSTANTS
      RV_REQUANTISE16("sp", "r0", "r2")
      L("strd r1, r3, [sp, #" RV_OUT "]")
      L("b 11b")
      "21:" OUT_AND_CONSTANTS
      SINGLE16
      L("str r1, [sp, #" RV_OUT "]")
      L("b 11b")
      "22:" CALL_GENERAL(L("movs r1, #16"), "4")
      L("b 11b")
      /* Of 8. */
      "30:" OUT_AND_CONSTANTS
      LANES("16", RV_LEFT8)
      RV_REQUANTISE8("sp", "r0", "r2")
      L("b 35f")
      "31:" OUT_AND_CONSTANTS
      LANES("16", RV_LEFT8)
      SINGLE8
      L("35: strd r1, r3, [sp, #" RV_OUT "]")
      RV_LAST_LANES
      L("b 36f")
      "32:" CALL_GENERAL(L("ldr r1, [sp, #" RV_LEFT8 "]"), "2")
      L("36: ldr r0, [sp, #" RV_LEFT8 "]")
      L("subs r0, #8")
      L("bgt 13b")
      L("b 14b")
      /* Of 4. */
      "40:" OUT_AND_CONSTANTS
      LANES("32", RV_IN4)
      RV_REQUANTISE4("sp", "r0", "r2")
      L("strd r1, r3, [sp, #" RV_OUT "]")
      L("b 16b")
      "41:" OUT_AND_CONSTANTS
      LANES("32", RV_IN4)
      SINGLE4
      L("b 16b")
      "42:" CALL_GENERAL(L("ldr r1, [sp, #" RV_IN4 "]"), "1")
      L("b 16b")

      /* The core of a pair: r7 quads, two blocks or more; the last one stays in q4 and q5. */
      L("50: ldrd r1, r3, [sp, #" RV_IN "]")
      X0
      L("ldr r4, [sp, #" RV_BLOCKS "]")
      L("add r6, r1, r4, lsl #4")
      L("add r4, r3, r4, lsl #4")
      L("vpstt")
      L("vldrbt.8 q4, [r6, #-16]")
      L("vldrbt.8 q5, [r4, #-16]")
      FIRST_A
      FIRST_B
      FIRST_ROW("q2")
      L("ldr r11, [sp, #" RV_LOOPS "]")
      RV_LANE0("q0", "q1", "q2", X1, SECOND_ROW("q3") RV_LOAD("q2"))
      RV_LANE1("q0", "q1", "q3", NEXT_C, NEXT_D RV_LOAD("q3"))
      L("ldr pc, [sp, #" RV_ENTRY "]")
      ".balign 4\n\t"
      "51:"
      BLOCK
      BLOCK
      BLOCK
      BLOCK
      BLOCK
      BLOCK
      BLOCK
      BLOCK
      L("subs r11, #1")
      L("bne 51b")
      ".balign 4\n\t"
      "52:"
      RV_LANE2("q0", "q1", "q2", L("subs r7, #1"), RV_LOAD("q2"))
      RV_LANE3("q0", "q1", "q3", L("ldrd r1, r3, [sp, #" RV_IN "]"), RV_LOAD("q3"))
      RV_LANE0("q4", "q5", "q2", L("ldr r11, [sp, #" RV_LOOPS "]"), RV_LOAD("q2"))
      RV_LANE1("q4", "q5", "q3", X0, RV_LOAD("q3"))
      L("beq 53f")
      RV_LANE2("q4", "q5", "q2", RV_STORE_A, RV_STORE_B NEXT_ROW("q2"))
      RV_LANE3("q4", "q5", "q3", NEXT_A, X1)
      RV_LANE0("q0", "q1", "q2", NEXT_B, RV_LOAD("q3") RV_STORE_C RV_STORE_D RV_LOAD("q2"))
      RV_LANE1("q0", "q1", "q3", NEXT_C, NEXT_D RV_LOAD("q3"))
      L("ldr pc, [sp, #" RV_ENTRY "]")
      "53:"
      RV_LAST_QUAD("q4", "q5", "q2", "q3")
      RESUME

      /* Of four blocks: the first one stays in q0 and q1, the last one in q2 and q3. */
      L("54: ldrd r1, r3, [sp, #" RV_IN "]")
      L("vldrb.8 q0, [r1]")
      L("vldrb.8 q1, [r3]")
      FIRST_A
      FIRST_B
      FIRST_ROW("q6")
      RV_LANE0("q0", "q1", "q6", SECOND_ROW("q7"), RV_LOAD("q6") AT("q4", "r1", "16"))
      RV_LANE1("q0", "q1", "q7", NEXT_C, NEXT_D RV_LOAD("q7"))
      AT("q5", "r3", "16")
      L("vpstt")
      L("vldrbt.8 q2, [r1, #48]")
      L("vldrbt.8 q3, [r3, #48]")
      "55:"
      RV_NEXT_BLOCK("q0", "q1", "q4", "q5", "q6", "q7")
      RV_LANE2("q4", "q5", "q6", L("subs r7, #1"), RV_LOAD("q6"))
      RV_LANE3("q4", "q5", "q7", AT("q4", "r1", "32"), AT("q5", "r3", "32"))
      RV_LANE0("q4", "q5", "q6", RV_LOAD("q7"), RV_LOAD("q6"))
      RV_LANE1("q4", "q5", "q7", , RV_LOAD("q7"))
      RV_LANE2("q4", "q5", "q6", , RV_LOAD("q6"))
      RV_LANE3("q4", "q5", "q7", , RV_LOAD("q7"))
      RV_LANE0("q2", "q3", "q6", AT("q4", "r1", "16"), RV_LOAD("q6"))
      RV_LANE1("q2", "q3", "q7", AT("q5", "r3", "16"), RV_LOAD("q7"))
      L("beq 56f")
      NEXT_QUAD("q2", "q3", "q0", "q1", "q6", "q7")
      L("b 55b")
      "56:"
      RV_LAST_QUAD("q2", "q3", "q6", "q7")
      RESUME

      /* Of one block. */
      L("58: ldrd r1, r3, [sp, #" RV_IN "]")
      LOAD_LAST("q4", "q5", "r1", "r3")
      FIRST_QUAD("q4", "q5", "q2", "q3", )
      L("59: subs r7, #1")
      L("beq 53b")
      NEXT_QUAD("q4", "q5", "q4", "q5", "q2", "q3")
      L("b 59b")

      /*
       * Of a single vector: r7 pairs of quads, the second one's weights at r3. r7 = 0: one quad,
       * taken twice. r11: blocks less one, then rounds of two.
       */
      L("60: ldr r3, [sp, #" RV_LOOPS "]")
      L("cbnz r7, 61f")
      L("movs r7, #1")
      L("movs r3, #0")
      L("61: add r3, r5")
      L("ldrd r1, r11, [sp, #" RV_IN "]")
      L("ldm r5!, {r0, r2, r4, r6}")
      L("ldm r3!, {r8, r10, r12, lr}")
      ROW("q1", "r5")
      L("lsrs r11, r11, #1")
      L("beq 64f")
      SINGLE_X
      L("bcc 63f")
      "62:"
      SINGLE_BLOCK(ROW("q1", "r5"), SINGLE_X)
      "63:"
      SINGLE_BLOCK(ROW("q1", "r5") L("subs r11, #1"), SINGLE_X)
      L("bne 62b")
      "65:"
      SINGLE_BLOCK(ROW("q1", "r5"), )
      "66:"
      L("vpst")
      L("vldrbt.8 q0, [r1]")
      SINGLE_BLOCK( , )
      L("mov r5, r3")
      L("ldr r3, [sp, #" RV_LOOPS "]")
      L("subs r7, #1")
      RV_STORE_SINGLE
      L("bne 61b")
      RESUME
      L("64: bcc 66b")
      SINGLE_X
      L("b 65b"));
}

#else

/** ISO C forbids an empty translation unit. */
typedef int rv_dot_long_mve_is_in_the_twin;

#endif
