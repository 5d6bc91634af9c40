/** @file rv_depthwise_stage_mve.c Planes of the MVE depthwise convolutions: rows of pixels to
 * columns of taps. */
#include "rv_depthwise_mve.h"
#include "rv_requantise.h"

#if RV_MVE
#include <arm_mve.h>
#endif

#if RV_MVE

/** `count` pixels, eight channels each, `pitch` bytes apart, to the columns from `to` on. */
static void stage_pixels(const rv_depthwise_planes *s, const int8_t *from, ptrdiff_t pitch,
                         int32_t count, int8_t *to) {
  const int32_t slots = s->p->slots;
  if (s->channels < RV_DEPTHWISE_GROUP) {
    const mve_pred16_t lanes = vctp16q((uint32_t)s->channels);
    const uint16x8_t offsets = vld1q_u16(s->offsets[0]);
    for (; count > 0; count--) {
      vstrbq_scatter_offset_s16(to, offsets, vldrbq_z_s16(from, lanes));
      from += pitch;
      to += slots;
    }
    return;
  }
  const int32_t fours = count >> 2;
  const int32_t rest = count & 3;
  const int32_t fourSlots = 4 * slots;
  const uint16_t *offsets = s->offsets[0];
  __asm volatile(
      "vldrh.16 q4, [%[o]]\n\t"
      "vldrh.16 q5, [%[o], #16]\n\t"
      "vldrh.16 q6, [%[o], #32]\n\t"
      "vldrh.16 q7, [%[o], #48]\n\t"
      "wls lr, %[fours], 2f\n\t"
      "1: vldrb.u16 q0, [%[from]]\n\t"
      "add %[from], %[pitch]\n\t"
      "vldrb.u16 q1, [%[from]]\n\t"
      "add %[from], %[pitch]\n\t"
      "vldrb.u16 q2, [%[from]]\n\t"
      "add %[from], %[pitch]\n\t"
      "vldrb.u16 q3, [%[from]]\n\t"
      "add %[from], %[pitch]\n\t"
      "vstrb.16 q0, [%[to], q4]\n\t"
      "vstrb.16 q1, [%[to], q5]\n\t"
      "vstrb.16 q2, [%[to], q6]\n\t"
      "vstrb.16 q3, [%[to], q7]\n\t"
      "add %[to], %[step4]\n\t"
      "le lr, 1b\n\t"
      "2:"
      : [from] "+l"(from), [to] "+r"(to)
      : [o] "r"(offsets), [fours] "r"(fours), [pitch] "r"(pitch), [step4] "r"(fourSlots)
      : "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "lr", "memory");
  const uint16x8_t column = vld1q_u16(offsets);
  __asm volatile(
      "wls lr, %[rest], 2f\n\t"
      "1: vldrb.u16 q0, [%[from]]\n\t"
      "vstrb.16 q0, [%[to], %q[o]]\n\t"
      "add %[from], %[pitch]\n\t"
      "add %[to], %[step]\n\t"
      "le lr, 1b\n\t"
      "2:"
      : [from] "+l"(from), [to] "+r"(to)
      : [o] "w"(column), [rest] "r"(rest), [pitch] "r"(pitch), [step] "r"(slots)
      : "q0", "lr", "memory");
}

/** The zero point in `count` columns of all planes. */
static void stage_padding(const rv_depthwise_planes *s, int32_t count, int8_t *to) {
  const int32_t slots = s->p->slots;
  const int16x8_t zero = vdupq_n_s16(s->p->conv.inputZeroPoint);
  const uint16x8_t offsets = vld1q_u16(s->offsets[0]);
  for (; count > 0; count--) {
    vstrbq_scatter_offset_s16(to, offsets, zero);
    to += slots;
  }
}

static void clear(int8_t *to, int32_t count) {
  const int8x16_t zero = vdupq_n_s8(0);
  for (; count > 0; count -= 16) {
    vstrbq_p_s8(to, zero, vctp8q((uint32_t)count));
    to += 16;
  }
}

#else

/** Missing channels of a group are staged as zero, as a masked load gives them. */
static void stage_pixels(const rv_depthwise_planes *s, const int8_t *from, ptrdiff_t pitch,
                         int32_t count, int8_t *to) {
  for (int32_t i = 0; i < count; i++) {
    for (int32_t c = 0; c < RV_DEPTHWISE_GROUP; c++) {
      to[s->offsets[0][c] + (i * s->p->slots)] = (c < s->channels) ? from[(i * pitch) + c] : 0;
    }
  }
}

static void stage_padding(const rv_depthwise_planes *s, int32_t count, int8_t *to) {
  for (int32_t i = 0; i < count; i++) {
    for (int32_t c = 0; c < RV_DEPTHWISE_GROUP; c++) {
      to[s->offsets[0][c] + (i * s->p->slots)] = s->p->conv.inputZeroPoint;
    }
  }
}

static void clear(int8_t *to, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    to[i] = 0;
  }
}

#endif

void rv_depthwise_stage(rv_depthwise_planes *s, int32_t end) {
  for (; s->staged < end; s->staged++) {
    const int32_t y = s->first + s->staged;
    int8_t *to = s->planes + s->staged;
    if ((y < 0) || (y >= s->in->height)) {
      stage_padding(s, s->columns, to);
    } else {
      stage_padding(s, s->left, to);
      if (s->inside > 0) {
        stage_pixels(s, rv_pixel(s->in, y, s->x) + s->channel, s->in->pixelPitch, s->inside,
                     to + (s->left * s->p->slots));
      }
      stage_padding(s, s->right, to + ((s->columns - s->right) * s->p->slots));
    }
  }
}

void rv_depthwise_planes_init(rv_depthwise_planes *s, const rv_depthwise_mve_params *p,
                              const rv_view *in, const rv_window *w, int evenFirst,
                              int8_t *scratch) {
  const rv_conv_params *conv = &p->conv;
  const int32_t left = (w->x * conv->strideW) - conv->padLeft;
  s->p = p;
  s->in = in;
  s->planes = scratch;
  s->columns = ((w->cols - 1) * conv->strideW) + ((conv->kernelW - 1) * conv->dilationW) + 1;
  s->left = rv_clamp(-left, 0, s->columns);
  s->x = left + s->left;
  s->inside = rv_clamp(in->width - s->x, 0, s->columns - s->left);
  s->right = s->columns - s->left - s->inside;
  s->first = (w->y * conv->strideH) - conv->padTop;
  s->kernelRows = ((conv->kernelH - 1) * conv->dilationH) + 1;
  const int32_t stagedRows = ((w->rows - 1) * conv->strideH) + s->kernelRows;
  s->planePitch = ((s->columns - 1) * p->slots) + stagedRows;
  for (int32_t c = 0; c < RV_DEPTHWISE_GROUP; c++) {
    const int32_t plane = evenFirst ? ((c >> 1) + ((c & 1) * (RV_DEPTHWISE_GROUP / 2))) : c;
    for (int32_t column = 0; column < 4; column++) {
      s->offsets[column][c] = (uint16_t)((plane * s->planePitch) + (column * p->slots));
    }
  }
  /* What is read without being staged: all that lies between columns of few rows, and what follows
   * the planes. */
  const int32_t planes = RV_DEPTHWISE_GROUP * s->planePitch;
  const int32_t begin = (stagedRows < p->slots) ? 0 : planes;
  clear(scratch + begin, ((planes + RV_DEPTHWISE_OVERREAD + 3) & ~3) - begin);
}
