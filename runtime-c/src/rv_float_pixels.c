/** @file rv_float_pixels.c float32 arithmetic on each pixel, plain C. */
#include <string.h>

#include "rv_kernels_float.h"

#ifdef __FAST_MATH__
#error "float tails need IEEE arithmetic: compile rv_float_pixels.c without -ffast-math"
#endif

static inline float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/** High word of a product. */
static inline uint32_t high(uint32_t a, uint32_t b) {
  return (uint32_t)(((uint64_t)a * b) >> 32);
}

/**
 * e^x in integers: x * log2(e) is k + f / 2^32, and (2^f - 1) / f a polynomial in f
 * (compiler/numerics/float-exp.ts).
 */
RV_NOINLINE static float float_exp(float x) {
  if (!(x > -87.336f)) {
    return 0.0f;
  }
  const float most = 88.722f;
  /* Exact: a power of two. */
  const int32_t t = (int32_t)(((x < most) ? x : most) * 16777216.0f);
  const int64_t y = (int64_t)t * 1549082005;
  const int32_t k = (int32_t)(y >> 54);
  const uint32_t f = (uint32_t)((uint64_t)y >> 22);
  uint32_t q = 894123u;
  q = 5451244u + high(q, f);
  q = 41455862u + high(q, f);
  q = 238353606u + high(q, f);
  q = 1031767986u + high(q, f);
  q = 2977044430u + high(q, f);
  const uint32_t mantissa = (high(q, f) + 256u) >> 9;
  return float_of(((uint32_t)(k + 127) << 23) + mantissa);
}

/** Steps that read the inputs or the constants. */
static void load(const rv_float_pixels_params *p, const rv_float_step *s, float *r,
                 const rv_view *in, int32_t y, int32_t x) {
  float *to = r + s->to;
  const int32_t n = s->count;
  if (s->kind == RV_FLOAT_CONSTANT) {
    memcpy(to, p->constants + s->offset + (y * s->rowStep) + (x * s->pixelStep),
           (size_t)n * sizeof *to);
    return;
  }
  const int8_t *from = rv_pixel(&in[s->input], y, x);
  if (s->kind == RV_FLOAT_LOAD_F32) {
    memcpy(to, from + (4 * (int32_t)s->a), (size_t)n * sizeof *to);
    return;
  }
  const float scale = float_of(s->scale);
  for (int32_t i = 0; i < n; i++) {
    to[i] = (float)(from[s->a + i] - s->zeroPoint) * scale;
  }
}

static inline float magnitude(float v) {
  uint32_t bits;
  memcpy(&bits, &v, sizeof bits);
  return float_of(bits & 0x7FFFFFFFu);
}

static void unary(const rv_float_step *s, float *r) {
  const float *a = r + s->a;
  float *to = r + s->to;
  for (const float *end = to + s->count; to != end; a += s->stepA) {
    if (s->kind == RV_FLOAT_EXP) {
      *to++ = float_exp(*a);
    } else {
      *to++ = (s->kind == RV_FLOAT_ABS) ? magnitude(*a) : *a;
    }
  }
}

static void binary(const rv_float_step *s, float *r) {
  const float *a = r + s->a;
  const float *b = r + s->b;
  float *to = r + s->to;
  const float *end = to + s->count;
  const int32_t stepA = s->stepA;
  const int32_t stepB = s->stepB;
  switch (s->kind) {
    case RV_FLOAT_ADD:
      for (; to != end; a += stepA, b += stepB) {
        *to++ = *a + *b;
      }
      break;
    case RV_FLOAT_SUB:
      for (; to != end; a += stepA, b += stepB) {
        *to++ = *a - *b;
      }
      break;
    case RV_FLOAT_MUL:
      for (; to != end; a += stepA, b += stepB) {
        *to++ = *a * *b;
      }
      break;
    case RV_FLOAT_DIV:
      for (; to != end; a += stepA, b += stepB) {
        *to++ = *a / *b;
      }
      break;
    case RV_FLOAT_MIN:
      for (; to != end; a += stepA, b += stepB) {
        *to++ = (*b < *a) ? *b : *a;
      }
      break;
    default:
      for (; to != end; a += stepA, b += stepB) {
        *to++ = (*a < *b) ? *b : *a;
      }
      break;
  }
}

static void reduce(const rv_float_step *s, float *r) {
  const float *a = r + s->a;
  float value = a[0];
  for (int32_t i = 1; i < s->count; i++) {
    if (s->kind == RV_FLOAT_REDUCE_SUM) {
      value = value + a[i];
    } else {
      value = (value < a[i]) ? a[i] : value;
    }
  }
  r[s->to] = value;
}

/** NaN of any sign and payload becomes one. */
static void store(const float *r, int8_t *out, int32_t n) {
  for (int32_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, &r[i], sizeof bits);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) {
      bits = 0x7FC00000u;
    }
    memcpy(out + ((ptrdiff_t)4 * i), &bits, sizeof bits);
  }
}

void rv_float_pixels(const rv_float_pixels_params *p, const rv_view *in, const rv_view *out,
                     const rv_window *w, void *scratch) {
  float *r = (float *)scratch;
  const rv_float_step *end = p->steps + p->stepCount;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      for (const rv_float_step *s = p->steps; s != end; s++) {
        if (s->kind <= RV_FLOAT_CONSTANT) {
          load(p, s, r, in, y, x);
        } else if (s->kind <= RV_FLOAT_EXP) {
          unary(s, r);
        } else if (s->kind <= RV_FLOAT_MAX) {
          binary(s, r);
        } else {
          reduce(s, r);
        }
      }
      store(r + p->result, rv_pixel(out, y, x), p->count);
    }
  }
}
