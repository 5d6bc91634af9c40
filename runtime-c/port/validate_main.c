/**
 * @file validate_main.c
 * @brief Runs a generated network on inputs from a file and writes what it did to files, on a host
 * or on a Cortex-M with semihosting. `rivulet validate` builds it together with the emitted package
 * and compares.
 *
 * rv_validate_net.h, written for each network, binds the names: RV_NET_ARENA_BYTES, RV_NET_INIT,
 * RV_NET_RUN, RV_NET_INPUTS and RV_NET_OUTPUTS (initialisers of rv_validate_io), RV_NET_STEPS,
 * RV_NET_HOOK, rv_net_input and rv_net_output. A network whose image is pushed row by row has
 * RV_NET_BEGIN, RV_NET_PUSH_ROWS and RV_NET_STREAMED (the input's position) instead of RV_NET_RUN:
 * run 0 pushes the image at once, the others a row at a time.
 *
 * Files of the working directory:
 *   inputs.bin   uint32 number of runs, then for each run its inputs, dense HWC
 *   outputs.bin  for each run its outputs, dense HWC
 *   arena.bin    guard, arena, guard after run 0 and after run 1, which start from complementary
 * paints of the arena result.bin   uint32 stack bytes touched at most, uint32 1 where the guards
 * held in all runs layers.bin   with RV_VALIDATE_LAYERS: for each kernel call of run 0 a
 * rv_validate_call and its output window
 */
#include "rv_port.h"

/** @brief Size and place of a network input or output, in bytes. */
typedef struct {
  uint32_t height, width;
  uint32_t pixelBytes; /**< Channels times element size. */
  uint32_t rowPitch, pixelPitch;
} rv_validate_io;

#include "rv_validate_net.h"

#define GUARD_BYTES 64u
#define GUARD_PAINT 0x3Cu
#define PAINT 0x5Au /* of run 0; its complement in run 1 */

#if defined(__arm__)
#define ARENA_SECTION __attribute__((section(".bss.rivulet_arena"), aligned(64)))
#else
#define ARENA_SECTION __attribute__((aligned(64)))
#endif

_Static_assert(RV_NET_ARENA_ALIGN <= GUARD_BYTES, "the guard in front keeps the arena aligned");

/* Symbols that the access plugin's caller looks up in the ELF file. */
extern uint8_t rv_validate_memory[];
extern volatile uint8_t rv_validate_steps[];
uint8_t rv_validate_memory[GUARD_BYTES + RV_NET_ARENA_BYTES + GUARD_BYTES] ARENA_SECTION;
volatile uint8_t rv_validate_steps[RV_NET_STEPS +
                                   1]; /* a store to byte i: step i begins; to the last: it ended */

static uint8_t *const arena = rv_validate_memory + GUARD_BYTES;

static const rv_validate_io inputs[] = RV_NET_INPUTS;
static const rv_validate_io outputs[] = RV_NET_OUTPUTS;

static void fail(const char *what) {
  rv_port_print("rivulet validate: ");
  rv_port_print(what);
  rv_port_print("\n");
  rv_port_exit(98);
}

static rv_port_file open_file(const char *name, int forWriting) {
  const rv_port_file file = rv_port_open(name, forWriting);
  if (file < 0) {
    fail(name);
  }
  return file;
}

static void read_all(rv_port_file file, void *to, size_t bytes) {
  if (rv_port_read(file, to, bytes) != 0) {
    fail("inputs.bin ends too early");
  }
}

static void write_all(rv_port_file file, const void *from, size_t bytes) {
  if (rv_port_write(file, from, bytes) != 0) {
    fail("a result file cannot be written");
  }
}

/* One transfer for the tensor, a row or a pixel: the largest piece that is dense in memory. */
static void transfer(rv_port_file file, uint8_t *memory, const rv_validate_io *io, int write) {
  const uint32_t rowBytes = io->width * io->pixelBytes;
  const int denseRows = io->pixelPitch == io->pixelBytes;
  const int dense = denseRows && (io->rowPitch == rowBytes);
  const uint32_t rows = dense ? 1 : io->height;
  const uint32_t pieces = denseRows ? 1 : io->width;
  const uint32_t bytes = dense ? io->height * rowBytes : denseRows ? rowBytes : io->pixelBytes;
  for (uint32_t y = 0; y < rows; y++) {
    for (uint32_t x = 0; x < pieces; x++) {
      uint8_t *at = memory + (size_t)y * io->rowPitch + (size_t)x * io->pixelPitch;
      if (write) {
        write_all(file, at, bytes);
      } else {
        read_all(file, at, bytes);
      }
    }
  }
}

static void fill(uint8_t *to, uint8_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    to[i] = value;
  }
}

static int guards_hold(void) {
  for (uint32_t i = 0; i < GUARD_BYTES; i++) {
    if ((rv_validate_memory[i] != GUARD_PAINT) || (arena[RV_NET_ARENA_BYTES + i] != GUARD_PAINT)) {
      return 0;
    }
  }
  return 1;
}

#if defined(RV_VALIDATE_LAYERS)

/** @brief What a record of layers.bin holds: rows x cols pixels of pixelBytes follow it. */
typedef struct {
  int32_t step, y, rows, x, cols, pixelBytes;
} rv_validate_call;

static rv_port_file layers;
static int layersOpen;

void RV_NET_HOOK(int32_t step, int32_t phase, const rv_view *output, const rv_window *window,
                 int32_t pixelBytes) {
  if ((phase == 1) && layersOpen) {
    const rv_validate_call call = {step,      window->y,    window->rows,
                                   window->x, window->cols, pixelBytes};
    write_all(layers, &call, sizeof call);
    for (int32_t y = window->y; y < window->y + window->rows; y++) {
      uint8_t *row = (uint8_t *)rv_out_row(output, y) +
                     (ptrdiff_t)(window->x - output->originX) * output->pixelPitch;
      const rv_validate_io rowIo = {1, (uint32_t)window->cols, (uint32_t)pixelBytes, 0,
                                    (uint32_t)output->pixelPitch};
      transfer(layers, row, &rowIo, 1);
    }
  }
}

#elif defined(RV_VALIDATE_ACCESS)

void RV_NET_HOOK(int32_t step, int32_t phase, const rv_view *output, const rv_window *window,
                 int32_t pixelBytes) {
  (void)output;
  (void)window;
  (void)pixelBytes;
  rv_validate_steps[(phase == 0) ? step : RV_NET_STEPS] = 1;
}

#endif

#if defined(RV_NET_STREAMED)

/* The camera: outside the board's SRAM. */
static int8_t image[RV_NET_STREAMED_BYTES];
static int32_t rowsPerPush;

static void run(void *memory) {
  const rv_validate_io *io = &inputs[RV_NET_STREAMED];
  const int32_t height = (int32_t)io->height;
  RV_NET_BEGIN(memory);
  for (int32_t y = 0; y < height; y += rowsPerPush) {
    if (RV_NET_PUSH_ROWS(memory, image + (size_t)y * io->rowPitch, rowsPerPush) != rowsPerPush) {
      fail("a row was not taken");
    }
  }
}

static void *input_memory(int index) {
  return (index == RV_NET_STREAMED) ? (void *)image : rv_net_input(arena, index);
}

#else

static void run(void *memory) {
  RV_NET_RUN(memory);
}

static void *input_memory(int index) {
  return rv_net_input(arena, index);
}

#endif

int main(void) {
  uint32_t runs;
  uint32_t result[2] = {0, 1};
  const rv_port_file in = open_file("inputs.bin", 0);
  const rv_port_file out = open_file("outputs.bin", 1);
  const rv_port_file dump = open_file("arena.bin", 1);
#if defined(RV_VALIDATE_LAYERS)
  layers = open_file("layers.bin", 1);
#endif
  read_all(in, &runs, sizeof runs);
  fill(rv_validate_memory, GUARD_PAINT, sizeof rv_validate_memory);
  for (uint32_t k = 0; k < runs; k++) {
    if (k < 2) {
      fill(arena, (k == 0) ? PAINT : (uint8_t)~PAINT, RV_NET_ARENA_BYTES);
      RV_NET_INIT(arena);
    }
    for (int i = 0; i < (int)(sizeof inputs / sizeof inputs[0]); i++) {
      transfer(in, (uint8_t *)input_memory(i), &inputs[i], 0);
    }
#if defined(RV_VALIDATE_LAYERS)
    layersOpen = (k == 0);
#endif
#if defined(RV_NET_STREAMED)
    rowsPerPush = (k == 0) ? (int32_t)inputs[RV_NET_STREAMED].height : 1;
#endif
    const uint32_t stackBytes = rv_port_measure(run, arena);
    result[0] = (stackBytes > result[0]) ? stackBytes : result[0];
    result[1] &= (uint32_t)guards_hold();
    for (int i = 0; i < (int)(sizeof outputs / sizeof outputs[0]); i++) {
      transfer(out, (uint8_t *)(uintptr_t)rv_net_output(arena, i), &outputs[i], 1);
    }
    if (k < 2) {
      write_all(dump, rv_validate_memory, sizeof rv_validate_memory);
    }
  }
#if defined(RV_VALIDATE_LAYERS)
  rv_port_close(layers);
#endif
  rv_port_close(out);
  rv_port_close(dump);
  const rv_port_file summary = open_file("result.bin", 1);
  write_all(summary, result, sizeof result);
  rv_port_close(summary);
  return 0;
}
