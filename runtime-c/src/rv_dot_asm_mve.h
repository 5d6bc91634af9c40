/**
 * @file rv_dot_asm_mve.h
 * @brief Private to the assembler of the MVE dot products: the stack frame, and instruction
 * sequences as text.
 *
 * Register use. VMLADAVA accumulates in even registers only: the first vector of a pair in r0, r2,
 * r4, r6, the second in r8, r10, r12, lr, one quad of channels at a time. r5 walks along the stream
 * of weights, r9 along the accumulators.
 */
/* Assembly is laid out by hand. */
/* clang-format off */
#ifndef RV_DOT_ASM_MVE_H
#define RV_DOT_ASM_MVE_H

#include "rv_dot_mve.h"

/** The stack frame of rv_dot_short_mve and rv_dot_long_mve; the assembler uses its offsets. */
typedef struct {
  int32_t acc[32];
  rv_dot_run run;
  const void *core;      /* computes a group's accumulators, */
  const void *then[3];   /* and what requantises them, for groups of 16, 8 and 4 */
  const void *after[3];  /* where a pair begins, and what follows its groups of 16 and 8 */
  const void *first;     /* where a pair's groups begin */
  const void *resume;    /* where a core continues */
  const void *entry;     /* into the unrolled loop over blocks */
  int32_t loops;
  int32_t quads[3];
  int32_t left8;
  int32_t done;
  int32_t pixels;
} rv_dot_frame;

#define RV_ACC "0"
#define RV_IN "128"
#define RV_SECOND "132"
#define RV_OUT "136"
#define RV_STEPS "144" /* inStep and outStep */
#define RV_OUT_STEP "148"
#define RV_PAIRS "152"
#define RV_SINGLE "156"
#define RV_STREAM "160"
#define RV_END16 "164"
#define RV_IN8 "168"
#define RV_IN4 "172"
#define RV_BLOCKS "176"
#define RV_LAST "180"
#define RV_ADDEND "184" /* addend and shift */
#define RV_REQUANT "192"
#define RV_GENERAL "200"
#define RV_CORE "208"
#define RV_THEN16 "212"
#define RV_THEN8 "216"
#define RV_THEN4 "220"
#define RV_PAIR "224"
#define RV_AFTER16 "228"
#define RV_AFTER8 "232"
#define RV_FIRST "236"
#define RV_RESUME "240"
#define RV_ENTRY "244"
#define RV_LOOPS "248"
#define RV_QUADS16 "252"
#define RV_QUADS8 "256"
#define RV_QUADS4 "260"
#define RV_LEFT8 "264"
#define RV_DONE "268"
#define RV_PIXELS "272"
#define RV_FRAME "276" /* with nine core registers and d8-d15, the stack stays aligned to 8 */

#define RV_OFFSET(name, member, at) \
  typedef char name[(offsetof(rv_dot_frame, member) == (at)) ? 1 : -1]
RV_OFFSET(rv_dot_offset_in, run.in, 128);
RV_OFFSET(rv_dot_offset_pairs, run.pairs, 152);
RV_OFFSET(rv_dot_offset_end16, run.end16, 164);
RV_OFFSET(rv_dot_offset_addend, run.addend, 184);
RV_OFFSET(rv_dot_offset_requant, run.requant, 192);
RV_OFFSET(rv_dot_offset_general, run.general, 200);
RV_OFFSET(rv_dot_offset_core, core, 208);
RV_OFFSET(rv_dot_offset_then, then, 212);
RV_OFFSET(rv_dot_offset_after, after, 224);
RV_OFFSET(rv_dot_offset_first, first, 236);
RV_OFFSET(rv_dot_offset_loops, loops, 248);
RV_OFFSET(rv_dot_offset_pixels, pixels, 272);
typedef char rv_dot_frame_size[(sizeof(rv_dot_frame) == 276) ? 1 : -1];

#pragma GCC diagnostic ignored "-Woverlength-strings"

#define L(text) text "\n\t"

/* r0 = run: saves the callee's registers and copies the run into a new frame; or only that. */
#define RV_FRAME_RUN           \
  L("add r12, sp, #" RV_IN)    \
  L("ldm r0!, {r1-r11}")       \
  L("stm r12!, {r1-r11}")      \
  L("ldm r0, {r1-r9}")         \
  L("stm r12, {r1-r9}")
#define RV_ENTER               \
  L("push {r4-r11, lr}")       \
  L("vpush {d8-d15}")          \
  L("sub sp, #" RV_FRAME)      \
  RV_FRAME_RUN
#define RV_LEAVE               \
  L("add sp, #" RV_FRAME)      \
  L("vpop {d8-d15}")           \
  L("pop {r4-r11, pc}")
/* Stores the address of a label, with the Thumb bit; uses r1. */
#define RV_LABEL(label, at)    \
  L("adr.w r1, " label)        \
  L("orr r1, r1, #1")          \
  L("str r1, [sp, #" at "]")
#define RV_COPY(to, from)      \
  L("ldr r1, [sp, #" from "]") \
  L("str r1, [sp, #" to "]")
/* Lanes of a vector's last block that are read: VPR for the loads of the cores. */
#define RV_LAST_LANES          \
  L("ldr r0, [sp, #" RV_LAST "]") \
  L("vctp.8 r0")

/*
 * Products. Loads and multiplications have a pipe each, and an instruction holds its pipe for two
 * cycles: they alternate, so that neither waits. A lane is a channel's row of 16 weights with both
 * vectors; `between` and `behind` are what else is issued meanwhile.
 */
#define RV_MAC(acc, x, w) L("vmladava.s8 " acc ", " x ", " w)
#define RV_LANE0(x0, x1, w, between, behind) \
  RV_MAC("r0", x0, w)                        \
  between                                    \
  RV_MAC("r8", x1, w)                        \
  behind
#define RV_LANE1(x0, x1, w, between, behind) \
  RV_MAC("r2", x0, w)                        \
  between                                    \
  RV_MAC("r10", x1, w)                       \
  behind
#define RV_LANE2(x0, x1, w, between, behind) \
  RV_MAC("r4", x0, w)                        \
  between                                    \
  RV_MAC("r12", x1, w)                       \
  behind
#define RV_LANE3(x0, x1, w, between, behind) \
  RV_MAC("r6", x0, w)                        \
  between                                    \
  RV_MAC("lr", x1, w)                        \
  behind
/* The next row of weights; r5 is at the last one that was loaded. */
#define RV_LOAD(w) L("vldrb.8 " w ", [r5, #16]!")
/* Where no other row follows: r5 behind the last one. */
#define RV_LOADED L("adds r5, #16")

/* Accumulators to [r9]: of the first two lanes, first vector and second, then of the others. */
#define RV_STORE_A L("strd r0, r2, [r9], #16")
#define RV_STORE_B L("strd r8, r10, [r9], #-8")
#define RV_STORE_C L("strd r4, r6, [r9], #16")
#define RV_STORE_D L("strd r12, lr, [r9], #8")

/* Of a single vector: of two quads, one after the other. */
#define RV_STORE_SINGLE L("stm r9!, {r0, r2, r4, r6, r8, r10, r12, lr}")

/*
 * Lanes 2 and 3 of one block and lanes 0 and 1 of the next; x and y are the blocks' vectors. Rows
 * of weights come two ahead, into `w` and `v` by turns.
 */
#define RV_NEXT_BLOCK(x0, x1, y0, y1, w, v)  \
  RV_LANE2(x0, x1, w, , RV_LOAD(w))          \
  RV_LANE3(x0, x1, v, , RV_LOAD(v))          \
  RV_LANE0(y0, y1, w, , RV_LOAD(w))          \
  RV_LANE1(y0, y1, v, , RV_LOAD(v))
/* The end of a group's last quad. */
#define RV_LAST_QUAD(x0, x1, w, v)            \
  RV_LANE2(x0, x1, w, RV_STORE_A, RV_STORE_B) \
  RV_LANE3(x0, x1, v, , RV_LOADED)            \
  RV_STORE_C                                  \
  RV_STORE_D

/*
 * Requantisation of a pair's groups: the stream's multipliers times the accumulators at [`acc`], to
 * the results at r1 and r3. `addend` and `shift` are registers. q6 and q7 stay what they are.
 */
#define RV_SCALE(d, m, addend) L("vqdmlash.s32 " d ", " m ", " addend)
#define RV_BOTTOM(d) L("vqrshrnb.s32 " d ", " d ", #2")
#define RV_TOP(d, t) L("vqrshrnt.s32 " d ", " t ", #2")
#define RV_MULTIPLIERS(m) L("vldrw.32 " m ", [r5], #16")
#define RV_SUMS(d, acc, at) L("vldrw.32 " d ", [" acc ", #" at "]")
#define RV_SHIFT(d, shift) L("vshl.s16 " d ", " shift)
#define RV_NARROW(d) L("vqmovnb.s16 " d ", " d)
#define RV_NARROW_TOP(d, t) L("vqmovnt.s16 " d ", " t)
/* Two quads: the first one as halfwords in q0 and q1, the second one as words in q3 and q4. */
#define RV_REQUANTISE_HALF(acc, addend) \
  RV_MULTIPLIERS("q2")                  \
  RV_SUMS("q0", acc, "0")               \
  RV_SCALE("q0", "q2", addend)          \
  RV_SUMS("q1", acc, "16")              \
  RV_SCALE("q1", "q2", addend)          \
  RV_MULTIPLIERS("q2")                  \
  RV_BOTTOM("q0")                       \
  RV_SUMS("q3", acc, "32")              \
  RV_SCALE("q3", "q2", addend)          \
  RV_BOTTOM("q1")                       \
  RV_SUMS("q4", acc, "48")              \
  RV_SCALE("q4", "q2", addend)
#define RV_REQUANTISE16(acc, addend, shift) \
  RV_REQUANTISE_HALF(acc, addend)           \
  RV_TOP("q0", "q3")                        \
  RV_MULTIPLIERS("q2")                      \
  RV_SUMS("q3", acc, "64")                  \
  RV_TOP("q1", "q4")                        \
  RV_SCALE("q3", "q2", addend)              \
  RV_SUMS("q4", acc, "80")                  \
  RV_SHIFT("q0", shift)                     \
  RV_SCALE("q4", "q2", addend)              \
  RV_MULTIPLIERS("q2")                      \
  RV_BOTTOM("q3")                           \
  RV_SUMS("q5", acc, "96")                  \
  RV_SCALE("q5", "q2", addend)              \
  RV_BOTTOM("q4")                           \
  RV_SHIFT("q1", shift)                     \
  RV_TOP("q3", "q5")                        \
  RV_SUMS("q5", acc, "112")                 \
  RV_SCALE("q5", "q2", addend)              \
  RV_NARROW("q0")                           \
  RV_TOP("q4", "q5")                        \
  RV_SHIFT("q3", shift)                     \
  RV_NARROW("q1")                           \
  RV_NARROW_TOP("q0", "q3")                 \
  RV_SHIFT("q4", shift)                     \
  RV_NARROW_TOP("q1", "q4")                 \
  L("vstrb.8 q0, [r1], #16")                \
  L("vstrb.8 q1, [r3], #16")
/* VPR: the channels that exist. */
#define RV_REQUANTISE8(acc, addend, shift) \
  RV_REQUANTISE_HALF(acc, addend)          \
  RV_TOP("q0", "q3")                       \
  RV_TOP("q1", "q4")                       \
  RV_SHIFT("q0", shift)                    \
  RV_SHIFT("q1", shift)                    \
  RV_NARROW("q0")                          \
  RV_NARROW("q1")                          \
  L("vpstt")                               \
  L("vstrbt.16 q0, [r1], #8")              \
  L("vstrbt.16 q1, [r3], #8")
#define RV_REQUANTISE4(acc, addend, shift) \
  RV_MULTIPLIERS("q2")                     \
  RV_SUMS("q0", acc, "0")                  \
  RV_SCALE("q0", "q2", addend)             \
  RV_SUMS("q1", acc, "16")                 \
  RV_SCALE("q1", "q2", addend)             \
  RV_BOTTOM("q0")                          \
  RV_BOTTOM("q1")                          \
  RV_SHIFT("q0", shift)                    \
  RV_SHIFT("q1", shift)                    \
  RV_NARROW("q0")                          \
  RV_NARROW("q1")                          \
  L("vpstt")                               \
  L("vstrbt.32 q0, [r1], #4")              \
  L("vstrbt.32 q1, [r3], #4")

#endif /* RV_DOT_ASM_MVE_H */
