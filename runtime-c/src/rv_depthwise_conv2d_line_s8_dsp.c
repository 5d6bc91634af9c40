/**
 * @file rv_depthwise_conv2d_line_s8_dsp.c
 * @brief Depthwise convolution of a sequence (k x 1 over one column, or 1 x k over one row) for the
 * DSP extension.
 *
 * Four channels at a time, a chunk of the sequence is staged in scratch as int16 less the input
 * zero point, so that padding is zero: [channel][position]. Taps come in pairs; where the stride is
 * 1, four outputs of a channel share them.
 */
#include "rv_dsp.h"
#include "rv_kernels_dsp.h"

enum {
  GROUP = 4, /**< Channels staged together. */
  CHUNK = 8, /**< Outputs of a chunk at most; CHUNK * stride is a multiple of 4. */
  BLOCK = 4  /**< Outputs computed together. */
};

/** A call. Positions are rows or columns, whichever the sequence has. */
typedef struct {
  const rv_conv_params *p;
  const rv_view *in;
  int16_t *staged;
  int32_t capacity; /**< Positions staged of a channel. */
  int32_t taps;     /**< Rounded up to 4. */
  int32_t stride;
  int32_t end;     /**< Of the positions that the call reads. */
  ptrdiff_t pitch; /**< Bytes from one to the next; */
  int32_t ring;    /**< after as many it is the first one's place again, 0: never. */
  int32_t origin;  /**< Position of the input view's first pixel. */
  uint32_t offset; /**< Minus the input zero point, twice. */
  uint32_t zeroPoints;
  rv_rounder rounder;
  int32_t fast; /**< 1: fixed rounding without left shift and clamps but int8's own. */
} sequence;

static inline int32_t multiply_pairs(uint32_t x, uint32_t w, int32_t sum) {
#if RV_DSP
  int32_t acc;
  __asm("smlad %0, %1, %2, %3" : "=r"(acc) : "r"(x), "r"(w), "r"(sum));
  return acc;
#else
  return sum + (rv_low(x) * rv_low(w)) + (rv_high(x) * rv_high(w));
#endif
}

/** (high of x) * (low of w) + (low of next) * (high of w): the pair one position further. */
static inline int32_t multiply_odd(uint32_t x, uint32_t next, uint32_t w, int32_t sum) {
#if RV_DSP
  int32_t acc;
  __asm("smlatb %0, %1, %3, %4\n\tsmlabt %0, %2, %3, %0"
        : "=&r"(acc)
        : "r"(x), "r"(next), "r"(w), "r"(sum));
  return acc;
#else
  return sum + (rv_high(x) * rv_low(w)) + (rv_low(next) * rv_high(w));
#endif
}

/** Four channels of position `at`: the last group may have fewer. */
RV_NOINLINE static uint32_t pixel(const sequence *s, int32_t at, int32_t channel,
                                  int32_t channels) {
  if ((at < 0) || (at >= s->end)) {
    return s->zeroPoints;
  }
  const int32_t place = (s->ring > 0) ? at % s->ring : at - s->origin;
  const int8_t *x = s->in->data + (place * s->pitch) + channel;
  return (channels == GROUP) ? rv_load32(x) : rv_load_tail(x, channels);
}

/** Stages positions from `at` on in [first, capacity), multiples of 4. */
RV_NOINLINE static void stage(const sequence *s, int32_t at, int32_t first, int32_t channel,
                              int32_t channels) {
  int16_t *to = s->staged + first;
  const int32_t capacity = s->capacity;
  const int32_t simple = (channels == GROUP) && (s->ring == 0);
  const uint32_t offset = s->offset;
  const ptrdiff_t pitch = s->pitch;
  const int8_t *from = s->in->data + ((at - s->origin) * pitch) + channel;
  for (int32_t i = first; i < capacity; i += 4) {
    uint32_t x[4];
    if ((simple != 0) && (at >= 0) && (at + 4 <= s->end)) {
      x[0] = rv_load32(from);
      x[1] = rv_load32(from + pitch);
      x[2] = rv_load32(from + (2 * pitch));
      x[3] = rv_load32(from + (3 * pitch));
    } else {
      for (int32_t k = 0; k < 4; k++) {
        x[k] = pixel(s, at + k, channel, channels);
      }
    }
    const uint32_t even0 = rv_add_even_bytes(offset, x[0]);
    const uint32_t even1 = rv_add_even_bytes(offset, x[1]);
    const uint32_t even2 = rv_add_even_bytes(offset, x[2]);
    const uint32_t even3 = rv_add_even_bytes(offset, x[3]);
    rv_store32(to, rv_low_low(even0, even1));
    rv_store32(to + 2, rv_low_low(even2, even3));
    rv_store32(to + (2 * capacity), rv_high_high(even0, even1));
    rv_store32(to + (2 * capacity) + 2, rv_high_high(even2, even3));
    const uint32_t odd0 = rv_add_odd_bytes(offset, x[0]);
    const uint32_t odd1 = rv_add_odd_bytes(offset, x[1]);
    const uint32_t odd2 = rv_add_odd_bytes(offset, x[2]);
    const uint32_t odd3 = rv_add_odd_bytes(offset, x[3]);
    rv_store32(to + capacity, rv_low_low(odd0, odd1));
    rv_store32(to + capacity + 2, rv_low_low(odd2, odd3));
    rv_store32(to + (3 * capacity), rv_high_high(odd0, odd1));
    rv_store32(to + (3 * capacity) + 2, rv_high_high(odd2, odd3));
    at += 4;
    from += 4 * pitch;
    to += 4;
  }
}

/** The positions from `from` on, a multiple of 4, move to the beginning. Returns their end. */
RV_NOINLINE static int32_t keep(const sequence *s, int32_t from) {
  for (int32_t c = 0; c < GROUP; c++) {
    int16_t *channel = s->staged + (c * s->capacity);
    for (int32_t i = from; i < s->capacity; i += 4) {
      rv_store32(channel + i - from, rv_load32(channel + i));
      rv_store32(channel + i - from + 2, rv_load32(channel + i + 2));
    }
  }
  return s->capacity - from;
}

/** An output of channel c, however it is rounded. */
RV_NOINLINE static int8_t round_any(const sequence *s, int32_t acc, int32_t c) {
  return rv_requantise_channel(acc, &s->p->requant, c, s->rounder);
}

/** Writes `n` outputs of channel c, `pitch` bytes apart. */
static inline void write(const sequence *s, const int32_t *acc, int32_t n, int32_t c, int8_t *to,
                         ptrdiff_t pitch) {
  if (s->fast == 0) {
    for (int32_t i = 0; i < n; i++) {
      *to = round_any(s, acc[i], c);
      to += pitch;
    }
    return;
  }
  /* By value: int8_t stores may alias any structure in memory. */
  const int32_t multiplier = s->p->requant.multiplier[c];
  const int32_t addend = s->rounder.addend;
  const int32_t shift = s->rounder.shift;
  for (int32_t i = 0; i < n; i++) {
    *to = (int8_t)rv_saturate((rv_multiply_high(acc[i], multiplier) + addend) >> shift);
    to += pitch;
  }
}

/** Four outputs of channel c whose first taps are at x, the stride being 1. */
RV_NOINLINE static void compute_block(const sequence *s, const int16_t *x, const uint32_t *weights,
                                      int32_t c, int8_t *to, ptrdiff_t pitch) {
  int32_t acc[BLOCK];
  int32_t a = s->p->bias[c];
  int32_t b = a;
  int32_t d = a;
  int32_t e = a;
  uint32_t x0 = rv_load32(x);
  uint32_t x1 = rv_load32(x + 2);
  for (int32_t k = s->taps; k > 0; k -= 4) {
    const uint32_t word = *weights;
    const uint32_t first = rv_even_bytes(word);
    const uint32_t second = rv_odd_bytes(word);
    const uint32_t x2 = rv_load32(x + 4);
    a = multiply_pairs(x0, first, a);
    b = multiply_odd(x0, x1, first, b);
    d = multiply_pairs(x1, first, d);
    e = multiply_odd(x1, x2, first, e);
    const uint32_t x3 = rv_load32(x + 6);
    a = multiply_pairs(x1, second, a);
    b = multiply_odd(x1, x2, second, b);
    d = multiply_pairs(x2, second, d);
    e = multiply_odd(x2, x3, second, e);
    x0 = x2;
    x1 = x3;
    x += 4;
    weights++;
  }
  acc[0] = a;
  acc[1] = b;
  acc[2] = d;
  acc[3] = e;
  write(s, acc, BLOCK, c, to, pitch);
}

/** One output. */
RV_NOINLINE static void compute_one(const sequence *s, const int16_t *x, const uint32_t *weights,
                                    int32_t c, int8_t *to) {
  int32_t acc = s->p->bias[c];
  for (int32_t k = s->taps; k > 0; k -= 4) {
    const uint32_t word = *weights;
    acc = multiply_pairs(rv_load32(x), rv_even_bytes(word), acc);
    acc = multiply_pairs(rv_load32(x + 2), rv_odd_bytes(word), acc);
    x += 4;
    weights++;
  }
  write(s, &acc, 1, c, to, 0);
}

/** `n` outputs of the channels that are staged, from window `from` on; out[0] is channel `channel`.
 */
RV_NOINLINE static void compute(const sequence *s, int32_t from, int32_t n, int32_t channel,
                                int32_t channels, const uint32_t *weights, int8_t *out,
                                ptrdiff_t pitch) {
  for (int32_t c = 0; c < channels; c++) {
    const int16_t *x = s->staged + (c * s->capacity) + (from * s->stride);
    int8_t *to = out + c;
    int32_t left = n;
    if (s->stride == 1) {
      for (; left >= BLOCK; left -= BLOCK) {
        compute_block(s, x, weights, channel + c, to, pitch);
        x += BLOCK;
        to += BLOCK * pitch;
      }
    }
    for (; left > 0; left--) {
      compute_one(s, x, weights, channel + c, to);
      x += s->stride;
      to += pitch;
    }
    weights += s->taps / 4;
  }
}

void rv_depthwise_conv2d_line_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                     const rv_window *w, void *scratch) {
  const int down = (p->kernelW == 1) && (in->width == 1) && (out->width == 1);
  const int32_t kernel = down ? p->kernelH : p->kernelW;
  const int32_t outputs = down ? w->rows : w->cols;
  const int32_t start = down ? (w->y * p->strideH) - p->padTop : (w->x * p->strideW) - p->padLeft;
  const ptrdiff_t outPitch = down ? (ptrdiff_t)out->rowPitch : (ptrdiff_t)out->pixelPitch;
  sequence s;
  s.p = p;
  s.in = in;
  s.staged = (int16_t *)scratch;
  s.taps = (kernel + 3) & ~3;
  s.stride = down ? p->strideH : p->strideW;
  s.capacity = (((rv_min(outputs, CHUNK) - 1) * s.stride) + s.taps + 4) & ~3;
  s.end = rv_min(down ? in->height : in->width, start + ((outputs - 1) * s.stride) + kernel);
  s.pitch = down ? (ptrdiff_t)in->rowPitch : (ptrdiff_t)in->pixelPitch;
  s.ring = down ? in->ringRows : 0;
  s.origin = down ? in->originY : in->originX;
  s.offset = rv_minus_twice(p->inputZeroPoint);
  s.zeroPoints = (uint8_t)p->inputZeroPoint * 0x01010101u;
  s.rounder = rv_channel_rounder(&p->requant);
  s.fast = (p->requant.rounding == RV_ROUND_FIXED) && (p->requant.leftShift == 0) &&
           !rv_clamps_within(&p->requant);
  const uint32_t *weights = (const uint32_t *)p->weights;
  for (int32_t channel = 0; channel < p->inChannels; channel += GROUP) {
    const int32_t channels = rv_min(GROUP, p->inChannels - channel);
    int32_t at = start;
    int32_t kept = 0;
    for (int32_t done = 0; done < outputs; done += CHUNK) {
      stage(&s, at + kept, kept, channel, channels);
      /* A ring of output rows may end within the chunk. */
      const int32_t end = rv_min(done + CHUNK, outputs);
      int32_t n = 0;
      for (int32_t i = done; i < end; i += n) {
        n = end - i;
        if (down && (out->ringRows > 0)) {
          n = rv_min(n, out->ringRows - ((w->y + i) % out->ringRows));
        }
        int8_t *to = down ? rv_pixel(out, w->y + i, w->x) : rv_pixel(out, w->y, w->x + i);
        compute(&s, i - done, n, channel, channels, weights, to + channel, outPitch);
      }
      if (end < outputs) {
        kept = keep(&s, CHUNK * s.stride);
        at += CHUNK * s.stride;
      }
    }
    weights += channels * (s.taps / 4);
  }
}
