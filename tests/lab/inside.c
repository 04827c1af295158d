// inside: what a shell in a Linux guest of the lab cannot find out or do.
//
// It is linked statically, as the guest has no libraries. It prints facts, as guest-init does.
//
// usage: inside cpuid       all leaves of the processor and of the hypervisors, in hexadecimal:
//                           "cpuid_LEAF=EAX EBX ECX EDX", subleaves but 0 with a dot before them
//        inside touch MIB   writes to every page of the memory that is free, all but so many MiB,
//                           and reads it back: "touched=MIB", or "touched=broken at MIB"

#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#define MIB (UINT64_C(1) << 20)
#define PAGE_SIZE 4096
#define PAGES_PER_MIB (MIB / PAGE_SIZE)

// Leaves that have subleaves worth looking at: topology and state of the vector registers.
static bool has_subleaves(unsigned leaf) {
    return leaf == 4 || leaf == 0xb || leaf == 0xd;
}

static void leaf_print(unsigned leaf, unsigned subleaf) {
    unsigned a, b, c, d;

    __cpuid_count(leaf, subleaf, a, b, c, d);
    printf("cpuid_%x", leaf);
    if (subleaf)
        printf(".%x", subleaf);
    printf("=%08x %08x %08x %08x\n", a, b, c, d);
}

// The range of leaves that begins at `first`, whose first leaf names the last one.
static void range_print(unsigned first) {
    unsigned last, b, c, d;

    __cpuid_count(first, 0, last, b, c, d);
    for (unsigned leaf = first; leaf <= last && leaf < first + 0x40; leaf++)
        for (unsigned subleaf = 0; subleaf <= (has_subleaves(leaf) ? 2U : 0U); subleaf++)
            leaf_print(leaf, subleaf);
}

// Hypervisors' ranges are 0x100 apart; one that is not there has no last leaf of its own.
static void hypervisors_print(void) {
    unsigned last, b, c, d;

    for (unsigned first = 0x40000000; first < 0x40000400; first += 0x100) {
        __cpuid_count(first, 0, last, b, c, d);
        if (last > first && last < first + 0x100)
            range_print(first);
    }
}

static int cpuid_all(void) {
    range_print(0);
    range_print(0x80000000);
    hypervisors_print();
    return 0;
}

// No page has what another one has.
static uint64_t mark_of(uint64_t page) {
    return (page + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t *page_of(char *memory, uint64_t page) {
    return (uint64_t *)(void *)(memory + page * PAGE_SIZE);
}

static int touch(uint64_t mib_kept) {
    struct sysinfo info;
    uint64_t mib = 0;
    char *memory;

    if (sysinfo(&info) == 0)
        mib = (uint64_t)info.freeram * info.mem_unit / MIB;
    mib = mib > mib_kept ? mib - mib_kept : 0;
    memory = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        puts("touched=nothing");
        return 1;
    }
    // One fault for 512 pages: this is an emulated machine.
    madvise(memory, mib * MIB, MADV_HUGEPAGE);
    for (uint64_t page = 0; page < mib * PAGES_PER_MIB; page++)
        *page_of(memory, page) = mark_of(page);
    for (uint64_t page = 0; page < mib * PAGES_PER_MIB; page++)
        if (*page_of(memory, page) != mark_of(page)) {
            printf("touched=broken at %ju\n", (uintmax_t)(page / PAGES_PER_MIB));
            return 1;
        }
    printf("touched=%ju\n", (uintmax_t)mib);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "cpuid") == 0)
        return cpuid_all();
    if (argc == 3 && strcmp(argv[1], "touch") == 0)
        return touch(strtoull(argv[2], NULL, 10));
    fprintf(stderr, "usage: inside cpuid | inside touch MIB\n");
    return 2;
}
