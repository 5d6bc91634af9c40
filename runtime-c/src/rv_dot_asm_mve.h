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

/** The stack frame of rv_dot_short_mve and rv_dot_long_mve; the assembler uses the offsets below. */
typedef struct {
  int32_t acc[32];
  rv_dot_run run;
  const void *core[3];   /* for groups of 16, 8 and 4 */
  const void *then[3];   /* what requantises them */
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
#define RV_OUT "136"
#define RV_STEPS "144" /* inStep and outStep */
#define RV_OUT_STEP "148"
#define RV_PAIRS "152"
#define RV_SINGLE "156"
#define RV_WEIGHTS "160"
#define RV_END16 "164"
#define RV_IN8 "168"
#define RV_IN4 "172"
#define RV_BLOCKS "176"
#define RV_LAST "180"
#define RV_ADDEND "184" /* addend and shift */
#define RV_REQUANT "192"
#define RV_GENERAL "200"
#define RV_CORE16 "208"
#define RV_CORE8 "212"
#define RV_CORE4 "216"
#define RV_THEN16 "220"
#define RV_THEN8 "224"
#define RV_THEN4 "228"
#define RV_PAIR "232"
#define RV_AFTER16 "236"
#define RV_AFTER8 "240"
#define RV_FIRST "244"
#define RV_RESUME "248"
#define RV_ENTRY "252"
#define RV_LOOPS "256"
#define RV_QUADS16 "260"
#define RV_QUADS8 "264"
#define RV_QUADS4 "268"
#define RV_LEFT8 "272"
#define RV_DONE "276"
#define RV_PIXELS "280"
#define RV_FRAME "284" /* with nine core registers and d8-d15, the stack stays aligned to 8 */

#define RV_OFFSET(name, member, at) typedef char name[(offsetof(rv_dot_frame, member) == (at)) ? 1 : -1]
RV_OFFSET(rv_dot_offset_in, run.in, 128);
RV_OFFSET(rv_dot_offset_pairs, run.pairs, 152);
RV_OFFSET(rv_dot_offset_end16, run.end16, 164);
RV_OFFSET(rv_dot_offset_addend, run.addend, 184);
RV_OFFSET(rv_dot_offset_requant, run.requant, 192);
RV_OFFSET(rv_dot_offset_general, run.general, 200);
RV_OFFSET(rv_dot_offset_core, core, 208);
RV_OFFSET(rv_dot_offset_then, then, 220);
RV_OFFSET(rv_dot_offset_after, after, 232);
RV_OFFSET(rv_dot_offset_first, first, 244);
RV_OFFSET(rv_dot_offset_loops, loops, 256);
RV_OFFSET(rv_dot_offset_pixels, pixels, 280);
typedef char rv_dot_frame_size[(sizeof(rv_dot_frame) == 284) ? 1 : -1];

#pragma GCC diagnostic ignored "-Woverlength-strings"

#define L(text) text "\n\t"

/* r0 = run: saves the callee's registers and copies the run into a new frame; or only that. */
#define RV_FRAME_RUN                                                                                 \
  L("add r12, sp, #" RV_IN) L("ldm r0!, {r1-r11}") L("stm r12!, {r1-r11}") L("ldm r0, {r1-r9}") L("stm r12, {r1-r9}")
#define RV_ENTER L("push {r4-r11, lr}") L("vpush {d8-d15}") L("sub sp, #" RV_FRAME) RV_FRAME_RUN
#define RV_LEAVE L("add sp, #" RV_FRAME) L("vpop {d8-d15}") L("pop {r4-r11, pc}")
/* Stores the address of a label, with the Thumb bit; uses r1. */
#define RV_LABEL(label, at) L("adr.w r1, " label) L("orr r1, r1, #1") L("str r1, [sp, #" at "]")
#define RV_COPY(to, from) L("ldr r1, [sp, #" from "]") L("str r1, [sp, #" to "]")
/* Lanes of a vector's last block that are read: VPR for the loads of the cores. */
#define RV_LAST_LANES L("ldr r0, [sp, #" RV_LAST "]") L("vctp.8 r0")

#define RV_MAC(acc, x, w) L("vmladava.s8 " acc ", " x ", " w)
#define RV_MAC8(x0, x1, w0, w1, w2, w3)                                                                   \
  RV_MAC("r0", x0, w0) RV_MAC("r8", x1, w0) RV_MAC("r2", x0, w1) RV_MAC("r10", x1, w1) RV_MAC("r4", x0, w2) \
  RV_MAC("r12", x1, w2) RV_MAC("r6", x0, w3) RV_MAC("lr", x1, w3)
#define RV_LOAD4(w0, w1, w2, w3, from)                                                                              \
  L("vldrb.8 " w0 ", [" from "], #16") L("vldrb.8 " w1 ", [" from "], #16") L("vldrb.8 " w2 ", [" from "], #16") \
  L("vldrb.8 " w3 ", [" from "], #16")
#define RV_LOAD2(x0, x1) L("vldrb.8 " x0 ", [r1], #16") L("vldrb.8 " x1 ", [r3], #16")
#define RV_BIAS L("ldm r5, {r0, r2, r4, r6}") L("ldm r5!, {r8, r10, r12, lr}")
/* With only two registers left for weights. */
#define RV_LOAD2_MAC4(x0, x1, a0, b0, a1, b1)                                                                  \
  L("vldrb.8 q6, [r5], #16") L("vldrb.8 q7, [r5], #16") RV_MAC(a0, x0, "q6") RV_MAC(b0, x1, "q6")           \
  RV_MAC(a1, x0, "q7") RV_MAC(b1, x1, "q7")
#define RV_LOAD4_MAC8(x0, x1) RV_LOAD2_MAC4(x0, x1, "r0", "r8", "r2", "r10") RV_LOAD2_MAC4(x0, x1, "r4", "r12", "r6", "lr")
#define RV_STORE_ACC L("stm r9!, {r0, r2, r4, r6, r8, r10, r12, lr}")

#endif /* RV_DOT_ASM_MVE_H */
