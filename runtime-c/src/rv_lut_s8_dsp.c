/** @file rv_lut_s8_dsp.c Elementwise function of one tensor by table: four codes a word. */
#include "rv_dsp.h"
#include "rv_kernels_dsp.h"

/** `table` begins with code -128. */
static void look_up(const uint8_t *table, const int8_t *in, int8_t *out, int32_t n) {
  for (; n >= 4; n -= 4) {
    const uint32_t x = rv_load32(in) ^ 0x80808080u;
    const uint32_t low = table[x & 0xFFu] | ((uint32_t)table[(x >> 8) & 0xFFu] << 8);
    const uint32_t high = table[(x >> 16) & 0xFFu] | ((uint32_t)table[x >> 24] << 8);
    rv_store32(out, low | (high << 16));
    in += 4;
    out += 4;
  }
  for (; n > 0; n--) {
    *out++ = (int8_t)table[(uint8_t)*in++ ^ 0x80u];
  }
}

void rv_lut_s8_dsp(const rv_lut_params *p, const rv_view *in, const rv_view *out,
                   const rv_window *w, void *scratch) {
  (void)scratch;
  const uint8_t *table = (const uint8_t *)p->table;
  const int dense = (in->pixelPitch == p->channels) && (out->pixelPitch == p->channels);
  const int32_t runs = dense ? 1 : w->cols;
  const int32_t length = dense ? w->cols * p->channels : p->channels;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *from = rv_pixel(in, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t i = 0; i < runs; i++) {
      look_up(table, from, to, length);
      from += in->pixelPitch;
      to += out->pixelPitch;
    }
  }
}
