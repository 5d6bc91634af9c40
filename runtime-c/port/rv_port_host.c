/**
 * @file rv_port_host.c
 * @brief The port on a host with a C library.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rv_port.h"

#define MAX_FILES 8

static FILE *files[MAX_FILES];

rv_port_file rv_port_open(const char *name, int forWriting) {
  for (int i = 0; i < MAX_FILES; i++) {
    if (files[i] == NULL) {
      files[i] = fopen(name, forWriting ? "wb" : "rb");
      return (files[i] == NULL) ? -1 : i;
    }
  }
  return -1;
}

int rv_port_read(rv_port_file file, void *to, size_t bytes) {
  return (fread(to, 1, bytes, files[file]) == bytes) ? 0 : -1;
}

int rv_port_write(rv_port_file file, const void *from, size_t bytes) {
  return (fwrite(from, 1, bytes, files[file]) == bytes) ? 0 : -1;
}

void rv_port_close(rv_port_file file) {
  (void)fclose(files[file]);
  files[file] = NULL;
}

void rv_port_print(const char *text) {
  (void)fputs(text, stderr);
}

void rv_port_exit(int code) {
  exit(code);
}

uint32_t rv_port_measure(void (*function)(void *), void *argument) {
  function(argument);
  return 0;
}
