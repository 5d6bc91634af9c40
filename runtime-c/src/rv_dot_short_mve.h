/**
 * @file rv_dot_short_mve.h
 * @brief Private to the assembler of the MVE dot products: pairs of vectors of at most 48 values,
 * which stay in Q registers while all quads of a group pass.
 *
 * r1, r3: where results go; r7, r11: addend and shift of the fast requantisation.
 */
/* Assembly is laid out by hand. */
/* clang-format off */
#ifndef RV_DOT_SHORT_MVE_H
#define RV_DOT_SHORT_MVE_H

#include "rv_dot_asm_mve.h"

#ifndef FIRST_A
/*
 * Where accumulators begin: at the biases, which stand before a quad's weights, unless who includes
 * this says otherwise. FIRST_* for the first quad of a group, NEXT_* for the others: A and B load
 * lanes 0 and 1 of both vectors, C and D lanes 2 and 3. *_ROW load rows of weights around them.
 */
#define FIRST_A L("ldrd r0, r2, [r5]")
#define FIRST_B L("ldrd r8, r10, [r5]")
#define FIRST_ROW(w) L("vldrb.8 " w ", [r5, #16]")
#define SECOND_ROW(v) L("vldrb.8 " v ", [r5, #32]!")
#define NEXT_A L("ldrd r0, r2, [r5, #-16]")
#define NEXT_B L("ldrd r8, r10, [r5, #-16]")
#define NEXT_C L("ldrd r4, r6, [r5, #-40]")
#define NEXT_D L("ldrd r12, lr, [r5, #-40]")
#define NEXT_ROW(w) L("vldrb.8 " w ", [r5, #32]!")
#endif

/* A group of 16, 8 or 4 channels: the flags tell its core which. */
#define IS16          \
  L("movs r0, #1")
#define IS8           \
  L("movs r0, #0")
#define IS4           \
  L("movs r0, #0")    \
  L("subs r0, #1")
#define TO_QUADS(two, one) \
  L("beq " two)            \
  L("bmi " one)
#define RESUME L("ldr pc, [sp, #" RV_RESUME "]")

/* The beginning of a group's first quad; `more` are the loads of further blocks, by r12 and lr. */
#define FIRST_QUAD(x0, x1, w, v, more)                   \
  FIRST_A                                                \
  FIRST_B                                                \
  FIRST_ROW(w)                                           \
  RV_LANE0(x0, x1, w, SECOND_ROW(v), RV_LOAD(w) more)    \
  RV_LANE1(x0, x1, v, NEXT_C, NEXT_D RV_LOAD(v))
/* The end of a quad and the beginning of the next one, whose first vectors are y. */
#define NEXT_QUAD(x0, x1, y0, y1, w, v)                  \
  RV_LANE2(x0, x1, w, RV_STORE_A, RV_STORE_B NEXT_ROW(w)) \
  RV_LANE3(x0, x1, v, NEXT_A, NEXT_B RV_LOAD(v))         \
  RV_LANE0(y0, y1, w, RV_STORE_C, RV_STORE_D RV_LOAD(w)) \
  RV_LANE1(y0, y1, v, NEXT_C, NEXT_D RV_LOAD(v))

/* Of one block: x in q6 and q7. */
#define NEXT1 NEXT_QUAD("q6", "q7", "q6", "q7", "q0", "q1")
#define LAST1 RV_LAST_QUAD("q6", "q7", "q0", "q1")
/* Of two: x in q0 to q3. */
#define BLOCK2 RV_NEXT_BLOCK("q0", "q1", "q2", "q3", "q6", "q7")
#define NEXT2 BLOCK2 NEXT_QUAD("q2", "q3", "q0", "q1", "q6", "q7")
#define LAST2 BLOCK2 RV_LAST_QUAD("q2", "q3", "q6", "q7")
/* Of three: x in q0 to q5. */
#define BLOCKS3 BLOCK2 RV_NEXT_BLOCK("q2", "q3", "q4", "q5", "q6", "q7")
#define NEXT3 BLOCKS3 NEXT_QUAD("q4", "q5", "q0", "q1", "q6", "q7")
#define LAST3 BLOCKS3 RV_LAST_QUAD("q4", "q5", "q6", "q7")

#define VECTORS L("ldrd r0, r2, [sp, #" RV_IN "]")
#define LOAD_BLOCK(x0, x1)             \
  L("vldrb.8 " x0 ", [r12], #16")      \
  L("vldrb.8 " x1 ", [lr], #16")
#define LOAD_LAST(x0, x1, from0, from1) \
  L("vpstt")                           \
  L("vldrbt.8 " x0 ", [" from0 "]")    \
  L("vldrbt.8 " x1 ", [" from1 "]")

/* Cores of one, two and three blocks: all quads of a group. */
#define CORES                                                              \
  "71:"                                                                    \
  FIRST_QUAD("q6", "q7", "q0", "q1", )                                     \
  TO_QUADS("72f", "73f")                                                   \
  NEXT1                                                                    \
  NEXT1                                                                    \
  "72:"                                                                    \
  NEXT1                                                                    \
  "73:"                                                                    \
  LAST1                                                                    \
  RESUME                                                                   \
  L("81: ldrd r12, lr, [sp, #" RV_IN "]")                                  \
  LOAD_BLOCK("q0", "q1")                                                   \
  FIRST_QUAD("q0", "q1", "q6", "q7", LOAD_LAST("q2", "q3", "r12", "lr"))   \
  TO_QUADS("82f", "83f")                                                   \
  NEXT2                                                                    \
  NEXT2                                                                    \
  "82:"                                                                    \
  NEXT2                                                                    \
  "83:"                                                                    \
  LAST2                                                                    \
  RESUME                                                                   \
  L("91: ldrd r12, lr, [sp, #" RV_IN "]")                                  \
  LOAD_BLOCK("q0", "q1")                                                   \
  FIRST_QUAD("q0", "q1", "q6", "q7",                                       \
             LOAD_BLOCK("q2", "q3") LOAD_LAST("q4", "q5", "r12", "lr"))    \
  TO_QUADS("92f", "93f")                                                   \
  NEXT3                                                                    \
  NEXT3                                                                    \
  "92:"                                                                    \
  NEXT3                                                                    \
  "93:"                                                                    \
  LAST3                                                                    \
  RESUME

/*
 * Where a pair begins, and what follows its groups: those of 16 at 20, of 8 at 30 (the second one
 * at 37), of 4 at 40, the next pair at 60.
 */
#define GROUPS                                \
  RV_LABEL("60f", RV_AFTER8)                  \
  L("ldr r0, [sp, #" RV_IN4 "]")              \
  L("cbz r0, 1f")                             \
  RV_LABEL("40f", RV_AFTER8)                  \
  L("1: ldr r0, [sp, #" RV_IN8 "]")           \
  RV_COPY(RV_AFTER16, RV_AFTER8)              \
  L("cbz r0, 2f")                             \
  RV_LABEL("30f", RV_AFTER16)                 \
  L("cmp r0, #8")                             \
  L("ble 2f")                                 \
  RV_LABEL("37f", RV_AFTER8)                  \
  L("2: str r0, [sp, #" RV_LEFT8 "]")         \
  RV_COPY(RV_FIRST, RV_AFTER16)               \
  L("ldrd r0, r2, [sp, #" RV_STREAM "]")     \
  L("cmp r0, r2")                             \
  L("beq 3f")                                 \
  RV_LABEL("20f", RV_FIRST)                   \
  "3:"
/* The core for so many blocks; vectors of one block are loaded once for a pair, at 11. */
#define CORES_BY_BLOCKS                       \
  RV_COPY(RV_PAIR, RV_FIRST)                  \
  L("ldr r0, [sp, #" RV_BLOCKS "]")           \
  L("cmp r0, #2")                             \
  L("bhi 7f")                                 \
  L("beq 6f")                                 \
  RV_LABEL("11f", RV_PAIR)                    \
  RV_LABEL("71f", RV_CORE)                    \
  L("b 8f")                                   \
  "6:"                                        \
  RV_LABEL("81f", RV_CORE)                    \
  L("b 8f")                                   \
  "7:"                                        \
  RV_LABEL("91f", RV_CORE)                    \
  "8:"

#endif /* RV_DOT_SHORT_MVE_H */
