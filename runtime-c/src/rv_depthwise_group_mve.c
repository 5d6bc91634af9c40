/**
 * @file rv_depthwise_group_mve.c Staging and rows of eight channels, two pixels of four channels at
 * once.
 *
 * r1, r9 taps of the two pixels; r5 stream; r7 from a channel's taps to the next one's; r3 results;
 * r11 from one pair of pixels to the next. Accumulators of the first pixel in r0, r2, r4, r6, of
 * the second in r8, r10, r12, lr.
 */
/* Assembly is laid out by hand. */
/* clang-format off */
#include "rv_depthwise_mve.h"

#if RV_MVE

/* Offsets in the stack frame: 64 bytes of accumulators, rv_depthwise_group, addresses. */
#define ROW "64"
#define ROW_PITCH "68" /* and rowEnd */
#define ROW_WRAP "76"
#define TOP "80" /* and rowsInside */
#define ROWS_INSIDE "84"
#define PIXEL_PITCH "88"
#define LEFT "92" /* and fours */
#define REST "100"
#define RIGHT "104"
#define COLUMNS "108"
#define SLOTS "112"
#define TO "116"
#define ZERO "120"
#define OFFSETS "124"
#define STRIDE_H "128" /* and extraRows */
#define BATCH "136"
#define ROWS "140"
#define STREAM "144"
#define X "148"
#define PLANE_STEP "152"
#define OUT "156"
#define OUT_ROW_PITCH "160"
#define OUT_END "164"
#define OUT_WRAP "168"
#define TWO "172"
#define ONE "200"
#define CHANNELS "228"
#define BLOCKS "232"
#define ADDEND "236" /* and shift */
#define LEFT_SHIFT "244"
#define REQUANT "248"
#define GENERAL "256"
#define EXTRA_ROWS "132"
#define TWO_BODY "196"
#define ONE_BODY "224"
#define THEN "260"
#define BODY "264"
#define NOW "268"
#define DELTA "272" /* and outStep */
#define OUT_STEP "276"
#define ROW_END "280" /* and odd */
#define ODD_LEFT "284"
#define SAVED "288" /* two words */
#define FRAME "300" /* with nine core registers and d8-d15, the stack stays aligned to 8 */

#define OFFSET(name, member, at) \
  typedef char name[(offsetof(rv_depthwise_group, member) + 64 == (at)) ? 1 : -1]
OFFSET(offset_top, top, 80);
OFFSET(offset_left, left, 92);
OFFSET(offset_to, to, 116);
OFFSET(offset_strideH, strideH, 128);
OFFSET(offset_stream, stream, 144);
OFFSET(offset_out, out, 156);
OFFSET(offset_two, two, 172);
OFFSET(offset_one, one, 200);
OFFSET(offset_channels, channels, 228);
OFFSET(offset_addend, addend, 236);
OFFSET(offset_general, general, 256);
typedef char size_group[(sizeof(rv_depthwise_group) == 196) ? 1 : -1];

#pragma GCC diagnostic ignored "-Woverlength-strings"

#define L(text) text "\n\t"
#define LABEL(label, at) L("adr.w r1, " label) L("orr r1, r1, #1") L("str r1, [sp, #" at "]")
#define LOAD(reg, at) L("ldr " reg ", [sp, #" at "]")
#define SAVE(reg, at) L("str " reg ", [sp, #" at "]")

/*
 * A pair of pixels: products of 16 taps of a channel with both. Loads and multiplications
 * alternate, since each kind has a pipe of its own: the second pixel's product is `before` the next
 * loads. Rows of weights go to q0 and q3 by turns; r5 is at the last one.
 */
#define WEIGHTS(w, at) L("vldrb.8 " w ", [r5, #" at "]!")
#define SET(acc, x, w) L("vmladav.s8 " acc ", " x ", " w)
#define ADD(acc, x, w) L("vmladava.s8 " acc ", " x ", " w)
#define TAPS(row, w, before, product, x, y) \
  WEIGHTS(w, row)                           \
  before                                    \
  x                                         \
  product                                   \
  y
#define MORE(row, w, before, product) \
  TAPS(row, w, before, product, L("vldrb.8 q1, [r1], #16"), L("vldrb.8 q2, [r9], #16"))
#define LAST(row, w, before, product)                              \
  TAPS(row, w, before, product, L("vldrb.8 q1, [r1]"),             \
       L("vldrb.8 q2, [r9]") L("add r1, r7") L("add r9, r7"))
#define NEAR(row, w, before, product, second)                      \
  TAPS(row, w, before, product, L("vldrb.8 q1, [r1]"),             \
       L("vldrb.8 q2, [r1, #" second "]") L("add r1, r7"))
/* One channel, to a and b: of 16 taps, with the second pixel's near or not; of 32; of 64. */
#define CHANNEL1(row, w, before, a, b) LAST(row, w, before, SET(a, "q1", w))
#define CHANNEL_NEAR1(row, w, before, a, b) NEAR(row, w, before, SET(a, "q1", w), "1")
#define CHANNEL_NEAR2(row, w, before, a, b) NEAR(row, w, before, SET(a, "q1", w), "2")
#define CHANNEL_NEAR4(row, w, before, a, b) NEAR(row, w, before, SET(a, "q1", w), "4")
#define CHANNEL2(row, w, before, a, b)             \
  MORE(row, "q0", before, SET(a, "q1", "q0"))      \
  LAST("16", "q3", SET(b, "q2", "q0"), ADD(a, "q1", "q3"))
#define CHANNEL4(row, w, before, a, b)                     \
  MORE(row, "q0", before, SET(a, "q1", "q0"))              \
  MORE("16", "q3", SET(b, "q2", "q0"), ADD(a, "q1", "q3")) \
  MORE("16", "q0", ADD(b, "q2", "q3"), ADD(a, "q1", "q0")) \
  LAST("16", "q3", ADD(b, "q2", "q0"), ADD(a, "q1", "q3"))
#define END1(b, w) SET(b, "q2", w)
#define END2(b, w) ADD(b, "q2", "q3")
/* Two lanes of a vector of accumulators: 0 and 2, 1 and 3. */
#define EVEN(q, lane0, lane2) L("vmov " q "[2], " q "[0], " lane0 ", " lane2)
#define ODD(q, lane1, lane3) L("vmov " q "[3], " q "[1], " lane1 ", " lane3)
#define PLUS(q, bias) L("vadd.i32 " q ", " q ", " bias)
/* Both pixels' accumulators of the even channels in q4 and q5, of the odd ones in q6 and q7. */
#define PIXELS(channel, end, behind)                                                    \
  L("vldrw.32 q6, [r5]")                                                                \
  channel("16", "q0", , "r0", "r8")                                                     \
  channel("16", "q3", end("r8", "q0"), "r2", "r10")                                     \
  channel("16", "q0", end("r10", "q3"), "r4", "r12")                                    \
  channel("16", "q3", end("r12", "q0"), "r6", "lr")                                     \
  channel("32", "q0", end("lr", "q3") EVEN("q4", "r0", "r4") EVEN("q5", "r8", "r12"),   \
          "r0", "r8")                                                                   \
  channel("16", "q3", ODD("q4", "r2", "r6") end("r8", "q0") ODD("q5", "r10", "lr"),     \
          "r2", "r10")                                                                  \
  channel("16", "q0", end("r10", "q3") PLUS("q4", "q6"), "r4", "r12")                   \
  channel("16", "q3", end("r12", "q0") PLUS("q5", "q6"), "r6", "lr")                    \
  end("lr", "q3")                                                                       \
  L("vldrw.32 q0, [r5, #-" behind "]")                                                  \
  EVEN("q6", "r0", "r4")                                                                \
  ODD("q6", "r2", "r6")                                                                 \
  EVEN("q7", "r8", "r12")                                                               \
  PLUS("q6", "q0")                                                                      \
  ODD("q7", "r10", "lr")                                                                \
  PLUS("q7", "q0")                                                                      \
  L("ldr pc, [sp, #" THEN "]")

/* The same with any number of taps: accumulators begin at the biases and go through the stack. */
#define ANY_TAPS(a, b, step1, step9) \
  L("vldrb.8 q0, [r5], #16")             \
  L("vldrb.8 q1, [r1]" step1)            \
  ADD(a, "q1", "q0")                     \
  L("vldrb.8 q2, [r9]" step9)            \
  ADD(b, "q2", "q0")
#define CHANNELN(a, b)                   \
  LOAD("r3", BLOCKS)                     \
  L("subs r3, #1")                       \
  L("beq 2f")                            \
  "1:"                                   \
  ANY_TAPS(a, b, ", #16", ", #16")     \
  L("subs r3, #1")                       \
  L("bne 1b")                            \
  "2:"                                   \
  ANY_TAPS(a, b, "", "")               \
  L("add r1, r7")                        \
  L("add r9, r7")
#define QUADN                            \
  L("ldm r5, {r0, r2, r4, r6}")          \
  L("ldm r5!, {r8, r10, r12, lr}")       \
  CHANNELN("r0", "r8")                   \
  CHANNELN("r2", "r10")                  \
  CHANNELN("r4", "r12")                  \
  CHANNELN("r6", "lr")                   \
  L("stm sp, {r0, r2, r4, r6, r8, r10, r12, lr}")

RV_NAKED void rv_depthwise_group_mve(const rv_depthwise_group *group RV_UNUSED) {
  __asm volatile(
      L("push {r4-r11, lr}")
      L("vpush {d8-d15}")
      L("sub sp, #" FRAME)
      L("add r12, sp, #64")
      L("ldm r0!, {r1-r11}")
      L("stm r12!, {r1-r11}")
      L("ldm r0!, {r1-r11}")
      L("stm r12!, {r1-r11}")
      L("ldm r0!, {r1-r11}")
      L("stm r12!, {r1-r11}")
      L("ldm r0!, {r1-r11}")
      L("stm r12!, {r1-r11}")
      L("ldm r0, {r1-r5}")
      L("stm r12, {r1-r5}")
      LABEL("40f", THEN)
      LOAD("r0", LEFT_SHIFT)
      L("cbz r0, 1f")
      LABEL("42f", THEN)
      "1:" LOAD("r0", REQUANT)
      L("cbz r0, 1f")
      LABEL("41f", THEN)
      L("1: adr.w r1, 50f")
      LOAD("r0", TWO_BODY)
      L("ldr r0, [r1, r0, lsl #2]")
      L("add r0, r1")
      L("orr r0, r0, #1")
      SAVE("r0", TWO_BODY)
      LOAD("r0", ONE_BODY)
      L("ldr r0, [r1, r0, lsl #2]")
      L("add r0, r1")
      L("orr r0, r0, #1")
      SAVE("r0", ONE_BODY)
      LOAD("r0", CHANNELS)
      L("vctp.16 r0")

      /* A batch of one or two output rows, and r10 input rows to stage for it. */
      "10:" LOAD("r0", ROWS)
      LOAD("r1", BATCH)
      L("cmp r0, r1")
      L("it lt")
      L("movlt r1, r0")
      SAVE("r1", NOW)
      L("subs r0, r0, r1")
      SAVE("r0", ROWS)
      L("ldrd r2, r3, [sp, #" STRIDE_H "]")
      L("mla r10, r1, r2, r3")
      L("movs r3, #0")
      SAVE("r3", EXTRA_ROWS)
      L("cmp r10, #0")
      L("beq 20f")
      LOAD("r12", OFFSETS)
      L("vldrh.16 q4, [r12]")
      L("vldrh.16 q5, [r12, #16]")
      L("vldrh.16 q6, [r12, #32]")
      L("vldrh.16 q7, [r12, #48]")
      LOAD("r6", SLOTS)
      L("lsls r0, r6, #2")
      L("mov r8, r0")
      LOAD("r7", PIXEL_PITCH)
      "11:" LOAD("r1", TO)
      L("adds r2, r1, #1")
      SAVE("r2", TO)
      L("ldrd r2, r3, [sp, #" TOP "]")
      L("cbz r2, 12f")
      L("subs r2, #1")
      SAVE("r2", TOP)
      L("b 17f")
      L("12: cmp r3, #0")
      L("beq 17f")
      L("subs r3, #1")
      SAVE("r3", ROWS_INSIDE)
      LOAD("r4", ROW)
      L("ldrd r5, r0, [sp, #" ROW_PITCH "]")
      L("adds r5, r5, r4")
      L("cmp r5, r0")
      L("it eq")
      L("ldreq r5, [sp, #" ROW_WRAP "]")
      SAVE("r5", ROW)
      L("ldrd r2, r3, [sp, #" LEFT "]")
      L("cbz r2, 14f")
      LOAD("r0", ZERO)
      L("vdup.16 q0, r0")
      L("dls lr, r2")
      L("13: vstrb.16 q0, [r1, q4]")
      L("add r1, r6")
      L("le lr, 13b")
      L("14: wls lr, r3, 16f")
      L("15: vldrb.u16 q0, [r4]")
      L("add r4, r7")
      L("vldrb.u16 q1, [r4]")
      L("add r4, r7")
      L("vldrb.u16 q2, [r4]")
      L("add r4, r7")
      L("vldrb.u16 q3, [r4]")
      L("add r4, r7")
      L("vstrb.16 q0, [r1, q4]")
      L("vstrb.16 q1, [r1, q5]")
      L("vstrb.16 q2, [r1, q6]")
      L("vstrb.16 q3, [r1, q7]")
      L("add r1, r8")
      L("le lr, 15b")
      "16:" LOAD("r3", REST)
      L("wls lr, r3, 2f")
      L("1: vpst")
      L("vldrbt.u16 q0, [r4]")
      L("vstrb.16 q0, [r1, q4]")
      L("add r4, r7")
      L("add r1, r6")
      L("le lr, 1b")
      "2:" LOAD("r2", RIGHT)
      L("cbz r2, 19f")
      LOAD("r0", ZERO)
      L("vdup.16 q0, r0")
      L("b 18f")
      "17:" LOAD("r0", ZERO)
      L("vdup.16 q0, r0")
      LOAD("r2", COLUMNS)
      L("18: dls lr, r2")
      L("1: vstrb.16 q0, [r1, q4]")
      L("add r1, r6")
      L("le lr, 1b")
      L("19: subs r10, #1")
      L("bne 11b")

      /* The pairs of a batch. */
      "20:" LOAD("r3", OUT)
      LOAD("r2", OUT_ROW_PITCH)
      LOAD("r4", OUT_END)
      L("adds r0, r3, r2")
      L("cmp r0, r4")
      L("it eq")
      L("ldreq r0, [sp, #" OUT_WRAP "]")
      LOAD("r1", X)
      LOAD("r6", STRIDE_H)
      LOAD("r5", NOW)
      L("mla r6, r5, r6, r1")
      SAVE("r6", X)
      L("cmp r5, #2")
      L("beq 21f")
      SAVE("r0", OUT)
      L("add r6, sp, #" ONE)
      L("ldm r6, {r4, r5, r6, r7, r8, r10, r12}")
      L("b 22f")
      L("21: add r12, sp, #" TWO)
      L("adds r2, r2, r0")
      L("cmp r2, r4")
      L("it eq")
      L("ldreq r2, [sp, #" OUT_WRAP "]")
      SAVE("r2", OUT)
      L("ldm r12, {r4, r5, r6, r7, r8, r10, r12}")
      L("subs r6, r0, r3")
      L("22: mov r11, r5")
      L("add r9, r1, r4")
      L("strd r6, r7, [sp, #" DELTA "]")
      L("add r10, r3")
      L("strd r10, r8, [sp, #" ROW_END "]")
      SAVE("r12", BODY)
      LOAD("r7", PLANE_STEP)
      LOAD("r5", STREAM)
      L("ldr pc, [sp, #" BODY "]")
      /* The last pixel of an odd row, together with the one before. */
      "31:" LOAD("r0", ODD_LEFT)
      L("cbz r0, 32f")
      L("movs r0, #0")
      SAVE("r0", ODD_LEFT)
      LOAD("r0", ONE) /* second */
      L("subs r1, r1, r0")
      L("sub r9, r0")
      L("ldrd r0, r2, [sp, #" DELTA "]")
      L("subs r3, r3, r0")
      L("adds r2, r2, r3")
      SAVE("r2", ROW_END)
      L("ldr pc, [sp, #" BODY "]")
      "32:" LOAD("r0", ROWS)
      L("cmp r0, #0")
      L("bne 10b")
      L("add sp, #" FRAME)
      L("vpop {d8-d15}")
      L("pop {r4-r11, pc}")

      /* Requantises and stores: fast, without and with a left shift; general, by a call into C. */
      L("40: vldrw.32 q0, [r5, #16]")
      L("ldrd r0, r2, [sp, #" ADDEND "]")
      L("vqdmlash.s32 q4, q0, r0")
      L("vldrw.32 q1, [r5, #32]")
      L("vqdmlash.s32 q5, q0, r0")
      L("vqrshrnb.s32 q4, q4, #2")
      L("vqdmlash.s32 q6, q1, r0")
      L("vqrshrnb.s32 q5, q5, #2")
      L("vqdmlash.s32 q7, q1, r0")
      L("vqrshrnt.s32 q4, q6, #2")
      L("ldrd r0, r4, [sp, #" DELTA "]")
      L("vqrshrnt.s32 q5, q7, #2")
      LOAD("r5", STREAM)
      L("vshl.s16 q4, r2")
      L("vshl.s16 q5, r2")
      L("adds r2, r3, r0")
      L("vqmovnb.s16 q4, q4")
      LOAD("r0", ROW_END)
      L("vqmovnb.s16 q5, q5")
      L("add r1, r11")
      L("add r9, r11")
      L("vpstt")
      L("vstrbt.16 q4, [r3]")
      L("vstrbt.16 q5, [r2]")
      L("adds r3, r3, r4")
      /* The next pair. */
      L("30: cmp r3, r0")
      L("beq 31b")
      L("ldr pc, [sp, #" BODY "]")
      "42:" LOAD("r0", LEFT_SHIFT)
      L("vshl.s32 q4, r0")
      L("vshl.s32 q5, r0")
      L("vshl.s32 q6, r0")
      L("vshl.s32 q7, r0")
      L("b 40b")
      L("41: vstrw.32 q4, [sp, #32]")
      L("vstrw.32 q5, [sp, #48]")
      L("vstrw.32 q6, [sp]")
      L("vstrw.32 q7, [sp, #16]")
      L("strd r1, r3, [sp, #" SAVED "]")
      L("mov r0, sp")
      L("mov r1, r3")
      LOAD("r2", DELTA)
      L("add r2, r1")
      LOAD("r3", GENERAL)
      L("blx r3")
      L("ldrd r1, r3, [sp, #" SAVED "]")
      LOAD("r0", CHANNELS)
      L("vctp.16 r0")
      LOAD("r0", OUT_STEP)
      L("adds r3, r3, r0")
      LOAD("r5", STREAM)
      LOAD("r0", ROW_END)
      L("add r1, r11")
      L("add r9, r11")
      L("b 30b")

      /* A pair of pixels: 16, 32, 64, any number of taps; 16 with the other pixel near. */
      ".balign 4\n\t"
      "50: .word 51f-50b, 52f-50b, 54f-50b, 55f-50b, 56f-50b, 57f-50b, 58f-50b\n\t"
      "51:" PIXELS(CHANNEL1, END1, "64")
      "52:" PIXELS(CHANNEL2, END2, "128")
      "54:" PIXELS(CHANNEL4, END2, "256")
      L("55: str r3, [sp, #" SAVED "]")
      QUADN
      L("vldrw.32 q4, [sp]")
      L("vldrw.32 q5, [sp, #16]")
      QUADN
      L("vldrw.32 q6, [sp]")
      L("vldrw.32 q7, [sp, #16]")
      LOAD("r3", SAVED)
      L("subs r5, #16")
      L("ldr pc, [sp, #" THEN "]")
      "56:" PIXELS(CHANNEL_NEAR1, END1, "64")
      "57:" PIXELS(CHANNEL_NEAR2, END1, "64")
      "58:" PIXELS(CHANNEL_NEAR4, END1, "64"));
}

#else

/** ISO C forbids an empty translation unit. */
typedef int rv_depthwise_group_mve_is_in_the_twin;

#endif
