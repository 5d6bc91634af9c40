/**
 * @file rv_depthwise_conv2d_line_s8_mve.c
 * @brief Depthwise convolution of a sequence (k x 1 over one column, or 1 x k over one row) without
 * padding, MVE: sixteen channels of an output at once.
 *
 * Products of int8 fill 16 bits, and so does the sum of two (the compiler sees to it that no two
 * weights of a pair are both -128): taps come in pairs, whose sums are widened once. The even
 * channels' products and the odd ones' are narrowed to words by evens and odds again: a quad of
 * accumulators is every fourth channel, in the order of the groups of 16 in rv_dot_mve.h.
 *
 * Stream, for each 16 channels: int32 bias[4][4], int8 weights[k][16], int32 multiplier[4][4].
 */
#include <string.h>

#include "rv_kernels_mve.h"
#include "rv_requantise.h"

#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>
#endif

enum { GROUP = 16 };

/** Outputs of one group of channels; the assembler knows the order of the fields. */
typedef struct {
  const int8_t *x;       /**< First tap of the first output. */
  ptrdiff_t pitch;       /**< From a tap to the next one. */
  int8_t *out;           /**< First output, */
  ptrdiff_t xStep;       /**< from an output's taps to the next one's, */
  ptrdiff_t outStep;     /**< from an output to the next one. */
  const uint8_t *stream; /**< Of the group. */
  int32_t addend, shift; /**< As for rv_dot_run. */
  int32_t outputs;       /**< >= 1 */
  int32_t pairs;         /**< Of taps, */
  int32_t odd;           /**< and one more. */
  int32_t channels;      /**< 1..16 */
} line_group;

#if defined(__ARM_FEATURE_MVE)

/* Assembly is laid out by hand. */
/* clang-format off */
#pragma GCC diagnostic ignored "-Woverlength-strings"

#define L(text) text "\n\t"
/* Sixteen channels of the tap at r12. */
#define WHOLE(q) L("vldrb.8 " q ", [r12]")
#define PART(q)               \
  L("vpst")                   \
  L("vldrbt.8 " q ", [r12]")
#define WEIGHTS(q) L("vldrb.8 " q ", [r0], #16")
#define EVEN(d, x, w) L("vmullb.s8 " d ", " x ", " w)
#define ODD(d, x, w) L("vmullt.s8 " d ", " x ", " w)
/* The words of halfwords `from` to two quads; `from` is lost. */
#define WIDEN(even, odd, from, t)       \
  L("vmovlb.s16 " t ", " from)          \
  L("vmovlt.s16 " from ", " from)       \
  L("vadd.i32 " even ", " even ", " t)  \
  L("vadd.i32 " odd ", " odd ", " from)
/*
 * All outputs, with `load` for a tap's channels. r1 taps of the output, r2 pitch, r3 output, r4 and
 * r5 steps, r6 stream, r7 and r8 constants of the requantisation, r9 outputs left, r10 pairs, r11
 * odd; q0 to q3 accumulate. The second tap of a pair is loaded twice: there is no register for it.
 */
#define OUTPUTS(load)                     \
  L("1: mov r12, r1")                     \
  L("mov r0, r6")                         \
  L("vldrw.32 q0, [r0], #16")             \
  L("vldrw.32 q1, [r0], #16")             \
  L("vldrw.32 q2, [r0], #16")             \
  L("vldrw.32 q3, [r0], #16")             \
  L("wls lr, r10, 3f")                    \
  "2:"                                    \
  load("q4")                              \
  WEIGHTS("q5")                           \
  EVEN("q6", "q4", "q5")                  \
  L("add r12, r2")                        \
  ODD("q4", "q4", "q5")                   \
  load("q5")                              \
  WEIGHTS("q7")                           \
  EVEN("q5", "q5", "q7")                  \
  L("vadd.i16 q6, q6, q5")                \
  load("q5")                              \
  L("add r12, r2")                        \
  ODD("q5", "q5", "q7")                   \
  WIDEN("q0", "q1", "q6", "q7")           \
  L("vadd.i16 q4, q4, q5")                \
  WIDEN("q2", "q3", "q4", "q5")           \
  L("le lr, 2b")                          \
  L("3: cmp r11, #0")                     \
  L("beq 4f")                             \
  load("q4")                              \
  WEIGHTS("q5")                           \
  EVEN("q6", "q4", "q5")                  \
  ODD("q4", "q4", "q5")                   \
  WIDEN("q0", "q1", "q6", "q7")           \
  WIDEN("q2", "q3", "q4", "q5")           \
  L("4: vldrw.32 q4, [r0]")               \
  L("vqdmlash.s32 q0, q4, r7")            \
  L("vldrw.32 q5, [r0, #16]")             \
  L("vqdmlash.s32 q1, q5, r7")            \
  L("vqrshrnb.s32 q0, q0, #2")            \
  L("vldrw.32 q4, [r0, #32]")             \
  L("vqdmlash.s32 q2, q4, r7")            \
  L("vqrshrnt.s32 q0, q1, #2")            \
  L("vldrw.32 q5, [r0, #48]")             \
  L("vqdmlash.s32 q3, q5, r7")            \
  L("vqrshrnb.s32 q2, q2, #2")            \
  L("vshl.s16 q0, r8")                    \
  L("vqrshrnt.s32 q2, q3, #2")            \
  L("vqmovnb.s16 q0, q0")                 \
  L("vshl.s16 q2, r8")                    \
  L("add r1, r4")                         \
  L("vqmovnt.s16 q0, q2")                 \
  L("subs r9, #1")                        \
  L("vpst")                               \
  L("vstrbt.8 q0, [r3]")                  \
  L("add r3, r5")                         \
  L("bne 1b")

RV_NAKED static void compute(const line_group *group RV_UNUSED) {
  __asm volatile(
      L("push {r4-r11, lr}")
      L("vpush {d8-d15}")
      L("ldm r0, {r1-r12}")
      L("vctp.8 r12")
      L("cmp r12, #16")
      L("bne 9f")
      OUTPUTS(WHOLE)
      L("b 8f")
      "9:"
      OUTPUTS(PART)
      L("8: vpop {d8-d15}")
      L("pop {r4-r11, pc}"));
}
/* clang-format on */

/** Sixteen channels, or fewer, of a tap. */
static inline void gather(int8_t *to, const int8_t *from, int32_t channels) {
  vst1q_s8(to, vldrbq_z_s8(from, vctp8q((uint32_t)channels)));
}

#else

static int32_t read32(const uint8_t *from) {
  int32_t value;
  memcpy(&value, from, 4);
  return value;
}

static void compute(const line_group *g) {
  const int32_t taps = (2 * g->pairs) + g->odd;
  const int8_t *weights = (const int8_t *)g->stream + 64;
  const uint8_t *multipliers = g->stream + 64 + ((ptrdiff_t)GROUP * taps);
  for (int32_t i = 0; i < g->outputs; i++) {
    for (int32_t c = 0; c < g->channels; c++) {
      static const uint8_t quads[4] = {0, 2, 1, 3};
      const int32_t at = (16 * quads[c & 3]) + (4 * (c >> 2));
      const int8_t *x = g->x + (i * g->xStep) + c;
      int32_t acc = read32(g->stream + at);
      for (int32_t t = 0; t < taps; t++) {
        acc += (int32_t)x[t * g->pitch] * weights[(GROUP * t) + c];
      }
      const int64_t scaled = (((int64_t)acc * read32(multipliers + at)) >> 31) + g->addend + 2;
      g->out[(i * g->outStep) + c] =
          (int8_t)rv_clamp((int32_t)(scaled >> (2 - g->shift)), -128, 127);
    }
  }
}

static inline void gather(int8_t *to, const int8_t *from, int32_t channels) {
  for (int32_t c = 0; c < GROUP; c++) {
    to[c] = (c < channels) ? from[c] : 0;
  }
}

#endif

/** The rows or columns that a call reads and writes. */
typedef struct {
  const rv_view *in;
  const rv_view *out;
  const rv_window *w;
  int32_t down; /**< 1: positions are rows. */
  int32_t taps;
  int32_t stride;
  int32_t dilation;
} line;

static const int8_t *input(const line *l, int32_t at) {
  return (l->down != 0) ? rv_pixel(l->in, at, l->w->x) : rv_pixel(l->in, l->w->y, at);
}

/** Positions from `at` on that follow each other in memory, at most `most`. */
static int32_t contiguous(const line *l, const rv_view *v, int32_t at, int32_t most) {
  return ((l->down != 0) && (v->ringRows > 0)) ? rv_min(most, v->ringRows - (at % v->ringRows))
                                               : most;
}

/** All channels of outputs alike: `g` has all but what belongs to a group. */
static void groups(line_group *g, const rv_conv_params *p, int8_t *copies, const line *l,
                   int32_t at) {
  const int8_t *x = g->x;
  int8_t *out = g->out;
  g->stream = (const uint8_t *)p->weights;
  for (int32_t c = 0; c < p->outChannels; c += GROUP) {
    g->channels = rv_min(GROUP, p->outChannels - c);
    g->x = x + c;
    g->out = out + c;
    if (copies != NULL) {
      for (int32_t t = 0; t < l->taps; t++) {
        gather(copies + (GROUP * t), input(l, at + (t * l->dilation)) + c, g->channels);
      }
      g->x = copies;
    }
    compute(g);
    g->stream += 128 + ((ptrdiff_t)GROUP * l->taps);
  }
}

void rv_depthwise_conv2d_line_s8_mve(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                     const rv_window *w, void *scratch) {
  const int32_t n = p->requant.shift;
  const int32_t down = (p->kernelW == 1) && (in->width == 1);
  const line l = {in,
                  out,
                  w,
                  down,
                  down ? p->kernelH : p->kernelW,
                  down ? p->strideH : p->strideW,
                  down ? p->dilationH : p->dilationW};
  const int32_t first = down ? w->y : w->x;
  const int32_t end = first + (down ? w->rows : w->cols);
  const int32_t span = ((l.taps - 1) * l.dilation) + 1;
  const ptrdiff_t inPitch = down ? in->rowPitch : in->pixelPitch;
  line_group g;
  g.addend = (p->requant.zeroPoint * ((int32_t)2 << n)) + ((int32_t)1 << n) - 2;
  g.shift = 1 - n;
  g.pairs = l.taps >> 1;
  g.odd = l.taps & 1;
  g.outStep = down ? out->rowPitch : out->pixelPitch;
  g.xStep = l.stride * inPitch;
  for (int32_t i = first; i < end; i += g.outputs) {
    const int32_t at = i * l.stride;
    const int32_t most = contiguous(&l, out, i, end - i);
    const int32_t whole = contiguous(&l, in, at, ((most - 1) * l.stride) + span) - span;
    g.x = input(&l, at);
    g.out = down ? rv_pixel(out, i, w->x) : rv_pixel(out, w->y, i);
    /* The first output by way of copies always: what is planned as scratch is written by every
     * call. */
    if ((whole >= 0) && (i > first)) {
      g.pitch = l.dilation * inPitch;
      g.outputs = (whole / l.stride) + 1;
      groups(&g, p, NULL, &l, at);
    } else {
      g.pitch = GROUP;
      g.outputs = 1;
      groups(&g, p, (int8_t *)scratch, &l, at);
    }
  }
}
