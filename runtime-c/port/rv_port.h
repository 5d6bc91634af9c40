/**
 * @file rv_port.h
 * @brief What the validation program needs from the machine below it: files, text, an exit code, a
 * stack meter and markers for the QEMU plugins. One implementation for a host (rv_port_host.c), one
 * for a Cortex-M with semihosting (rv_port_semihosting.c with rv_port_startup.c).
 *
 * Nothing here is part of an emitted network.
 */
#ifndef RV_PORT_H
#define RV_PORT_H

#include <stddef.h>
#include <stdint.h>

/** @brief An open file; negative: it could not be opened. */
typedef int32_t rv_port_file;

/** @brief Opens a file of the working directory, binary. @param forWriting 1 truncates and writes,
 * 0 reads. */
rv_port_file rv_port_open(const char *name, int forWriting);

/** @brief Reads exactly `bytes`. @return 0, or -1 where the file ends before. */
int rv_port_read(rv_port_file file, void *to, size_t bytes);

/** @brief Writes exactly `bytes`. @return 0, or -1. */
int rv_port_write(rv_port_file file, const void *from, size_t bytes);

/** @brief Closes the file; what was written is then on disk. */
void rv_port_close(rv_port_file file);

/** @brief Writes text to standard error. */
void rv_port_print(const char *text);

/** @brief Ends the program with an exit code. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void rv_port_exit(int code);

/**
 * @brief Calls function(argument) between the plugin's markers, over a freshly painted stack.
 * @return Bytes of stack that the call touched, its return address included; 0 on a host.
 */
uint32_t rv_port_measure(void (*function)(void *), void *argument);

/*
 * Markers are reserved 16-bit hints: they execute as NOP on every Cortex-M and are seen by the
 * plugins of runtime-c/port/qemu.
 */
#if defined(__arm__)
#define RV_PORT_MARK_BEGIN() __asm volatile(".inst.n 0xbfe0" ::: "memory")
#define RV_PORT_MARK_END() __asm volatile(".inst.n 0xbff0" ::: "memory")
#else
#define RV_PORT_MARK_BEGIN() ((void)0)
#define RV_PORT_MARK_END() ((void)0)
#endif

#endif /* RV_PORT_H */
