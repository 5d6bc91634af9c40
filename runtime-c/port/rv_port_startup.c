/**
 * @file rv_port_startup.c
 * @brief Vector table, reset and faults of a Cortex-M that runs the validation program. No C
 * library start-up, no heap, no interrupt. The harness calls nothing of the C library, so that what
 * is linked of it is the network's.
 */
#include "rv_port.h"

int main(void);

/* Linker script. Two pairs of data and bss: the network's, inside the board's SRAM, and the
 * harness's, outside. */
extern uint8_t rv_port_stack_top[];
extern const uint8_t rv_port_data_load[], rv_port_harness_data_load[];
extern uint8_t rv_port_data_start[], rv_port_data_end[], rv_port_bss_start[], rv_port_bss_end[];
extern uint8_t rv_port_harness_data_start[], rv_port_harness_data_end[];
extern uint8_t rv_port_harness_bss_start[], rv_port_harness_bss_end[];

#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CCR (*(volatile uint32_t *)0xE000ED14u)
#define CCR_LOB (1u << 19) /* low-overhead loops, Armv8.1-M */

static void copy(uint8_t *to, const uint8_t *end, const uint8_t *from) {
  while (to < end) {
    *to++ = *from++;
  }
}

static void clear(uint8_t *to, const uint8_t *end) {
  while (to < end) {
    *to++ = 0;
  }
}

void rv_port_reset(void);
void rv_port_reset(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  CPACR |= 0xFu << 20;
  __asm volatile("dsb\n isb" ::: "memory");
#endif
#if defined(__ARM_FEATURE_MVE)
  CCR |= CCR_LOB;
  __asm volatile("dsb\n isb" ::: "memory");
#endif
  copy(rv_port_data_start, rv_port_data_end, rv_port_data_load);
  copy(rv_port_harness_data_start, rv_port_harness_data_end, rv_port_harness_data_load);
  clear(rv_port_bss_start, rv_port_bss_end);
  clear(rv_port_harness_bss_start, rv_port_harness_bss_end);
  rv_port_exit(main());
}

static void fault(void) {
  rv_port_print("rivulet: the processor took a fault\n");
  rv_port_exit(99);
}

/* Armv8-M checks nothing here: the hardware loads SP and PC from the first two words. */
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    rv_port_stack_top,
    (const void *)rv_port_reset,
    (const void *)fault,
    (const void *)fault,
    (const void *)fault,
    (const void *)fault,
    (const void *)fault,
    (const void *)fault,
    NULL,
    NULL,
    NULL,
    (const void *)fault,
    (const void *)fault,
    NULL,
    (const void *)fault,
    (const void *)fault};
