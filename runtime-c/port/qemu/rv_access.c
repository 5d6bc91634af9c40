/**
 * @file rv_access.c
 * @brief QEMU plugin: checks that every step of a network reads and writes only the arena bytes
 * that it may.
 *
 * Arguments: out=FILE, arena=ADDRESS (hex), bytes=SIZE, flags=ADDRESS (hex), steps=FILE.
 * The steps file is text: "S" opens a step, "R <from> <to>" and "W <from> <to>" after it name
 * half-open ranges of arena offsets that the step may read or write; the last section is for what
 * happens between steps. The guest tells which section holds by a store to byte `step` of the array
 * at `flags`; the last one holds at first. Only accesses between the markers of rv_port.h are
 * checked.
 *
 * Output: "V <step> <R|W> <offset> <size> <pc, hex>" for each forbidden access (the first
 * MAX_VIOLATIONS), "C <accesses checked> <violations>", "H <highest touched byte + 1>" and "U
 * <from> <to>" for each range of the arena that no access touched.
 */
#include "rv_qemu_plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VIOLATIONS 20

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

enum { MAY_READ = 1, MAY_WRITE = 2 };

typedef struct {
  size_t step;
  uint8_t allow;
  uint64_t from, to;
} range;

static FILE *out;
static uint64_t arena, arenaBytes, flags;
static range *ranges;
static size_t rangeCount, stepCount, step;
static uint8_t *allowed, *touched; /* one byte per arena byte */
static uint64_t checked, violations;
static bool inside;

static void enter_step(size_t next) {
  step = next;
  memset(allowed, 0, arenaBytes);
  for (size_t k = 0; k < rangeCount; k++) {
    const range *r = &ranges[k];
    if (r->step == step) {
      for (uint64_t i = r->from; i < r->to; i++) {
        allowed[i] |= r->allow;
      }
    }
  }
}

static void on_begin(unsigned int cpu, void *data) {
  (void)cpu;
  (void)data;
  inside = true;
  enter_step(stepCount - 1);
}

static void on_end(unsigned int cpu, void *data) {
  (void)cpu;
  (void)data;
  inside = false;
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu;
  const uint64_t size = 1ull << qemu_plugin_mem_size_shift(info);
  if (!inside) {
    return;
  }
  if (address >= flags && address < flags + stepCount) {
    if (qemu_plugin_mem_is_store(info) && address - flags != step) {
      enter_step((size_t)(address - flags));
    }
    return;
  }
  if (address + size <= arena || address >= arena + arenaBytes) {
    return;
  }
  const bool store = qemu_plugin_mem_is_store(info);
  const uint8_t need = store ? MAY_WRITE : MAY_READ;
  bool bad = false;
  for (uint64_t a = address; a < address + size; a++) {
    if (a < arena || a >= arena + arenaBytes) {
      bad = true;
      continue;
    }
    touched[a - arena] = 1;
    bad = bad || (allowed[a - arena] & need) == 0;
  }
  checked++;
  if (bad && violations++ < MAX_VIOLATIONS) {
    fprintf(out, "V %zu %c %" PRId64 " %" PRIu64 " %" PRIxPTR "\n", step, store ? 'W' : 'R',
            (int64_t)(address - arena), size, (uintptr_t)data);
  }
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
    if (!rv_register_marker(insn, on_begin, on_end)) {
      qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
                                       (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
    }
  }
}

static void at_exit(qemu_plugin_id_t id, void *data) {
  (void)id;
  (void)data;
  fprintf(out, "C %" PRIu64 " %" PRIu64 "\n", checked, violations);
  uint64_t highest = arenaBytes;
  while (highest > 0 && !touched[highest - 1]) {
    highest--;
  }
  fprintf(out, "H %" PRIu64 "\n", highest);
  for (uint64_t from = 0; from < arenaBytes;) {
    uint64_t to = from;
    while (to < arenaBytes && !touched[to]) {
      to++;
    }
    if (to > from) {
      fprintf(out, "U %" PRIu64 " %" PRIu64 "\n", from, to);
    }
    from = to + 1;
  }
  fclose(out);
}

static bool read_steps(const char *path) {
  FILE *file = fopen(path, "r");
  char line[128];
  if (file == NULL) {
    return false;
  }
  while (fgets(line, sizeof line, file) != NULL) {
    range r = {0};
    char kind;
    if (line[0] == 'S') {
      stepCount++;
      continue;
    }
    if (stepCount == 0 || sscanf(line, "%c %" SCNu64 " %" SCNu64, &kind, &r.from, &r.to) != 3 ||
        (kind != 'R' && kind != 'W') || r.to > arenaBytes) {
      fclose(file);
      return false;
    }
    r.step = stepCount - 1;
    r.allow = (kind == 'R') ? MAY_READ : MAY_WRITE;
    range *grown = realloc(ranges, (rangeCount + 1) * sizeof ranges[0]);
    if (grown == NULL) {
      fclose(file);
      return false;
    }
    ranges = grown;
    ranges[rangeCount++] = r;
  }
  fclose(file);
  return true;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv) {
  (void)info;
  const char *path = NULL;
  const char *steps = NULL;
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], "out=", 4) == 0) {
      path = argv[i] + 4;
    } else if (strncmp(argv[i], "steps=", 6) == 0) {
      steps = argv[i] + 6;
    } else if (strncmp(argv[i], "arena=", 6) == 0) {
      arena = strtoull(argv[i] + 6, NULL, 16);
    } else if (strncmp(argv[i], "flags=", 6) == 0) {
      flags = strtoull(argv[i] + 6, NULL, 16);
    } else if (strncmp(argv[i], "bytes=", 6) == 0) {
      arenaBytes = strtoull(argv[i] + 6, NULL, 10);
    }
  }
  out = (path == NULL) ? NULL : fopen(path, "w");
  allowed = calloc(arenaBytes + 1, 1);
  touched = calloc(arenaBytes + 1, 1);
  if (out == NULL || steps == NULL || allowed == NULL || touched == NULL || !read_steps(steps)) {
    fprintf(
        stderr,
        "rv_access: needs out=, arena=, bytes=, flags= and steps=, with steps within the arena\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  qemu_plugin_register_atexit_cb(id, at_exit, NULL);
  return 0;
}
