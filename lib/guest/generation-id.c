// The guest chooses the place, so nothing is believed of it: it may lie across two pages, or
// nowhere.

#include "lib/guest/generation-id.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/hvm/params.h>
#include <xenforeignmemory.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

#define ID_BYTES 16

// A half of the id, up to `end`.
static int parse_half(const char **at, char end, uint64_t *ret) {
    char *after;

    if (**at < '0' || **at > '9')
        return -EINVAL;
    errno = 0;
    *ret = strtoull(*at, &after, 0);
    if (errno || !*ret)
        return -ERANGE;
    if (*after != end)
        return -EINVAL;
    *at = after + (end ? 1 : 0);
    return 0;
}

int generation_id_parse(const char *text, uint64_t ret[2], struct error *err) {
    const char *at = text;
    uint64_t id[2];
    int rc = parse_half(&at, ':', &id[0]);

    if (!rc)
        rc = parse_half(&at, '\0', &id[1]);
    if (rc)
        return error_set(err, -rc,
                         "Xenstore key platform/generation-id: \"%s\" is not two numbers A:B of 64 "
                         "bits that are not 0",
                         text);
    ret[0] = id[0];
    ret[1] = id[1];
    return 0;
}

static int write_mapped(xenforeignmemory_handle *fmem, uint32_t domid, uint64_t address,
                        const uint8_t id[ID_BYTES], struct error *err) {
    const xen_pfn_t gfn = address >> XC_PAGE_SHIFT;
    const xen_pfn_t gfns[] = {gfn, gfn + 1};
    size_t offset = address % XC_PAGE_SIZE, nr = offset > XC_PAGE_SIZE - ID_BYTES ? 2 : 1;
    uint8_t *pages = xenforeignmemory_map(fmem, domid, PROT_READ | PROT_WRITE, nr, gfns, NULL);

    if (!pages)
        return error_set(err, errno, "the generation id cannot be written at %#" PRIx64 ": %s",
                         address, strerror(errno));
    memcpy(pages + offset, id, ID_BYTES);
    xenforeignmemory_unmap(fmem, pages, nr);
    return 0;
}

static int write_at(uint32_t domid, uint64_t address, const uint64_t id[2], struct error *err) {
    xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
    uint8_t bytes[ID_BYTES];
    int rc;

    if (!fmem)
        return error_set(err, errno, "opening the interface to guest memory: %s", strerror(errno));
    for (unsigned i = 0; i < ID_BYTES; i++)
        bytes[i] = (uint8_t)(id[i / 8] >> i % 8 * 8);
    rc = write_mapped(fmem, domid, address, bytes, err);
    xenforeignmemory_close(fmem);
    return rc;
}

int generation_id_write(xc_interface *xch, uint32_t domid, struct store *store, struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    uint64_t address = 0, id[2] = {0};
    int rc;

    errno = 0;
    if (xc_hvm_param_get(xch, domid, HVM_PARAM_VM_GENERATION_ID_ADDR, &address))
        return xen_error(err, xch, "reading HVM parameter VM_GENERATION_ID_ADDR");
    rc = address ? store_read(store, "platform/generation-id", &text, err) : 0;
    if (rc || !text || !*text)
        return rc;
    rc = generation_id_parse(text, id, err);
    return rc ? rc : write_at(domid, address, id, err);
}
