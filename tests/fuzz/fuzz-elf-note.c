// Kernels: Xen's notes are found only where there is one, byte by byte; a file that is whole is
// truncated without its last byte; nothing is read from beyond the file.

#include "lib/guest/elf-note.h"
#include "lib/guest/kernel-file.h"
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

static void check_end(const uint8_t *data, size_t size) {
    uint64_t end = kernel_file_end(data, size);

    if (end && end <= size)
        REQUIRE(kernel_file_end(data, (size_t)end - 1) >= end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct elf_file file = {data, size};
    uint64_t value = 12345;

    check_end(data, size);
    if (elf_note_read(&file, PHYS32_ENTRY, &value)) {
        REQUIRE(elf_file_is_elf(&file));
        REQUIRE(is_there(data, size, value));
    } else {
        REQUIRE(value == 12345);
    }
    return 0;
}
