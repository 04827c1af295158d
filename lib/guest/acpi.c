// A PVH guest has local APICs and nothing else that ACPI could tell of: no I/O APIC, no timer, no
// buttons, no firmware to ask for a state. What it is told is what Xen's own tools tell such
// guests, so that a kernel which runs there runs here: a power management block at the address
// that HVM guests have it at, although nobody answers there, as only ACPI 5 knows machines without;
// and a MADT, if there is one, that has a PC's interrupt controllers (8259) beside the local APICs.
// A Linux that is told so does not look for them and takes an interrupt for ACPI as given.
//
// The tables lie one behind the other in pages of their own. The constants in them are of the ACPI
// specification, 5.0.

#include "lib/guest/acpi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/hvm/ioreq.h>

#include "lib/guest/acpi-numa.h"
#include "lib/guest/acpi-table.h"
#include "lib/util/checksum.h"

#define LOCAL_APIC_ADDRESS 0xfee00000U
#define SCI_INTERRUPT 9

static const uint8_t dsdt[] = {
#include "dsdt.inc"
};

struct facs {
    char signature[4];
    uint32_t length;
    uint8_t other[24];
    uint8_t version;
    uint8_t reserved[31];
} ACPI_PACKED;

struct address {
    uint8_t space, bit_width, bit_offset, access_size;
    uint64_t address;
} ACPI_PACKED;

#define SPACE_IO 1

struct fadt_1 {
    struct acpi_header header;
    uint32_t facs, dsdt;
    uint8_t reserved, preferred_profile;
    uint16_t sci_interrupt;
    uint32_t smi_command;
    uint8_t acpi_enable, acpi_disable, s4bios, pstate;
    uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer, gpe0, gpe1;
    uint8_t pm1_event_bytes, pm1_control_bytes, pm2_control_bytes, pm_timer_bytes;
    uint8_t gpe0_bytes, gpe1_bytes, gpe1_base, cstate;
    uint16_t c2_latency, c3_latency, flush_size, flush_stride;
    uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
    uint16_t boot_architecture; // reserved in revision 1
    uint8_t reserved2;
    uint32_t flags;
} ACPI_PACKED;

struct fadt_5 {
    struct fadt_1 base;
    struct address reset;
    uint8_t reset_value, reserved[3];
    uint64_t facs, dsdt;
    struct address pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer, gpe0,
        gpe1, sleep_control, sleep_status;
} ACPI_PACKED;

_Static_assert(sizeof(struct facs) == 64, "ACPI 5.0, 5.2.10");
_Static_assert(sizeof(struct fadt_1) == 116, "ACPI 1.0, 5.2.5");
_Static_assert(sizeof(struct fadt_5) == 268, "ACPI 5.0, 5.2.9");

#define FADT_WBINVD (1U << 0)
#define FADT_PROC_C1 (1U << 2)
#define FADT_NO_POWER_BUTTON (1U << 4)
#define FADT_NO_SLEEP_BUTTON (1U << 5)
#define FADT_NO_RTC_WAKE (1U << 6)
#define BOOT_NO_VGA (1U << 2)
#define BOOT_NO_CMOS_RTC (1U << 5)
#define NO_CSTATE 0xfff // latencies above 100 and 1000 us: neither C2 nor C3

struct local_apic {
    uint8_t type, length, processor, apic_id;
    uint32_t flags;
} ACPI_PACKED;

#define LOCAL_APIC_ENABLED 1U

struct madt {
    struct acpi_header header;
    uint32_t local_apic_address;
    uint32_t flags;
    struct local_apic local_apic[];
} ACPI_PACKED;

#define MADT_PCAT_COMPAT 1U

struct rsdp {
    char signature[8];
    uint8_t checksum; // of the first 20 bytes
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t full_checksum;
    uint8_t reserved[3];
} ACPI_PACKED;

#define RSDP_1_BYTES 20
_Static_assert(sizeof(struct rsdp) == 36, "ACPI 5.0, 5.2.5.3");
_Static_assert(sizeof(struct rsdp) <= LAYOUT_RSDP_BYTES, "it has its room");

// What the DSDT's methods read (make-dsdt); at the places where hvmloader has the same.
struct info {
    uint16_t devices; // serial ports and so on: none
    uint16_t nr_vcpus;
    uint32_t pci_start, pci_bytes;
    uint32_t madt_checksum; // its address; 0: there is no MADT
    uint32_t local_apics;   // address of the first vCPU's entry
} ACPI_PACKED;

#define MAX_OTHERS 3 // tables that the root tables name beside the FADT: MADT, SRAT, SLIT

_Static_assert(ACPI_ROOM(sizeof(struct facs)) + ACPI_ROOM(sizeof(dsdt)) +
                       ACPI_ROOM(sizeof(struct fadt_1)) + ACPI_ROOM(sizeof(struct fadt_5)) +
                       ACPI_ROOM(sizeof(struct madt)) +
                       PLATFORM_MAX_VCPUS * sizeof(struct local_apic) + ACPI_NUMA_BYTES +
                       2 * ACPI_ROOM(sizeof(struct acpi_header) +
                                     (1 + MAX_OTHERS) * sizeof(uint64_t)) <=
                   LAYOUT_MAX_ACPI_PAGES * ACPI_PAGE,
               "all tables have room");

// --- tables ---

struct maker {
    struct acpi *acpi;
    struct acpi_space space;
    uint32_t facs, dsdt;
    uint32_t other[MAX_OTHERS];
    unsigned nr_others;
};

static void add_facs(struct maker *maker) {
    struct facs *facs = acpi_take(&maker->space, sizeof(*facs));

    memcpy(facs->signature, "FACS", sizeof(facs->signature));
    facs->length = sizeof(*facs);
    facs->version = 1;
    maker->facs = acpi_address_of(&maker->space, facs);
}

static void add_dsdt(struct maker *maker) {
    void *table = acpi_take(&maker->space, sizeof(dsdt));

    memcpy(table, dsdt, sizeof(dsdt));
    maker->dsdt = acpi_address_of(&maker->space, table);
}

static void fill_fadt(const struct maker *maker, struct fadt_1 *fadt) {
    fadt->facs = maker->facs;
    fadt->dsdt = maker->dsdt;
    fadt->sci_interrupt = SCI_INTERRUPT;
    fadt->pm1a_event = ACPI_PM1A_EVT_BLK_ADDRESS_V1;
    fadt->pm1a_control = ACPI_PM1A_CNT_BLK_ADDRESS_V1;
    fadt->pm1_event_bytes = 4;
    fadt->pm1_control_bytes = 2;
    fadt->c2_latency = fadt->c3_latency = NO_CSTATE;
    fadt->flags =
        FADT_WBINVD | FADT_PROC_C1 | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON | FADT_NO_RTC_WAKE;
}

static uint32_t add_fadt_1(struct maker *maker) {
    struct fadt_1 *fadt = acpi_add_table(&maker->space, "FACP", 1, sizeof(*fadt));

    fill_fadt(maker, fadt);
    return acpi_seal(&maker->space, fadt);
}

static struct address io_address(uint64_t port, uint8_t bytes) {
    return (struct address){.space = SPACE_IO, .bit_width = (uint8_t)(8 * bytes), .address = port};
}

static uint32_t add_fadt_5(struct maker *maker) {
    struct fadt_5 *fadt = acpi_add_table(&maker->space, "FACP", 5, sizeof(*fadt));

    fill_fadt(maker, &fadt->base);
    fadt->base.boot_architecture = BOOT_NO_VGA | BOOT_NO_CMOS_RTC;
    fadt->facs = maker->facs;
    fadt->dsdt = maker->dsdt;
    fadt->pm1a_event = io_address(ACPI_PM1A_EVT_BLK_ADDRESS_V1, 4);
    fadt->pm1a_control = io_address(ACPI_PM1A_CNT_BLK_ADDRESS_V1, 2);
    return acpi_seal(&maker->space, fadt);
}

static void add_other(struct maker *maker, uint32_t table) {
    maker->other[maker->nr_others++] = table;
}

static void fill_local_apics(struct local_apic *at, const struct platform *platform) {
    for (unsigned i = 0; i < platform->nr_vcpus; i++)
        at[i] = (struct local_apic){
            .length = sizeof(at[i]),
            .processor = (uint8_t)i,
            .apic_id = ACPI_APIC_ID(i),
            .flags = i < platform->nr_vcpus_online ? LOCAL_APIC_ENABLED : 0,
        };
}

static void tell_methods(struct maker *maker, const struct platform *platform,
                         const struct local_apic *local_apics, uint32_t madt_checksum) {
    const struct info info = {
        .nr_vcpus = (uint16_t)platform->nr_vcpus,
        .madt_checksum = madt_checksum,
        .local_apics = acpi_address_of(&maker->space, local_apics),
    };

    memcpy(maker->acpi->info, &info, sizeof(info));
}

static void add_madt(struct maker *maker, const struct platform *platform) {
    struct madt *madt = acpi_add_table(
        &maker->space, "APIC", 2, sizeof(*madt) + platform->nr_vcpus * sizeof(madt->local_apic[0]));

    madt->local_apic_address = LOCAL_APIC_ADDRESS;
    madt->flags = MADT_PCAT_COMPAT;
    fill_local_apics(madt->local_apic, platform);
    add_other(maker, acpi_seal(&maker->space, madt));
    tell_methods(maker, platform, madt->local_apic,
                 acpi_address_of(&maker->space, &madt->header.checksum));
}

// The vCPU of a guest that gets no MADT: its entry is in no table, but for the DSDT's methods, by
// which the vCPU would not be there otherwise.
static void add_lone_processor(struct maker *maker, const struct platform *platform) {
    struct local_apic *local_apic =
        acpi_take(&maker->space, platform->nr_vcpus * sizeof(*local_apic));

    fill_local_apics(local_apic, platform);
    tell_methods(maker, platform, local_apic, 0);
}

// A root table: addresses of `bytes` bytes each, the FADT's first.
static uint32_t add_root(struct maker *maker, const char signature[5], size_t bytes,
                         uint32_t fadt) {
    struct acpi_header *header = acpi_add_table(&maker->space, signature, 1,
                                                sizeof(*header) + (1 + maker->nr_others) * bytes);
    uint8_t *entry = (uint8_t *)(header + 1);

    // Little endian: the lower bytes come first.
    memcpy(entry, &fadt, sizeof(fadt));
    for (unsigned i = 0; i < maker->nr_others; i++)
        memcpy(entry + (1 + i) * bytes, &maker->other[i], sizeof(maker->other[i]));
    return acpi_seal(&maker->space, header);
}

static void make_rsdp(struct acpi *acpi, uint32_t rsdt, uint32_t xsdt) {
    struct rsdp rsdp = {
        .signature = {'R', 'S', 'D', ' ', 'P', 'T', 'R', ' '},
        .oem_id = "Xen",
        .revision = 2,
        .rsdt = rsdt,
        .length = sizeof(rsdp),
        .xsdt = xsdt,
    };

    rsdp.checksum = checksum_of(&rsdp, RSDP_1_BYTES);
    rsdp.full_checksum = checksum_of(&rsdp, sizeof(rsdp));
    memcpy(acpi->rsdp, &rsdp, sizeof(rsdp));
}

int acpi_make(const struct platform *platform, const struct vnodes *vnodes, const struct host *host,
              struct acpi **ret, struct error *err) {
    struct maker maker = {.acpi = calloc(1, sizeof(struct acpi))};
    uint32_t fadt_1, fadt_5, rsdt, xsdt;

    if (!maker.acpi)
        return error_set(err, ENOMEM, "no memory for ACPI tables");
    maker.space.tables = maker.acpi->tables;
    add_facs(&maker);
    add_dsdt(&maker);
    fadt_1 = add_fadt_1(&maker);
    fadt_5 = add_fadt_5(&maker);
    if (platform->apic || platform->nr_vcpus > 1)
        add_madt(&maker, platform);
    else
        add_lone_processor(&maker, platform);
    if (vnodes) {
        add_other(&maker, acpi_numa_add_srat(&maker.space, vnodes));
        add_other(&maker, acpi_numa_add_slit(&maker.space, vnodes, host));
    }
    xsdt = add_root(&maker, "XSDT", sizeof(uint64_t), fadt_5);
    rsdt = add_root(&maker, "RSDT", sizeof(uint32_t), fadt_1);
    make_rsdp(maker.acpi, rsdt, xsdt);
    maker.acpi->nr_table_pages = (unsigned)((maker.space.used + ACPI_PAGE - 1) / ACPI_PAGE);
    *ret = maker.acpi;
    return 0;
}

// --- the image ---

static struct xc_hvm_firmware_module module_of(uint8_t *data, size_t bytes, uint64_t address) {
    return (struct xc_hvm_firmware_module){
        .data = data, .length = (uint32_t)bytes, .guest_addr_out = address};
}

// The library takes the first for the RSDP, and tells the kernel where it is.
void acpi_attach(struct acpi *acpi, struct xc_dom_image *dom) {
    dom->acpi_modules[0] = module_of(acpi->rsdp, sizeof(acpi->rsdp), LAYOUT_RSDP);
    dom->acpi_modules[1] = module_of(acpi->info, sizeof(acpi->info), LAYOUT_ACPI_INFO);
    dom->acpi_modules[2] =
        module_of(acpi->tables, acpi->nr_table_pages * ACPI_PAGE, LAYOUT_ACPI_TABLES);
}
