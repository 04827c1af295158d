// An ELF file's parts, of either class.
#ifndef GUEST_ELF_FILE_H
#define GUEST_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
    const uint8_t *data;
    size_t bytes;
};

// A segment or a section: its type, and where in the file it is.
struct elf_part {
    uint32_t type;
    uint64_t offset, bytes;
};

// True if the file, of which nothing is known but its size, begins as an ELF file does. The other
// functions are for such a one.
bool elf_file_is_elf(const struct elf_file *file);

// Copies what is at `offset`; false if the file does not go so far.
bool elf_file_copy(const struct elf_file *file, uint64_t offset, void *to, size_t bytes);

// The n-th segment or section; false if there is none, or the file ends before its description.
bool elf_file_segment(const struct elf_file *file, unsigned n, struct elf_part *ret);
bool elf_file_section(const struct elf_file *file, unsigned n, struct elf_part *ret);

// How many bytes the file must have for its header, the tables of segments and of sections, and all
// segments to be in it. Of a file that ends before one of them, no more than up to that.
uint64_t elf_file_end(const struct elf_file *file);

#endif
