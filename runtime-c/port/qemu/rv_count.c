/**
 * @file rv_count.c
 * @brief QEMU plugin: exact number of executed guest instructions between the markers of rv_port.h.
 *
 * Arguments: out=FILE, profile=on (counts per instruction address too; slower).
 * Output, a line for each marked region in the order of execution: "R <instructions>", after it
 * with profile=on "P <address, hex> <count>" for each address executed in it. Markers themselves
 * are not counted.
 */
#include "rv_qemu_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ADDRESSES (1u << 20)
#define HASH_SLOTS (1u << 22)

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static FILE *out;
static bool profile;
static uint64_t total, totalAtBegin;

/* profile=on: a counter per address, found by an open-addressed hash of index + 1. */
static uint64_t *counts, *countsAtBegin;
static uint32_t *addresses, *slots, addressCount;

static uint64_t *counter_of(uint32_t address) {
  if (!profile) {
    return &total;
  }
  uint32_t slot = (address * 2654435761u) >> 10 & (HASH_SLOTS - 1);
  while (slots[slot] != 0) {
    if (addresses[slots[slot] - 1] == address) {
      return &counts[slots[slot] - 1];
    }
    slot = (slot + 1) & (HASH_SLOTS - 1);
  }
  if (addressCount == MAX_ADDRESSES) {
    fprintf(stderr, "rv_count: more than %u instruction addresses\n", MAX_ADDRESSES);
    abort();
  }
  addresses[addressCount] = address;
  slots[slot] = ++addressCount;
  return &counts[addressCount - 1];
}

static void on_begin(unsigned int cpu, void *data) {
  (void)cpu;
  (void)data;
  totalAtBegin = total;
  if (profile) {
    memcpy(countsAtBegin, counts, addressCount * sizeof counts[0]);
  }
}

static void on_end(unsigned int cpu, void *data) {
  (void)cpu;
  (void)data;
  uint64_t executed = total - totalAtBegin;
  for (uint32_t i = 0; i < addressCount; i++) {
    executed += counts[i] - countsAtBegin[i];
  }
  fprintf(out, "R %llu\n", (unsigned long long)executed);
  for (uint32_t i = 0; i < addressCount; i++) {
    if (counts[i] != countsAtBegin[i]) {
      fprintf(out, "P %x %llu\n", addresses[i], (unsigned long long)(counts[i] - countsAtBegin[i]));
    }
  }
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
    if (!rv_register_marker(insn, on_begin, on_end)) {
      uint64_t *counter = counter_of((uint32_t)qemu_plugin_insn_vaddr(insn));
      qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, counter, 1);
    }
  }
}

static void at_exit(qemu_plugin_id_t id, void *data) {
  (void)id;
  (void)data;
  fclose(out);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv) {
  (void)info;
  const char *path = NULL;
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], "out=", 4) == 0) {
      path = argv[i] + 4;
    } else if (strcmp(argv[i], "profile=on") == 0) {
      profile = true;
    } else {
      fprintf(stderr, "rv_count: unknown argument %s\n", argv[i]);
      return 1;
    }
  }
  out = (path == NULL) ? NULL : fopen(path, "w");
  if (out == NULL) {
    fprintf(stderr, "rv_count: out=FILE must name a file that can be written\n");
    return 1;
  }
  if (profile) {
    counts = calloc(MAX_ADDRESSES, sizeof counts[0]);
    countsAtBegin = calloc(MAX_ADDRESSES, sizeof countsAtBegin[0]);
    addresses = calloc(MAX_ADDRESSES, sizeof addresses[0]);
    slots = calloc(HASH_SLOTS, sizeof slots[0]);
    if (counts == NULL || countsAtBegin == NULL || addresses == NULL || slots == NULL) {
      return 1;
    }
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  qemu_plugin_register_atexit_cb(id, at_exit, NULL);
  return 0;
}
