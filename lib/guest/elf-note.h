// Xen's notes in a kernel's ELF image.
#ifndef GUEST_ELF_NOTE_H
#define GUEST_ELF_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/guest/elf-file.h"

// True if the file is an ELF file that has Xen's note of this type (XEN_ELFNOTE_*) with a number of
// 4 or 8 bytes, where libxenguest looks for it: in segments of notes, and if none of these has any
// note of Xen's, in sections of notes. *ret becomes the number. What of the file is cut off or
// makes no sense has no notes, nor has what comes after the first 65,536 of them.
bool elf_note_read(const struct elf_file *file, uint32_t type, uint64_t *ret);

#endif
