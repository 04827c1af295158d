// Where kernels end: ELF files and bzImages made byte by byte, whole and cut anywhere. The expected
// sizes are those of the files as they are made.

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guest/kernel-file.h"
#include "tests/unit/unit.h"

#define BYTES 8192

static uint8_t file[BYTES];

static void setup(void) {
    memset(file, 0, sizeof(file));
}

// From memory that ends where the file does, so that a sanitizer or valgrind sees who goes on.
static uint64_t end_of(size_t bytes) {
    void *copy = malloc(bytes ? bytes : 1);
    uint64_t end;

    memcpy(copy, file, bytes);
    end = kernel_file_end(copy, bytes);
    free(copy);
    return end;
}

// It ends at `end`; of whatever is cut off, from `least` bytes on, it is seen that it is cut off.
static void check_cuts(size_t least, size_t end) {
    ck_assert_uint_eq(end_of(end), end);
    ck_assert_uint_eq(end_of(BYTES), end);
    for (size_t bytes = least; bytes < end; bytes++)
        ck_assert_msg(end_of(bytes) > bytes && end_of(bytes) <= end, "%zu bytes", bytes);
    for (size_t bytes = 0; bytes < least; bytes++)
        ck_assert_msg(!end_of(bytes), "%zu bytes", bytes);
}

// The tables at 100 and 1000, and a segment.
static void make_64(uint16_t sections, uint64_t offset, uint64_t bytes) {
    const Elf64_Ehdr head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64},
                             .e_phoff = 100,
                             .e_phentsize = sizeof(Elf64_Phdr),
                             .e_phnum = 2,
                             .e_shoff = 1000,
                             .e_shentsize = sizeof(Elf64_Shdr),
                             .e_shnum = sections};
    const Elf64_Phdr segments[] = {{.p_type = PT_LOAD, .p_offset = offset, .p_filesz = bytes},
                                   {.p_type = PT_GNU_STACK, .p_offset = 7000}};

    memcpy(file, &head, sizeof(head));
    memcpy(file + 100, segments, sizeof(segments));
}

static void make_32(uint16_t sections, uint32_t offset, uint32_t bytes) {
    const Elf32_Ehdr head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32},
                             .e_phoff = 100,
                             .e_phentsize = sizeof(Elf32_Phdr),
                             .e_phnum = 2,
                             .e_shoff = 1000,
                             .e_shentsize = sizeof(Elf32_Shdr),
                             .e_shnum = sections};
    const Elf32_Phdr segments[] = {{.p_type = PT_LOAD, .p_offset = offset, .p_filesz = bytes},
                                   {.p_type = PT_GNU_STACK, .p_offset = 7000}};

    memcpy(file, &head, sizeof(head));
    memcpy(file + 100, segments, sizeof(segments));
}

static const struct {
    const char *name;
    uint32_t offset, bytes;
    uint16_t sections;
    size_t end_32, end_64;
} elves[] = {
    {"a segment behind the tables", 2000, 500, 3, 2500, 2500},
    {"a table of sections behind the segment", 300, 200, 3, 1120, 1192},
    {"no sections", 300, 200, 0, 500, 500},
    {"nothing in the segment", 2000, 0, 0, 164, 212},
};

START_TEST(test_elf) {
    make_64(elves[_i].sections, elves[_i].offset, elves[_i].bytes);
    check_cuts(EI_NIDENT, elves[_i].end_64);
    setup();
    make_32(elves[_i].sections, elves[_i].offset, elves[_i].bytes);
    check_cuts(EI_NIDENT, elves[_i].end_32);
}
END_TEST

// No sum runs over.
START_TEST(test_senseless_elf) {
    make_64(0, UINT64_MAX - 4, 100);
    ck_assert_uint_eq(end_of(BYTES), UINT64_MAX);
    make_64(0, 4, UINT64_MAX);
    ck_assert_uint_eq(end_of(BYTES), UINT64_MAX);
    make_32(0, UINT32_MAX, UINT32_MAX);
    ck_assert_uint_eq(end_of(BYTES), 2ULL * UINT32_MAX);
}
END_TEST

static void put(size_t at, uint32_t value, size_t bytes) {
    memcpy(file + at, &value, bytes);
}

// As Linux's Documentation/arch/x86/boot.rst has the header.
static void make_bzimage(uint8_t sectors, uint16_t version, uint32_t offset, uint32_t bytes) {
    put(0x1f1, sectors, 1);
    memcpy(file + 0x202, "HdrS", 4);
    put(0x206, version, 2);
    put(0x248, offset, 4);
    put(0x24c, bytes, 4);
}

START_TEST(test_bzimage) {
    make_bzimage(3, 0x20f, 700, 1000);
    check_cuts(0x208, 4 * 512 + 700 + 1000);
    make_bzimage(0, 0x208, 0, 1);
    check_cuts(0x208, 5 * 512 + 1);
    make_bzimage(255, 0x20f, UINT32_MAX, UINT32_MAX);
    ck_assert_uint_eq(end_of(BYTES), 256ULL * 512 + 2ULL * UINT32_MAX);
}
END_TEST

// An older one does not tell where its kernel is.
START_TEST(test_old_bzimage) {
    make_bzimage(3, 0x207, 700, 1000);
    ck_assert_uint_eq(end_of(BYTES), 0);
    make_bzimage(3, 0x208, 700, 1000);
    file[0x203] = 'D';
    ck_assert_uint_eq(end_of(BYTES), 0);
}
END_TEST

START_TEST(test_gzip) {
    ck_assert(kernel_file_is_gzip("\x1f\x8b\x08", 3));
    ck_assert(!kernel_file_is_gzip("\x1f\x8b", 2));
    ck_assert(!kernel_file_is_gzip("\x1f\x8b\x07\x08", 4));
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("kernel-file");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, test_elf, 0, ARRAY_SIZE(elves));
    tcase_add_test(tcase, test_senseless_elf);
    tcase_add_test(tcase, test_bzimage);
    tcase_add_test(tcase, test_old_bzimage);
    tcase_add_test(tcase, test_gzip);
    return unit_run("kernel-file", tcase);
}
