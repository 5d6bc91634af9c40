/**
 * @file rv_conv2d_s8_mve.c Convolution of any filter and number of groups, MVE.
 *
 * Rows of a group's channels are staged in the scratch buffer so that a receptive field is
 * contiguous: pixel (column x, row y) at byte (x * slots + y) * depth, slots = the filter's height.
 * Rows are counted on for the whole call and never rotate: what a row overwrites, in the column
 * before, is a row that no one reads any more (rv_depthwise_mve.h).
 */
#include "rv_dot_mve.h"
#include "rv_kernels_mve.h"
#include "rv_requantise.h"

#if RV_MVE
#include <arm_mve.h>
#endif

/** One group of a call. Columns: `left` of padding, `inside` from the image, `right` of padding. */
typedef struct {
  const rv_conv2d_mve_params *p;
  const rv_view *in;
  int8_t *rows;
  int32_t channel, depth; /**< First input channel, and how many. */
  int32_t columnBytes;    /**< slots * depth */
  int32_t left, inside, right;
  int32_t x;     /**< Input column of the first one inside. */
  int32_t first; /**< Input row of the first one staged, perhaps above the image. */
  int32_t staged;
} staging;

#if RV_MVE

/** Narrow pixels without gaps, 16 bytes at a time. Three steps make a round where there are one or
 * three phases. */
static void stage_narrow(const staging *s, const int8_t *from, int8_t *to) {
  const uint8_t *offsets = s->p->offsets;
  const uint16_t *advance = s->p->advance;
  const int32_t phases = s->p->phases;
  int32_t left = s->inside * s->depth;
  if ((phases == 1) || (phases == 3)) {
    const int32_t next = (phases == 1) ? 0 : 1;
    const int32_t rounds = left / 48;
    const int32_t step0 = advance[0];
    const int32_t step1 = advance[next];
    const int32_t step2 = advance[2 * next];
    const uint8x16_t offsets0 = vld1q_u8(offsets);
    const uint8x16_t offsets1 = vld1q_u8(offsets + (16 * next));
    const uint8x16_t offsets2 = vld1q_u8(offsets + (32 * next));
    left -= 48 * rounds;
    __asm volatile(
        "wls lr, %[rounds], 2f\n\t"
        "1: vldrb.8 q0, [%[from]], #16\n\t"
        "vstrb.8 q0, [%[to], %q[o0]]\n\t"
        "add %[to], %[s0]\n\t"
        "vldrb.8 q0, [%[from]], #16\n\t"
        "vstrb.8 q0, [%[to], %q[o1]]\n\t"
        "add %[to], %[s1]\n\t"
        "vldrb.8 q0, [%[from]], #16\n\t"
        "vstrb.8 q0, [%[to], %q[o2]]\n\t"
        "add %[to], %[s2]\n\t"
        "le lr, 1b\n\t"
        "2:"
        : [from] "+r"(from), [to] "+r"(to)
        : [rounds] "r"(rounds), [s0] "r"(step0), [s1] "r"(step1), [s2] "r"(step2),
          [o0] "w"(offsets0), [o1] "w"(offsets1), [o2] "w"(offsets2)
        : "q0", "lr", "memory");
  }
  for (int32_t phase = 0; left > 0; left -= 16) {
    const mve_pred16_t lanes = vctp8q((uint32_t)left);
    vstrbq_scatter_offset_p_s8(to, vld1q_u8(offsets + (16 * phase)), vldrbq_z_s8(from, lanes),
                               lanes);
    from += 16;
    to += advance[phase];
    phase = (phase + 1 == phases) ? 0 : phase + 1;
  }
}

static void stage_pixels(const staging *s, const int8_t *from, int8_t *to) {
  if ((s->p->phases > 0) && (s->in->pixelPitch == s->depth)) {
    stage_narrow(s, from, to);
    return;
  }
  const mve_pred16_t last = vctp8q((uint32_t)(((s->depth - 1) & 15) + 1));
  for (int32_t i = 0; i < s->inside; i++) {
    int32_t c = 0;
    for (; c + 16 < s->depth; c += 16) {
      vst1q_s8(to + c, vld1q_s8(from + c));
    }
    vstrbq_p_s8(to + c, vldrbq_z_s8(from + c, last), last);
    from += s->in->pixelPitch;
    to += s->columnBytes;
  }
}

static void stage_padding(const staging *s, int32_t columns, int8_t *to) {
  const int8x16_t zero = vdupq_n_s8(s->p->conv.inputZeroPoint);
  for (int32_t i = 0; i < columns; i++) {
    for (int32_t c = 0; c < s->depth; c += 16) {
      vstrbq_p_s8(to + c, zero, vctp8q((uint32_t)(s->depth - c)));
    }
    to += s->columnBytes;
  }
}

static void clear(int8_t *to, int32_t count) {
  vstrbq_p_s8(to, vdupq_n_s8(0), vctp8q((uint32_t)count));
  vstrbq_p_s8(to + 16, vdupq_n_s8(0), vctp8q((uint32_t)rv_max(count - 16, 0)));
}

#else

static void stage_pixels(const staging *s, const int8_t *from, int8_t *to) {
  for (int32_t i = 0; i < s->inside; i++) {
    for (int32_t c = 0; c < s->depth; c++) {
      to[(i * s->columnBytes) + c] = from[(i * s->in->pixelPitch) + c];
    }
  }
}

static void stage_padding(const staging *s, int32_t columns, int8_t *to) {
  for (int32_t i = 0; i < columns; i++) {
    for (int32_t c = 0; c < s->depth; c++) {
      to[(i * s->columnBytes) + c] = s->p->conv.inputZeroPoint;
    }
  }
}

static void clear(int8_t *to, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    to[i] = 0;
  }
}

#endif

/** Stages the group's rows up to the `end`th. */
static void stage(staging *s, int32_t end) {
  for (; s->staged < end; s->staged++) {
    const int32_t y = s->first + s->staged;
    int8_t *to = s->rows + (s->staged * s->depth);
    if ((y < 0) || (y >= s->in->height) || (s->inside == 0)) {
      stage_padding(s, s->left + s->inside + s->right, to);
    } else {
      stage_padding(s, s->left, to);
      to += s->left * s->columnBytes;
      stage_pixels(s, rv_pixel(s->in, y, s->x) + s->channel, to);
      stage_padding(s, s->right, to + (s->inside * s->columnBytes));
    }
  }
}

void rv_conv2d_s8_mve(const rv_conv2d_mve_params *params, const rv_view *in, const rv_view *out,
                      const rv_window *w, void *scratch) {
  const rv_conv_params *p = &params->conv;
  const int32_t slots = ((p->kernelH - 1) * p->dilationH) + 1;
  const int32_t filterColumns = ((p->kernelW - 1) * p->dilationW) + 1;
  const int32_t columns = ((w->cols - 1) * p->strideW) + filterColumns;
  const int32_t left = (w->x * p->strideW) - p->padLeft;
  const int32_t groupOut = p->outChannels / p->groups;
  const uint8_t *stream = (const uint8_t *)p->weights;
  staging s;
  s.p = params;
  s.in = in;
  s.rows = (int8_t *)scratch;
  s.depth = p->inChannels / p->groups;
  s.columnBytes = slots * s.depth;
  s.left = rv_clamp(-left, 0, columns);
  s.x = left + s.left;
  s.inside = rv_clamp(in->width - s.x, 0, columns - s.left);
  s.right = columns - s.left - s.inside;
  s.first = (w->y * p->strideH) - p->padTop;
  /* Up to 15 bytes behind the last field are read. */
  const int32_t used = (((columns - 1) * slots) + ((w->rows - 1) * p->strideH) + slots) * s.depth;
  clear(s.rows + used, ((used + 15 + 3) & ~3) - used);
  /* A field ends with the last tap of its last column; whole blocks are read, zero weights beyond.
   */
  const int32_t field = filterColumns * s.columnBytes;
  const ptrdiff_t step = (ptrdiff_t)p->strideW * s.columnBytes;
  for (int32_t g = 0; g < p->groups; g++) {
    rv_dot_run run;
    stream = rv_dot_prepare(&run, stream, (field + 15) & ~15, g * groupOut, groupOut, &p->requant);
    run.inStep = 2 * step;
    run.outStep = (2 * (ptrdiff_t)out->pixelPitch) - run.advance;
    s.channel = g * s.depth;
    s.staged = 0;
    for (int32_t i = 0; i < w->rows; i++) {
      stage(&s, (i * p->strideH) + slots);
      run.in[0] = s.rows + (i * p->strideH * s.depth);
      run.in[1] = run.in[0] + step;
      run.out[0] = rv_pixel(out, w->y + i, w->x) + (g * groupOut);
      run.out[1] = run.out[0] + out->pixelPitch;
      run.pairs = w->cols / 2;
      run.single = w->cols % 2;
      rv_dot_s8_mve(&run);
    }
  }
}
