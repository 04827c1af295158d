// ACPI's tables for PVH guests, read as a guest reads them: from the RSDP on, every byte where the
// ACPI specification has it. What iasl makes of them is in tests/system.

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guest/acpi.h"
#include "tests/unit/unit.h"

static struct acpi *acpi;

static void make(unsigned nr, unsigned online, bool apic) {
    const struct platform platform = {.nr_vcpus = nr, .nr_vcpus_online = online, .apic = apic};
    struct error err = {0};

    ck_assert_int_eq(acpi_make(&platform, NULL, NULL, &acpi, &err), 0);
}

static void teardown(void) {
    free(acpi);
    acpi = NULL;
}

static uint64_t number(const uint8_t *at, unsigned bytes) {
    uint64_t value = 0;

    for (unsigned i = bytes; i--;)
        value = value << 8 | at[i];
    return value;
}

static uint8_t sum(const uint8_t *at, size_t bytes) {
    uint8_t total = 0;

    while (bytes--)
        total = (uint8_t)(total + *at++);
    return total;
}

// The table at a guest address, which must be within the pages that the guest gets.
static const uint8_t *table_at(uint64_t address) {
    uint64_t end = LAYOUT_ACPI_TABLES + acpi->nr_table_pages * 4096UL;
    const uint8_t *table;

    ck_assert_uint_ge(address, LAYOUT_ACPI_TABLES);
    ck_assert_uint_le(address + 36, end);
    ck_assert_uint_eq(address % 16, 0);
    table = acpi->tables + (address - LAYOUT_ACPI_TABLES);
    ck_assert_uint_le(address + number(table + 4, 4), end);
    return table;
}

// The same with its checksum, which all but the FACS have.
static const uint8_t *summed_table(uint64_t address, const char *signature) {
    const uint8_t *table = table_at(address);

    ck_assert_mem_eq(table, signature, 4);
    ck_assert_uint_eq(sum(table, number(table + 4, 4)), 0);
    return table;
}

static const uint8_t *xsdt(void) {
    return summed_table(number(acpi->rsdp + 24, 8), "XSDT");
}

static const uint8_t *rsdt(void) {
    return summed_table(number(acpi->rsdp + 16, 4), "RSDT");
}

static const uint8_t *fadt(void) {
    return summed_table(number(xsdt() + 36, 8), "FACP");
}

START_TEST(test_rsdp) {
    make(2, 2, true);
    ck_assert_mem_eq(acpi->rsdp, "RSD PTR ", 8);
    ck_assert_uint_eq(sum(acpi->rsdp, 20), 0);
    ck_assert_uint_eq(sum(acpi->rsdp, 36), 0);
    ck_assert_uint_eq(acpi->rsdp[15], 2);
    ck_assert_uint_eq(number(acpi->rsdp + 20, 4), 36);
    // The rest of its 64 bytes says nothing.
    ck_assert_uint_eq(number(acpi->rsdp + 36, 8), 0);
}
END_TEST

START_TEST(test_fadts) {
    const uint8_t *old, *new;

    make(2, 2, true);
    new = fadt();
    old = summed_table(number(rsdt() + 36, 4), "FACP");
    ck_assert_uint_eq(new[8], 5);
    ck_assert_uint_eq(number(new + 4, 4), 268);
    ck_assert_uint_eq(old[8], 1);
    ck_assert_uint_eq(number(old + 4, 4), 116);
    // FACS and DSDT are the same for all, by 32 and by 64 bits.
    ck_assert_mem_eq(old + 36, new + 36, 8);
    ck_assert_uint_eq(number(new + 132, 8), number(new + 36, 4));
    ck_assert_uint_eq(number(new + 140, 8), number(new + 40, 4));
    summed_table(number(new + 40, 4), "DSDT");
    // PM1a at Xen's ports, also by their full addresses: I/O space, 32 and 16 bits.
    ck_assert_uint_eq(number(new + 56, 4), 0xb000);
    ck_assert_uint_eq(number(new + 64, 4), 0xb004);
    ck_assert_uint_eq(number(new + 148, 4), 0x2001);
    ck_assert_uint_eq(number(new + 152, 8), 0xb000);
    ck_assert_uint_eq(number(new + 172, 4), 0x1001);
    ck_assert_uint_eq(number(new + 176, 8), 0xb004);
    // No PM timer, no GPEs, no VGA, no RTC.
    ck_assert_uint_eq(number(new + 76, 4), 0);
    ck_assert_uint_eq(number(new + 80, 8), 0);
    ck_assert_uint_eq(number(new + 109, 2), 0x24);
}
END_TEST

START_TEST(test_facs) {
    uint64_t address;

    make(2, 2, true);
    address = number(fadt() + 36, 4);
    ck_assert_uint_eq(address % 64, 0);
    ck_assert_mem_eq(table_at(address), "FACS", 4);
    ck_assert_uint_eq(number(table_at(address) + 4, 4), 64);
}
END_TEST

static const struct {
    unsigned nr, online;
    bool apic, madt;
} guests[] = {
    {1, 1, true, true},     {1, 1, false, false}, {2, 2, false, true},
    {4, 1, true, true},     {64, 64, true, true}, {PLATFORM_MAX_VCPUS, 5, true, true},
    {128, 128, true, true},
};

static void check_local_apic(const uint8_t *at, unsigned vcpu, bool online) {
    ck_assert_uint_eq(at[0], 0); // a processor's local APIC
    ck_assert_uint_eq(at[1], 8);
    ck_assert_uint_eq(at[2], vcpu);
    ck_assert_uint_eq(at[3], 2UL * vcpu);
    ck_assert_uint_eq(number(at + 4, 4), online);
}

// What the DSDT's methods read, as make-dsdt has it: the number of vCPUs, and where their entries
// are. Without a MADT they lie in the pages of tables all the same.
static void check_methods(unsigned nr, unsigned online) {
    uint64_t entries = number(acpi->info + 16, 4);

    ck_assert_uint_eq(number(acpi->info + 2, 2), nr);
    ck_assert_uint_ge(entries, LAYOUT_ACPI_TABLES);
    ck_assert_uint_le(entries + 8UL * nr, LAYOUT_ACPI_TABLES + acpi->nr_table_pages * 4096UL);
    for (unsigned i = 0; i < nr; i++)
        check_local_apic(acpi->tables + (entries - LAYOUT_ACPI_TABLES) + 8UL * i, i, i < online);
}

START_TEST(test_madt) {
    const unsigned nr = guests[_i].nr;
    const uint8_t *madt;
    uint64_t address;

    make(nr, guests[_i].online, guests[_i].apic);
    check_methods(nr, guests[_i].online);
    ck_assert_uint_eq(number(xsdt() + 4, 4), guests[_i].madt ? 52 : 44);
    ck_assert_uint_eq(number(rsdt() + 4, 4), guests[_i].madt ? 44 : 40);
    if (!guests[_i].madt)
        return;
    address = number(xsdt() + 44, 8);
    ck_assert_uint_eq(number(rsdt() + 40, 4), address);
    madt = summed_table(address, "APIC");
    ck_assert_uint_eq(number(madt + 4, 4), 44 + 8 * nr);
    ck_assert_uint_eq(number(madt + 36, 4), 0xfee00000);
    // A PC's interrupt controllers beside the local APICs (PCAT_COMPAT), as Xen's own tools have
    // it.
    ck_assert_uint_eq(number(madt + 40, 4), 1);
    for (unsigned i = 0; i < nr; i++)
        check_local_apic(madt + 44 + (size_t)8 * i, i, i < guests[_i].online);
    ck_assert_uint_eq(number(acpi->info + 12, 4), address + 9);
    ck_assert_uint_eq(number(acpi->info + 16, 4), address + 44);
}
END_TEST

// --- what a guest with vnodes finds ---

#define MIB_PAGES 256UL

// Two nodes of a host of three, each with one vnode, and a vnode that crosses the hole.
static const struct vnodes two = {
    .nr = 2,
    .low_pages = 3840 * MIB_PAGES,
    .vnode = {{.node = 2, .nr_vcpus = 3, .nr_pages = 1024 * MIB_PAGES},
              {.node = 0, .nr_vcpus = 1, .nr_pages = 4096 * MIB_PAGES}},
};

static const struct host three_nodes = {
    .nr_nodes = 3,
    .distance = {{10, 16, 23}, {16, 10, 31}, {24, 31, 10}},
};

static void make_with(const struct vnodes *vnodes, const struct host *host) {
    const struct platform platform = {
        .apic = true, .nr_vcpus_online = 1, .nr_vcpus = vnodes_first_vcpu(vnodes, vnodes->nr)};
    struct error err = {0};

    ck_assert_int_eq(acpi_make(&platform, vnodes, host, &acpi, &err), 0);
}

// The table with that signature, by the root table whose entries have so many bytes.
static const uint8_t *find_table(const uint8_t *root, unsigned bytes, const char *signature) {
    for (size_t at = 36; at < number(root + 4, 4); at += bytes) {
        uint64_t address = number(root + at, bytes);

        if (!memcmp(table_at(address), signature, 4))
            return summed_table(address, signature);
    }
    return NULL;
}

static const uint8_t *find(const char *signature) {
    const uint8_t *table = find_table(xsdt(), 8, signature);

    ck_assert_ptr_eq(find_table(rsdt(), 4, signature), table);
    return table;
}

// What a guest makes of an SRAT.
struct seen {
    unsigned nr_cpus, nr_memory;
    struct {
        unsigned domain, apic_id;
    } cpu[256];
    struct {
        unsigned domain;
        uint64_t base, bytes;
    } memory[64];
};

static void see_entry(const uint8_t *at, struct seen *ret) {
    if (at[0] == 0) { // a processor's local APIC
        ck_assert_uint_eq(at[1], 16);
        ck_assert_uint_eq(number(at + 4, 4), 1);
        ret->cpu[ret->nr_cpus].domain = (unsigned)(at[2] | number(at + 9, 3) << 8);
        ret->cpu[ret->nr_cpus++].apic_id = at[3];
    } else { // memory
        ck_assert_uint_eq(at[0], 1);
        ck_assert_uint_eq(at[1], 40);
        ck_assert_uint_eq(number(at + 28, 4), 1); // enabled, neither pluggable nor persistent
        ret->memory[ret->nr_memory].domain = (unsigned)number(at + 2, 4);
        ret->memory[ret->nr_memory].base = number(at + 8, 8);
        ret->memory[ret->nr_memory++].bytes = number(at + 16, 8);
    }
}

static struct seen see_srat(void) {
    const uint8_t *srat = find("SRAT");
    struct seen seen = {0};

    ck_assert_ptr_nonnull(srat);
    ck_assert_uint_eq(srat[8], 3);
    ck_assert_uint_eq(number(srat + 36, 4), 1);
    for (size_t at = 48; at < number(srat + 4, 4); at += srat[at + 1]) {
        ck_assert_uint_le(at + srat[at + 1], number(srat + 4, 4));
        see_entry(srat + at, &seen);
    }
    return seen;
}

START_TEST(test_srat) {
    struct seen seen;

    make_with(&two, &three_nodes);
    seen = see_srat();
    ck_assert_uint_eq(seen.nr_cpus, 4);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(seen.cpu[i].apic_id, 2UL * i);
        ck_assert_uint_eq(seen.cpu[i].domain, i == 3);
    }
    ck_assert_uint_eq(seen.nr_memory, 3);
    ck_assert_uint_eq(seen.memory[0].domain, 0);
    ck_assert_uint_eq(seen.memory[0].base, 0);
    ck_assert_uint_eq(seen.memory[0].bytes, 0x40000000);
    ck_assert_uint_eq(seen.memory[1].domain, 1);
    ck_assert_uint_eq(seen.memory[1].base, 0x40000000);
    ck_assert_uint_eq(seen.memory[1].bytes, 0xf0000000 - 0x40000000);
    ck_assert_uint_eq(seen.memory[2].domain, 1);
    ck_assert_uint_eq(seen.memory[2].base, 0x100000000);
    ck_assert_uint_eq(seen.memory[2].bytes, 0x50000000);
}
END_TEST

START_TEST(test_slit) {
    const uint8_t *slit;

    make_with(&two, &three_nodes);
    slit = find("SLIT");
    ck_assert_ptr_nonnull(slit);
    ck_assert_uint_eq(number(slit + 4, 4), 36 + 8 + 4);
    ck_assert_uint_eq(slit[8], 1);
    ck_assert_uint_eq(number(slit + 36, 8), 2);
    // vnode 0 is on node 2.
    ck_assert_mem_eq(slit + 44, "\x0a\x18\x17\x0a", 4);
}
END_TEST

// As many as there can be, each above the hole but the first: all tables are whole, and apart.
START_TEST(test_most_vnodes) {
    struct vnodes most = {.nr = VNODES_MAX, .low_pages = 3840 * MIB_PAGES};
    struct seen seen;

    for (unsigned i = 0; i < most.nr; i++)
        most.vnode[i] = (struct vnode){.nr_vcpus = 4, .nr_pages = 4096 * MIB_PAGES};
    make_with(&most, &three_nodes);
    seen = see_srat();
    ck_assert_uint_eq(seen.nr_cpus, 128);
    ck_assert_uint_eq(seen.cpu[127].apic_id, 254);
    ck_assert_uint_eq(seen.cpu[127].domain, 31);
    ck_assert_uint_eq(seen.nr_memory, 33);
    ck_assert_uint_eq(seen.memory[32].domain, 31);
    ck_assert_uint_eq(seen.memory[32].base + seen.memory[32].bytes, (4096ULL * 32 + 256) << 20);
    ck_assert_uint_eq(number(find("SLIT") + 4, 4), 44 + 32 * 32);
    ck_assert_uint_eq(number(find("APIC") + 4, 4), 44 + 8 * 128);
    fadt();
    ck_assert_uint_le(acpi->nr_table_pages, 16);
}
END_TEST

START_TEST(test_no_vnodes) {
    make(4, 4, true);
    ck_assert_ptr_null(find("SRAT"));
    ck_assert_ptr_null(find("SLIT"));
}
END_TEST

// Two guests of the same kind get the same bytes, whatever was in the memory that they were made
// in.
START_TEST(test_every_byte_is_known) {
    struct acpi *first;

    mallopt(M_PERTURB, 0x11);
    make(3, 3, true);
    first = acpi;
    mallopt(M_PERTURB, 0x22);
    make(3, 3, true);
    ck_assert_mem_eq(first, acpi, sizeof(*acpi));
    for (size_t i = 20; i < ACPI_PAGE; i++)
        ck_assert_uint_eq(acpi->info[i], 0);
    free(first);
}
END_TEST

START_TEST(test_modules_of_the_image) {
    struct xc_dom_image dom = {0};

    make(2, 2, true);
    acpi_attach(acpi, &dom);
    ck_assert_uint_eq(dom.acpi_modules[0].guest_addr_out, 0xfffc0);
    ck_assert_uint_eq(dom.acpi_modules[0].length, 64);
    ck_assert_uint_eq(dom.acpi_modules[1].guest_addr_out, 0xfc000000);
    ck_assert_uint_eq(dom.acpi_modules[1].length, 4096);
    ck_assert_uint_eq(dom.acpi_modules[2].guest_addr_out, 0xfc001000);
    ck_assert_uint_eq(dom.acpi_modules[2].length, acpi->nr_table_pages * 4096UL);
    ck_assert_uint_eq(dom.acpi_modules[3].length, 0);
    ck_assert_uint_le(acpi->nr_table_pages, 16);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("acpi");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, test_rsdp);
    tcase_add_test(tcase, test_fadts);
    tcase_add_test(tcase, test_facs);
    tcase_add_loop_test(tcase, test_madt, 0, ARRAY_SIZE(guests));
    tcase_add_test(tcase, test_srat);
    tcase_add_test(tcase, test_slit);
    tcase_add_test(tcase, test_most_vnodes);
    tcase_add_test(tcase, test_no_vnodes);
    tcase_add_test(tcase, test_every_byte_is_known);
    tcase_add_test(tcase, test_modules_of_the_image);
    return unit_run("acpi", tcase);
}
