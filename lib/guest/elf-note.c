// What libxenguest would not find is not found here either, or a kernel is taken for one of PVH
// guests that it would start elsewhere.

#include "lib/guest/elf-note.h"

#include <elf.h>
#include <string.h>

// As many as libxenguest looks at. Parts may name the same notes over and over.
#define MAX_NOTES 65536

struct search {
    const struct elf_file *file;
    uint32_t type;
    unsigned notes_left;
    bool any; // of Xen's notes, whatever type
    bool found;
    uint64_t number;
};

static uint64_t padded(uint32_t bytes) {
    return ((uint64_t)bytes + 3) & ~3ULL;
}

static bool is_xens(const struct elf_file *file, const Elf64_Nhdr *note, uint64_t name) {
    char owner[4];

    return note->n_namesz == sizeof(owner) && elf_file_copy(file, name, owner, sizeof(owner)) &&
           !memcmp(owner, "Xen", sizeof(owner));
}

static void look_at(struct search *search, const Elf64_Nhdr *note, uint64_t name) {
    uint64_t value = 0;

    if (!is_xens(search->file, note, name))
        return;
    search->any = true;
    if (note->n_type != search->type || (note->n_descsz != 4 && note->n_descsz != 8) ||
        !elf_file_copy(search->file, name + note->n_namesz, &value, note->n_descsz))
        return;
    search->found = true;
    search->number = value;
}

static void search_part(struct search *search, struct elf_part part) {
    // The header is the same in both classes.
    Elf64_Nhdr note;

    while (!search->found && search->notes_left && part.bytes >= sizeof(note) &&
           elf_file_copy(search->file, part.offset, &note, sizeof(note))) {
        uint64_t bytes = sizeof(note) + padded(note.n_namesz) + padded(note.n_descsz);

        search->notes_left--;
        if (bytes > part.bytes)
            return;
        look_at(search, &note, part.offset + sizeof(note));
        part.offset += bytes;
        part.bytes -= bytes;
    }
}

// A part of the file by its number.
typedef bool find_part(const struct elf_file *file, unsigned n, struct elf_part *ret);

static void search_parts(struct search *search, find_part *find, uint32_t type_of_notes) {
    struct elf_part part;

    for (unsigned n = 0; !search->found && find(search->file, n, &part); n++)
        if (part.type == type_of_notes)
            search_part(search, part);
}

bool elf_note_read(const struct elf_file *file, uint32_t type, uint64_t *ret) {
    struct search search = {.file = file, .type = type, .notes_left = MAX_NOTES};

    if (!elf_file_is_elf(file))
        return false;
    search_parts(&search, elf_file_segment, PT_NOTE);
    if (!search.any)
        search_parts(&search, elf_file_section, SHT_NOTE);
    if (search.found)
        *ret = search.number;
    return search.found;
}
