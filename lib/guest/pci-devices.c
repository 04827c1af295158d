// A device whose reserved memory (RMRR) is not known is not assigned: it would write into the
// guest's RAM.
//
// The Linux kernel's file `resource` has a line for each BAR, then the ROM, with the first address,
// the last one and flags, all 0 if there is none. I/O ports take no room in the memory below 4 GiB.

#include "lib/guest/pci-devices.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

#define NR_RESOURCES 7         // six BARs and the ROM
#define FLAG_IO_PORTS 0x100ULL // IORESOURCE_IO

#define VENDOR_AMD 0x1002
#define DEVICE_S7150X2_VF 0x692f

// The number of ranges may grow between being asked for and being read, but not for ever.
#define MAX_ATTEMPTS 4

// Opens a file that sysfs has about a device, and says which in *path, which the caller frees.
static FILE *open_file(const char *sysfs, struct pci_address address, const char *name,
                       char **path) {
    if (asprintf(path, "%s/bus/pci/devices/%s/%s", sysfs, pci_address_text(address).s, name) < 0) {
        *path = NULL;
        errno = ENOMEM;
        return NULL;
    }
    return fopen(*path, "re");
}

// Takes a hexadecimal number off the front of *text.
static bool take_number(const char **text, uint64_t *ret) {
    const char *start = *text + strspn(*text, " ");
    char *end;

    if (!isxdigit((unsigned char)*start))
        return false;
    errno = 0;
    *ret = strtoull(start, &end, 16);
    *text = end;
    return !errno;
}

// The room that one line of `resource` asks for. -EINVAL: it is no such line.
static int parse_resource(const char *line, uint64_t *ret) {
    uint64_t start, end, flags;

    if (!take_number(&line, &start) || !take_number(&line, &end) || !take_number(&line, &flags) ||
        line[strspn(line, " \n")] || end < start)
        return -EINVAL;
    *ret = start && !(flags & FLAG_IO_PORTS) ? end - start + 1 : 0;
    return 0;
}

static int add_resources(FILE *file, const char *path, uint64_t *bar_bytes, struct error *err) {
    CLEANUP(cleanup_free) char *line = NULL;
    size_t capacity = 0;

    for (int i = 0; i < NR_RESOURCES; i++) {
        uint64_t bytes;

        errno = 0;
        if (getline(&line, &capacity, file) < 0) {
            if (errno)
                return error_set(err, errno, "reading %s: %s", path, strerror(errno));
            return 0; // a bridge, say, has fewer
        }
        if (parse_resource(line, &bytes))
            return error_set(err, EINVAL, "%s: line %d is not the description of a BAR", path,
                             i + 1);
        if (__builtin_add_overflow(*bar_bytes, bytes, bar_bytes))
            return error_set(err, ERANGE, "%s: the BARs are larger than any memory", path);
    }
    return 0;
}

static int read_bars(const char *sysfs, struct pci_address address, uint64_t *bar_bytes,
                     struct error *err) {
    CLEANUP(cleanup_free) char *path = NULL;
    CLEANUP(cleanup_fclose) FILE *file = open_file(sysfs, address, "resource", &path);
    uint64_t bytes = *bar_bytes;
    int rc;

    if (!file)
        return error_set(err, errno, "PCI device %s: opening %s: %s", pci_address_text(address).s,
                         path ? path : "its resources", strerror(errno));
    rc = add_resources(file, path, &bytes, err);
    if (!rc)
        *bar_bytes = bytes;
    return rc;
}

static bool read_id(const char *sysfs, struct pci_address address, const char *name,
                    uint64_t *ret) {
    CLEANUP(cleanup_free) char *path = NULL;
    CLEANUP(cleanup_fclose) FILE *file = open_file(sysfs, address, name, &path);
    char line[32];
    const char *text = line;

    return file && fgets(line, sizeof(line), file) && take_number(&text, ret);
}

int pci_devices_add_sysfs(struct pci_devices *devices, const char *sysfs,
                          struct pci_address address, struct warnings *warnings,
                          struct error *err) {
    uint64_t vendor, device;
    int rc;

    rc = read_bars(sysfs, address, &devices->bar_bytes, err);
    if (rc)
        return rc;
    if (!read_id(sysfs, address, "vendor", &vendor) || !read_id(sysfs, address, "device", &device))
        warnings_add(warnings, "PCI device %s: sysfs does not tell what it is",
                     pci_address_text(address).s);
    else if (vendor == VENDOR_AMD && device == DEVICE_S7150X2_VF)
        devices->mxgpu = true;
    return 0;
}

static int ask_reserved(xc_interface *xch, struct pci_address address,
                        struct xen_reserved_device_memory *list, uint32_t *nr) {
    errno = 0;
    return xc_reserved_device_memory_map(xch, 0, address.segment, address.bus,
                                         (uint8_t)(address.device << 3 | address.function), list,
                                         nr);
}

static int add_reserved(struct pci_devices *devices, struct pci_address address,
                        const struct xen_reserved_device_memory *list, uint32_t nr,
                        struct error *err) {
    struct pci_reserved *larger =
        reallocarray(devices->reserved, devices->nr_reserved + nr + 1UL, sizeof(*larger));

    if (!larger)
        return error_set(err, ENOMEM, "no memory for a list of reserved device memory");
    devices->reserved = larger;
    for (uint32_t i = 0; i < nr; i++) {
        if (list[i].nr_pages)
            devices->reserved[devices->nr_reserved++] =
                (struct pci_reserved){address, {list[i].start_pfn, list[i].nr_pages}};
    }
    return 0;
}

static int read_reserved(xc_interface *xch, struct pci_address address, struct pci_devices *devices,
                         struct error *err) {
    CLEANUP(cleanup_free) struct xen_reserved_device_memory *list = NULL;
    uint32_t nr = 0;

    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        struct xen_reserved_device_memory *larger;

        if (!ask_reserved(xch, address, list, &nr))
            return list ? add_reserved(devices, address, list, nr, err) : 0;
        if (errno != ENOBUFS || !nr)
            break;
        larger = reallocarray(list, nr, sizeof(*list));
        if (!larger)
            return error_set(err, ENOMEM, "no memory for %u ranges of reserved memory", nr);
        list = larger;
    }
    return xen_error(err, xch, "asking for the memory reserved for PCI device %s",
                     pci_address_text(address).s);
}

int pci_devices_read(xc_interface *xch, const char *sysfs, const struct pci_address *list,
                     size_t nr, struct pci_devices *ret, struct warnings *warnings,
                     struct error *err) {
    CLEANUP(pci_devices_done) struct pci_devices devices = {0};
    int rc = 0;

    for (size_t i = 0; i < nr && !rc; i++) {
        rc = read_reserved(xch, list[i], &devices, err);
        if (!rc)
            rc = pci_devices_add_sysfs(&devices, sysfs, list[i], warnings, err);
    }
    if (rc)
        return rc;
    *ret = devices;
    devices = (struct pci_devices){0};
    return 0;
}

void pci_devices_done(struct pci_devices *devices) {
    free(devices->reserved);
    *devices = (struct pci_devices){0};
}
