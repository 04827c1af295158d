// A kernel as a file.
#ifndef GUEST_KERNEL_FILE_H
#define GUEST_KERNEL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How many bytes such a file must have, by what its first `bytes` tell: an ELF file as
// elf_file_end has it, a bzImage up to the end of the kernel that is packed in it. 0: it is
// neither.
uint64_t kernel_file_end(const void *image, size_t bytes);

// Whether it is a gzip file.
bool kernel_file_is_gzip(const void *image, size_t bytes);

#endif
