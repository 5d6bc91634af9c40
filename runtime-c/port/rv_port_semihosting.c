/**
 * @file rv_port_semihosting.c
 * @brief The port on a Cortex-M under a debugger or QEMU: Arm semihosting ("Semihosting for AArch32
 * and AArch64", Arm 100863), and the painted stack.
 */
#include "rv_port.h"

/* Operation numbers and mode of the semihosting specification, sections 4 and 5. */
enum {
  SYS_OPEN = 0x01,
  SYS_CLOSE = 0x02,
  SYS_WRITE0 = 0x04,
  SYS_WRITE = 0x05,
  SYS_READ = 0x06,
  SYS_EXIT_EXTENDED = 0x20,
  OPEN_MODE_RB = 1,
  OPEN_MODE_WB = 5,
  ADP_STOPPED_APPLICATION_EXIT = 0x20026
};

/* Linker script: lowest address of the stack. */
extern uint32_t rv_port_stack_limit[];

#define STACK_PAINT 0xC5A5C5A5u

static int32_t semihost(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm("r0") = operation;
  register const void *r1 __asm("r1") = argument;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return (int32_t)r0;
}

rv_port_file rv_port_open(const char *name, int forWriting) {
  uint32_t length = 0;
  while (name[length] != '\0') {
    length++;
  }
  const struct {
    const char *name;
    uint32_t mode;
    uint32_t length;
  } block = {name, forWriting ? OPEN_MODE_WB : OPEN_MODE_RB, length};
  return semihost(SYS_OPEN, &block);
}

/* SYS_READ and SYS_WRITE share their block; both return the number of bytes NOT transferred. */
static int transfer(uint32_t operation, rv_port_file file, const void *memory, size_t bytes) {
  const struct {
    int32_t file;
    const void *memory;
    uint32_t bytes;
  } block = {file, memory, (uint32_t)bytes};
  return (semihost(operation, &block) == 0) ? 0 : -1;
}

int rv_port_read(rv_port_file file, void *to, size_t bytes) {
  return transfer(SYS_READ, file, to, bytes);
}

int rv_port_write(rv_port_file file, const void *from, size_t bytes) {
  return transfer(SYS_WRITE, file, from, bytes);
}

void rv_port_close(rv_port_file file) {
  (void)semihost(SYS_CLOSE, &file);
}

void rv_port_print(const char *text) {
  (void)semihost(SYS_WRITE0, text);
}

void rv_port_exit(int code) {
  const uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)code};
  (void)semihost(SYS_EXIT_EXTENDED, block);
  for (;;) {
  }
}

/*
 * Nothing lives below the stack pointer of the function that runs (AAPCS has no red zone, and no
 * interrupt is enabled), so the paint may reach up to it.
 */
__attribute__((noinline)) uint32_t rv_port_measure(void (*function)(void *), void *argument) {
  uint32_t *top;
  __asm volatile("mov %0, sp" : "=r"(top));
  for (volatile uint32_t *p = rv_port_stack_limit; p < top; p++) {
    *p = STACK_PAINT;
  }
  RV_PORT_MARK_BEGIN();
  function(argument);
  RV_PORT_MARK_END();
  const volatile uint32_t *p = rv_port_stack_limit;
  while ((p < top) && (*p == STACK_PAINT)) {
    p++;
  }
  return (uint32_t)((uintptr_t)top - (uintptr_t)p);
}
