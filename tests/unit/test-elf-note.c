// Notes in ELF files made byte by byte, in both classes, and what is cut off or makes no sense.

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guest/elf-note.h"
#include "tests/unit/unit.h"

#define PHYS32_ENTRY 18 // XEN_ELFNOTE_PHYS32_ENTRY
#define NOTES 512       // where they begin
#define BYTES 1024

static uint8_t file[BYTES];

static void setup(void) {
    memset(file, 0, sizeof(file));
}

// Adds a note at `at`; returns where the next one begins.
static size_t add_note(size_t at, const char *owner, uint32_t type, uint64_t value,
                       uint32_t bytes) {
    const uint32_t head[] = {(uint32_t)strlen(owner) + 1, bytes, type};
    size_t padded = (head[0] + 3) & ~3U;

    memcpy(file + at, head, sizeof(head));
    memcpy(file + at + 12, owner, head[0]);
    memcpy(file + at + 12 + padded, &value, bytes < 8 ? bytes : 8);
    return at + 12 + padded + ((bytes + 3) & ~3U);
}

// An ELF file with one part, a segment or a section, of `bytes` bytes of notes.
static void make_64(bool segment, uint64_t offset, uint64_t bytes) {
    Elf64_Ehdr head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64}, .e_phoff = 64, .e_shoff = 64};
    const Elf64_Phdr phdr = {.p_type = PT_NOTE, .p_offset = offset, .p_filesz = bytes};
    const Elf64_Shdr shdr = {.sh_type = SHT_NOTE, .sh_offset = offset, .sh_size = bytes};

    head.e_phentsize = sizeof(phdr);
    head.e_shentsize = sizeof(shdr);
    head.e_phnum = segment;
    head.e_shnum = !segment;
    memcpy(file, &head, sizeof(head));
    memcpy(file + 64, segment ? (const void *)&phdr : &shdr, segment ? sizeof(phdr) : sizeof(shdr));
}

static void make_32(bool segment, uint32_t offset, uint32_t bytes) {
    Elf32_Ehdr head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32}, .e_phoff = 64, .e_shoff = 64};
    const Elf32_Phdr phdr = {.p_type = PT_NOTE, .p_offset = offset, .p_filesz = bytes};
    const Elf32_Shdr shdr = {.sh_type = SHT_NOTE, .sh_offset = offset, .sh_size = bytes};

    head.e_phentsize = sizeof(phdr);
    head.e_shentsize = sizeof(shdr);
    head.e_phnum = segment;
    head.e_shnum = !segment;
    memcpy(file, &head, sizeof(head));
    memcpy(file + 64, segment ? (const void *)&phdr : &shdr, segment ? sizeof(phdr) : sizeof(shdr));
}

// From memory that ends where the file does, so that a sanitizer or valgrind sees who goes on.
static bool read_from(size_t bytes, uint64_t *ret) {
    void *copy = malloc(bytes ? bytes : 1);
    bool found;

    memcpy(copy, file, bytes);
    found = elf_note_read(&(struct elf_file){copy, bytes}, PHYS32_ENTRY, ret);
    free(copy);
    return found;
}

START_TEST(test_found) {
    size_t end = add_note(NOTES, "GNU", 3, 7, 20);
    uint64_t value = 0;

    end = add_note(end, "Xen", 5, 8, 8);
    end = add_note(end, "Xen", PHYS32_ENTRY, 0x1000000, _i & 2 ? 8 : 4);
    if (_i & 4)
        make_32(_i & 1, NOTES, (uint32_t)(end - NOTES));
    else
        make_64(_i & 1, NOTES, end - NOTES);
    ck_assert(read_from(BYTES, &value));
    ck_assert_uint_eq(value, 0x1000000);
    ck_assert(read_from(end, &value));
}
END_TEST

static const struct {
    const char *name, *owner;
    uint32_t type, bytes;
} others[] = {
    {"another type", "Xen", 17, 4},
    {"another owner", "Xeo", PHYS32_ENTRY, 4},
    {"a longer owner", "Xen1", 18, 4},
    {"two bytes", "Xen", PHYS32_ENTRY, 2},
    {"a text", "Xen", PHYS32_ENTRY, 6},
    {"no number", "Xen", PHYS32_ENTRY, 0},
    {"a shorter owner", "Xe", PHYS32_ENTRY, 4},
};

START_TEST(test_not_found) {
    size_t end = add_note(NOTES, others[_i].owner, others[_i].type, 1, others[_i].bytes);
    uint64_t value = 5;

    make_64(true, NOTES, end - NOTES);
    ck_assert_msg(!read_from(BYTES, &value), "%s", others[_i].name);
    ck_assert_uint_eq(value, 5);
}
END_TEST

// A segment with one note, and two sections, of which the second has the one that is wanted: as
// libxenguest has it (xen/common/libelf), sections count where no segment has a note of Xen's.
static const struct {
    const char *owner;
    uint32_t type;
    uint64_t found; // 0: nothing
} segments[] = {
    {"Xen", 5, 0}, // XEN_ELFNOTE_XEN_VERSION
    {"GNU", PHYS32_ENTRY, 3},
    {"Xen", PHYS32_ENTRY, 1},
};

START_TEST(test_segments_before_sections) {
    const size_t first = NOTES, second = NOTES + 128, third = NOTES + 256;
    uint64_t value = 0;
    Elf64_Phdr segment = {.p_type = PT_NOTE, .p_offset = first};
    Elf64_Shdr sections[] = {{.sh_type = SHT_NOTE, .sh_offset = second},
                             {.sh_type = SHT_NOTE, .sh_offset = third}};
    const Elf64_Ehdr head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64},
                             .e_phoff = 64,
                             .e_phentsize = sizeof(segment),
                             .e_phnum = 1,
                             .e_shoff = 128,
                             .e_shentsize = sizeof(sections[0]),
                             .e_shnum = ARRAY_SIZE(sections)};

    segment.p_filesz = add_note(first, segments[_i].owner, segments[_i].type, 1, 4) - first;
    sections[0].sh_size = add_note(second, "Xen", 5, 2, 4) - second;
    sections[1].sh_size = add_note(third, "Xen", PHYS32_ENTRY, 3, 4) - third;
    memcpy(file, &head, sizeof(head));
    memcpy(file + 64, &segment, sizeof(segment));
    memcpy(file + 128, sections, sizeof(sections));
    ck_assert_int_eq(read_from(BYTES, &value), segments[_i].found != 0);
    ck_assert_uint_eq(value, segments[_i].found);
}
END_TEST

START_TEST(test_cut_anywhere) {
    size_t end = add_note(NOTES, "Xen", PHYS32_ENTRY, 1, 4);
    uint64_t value;

    make_64(true, NOTES, end - NOTES);
    for (size_t bytes = 0; bytes < end; bytes++)
        ck_assert_msg(!read_from(bytes, &value), "%zu bytes", bytes);
    ck_assert(read_from(end, &value));
}
END_TEST

// The note is there, but not within what the header says.
START_TEST(test_senseless) {
    size_t end = add_note(NOTES, "Xen", PHYS32_ENTRY, 1, 4);
    const uint32_t huge = UINT32_MAX;
    uint64_t value;

    make_64(true, NOTES, end - NOTES - 1);
    ck_assert(!read_from(BYTES, &value));
    make_64(true, UINT64_MAX - 4, end - NOTES);
    ck_assert(!read_from(BYTES, &value));
    make_32(true, UINT32_MAX, UINT32_MAX);
    ck_assert(!read_from(BYTES, &value));
    make_64(true, NOTES, UINT64_MAX);
    memcpy(file + NOTES, &huge, 4);
    ck_assert(!read_from(BYTES, &value));
    make_64(true, NOTES, end - NOTES);
    memset(file + 32, 0xff, 16);
    ck_assert(!read_from(BYTES, &value));
}
END_TEST

START_TEST(test_not_elf) {
    size_t end = add_note(NOTES, "Xen", PHYS32_ENTRY, 1, 4);
    uint64_t value;

    make_64(true, NOTES, end - NOTES);
    ck_assert(elf_file_is_elf(&(struct elf_file){file, BYTES}));
    ck_assert(!elf_file_is_elf(&(struct elf_file){file, 3}));
    file[1] = 'e';
    ck_assert(!elf_file_is_elf(&(struct elf_file){file, BYTES}));
    ck_assert(!read_from(BYTES, &value));
}
END_TEST

// As many segments as there can be name the same notes, as many as fit: 3 MiB of them would be
// looked at 17 thousand million times. Check ends a test after 4 s.
START_TEST(test_same_notes_again) {
    size_t notes = sizeof(Elf64_Ehdr) + 65535 * sizeof(Elf64_Phdr), bytes = notes + (3 << 20);
    uint8_t *image = calloc(bytes, 1);
    Elf64_Ehdr head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64},
                       .e_phoff = sizeof(head),
                       .e_phentsize = sizeof(Elf64_Phdr),
                       .e_phnum = 65535};
    const Elf64_Phdr phdr = {.p_type = PT_NOTE, .p_offset = notes, .p_filesz = 3 << 20};
    uint64_t value = 7;

    ck_assert_ptr_nonnull(image);
    memcpy(image, &head, sizeof(head));
    for (size_t i = 0; i < 65535; i++)
        memcpy(image + sizeof(head) + i * sizeof(phdr), &phdr, sizeof(phdr));
    ck_assert(!elf_note_read(&(struct elf_file){image, bytes}, PHYS32_ENTRY, &value));
    ck_assert_uint_eq(value, 7);
    free(image);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("elf-note");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, test_found, 0, 8);
    tcase_add_loop_test(tcase, test_not_found, 0, ARRAY_SIZE(others));
    tcase_add_loop_test(tcase, test_segments_before_sections, 0, ARRAY_SIZE(segments));
    tcase_add_test(tcase, test_cut_anywhere);
    tcase_add_test(tcase, test_senseless);
    tcase_add_test(tcase, test_same_notes_again);
    tcase_add_test(tcase, test_not_elf);
    return unit_run("elf-note", tcase);
}
