// Xen's notes in a kernel's ELF image.
#ifndef GUEST_ELF_NOTE_H
#define GUEST_ELF_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// True if `image`, of which nothing is known but its size, is an ELF file.
bool elf_note_is_elf(const void *image, size_t bytes);

// True if an ELF file has Xen's note of this type (XEN_ELFNOTE_*) with a number of 4 or 8 bytes,
// in a segment or a section of notes. *ret becomes the number. What of the file is cut off or makes
// no sense has no notes, nor has what comes after the first 65,536 of them.
bool elf_note_read(const void *image, size_t bytes, uint32_t type, uint64_t *ret);

#endif
