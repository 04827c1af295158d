// Xen's notes in kernels: found only where there is one, byte by byte, and never read from beyond
// the file.

#include "lib/guest/elf-note.h"
#include "tests/fuzz/fuzz.h"

#define PHYS32_ENTRY 18 // XEN_ELFNOTE_PHYS32_ENTRY

// Whether there is such a note with this number anywhere.
static bool is_there(const uint8_t *data, size_t size, uint64_t value) {
    for (uint32_t bytes = 4; bytes <= 8; bytes += 4) {
        const uint32_t head[] = {4, bytes, PHYS32_ENTRY};
        uint8_t note[24];

        memcpy(note, head, sizeof(head));
        memcpy(note + 12, "Xen", 4);
        memcpy(note + 16, &value, 8);
        if (memmem(data, size, note, 16 + bytes) && (bytes == 8 || value <= UINT32_MAX))
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t value = 12345;

    if (elf_note_read(data, size, PHYS32_ENTRY, &value)) {
        REQUIRE(elf_note_is_elf(data, size));
        REQUIRE(is_there(data, size, value));
    } else {
        REQUIRE(value == 12345);
    }
    return 0;
}
