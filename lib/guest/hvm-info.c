// hvmloader refuses a table whose bytes do not sum up to zero, so the checksum is made last.

#include "lib/guest/hvm-info.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/hvm/hvm_info_table.h>
#include <xenforeignmemory.h>

#include "lib/util/checksum.h"

int hvm_info_update(uint8_t *page, const struct platform *platform, struct error *err) {
    struct hvm_info_table table;

    memcpy(&table, page + HVM_INFO_PAGE_OFFSET, sizeof(table));
    if (memcmp(table.signature, "HVM INFO", sizeof(table.signature)) ||
        table.length != sizeof(table))
        return error_set(err, EILSEQ, "the domain builder left no hvm_info table of %zu bytes",
                         sizeof(table));
    table.apic_mode = platform->apic;
    table.nr_vcpus = platform->nr_vcpus;
    memset(table.vcpu_online, 0, sizeof(table.vcpu_online));
    for (unsigned i = 0; i < platform->nr_vcpus_online; i++)
        table.vcpu_online[i / 8] |= (uint8_t)(1U << i % 8);
    table.checksum = 0;
    table.checksum = checksum_of(&table, sizeof(table));
    memcpy(page + HVM_INFO_PAGE_OFFSET, &table, sizeof(table));
    return 0;
}

static int update_mapped(xenforeignmemory_handle *fmem, uint32_t domid,
                         const struct platform *platform, struct error *err) {
    const xen_pfn_t gfn = HVM_INFO_GFN;
    void *page = xenforeignmemory_map(fmem, domid, PROT_READ | PROT_WRITE, 1, &gfn, NULL);
    int rc;

    if (!page)
        return error_set(err, errno, "mapping the guest's hvm_info table: %s", strerror(errno));
    rc = hvm_info_update(page, platform, err);
    xenforeignmemory_unmap(fmem, page, 1);
    return rc;
}

int hvm_info_write(uint32_t domid, const struct platform *platform, struct error *err) {
    xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
    int rc;

    if (!fmem)
        return error_set(err, errno, "opening the interface to guest memory: %s", strerror(errno));
    rc = update_mapped(fmem, domid, platform, err);
    xenforeignmemory_close(fmem);
    return rc;
}
