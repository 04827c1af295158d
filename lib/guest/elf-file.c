// The image is whatever a guest's owner has uploaded, so nothing in it is believed: each part is
// looked at only as far as the file goes. Numbers are copied out, as they need not be aligned.

#include "lib/guest/elf-file.h"

#include <elf.h>
#include <string.h>

bool elf_file_is_elf(const struct elf_file *file) {
    return file->bytes >= EI_NIDENT && !memcmp(file->data, ELFMAG, SELFMAG);
}

bool elf_file_copy(const struct elf_file *file, uint64_t offset, void *to, size_t bytes) {
    if (offset > file->bytes || bytes > file->bytes - offset)
        return false;
    memcpy(to, file->data + offset, bytes);
    return true;
}

static bool is_32(const struct elf_file *file) {
    return file->data[EI_CLASS] == ELFCLASS32;
}

// A table of descriptions.
struct table {
    uint64_t offset;
    unsigned nr, entry_bytes;
};

struct head {
    size_t bytes;
    struct table segments, sections;
};

// Defines the readers for a class of ELF files.
#define READERS(class)                                                                             \
    static bool head_##class(const struct elf_file *file, struct head *ret) {                      \
        Elf##class##_Ehdr head;                                                                    \
                                                                                                   \
        ret->bytes = sizeof(head);                                                                 \
        if (!elf_file_copy(file, 0, &head, sizeof(head)))                                          \
            return false;                                                                          \
        ret->segments = (struct table){head.e_phoff, head.e_phnum, head.e_phentsize};              \
        ret->sections = (struct table){head.e_shoff, head.e_shnum, head.e_shentsize};              \
        return true;                                                                               \
    }                                                                                              \
                                                                                                   \
    static bool segment_##class(const struct elf_file *file, uint64_t at, struct elf_part *ret) {  \
        Elf##class##_Phdr segment;                                                                 \
                                                                                                   \
        if (!elf_file_copy(file, at, &segment, sizeof(segment)))                                   \
            return false;                                                                          \
        *ret = (struct elf_part){segment.p_type, segment.p_offset, segment.p_filesz};              \
        return true;                                                                               \
    }                                                                                              \
                                                                                                   \
    static bool section_##class(const struct elf_file *file, uint64_t at, struct elf_part *ret) {  \
        Elf##class##_Shdr section;                                                                 \
                                                                                                   \
        if (!elf_file_copy(file, at, &section, sizeof(section)))                                   \
            return false;                                                                          \
        *ret = (struct elf_part){section.sh_type, section.sh_offset, section.sh_size};             \
        return true;                                                                               \
    }

READERS(32)
READERS(64)

static bool read_head(const struct elf_file *file, struct head *ret) {
    return is_32(file) ? head_32(file, ret) : head_64(file, ret);
}

bool elf_file_segment(const struct elf_file *file, unsigned n, struct elf_part *ret) {
    const size_t bytes = is_32(file) ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
    struct head head;
    uint64_t at;

    if (!read_head(file, &head) || n >= head.segments.nr || head.segments.entry_bytes < bytes)
        return false;
    at = head.segments.offset + (uint64_t)n * head.segments.entry_bytes;
    return is_32(file) ? segment_32(file, at, ret) : segment_64(file, at, ret);
}

bool elf_file_section(const struct elf_file *file, unsigned n, struct elf_part *ret) {
    const size_t bytes = is_32(file) ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr);
    struct head head;
    uint64_t at;

    if (!read_head(file, &head) || n >= head.sections.nr || head.sections.entry_bytes < bytes)
        return false;
    at = head.sections.offset + (uint64_t)n * head.sections.entry_bytes;
    return is_32(file) ? section_32(file, at, ret) : section_64(file, at, ret);
}

// --- where it ends ---

// The farther of `end` and the end of what begins at `offset`.
static uint64_t reach(uint64_t end, uint64_t offset, uint64_t bytes) {
    uint64_t other = bytes > UINT64_MAX - offset ? UINT64_MAX : offset + bytes;

    return bytes && other > end ? other : end;
}

static uint64_t reach_table(uint64_t end, const struct table *table) {
    return reach(end, table->offset, (uint64_t)table->nr * table->entry_bytes);
}

uint64_t elf_file_end(const struct elf_file *file) {
    struct elf_part segment;
    struct head head = {0};
    uint64_t end;

    if (!read_head(file, &head))
        return head.bytes;
    end = reach_table(head.bytes, &head.segments);
    end = reach_table(end, &head.sections);
    for (unsigned n = 0; elf_file_segment(file, n, &segment); n++)
        end = reach(end, segment.offset, segment.bytes);
    return end;
}
