/**
 * @file rv_dot_short_mve.h
 * @brief Private to the assembler of the MVE dot products: pairs of vectors of at most 48 values,
 * which stay in Q registers while all quads of a group pass.
 *
 * r1, r3: where results go; r7, r11: addend and shift of the fast requantisation. Who includes this
 * defines ACC_BASE, the register at a group's accumulators, and ACC_BEGIN, which loads a quad's.
 */
/* Assembly is laid out by hand. */
/* clang-format off */
#ifndef RV_DOT_SHORT_MVE_H
#define RV_DOT_SHORT_MVE_H

#include "rv_dot_asm_mve.h"

/* The two vectors' lanes of quads A and B to eight halfwords each in d0 and d1; q2, t0, t1 scratch. */
#define SCALE(d0, d1, at0, at1)                                                                             \
  L("vldrw.32 q2, [r5], #16") L("vldrw.32 " d0 ", [" ACC_BASE ", #" at0 "]") L("vldrw.32 " d1 ", [" ACC_BASE ", #" at1 "]")     \
  L("vqdmlash.s32 " d0 ", q2, r7") L("vqdmlash.s32 " d1 ", q2, r7")
#define BOTTOM(d0, d1) L("vqrshrnb.s32 " d0 ", " d0 ", #2") L("vqrshrnb.s32 " d1 ", " d1 ", #2")
#define TOP(d0, t0, d1, t1) L("vqrshrnt.s32 " d0 ", " t0 ", #2") L("vqrshrnt.s32 " d1 ", " t1 ", #2")
#define SHIFT(d0, d1) L("vshl.s16 " d0 ", r11") L("vshl.s16 " d1 ", r11")
#define REQUANTISE16                                                                                          \
  SCALE("q0", "q1", "0", "16") SCALE("q3", "q4", "32", "48") BOTTOM("q0", "q1") TOP("q0", "q3", "q1", "q4")   \
  SHIFT("q0", "q1") SCALE("q3", "q4", "64", "80") BOTTOM("q3", "q4") L("vldrw.32 q2, [r5], #16")              \
  L("vldrw.32 q5, [" ACC_BASE ", #96]") L("vqdmlash.s32 q5, q2, r7") L("vqrshrnt.s32 q3, q5, #2")                       \
  L("vldrw.32 q5, [" ACC_BASE ", #112]") L("vqdmlash.s32 q5, q2, r7") L("vqrshrnt.s32 q4, q5, #2") SHIFT("q3", "q4")    \
  L("vqmovnb.s16 q0, q0") L("vqmovnb.s16 q1, q1") L("vqmovnt.s16 q0, q3") L("vqmovnt.s16 q1, q4")             \
  L("vstrb.8 q0, [r1], #16") L("vstrb.8 q1, [r3], #16")
#define NARROW8 L("vqmovnb.s16 q0, q0") L("vqmovnb.s16 q1, q1") L("vpstt")
#define REQUANTISE8                                                                                           \
  SCALE("q0", "q1", "0", "16") SCALE("q3", "q4", "32", "48") BOTTOM("q0", "q1") TOP("q0", "q3", "q1", "q4")   \
  SHIFT("q0", "q1") NARROW8 L("vstrbt.16 q0, [r1], #8") L("vstrbt.16 q1, [r3], #8")
#define REQUANTISE4                                                                                           \
  SCALE("q0", "q1", "0", "16") BOTTOM("q0", "q1") SHIFT("q0", "q1") NARROW8 L("vstrbt.32 q0, [r1], #4")       \
  L("vstrbt.32 q1, [r3], #4")

#define VECTORS L("ldrd r0, r2, [sp, #" RV_IN "]")
#define NEXT2(x0, x1) L("vldrb.8 " x0 ", [r0], #16") L("vldrb.8 " x1 ", [r2], #16")
#define LAST2(x0, x1) L("vpstt") L("vldrbt.8 " x0 ", [r0]") L("vldrbt.8 " x1 ", [r2]")
#define QUAD1 ACC_BEGIN RV_LOAD4("q0", "q1", "q2", "q3", "r5") RV_MAC8("q6", "q7", "q0", "q1", "q2", "q3") RV_STORE_ACC
#define QUAD2                                                                                           \
  ACC_BEGIN RV_LOAD4("q4", "q5", "q6", "q7", "r5") RV_MAC8("q0", "q1", "q4", "q5", "q6", "q7")            \
  RV_LOAD4("q4", "q5", "q6", "q7", "r5") RV_MAC8("q2", "q3", "q4", "q5", "q6", "q7") RV_STORE_ACC
#define QUAD3 ACC_BEGIN RV_LOAD4_MAC8("q0", "q1") RV_LOAD4_MAC8("q2", "q3") RV_LOAD4_MAC8("q4", "q5") RV_STORE_ACC
#define RESUME L("ldr pc, [sp, #" RV_RESUME "]")
/* Where a pair begins, and what follows its groups: those of 16 at 20, of 8 at 30 (the second one at 37), of 4 at 40,
 * the next pair at 60. */
#define GROUPS \
  RV_LABEL("60f", RV_AFTER8) L("ldr r0, [sp, #" RV_IN4 "]") L("cbz r0, 1f") \
  RV_LABEL("40f", RV_AFTER8) \
  L("1: ldr r0, [sp, #" RV_IN8 "]") RV_COPY(RV_AFTER16, RV_AFTER8) L("cbz r0, 2f") \
  RV_LABEL("30f", RV_AFTER16) L("cmp r0, #8") L("ble 2f") \
  RV_LABEL("37f", RV_AFTER8) \
  L("2: str r0, [sp, #" RV_LEFT8 "]") RV_COPY(RV_FIRST, RV_AFTER16) L("ldrd r0, r2, [sp, #" RV_WEIGHTS "]") \
  L("cmp r0, r2") L("beq 3f") \
  RV_LABEL("20f", RV_FIRST) \
  "3:"
/* Cores for as many blocks as there are; vectors of one block are loaded once for a pair, at 11. */
#define CORES_BY_BLOCKS \
  RV_COPY(RV_PAIR, RV_FIRST) L("ldr r0, [sp, #" RV_BLOCKS "]") L("cmp r0, #2") L("bhi 7f") L("beq 6f") \
  RV_LABEL("11f", RV_PAIR) \
  RV_LABEL("74f", RV_CORE16) \
  RV_LABEL("72f", RV_CORE8) \
  RV_LABEL("71f", RV_CORE4) L("b 8f") \
  "6:" RV_LABEL("84f", RV_CORE16) \
  RV_LABEL("82f", RV_CORE8) \
  RV_LABEL("81f", RV_CORE4) L("b 8f") \
  "7:" RV_LABEL("94f", RV_CORE16) \
  RV_LABEL("92f", RV_CORE8) \
  RV_LABEL("91f", RV_CORE4) \
  "8:"
/* Cores: four, two or one quad of one block, of two, of three. */
#define CORES \
  "74:" QUAD1 QUAD1 "72:" QUAD1 "71:" QUAD1 RESUME \
  "84:" VECTORS NEXT2("q0", "q1") LAST2("q2", "q3") \
  "85:" QUAD2 QUAD2 "86:" QUAD2 "87:" QUAD2 RESUME \
  "82:" VECTORS NEXT2("q0", "q1") LAST2("q2", "q3") \
  L("b 86b") \
  "81:" VECTORS NEXT2("q0", "q1") LAST2("q2", "q3") \
  L("b 87b") \
  "94:" VECTORS NEXT2("q0", "q1") NEXT2("q2", "q3") LAST2("q4", "q5") \
  QUAD3 QUAD3 "96:" QUAD3 "97:" QUAD3 RESUME \
  "92:" VECTORS NEXT2("q0", "q1") NEXT2("q2", "q3") LAST2("q4", "q5") \
  L("b 96b") \
  "91:" VECTORS NEXT2("q0", "q1") NEXT2("q2", "q3") LAST2("q4", "q5") \
  L("b 97b")

#endif /* RV_DOT_SHORT_MVE_H */
