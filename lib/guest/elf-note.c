// The image is whatever a guest's owner has uploaded, so nothing in it is believed: each part is
// looked at only as far as the file goes. Numbers are copied out, as they need not be aligned.

#include "lib/guest/elf-note.h"

#include <elf.h>
#include <string.h>

// Parts may name the same notes over and over.
#define MAX_NOTES 65536

struct image {
    const uint8_t *data;
    size_t bytes;
    unsigned notes_left;
};

struct part {
    uint64_t offset, bytes;
};

bool elf_note_is_elf(const void *image, size_t bytes) {
    return bytes >= EI_NIDENT && !memcmp(image, ELFMAG, SELFMAG);
}

// Copies what is at `offset`; false if the file does not go so far.
static bool copy(const struct image *image, uint64_t offset, void *to, size_t bytes) {
    if (offset > image->bytes || bytes > image->bytes - offset)
        return false;
    memcpy(to, image->data + offset, bytes);
    return true;
}

static uint64_t padded(uint32_t bytes) {
    return ((uint64_t)bytes + 3) & ~3ULL;
}

// --- notes ---

// The number of a note that is Xen's and of that type.
static bool note_number(const struct image *image, const Elf64_Nhdr *note, uint64_t name,
                        uint32_t type, uint64_t *ret) {
    char owner[4];
    uint64_t value = 0;

    if (note->n_type != type || note->n_namesz != sizeof(owner) ||
        (note->n_descsz != 4 && note->n_descsz != 8) || !copy(image, name, owner, sizeof(owner)) ||
        memcmp(owner, "Xen", sizeof(owner)) != 0 ||
        !copy(image, name + sizeof(owner), &value, note->n_descsz))
        return false;
    *ret = value;
    return true;
}

static bool find_in(struct image *image, struct part part, uint32_t type, uint64_t *ret) {
    // The header is the same in both classes.
    Elf64_Nhdr note;

    while (image->notes_left && part.bytes >= sizeof(note) &&
           copy(image, part.offset, &note, sizeof(note))) {
        uint64_t name = part.offset + sizeof(note);
        uint64_t bytes = sizeof(note) + padded(note.n_namesz) + padded(note.n_descsz);

        image->notes_left--;
        if (bytes > part.bytes)
            return false;
        if (note_number(image, &note, name, type, ret))
            return true;
        part.offset += bytes;
        part.bytes -= bytes;
    }
    return false;
}

// --- where notes are ---

// The n-th segment or section; of one that has no notes nothing. False if there is no such one.
typedef bool find_part(const struct image *image, unsigned n, struct part *ret);

// Defines the finders for a class of ELF files.
#define FINDERS(class)                                                                             \
    static bool segment_##class(const struct image *image, unsigned n, struct part *ret) {         \
        Elf##class##_Ehdr head;                                                                    \
        Elf##class##_Phdr segment;                                                                 \
                                                                                                   \
        if (!copy(image, 0, &head, sizeof(head)) || n >= head.e_phnum ||                           \
            head.e_phentsize < sizeof(segment) ||                                                  \
            !copy(image, head.e_phoff + (uint64_t)n * head.e_phentsize, &segment,                  \
                  sizeof(segment)))                                                                \
            return false;                                                                          \
        *ret = segment.p_type == PT_NOTE ? (struct part){segment.p_offset, segment.p_filesz}       \
                                         : (struct part){0, 0};                                    \
        return true;                                                                               \
    }                                                                                              \
                                                                                                   \
    static bool section_##class(const struct image *image, unsigned n, struct part *ret) {         \
        Elf##class##_Ehdr head;                                                                    \
        Elf##class##_Shdr section;                                                                 \
                                                                                                   \
        if (!copy(image, 0, &head, sizeof(head)) || n >= head.e_shnum ||                           \
            head.e_shentsize < sizeof(section) ||                                                  \
            !copy(image, head.e_shoff + (uint64_t)n * head.e_shentsize, &section,                  \
                  sizeof(section)))                                                                \
            return false;                                                                          \
        *ret = section.sh_type == SHT_NOTE ? (struct part){section.sh_offset, section.sh_size}     \
                                           : (struct part){0, 0};                                  \
        return true;                                                                               \
    }

FINDERS(32)
FINDERS(64)

static bool find_by(struct image *image, find_part *part_of, uint32_t type, uint64_t *ret) {
    struct part part;

    for (unsigned n = 0; part_of(image, n, &part); n++) {
        if (find_in(image, part, type, ret))
            return true;
    }
    return false;
}

bool elf_note_read(const void *data, size_t bytes, uint32_t type, uint64_t *ret) {
    struct image image = {data, bytes, MAX_NOTES};

    if (!elf_note_is_elf(data, bytes))
        return false;
    if (image.data[EI_CLASS] == ELFCLASS32)
        return find_by(&image, segment_32, type, ret) || find_by(&image, section_32, type, ret);
    return find_by(&image, segment_64, type, ret) || find_by(&image, section_64, type, ret);
}
