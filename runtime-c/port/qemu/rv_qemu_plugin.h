/**
 * @file rv_qemu_plugin.h
 * @brief The part of QEMU's TCG plugin interface, version 1 (QEMU 4.2 to 8.x), that the plugins
 * here use. Linux distributions ship QEMU without its header.
 */
#ifndef RV_QEMU_PLUGIN_H
#define RV_QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_PLUGIN_EXPORT __attribute__((visibility("default")))
#define QEMU_PLUGIN_VERSION 1

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
typedef struct {
  const char *target_name;
  struct {
    int min, cur;
  } version;
  bool system_emulation;
  int smp_vcpus, max_vcpus;
} qemu_info_t;

struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*qemu_plugin_vcpu_udata_cb_t)(unsigned int cpu, void *data);
typedef void (*qemu_plugin_vcpu_mem_cb_t)(unsigned int cpu, qemu_plugin_meminfo_t info,
                                          uint64_t address, void *data);
typedef void (*qemu_plugin_udata_cb_t)(qemu_plugin_id_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           qemu_plugin_vcpu_tb_trans_cb_t callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block,
                                          qemu_plugin_vcpu_udata_cb_t callback,
                                          enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            qemu_plugin_vcpu_udata_cb_t callback,
                                            enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
                                                enum qemu_plugin_op op, void *counter,
                                                uint64_t immediate);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
                                      qemu_plugin_vcpu_mem_cb_t callback,
                                      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw,
                                      void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_udata_cb_t callback,
                                    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
unsigned int qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);

/** Markers of rv_port.h. */
enum { RV_MARK_BEGIN = 0xbfe0, RV_MARK_END = 0xbff0 };

/**
 * First halfword of an instruction. The size that QEMU reports is not looked at: next to the end of
 * a page QEMU 7.2 gives 4 for a 16-bit instruction, and 0xbfxx never starts a 32-bit one.
 */
static inline uint16_t rv_first_halfword(const struct qemu_plugin_insn *insn) {
  const uint8_t *bytes = qemu_plugin_insn_data(insn);
  return (uint16_t)(bytes[0] | (bytes[1] << 8));
}

/** @brief Whether an instruction is a marker, which then calls; markers themselves are not counted.
 */
static inline bool rv_register_marker(struct qemu_plugin_insn *insn,
                                      qemu_plugin_vcpu_udata_cb_t onBegin,
                                      qemu_plugin_vcpu_udata_cb_t onEnd) {
  const uint16_t code = rv_first_halfword(insn);
  if ((code != RV_MARK_BEGIN) && (code != RV_MARK_END)) {
    return false;
  }
  qemu_plugin_register_vcpu_insn_exec_cb(insn, (code == RV_MARK_BEGIN) ? onBegin : onEnd,
                                         QEMU_PLUGIN_CB_NO_REGS, NULL);
  return true;
}

#endif /* RV_QEMU_PLUGIN_H */
