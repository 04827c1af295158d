// Xen's console ring: what debug keys print and readconsole returns.
#ifndef MODEL_CONSOLE_H
#define MODEL_CONSOLE_H

#include <stdint.h>

#define CONSOLE_BYTES 65536U

struct model;

struct console {
    uint64_t written; // bytes ever written
    uint64_t read;    // bytes cleared
    char ring[CONSOLE_BYTES];
};

// What Xen prints for the key: `u` the NUMA information; others one line.
void console_key(struct model *m, char key);

// Copies up to `size` bytes, from *index on if it is given, which is moved on. Returns how many.
uint32_t console_read(struct model *m, uint32_t *index, char *buffer, uint32_t size, int clear);

#endif
