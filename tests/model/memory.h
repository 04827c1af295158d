// The contents of machine memory: a sparse file in which frame n is the n-th page.
#ifndef MODEL_MEMORY_H
#define MODEL_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define MODEL_PAGE 4096UL

struct model;

// Opens (and creates) the file that holds the contents, for this process. -errno.
int memory_open(const char *path);

// Forgets the contents of frames: they read as zero afterwards, as Xen scrubs what it gives out.
void memory_discard(struct model *m, uint64_t mfn, uint64_t nr);

// Maps one frame over the page at `address`. -errno.
int memory_map(void *address, int prot, uint64_t mfn);

// Copies out of and into frames. -errno.
int memory_read(uint64_t mfn, size_t offset, void *data, size_t size);
int memory_write(uint64_t mfn, size_t offset, const void *data, size_t size);

#endif
