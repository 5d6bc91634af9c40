/**
 * @file rv_steps.c
 * @brief QEMU plugin of the benchmark: executed guest instructions of each step of a generated
 * network, between the markers of rv_port.h, without a change to the program.
 *
 * Arguments: out=FILE, map=FILE. The map has a line for each function of the network's own file,
 * "<first address, hex> <bytes> <step>", step -1 for loops around steps. An instruction of such a
 * function, and everything that it calls outside the map, counts for the function's step. Output,
 * for each marked region in the order of execution: "R <instructions>", then "S <step>
 * <instructions>".
 */
#include "rv_qemu_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FUNCTIONS 4096

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

typedef struct {
  uint32_t from, to;
  uint64_t executed;
  long step;
} function_range;

static FILE *out;
static function_range functions[MAX_FUNCTIONS];
static size_t functionCount;
/* The function that counts now; before the first of a region its counts are dropped into `outside`.
 */
static function_range outside = {0, 0, 0, -1};
static function_range *current = &outside;
static uint64_t total, settled, totalAtBegin;

static void settle(void) {
  current->executed += total - settled;
  settled = total;
}

static void on_function(unsigned int cpu, void *data) {
  (void)cpu;
  if (current != data) {
    settle();
    current = data;
  }
}

static void on_begin(unsigned int cpu, void *data) {
  (void)cpu;
  (void)data;
  settle();
  for (size_t i = 0; i < functionCount; i++) {
    functions[i].executed = 0;
  }
  outside.executed = 0;
  current = &outside;
  totalAtBegin = total;
}

static void on_end(unsigned int cpu, void *data) {
  (void)cpu;
  (void)data;
  settle();
  fprintf(out, "R %llu\n", (unsigned long long)(total - totalAtBegin));
  for (size_t i = 0; i < functionCount; i++) {
    if (functions[i].executed > 0) {
      fprintf(out, "S %ld %llu\n", functions[i].step, (unsigned long long)functions[i].executed);
    }
  }
  fprintf(out, "S -1 %llu\n", (unsigned long long)outside.executed);
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
    const uint16_t code = rv_first_halfword(insn);
    if (code == RV_MARK_BEGIN) {
      qemu_plugin_register_vcpu_insn_exec_cb(insn, on_begin, QEMU_PLUGIN_CB_NO_REGS, NULL);
      continue;
    }
    if (code == RV_MARK_END) {
      qemu_plugin_register_vcpu_insn_exec_cb(insn, on_end, QEMU_PLUGIN_CB_NO_REGS, NULL);
      continue;
    }
    const uint32_t address = (uint32_t)qemu_plugin_insn_vaddr(insn);
    for (size_t f = 0; f < functionCount; f++) {
      if (functions[f].from <= address && address < functions[f].to) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, on_function, QEMU_PLUGIN_CB_NO_REGS,
                                               &functions[f]);
      }
    }
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &total, 1);
  }
}

static void at_exit(qemu_plugin_id_t id, void *data) {
  (void)id;
  (void)data;
  fclose(out);
}

static bool read_map(const char *path) {
  FILE *map = fopen(path, "r");
  unsigned int from, bytes;
  long step;
  if (map == NULL) {
    return false;
  }
  while (functionCount < MAX_FUNCTIONS && fscanf(map, "%x %u %ld", &from, &bytes, &step) == 3) {
    functions[functionCount++] = (function_range){from, from + bytes, 0, step};
  }
  const bool whole = feof(map) != 0;
  fclose(map);
  return whole;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv) {
  (void)info;
  const char *path = NULL, *map = NULL;
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], "out=", 4) == 0) {
      path = argv[i] + 4;
    } else if (strncmp(argv[i], "map=", 4) == 0) {
      map = argv[i] + 4;
    } else {
      fprintf(stderr, "rv_steps: unknown argument %s\n", argv[i]);
      return 1;
    }
  }
  if (map == NULL || !read_map(map)) {
    fprintf(stderr, "rv_steps: map=FILE must name a file of at most %d lines\n", MAX_FUNCTIONS);
    return 1;
  }
  out = (path == NULL) ? NULL : fopen(path, "w");
  if (out == NULL) {
    fprintf(stderr, "rv_steps: out=FILE must name a file that can be written\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  qemu_plugin_register_atexit_cb(id, at_exit, NULL);
  return 0;
}
