// Uploads break off, and libxenguest says of what is left that it is no kernel, or that it has no
// entry for PVH guests; or it says nothing until the guest's memory is there and its pages are
// missing. A bzImage's header is that of Linux's boot protocol (Documentation/arch/x86/boot.rst).

#include "lib/guest/kernel-file.h"

#include <string.h>

#include "lib/guest/elf-file.h"

#define SECTOR 512
#define USUAL_SETUP_SECTORS 4    // what 0 stands for
#define FIRST_WITH_PAYLOAD 0x208 // version of the protocol

#define AT_SETUP_SECTORS 0x1f1
#define AT_MAGIC 0x202
#define AT_VERSION 0x206
#define AT_PAYLOAD_OFFSET 0x248
#define AT_PAYLOAD_BYTES 0x24c

static uint64_t bzimage_end(const struct elf_file *file) {
    uint32_t offset, bytes;
    uint16_t version;
    uint8_t sectors;
    char magic[4];

    if (!elf_file_copy(file, AT_SETUP_SECTORS, &sectors, sizeof(sectors)) ||
        !elf_file_copy(file, AT_MAGIC, magic, sizeof(magic)) ||
        memcmp(magic, "HdrS", sizeof(magic)) != 0 ||
        !elf_file_copy(file, AT_VERSION, &version, sizeof(version)) || version < FIRST_WITH_PAYLOAD)
        return 0;
    if (!elf_file_copy(file, AT_PAYLOAD_OFFSET, &offset, sizeof(offset)) ||
        !elf_file_copy(file, AT_PAYLOAD_BYTES, &bytes, sizeof(bytes)))
        return AT_PAYLOAD_BYTES + sizeof(bytes);
    return (uint64_t)SECTOR * ((sectors ? sectors : USUAL_SETUP_SECTORS) + 1) + offset + bytes;
}

uint64_t kernel_file_end(const void *image, size_t bytes) {
    const struct elf_file file = {image, bytes};

    return elf_file_is_elf(&file) ? elf_file_end(&file) : bzimage_end(&file);
}

bool kernel_file_is_gzip(const void *image, size_t bytes) {
    static const unsigned char magic[] = {0x1f, 0x8b, 8};

    return bytes >= sizeof(magic) && !memcmp(image, magic, sizeof(magic));
}
