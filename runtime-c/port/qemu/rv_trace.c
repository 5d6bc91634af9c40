/**
 * @file rv_trace.c
 * @brief QEMU plugin: executed blocks and the edges between them, by step of the plan, and misses
 * of simulated caches in front of flash.
 *
 * Arguments: out=FILE; region=N, the marked region (rv_port.h) that is traced, from 0; steps=FILE,
 * lines "<address, hex> <step>" of the functions that begin a step. To simulate caches (LRU, by
 * line bytes, sets and ways): code=LINE:SETS:WAYS, data=LINE:SETS:WAYS, or both=LINE:SETS:WAYS for
 * one that holds both; flash=FROM-TO (hex) is where data has to be fetched from flash.
 * Output: "R <instructions>" for each region in the order of execution. Behind that of the traced
 * one "B <id> <first instruction> <last, hex>" for each block, "E <step> <from> <to> <count>" for
 * each edge (from 0: the region began, step -1: no step has begun), and with caches "M <step> <code
 * lines missed> <data lines missed>".
 */
#include "rv_qemu_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BLOCKS (1u << 17)
#define EDGE_SLOTS (1u << 20)
#define MAX_STEPS 4096

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static FILE *out;
static uint64_t total, totalAtBegin;
static uint32_t region, tracedRegion;
static bool tracing;

struct block {
  uint32_t first, last, end;
  size_t instructions;
  int32_t step; /**< That begins here; -1: none. */
};
static struct block *blocks;
static uint32_t blockCount = 1;

struct edge {
  int32_t step;
  uint32_t from, to;
  uint64_t count;
};
static struct edge *edges;
static uint32_t previous;
static int32_t step;

static struct {
  uint32_t address;
  int32_t step;
} * steps;
static uint32_t stepCount;

/** @brief A set-associative cache, least recently used line out. */
struct cache {
  uint32_t line, sets, ways;
  uint32_t *tags; /**< Line number + 1, most recent first; 0: empty. */
};
static struct cache codeCache, dataCache;
static bool unified;
static uint32_t flashFrom, flashTo;
static uint64_t missedCode[MAX_STEPS + 1], missedData[MAX_STEPS + 1];

/** @brief Whether the line of an address had to be fetched. */
static bool misses(struct cache *cache, uint32_t address) {
  const uint32_t tag = address / cache->line + 1;
  uint32_t *set = cache->tags + (size_t)((tag - 1) % cache->sets) * cache->ways;
  uint32_t way = 0;
  while ((way < cache->ways - 1) && (set[way] != tag)) {
    way++;
  }
  const bool missed = set[way] != tag;
  memmove(set + 1, set, way * sizeof set[0]);
  set[0] = tag;
  return missed;
}

static void on_begin(unsigned int cpu, void *data) {
  (void)cpu;
  (void)data;
  totalAtBegin = total;
  tracing = region == tracedRegion;
  previous = 0;
  step = -1;
}

static void report(void) {
  for (uint32_t i = 1; i < blockCount; i++) {
    fprintf(out, "B %u %x %x\n", i, blocks[i].first, blocks[i].last);
  }
  for (uint32_t i = 0; i < EDGE_SLOTS; i++) {
    const struct edge *e = &edges[i];
    if (e->count != 0) {
      fprintf(out, "E %d %u %u %llu\n", e->step, e->from, e->to, (unsigned long long)e->count);
    }
  }
  for (int32_t i = 0; i <= MAX_STEPS; i++) {
    if ((missedCode[i] != 0) || (missedData[i] != 0)) {
      fprintf(out, "M %d %llu %llu\n", i - 1, (unsigned long long)missedCode[i],
              (unsigned long long)missedData[i]);
    }
  }
}

static void on_end(unsigned int cpu, void *data) {
  (void)cpu;
  (void)data;
  fprintf(out, "R %llu\n", (unsigned long long)(total - totalAtBegin));
  if (tracing) {
    report();
  }
  tracing = false;
  region++;
}

static void count_edge(uint32_t to) {
  uint32_t slot =
      ((previous * 2654435761u) ^ (to * 2246822519u) ^ ((uint32_t)step * 3266489917u)) >> 8;
  for (;; slot++) {
    struct edge *e = &edges[slot & (EDGE_SLOTS - 1)];
    if (e->count == 0) {
      e->step = step;
      e->from = previous;
      e->to = to;
    }
    if ((e->step == step) && (e->from == previous) && (e->to == to)) {
      e->count++;
      return;
    }
  }
}

static void on_block(unsigned int cpu, void *data) {
  (void)cpu;
  if (!tracing) {
    return;
  }
  const uint32_t id = (uint32_t)(uintptr_t)data;
  const struct block *b = &blocks[id];
  if (b->step >= 0) {
    step = b->step;
  }
  count_edge(id);
  previous = id;
  if (codeCache.tags != NULL) {
    const uint32_t line = codeCache.line;
    for (uint32_t at = b->first / line * line; at < b->end; at += line) {
      missedCode[step + 1] += misses(&codeCache, at);
    }
  }
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu;
  (void)data;
  const uint32_t at = (uint32_t)address;
  if (!tracing || (at < flashFrom) || (at >= flashTo) || qemu_plugin_mem_is_store(info)) {
    return;
  }
  struct cache *cache = unified ? &codeCache : &dataCache;
  const uint32_t last = at + (1u << qemu_plugin_mem_size_shift(info)) - 1;
  missedData[step + 1] += misses(cache, at);
  if (last / cache->line != at / cache->line) {
    missedData[step + 1] += misses(cache, last);
  }
}

static int32_t step_at(uint32_t address) {
  for (uint32_t i = 0; i < stepCount; i++) {
    if (steps[i].address == address) {
      return steps[i].step;
    }
  }
  return -1;
}

/** @brief The id of a block, the same for each translation of it. */
static uint32_t block_of(struct qemu_plugin_tb *translated) {
  const size_t count = qemu_plugin_tb_n_insns(translated);
  struct qemu_plugin_insn *lastInsn = qemu_plugin_tb_get_insn(translated, count - 1);
  const uint32_t first = (uint32_t)qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(translated, 0));
  const uint32_t last = (uint32_t)qemu_plugin_insn_vaddr(lastInsn);
  for (uint32_t i = 1; i < blockCount; i++) {
    if ((blocks[i].first == first) && (blocks[i].last == last) &&
        (blocks[i].instructions == count)) {
      return i;
    }
  }
  if (blockCount == MAX_BLOCKS) {
    fprintf(stderr, "rv_trace: more than %u blocks\n", MAX_BLOCKS);
    abort();
  }
  const uint32_t lastBytes = (rv_first_halfword(lastInsn) >> 11) >= 0x1d ? 4 : 2;
  blocks[blockCount] = (struct block){first, last, last + lastBytes, count, step_at(first)};
  return blockCount++;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *translated) {
  (void)id;
  const uint32_t block = block_of(translated);
  qemu_plugin_register_vcpu_tb_exec_cb(translated, on_block, QEMU_PLUGIN_CB_NO_REGS,
                                       (void *)(uintptr_t)block);
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(translated); i++) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(translated, i);
    if (!rv_register_marker(insn, on_begin, on_end)) {
      qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &total, 1);
      if (flashTo > flashFrom) {
        qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_CB_NO_REGS,
                                         QEMU_PLUGIN_MEM_RW, NULL);
      }
    }
  }
}

static void at_exit(qemu_plugin_id_t id, void *data) {
  (void)id;
  (void)data;
  fclose(out);
}

static bool make_cache(struct cache *cache, const char *shape) {
  if (sscanf(shape, "%u:%u:%u", &cache->line, &cache->sets, &cache->ways) != 3) {
    return false;
  }
  cache->tags = calloc((size_t)cache->sets * cache->ways, sizeof cache->tags[0]);
  return cache->tags != NULL;
}

static bool read_steps(const char *path) {
  FILE *in = fopen(path, "r");
  steps = calloc(MAX_STEPS, sizeof steps[0]);
  if ((in == NULL) || (steps == NULL)) {
    return false;
  }
  while ((stepCount < MAX_STEPS) &&
         (fscanf(in, "%x %d", &steps[stepCount].address, &steps[stepCount].step) == 2) &&
         (steps[stepCount].step < MAX_STEPS)) {
    stepCount++;
  }
  fclose(in);
  return true;
}

static bool take_argument(const char *argument) {
  const char *value = strchr(argument, '=');
  if (value == NULL) {
    return false;
  }
  value++;
  if (strncmp(argument, "out=", 4) == 0) {
    out = fopen(value, "w");
    return out != NULL;
  }
  if (strncmp(argument, "region=", 7) == 0) {
    return sscanf(value, "%u", &tracedRegion) == 1;
  }
  if (strncmp(argument, "steps=", 6) == 0) {
    return read_steps(value);
  }
  if (strncmp(argument, "code=", 5) == 0) {
    return make_cache(&codeCache, value);
  }
  if (strncmp(argument, "data=", 5) == 0) {
    return make_cache(&dataCache, value);
  }
  if (strncmp(argument, "both=", 5) == 0) {
    unified = true;
    return make_cache(&codeCache, value);
  }
  if (strncmp(argument, "flash=", 6) == 0) {
    return sscanf(value, "%x-%x", &flashFrom, &flashTo) == 2;
  }
  return false;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv) {
  (void)info;
  for (int i = 0; i < argc; i++) {
    if (!take_argument(argv[i])) {
      fprintf(stderr, "rv_trace: cannot take argument %s\n", argv[i]);
      return 1;
    }
  }
  if (out == NULL) {
    fprintf(stderr, "rv_trace: out=FILE must name a file that can be written\n");
    return 1;
  }
  if ((flashTo > flashFrom) && (unified ? codeCache.tags : dataCache.tags) == NULL) {
    fprintf(stderr, "rv_trace: flash= needs a cache\n");
    return 1;
  }
  blocks = calloc(MAX_BLOCKS, sizeof blocks[0]);
  edges = calloc(EDGE_SLOTS, sizeof edges[0]);
  if ((blocks == NULL) || (edges == NULL)) {
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  qemu_plugin_register_atexit_cb(id, at_exit, NULL);
  return 0;
}
