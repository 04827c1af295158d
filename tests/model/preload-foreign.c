// libxenforeignmemory: guest memory in the caller's address space, page by page from the file that
// holds the machine's memory, so that writes by one process are read by the next.
//
// Touching what is populated on demand makes Xen populate it, as the guest's own access would.

#include "tests/model/memory.h"
#include "tests/model/p2m.h"
#include "tests/model/pod.h"
#include "tests/model/preload.h"
#include "tests/model/pv.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

struct xenforeignmemory_handle {
    int users;
};

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
                                               unsigned open_flags) {
    static struct xenforeignmemory_handle handle;
    struct fault fault = fault_event("open", "foreignmemory");

    (void)logger;
    (void)open_flags;
    if (fault.code) {
        errno = fault.code;
        return NULL;
    }
    preload_hold(HELD_HANDLES, 1);
    return &handle;
}

int xenforeignmemory_close(xenforeignmemory_handle *fmem) {
    if (fmem)
        preload_hold(HELD_HANDLES, -1);
    return 0;
}

struct mapping {
    uint32_t domid;
    char *at;
    int prot;
    size_t nr;
    const xen_pfn_t *gfns;
    int *err;  // per page, may be NULL
    int first; // the first failure
};

static int page_map(struct model *m, struct domain *d, char *at, int prot, uint64_t gfn) {
    struct p2m_entry entry;

    if (!d->hvm)
        return pv_owns(m, d, gfn) ? memory_map(at, prot, gfn) : -EINVAL;
    if (!p2m_lookup(m, d, gfn, &entry))
        return -EINVAL;
    if (entry.mfn == P2M_POD) {
        int rc = pod_populate(m, d, gfn);

        if (rc)
            return rc;
        p2m_lookup(m, d, gfn, &entry);
    }
    return memory_map(at, prot, entry.mfn);
}

static void mapping_make(struct model *m, void *data) {
    struct mapping *mapping = data;
    struct domain *d = domain_find(m, mapping->domid);

    for (size_t i = 0; i < mapping->nr; i++) {
        int rc = d ? page_map(m, d, mapping->at + i * MODEL_PAGE, mapping->prot, mapping->gfns[i])
                   : -ESRCH;

        if (mapping->err)
            mapping->err[i] = rc;
        if (rc && !mapping->first)
            mapping->first = rc;
    }
}

void *xenforeignmemory_map2(xenforeignmemory_handle *fmem, uint32_t dom, void *addr, int prot,
                            int flags, size_t pages, const xen_pfn_t arr[], int err[]) {
    struct mapping mapping = {.domid = dom, .prot = prot, .nr = pages, .gfns = arr, .err = err};
    struct fault fault = fault_event("map", NULL);
    void *at;

    (void)fmem;
    if (fault.code) {
        errno = fault.code;
        return NULL;
    }
    at = mmap(addr, pages * MODEL_PAGE, PROT_NONE, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    mapping.at = at;
    state_run_apart(preload_model(), mapping_make, &mapping);
    // Without a place for errors per page the mapping is all or nothing.
    if (mapping.first && !err) {
        munmap(at, pages * MODEL_PAGE);
        errno = -mapping.first;
        return NULL;
    }
    return at;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
                           const xen_pfn_t arr[], int err[]) {
    return xenforeignmemory_map2(fmem, dom, NULL, prot, 0, pages, arr, err);
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages) {
    (void)fmem;
    return munmap(addr, pages * MODEL_PAGE);
}

int xenforeignmemory_restrict(xenforeignmemory_handle *fmem, domid_t domid) {
    (void)fmem;
    (void)domid;
    errno = EOPNOTSUPP;
    return -1;
}

// --- resources: only the first frame of the grant table -----------------------------------------

struct xenforeignmemory_resource_handle {
    void *at;
    size_t nr;
};

struct grant {
    uint32_t domid;
    uint64_t mfn;
    int rc;
};

// The grant table is Xen's own memory: it comes from the node of the caller's CPU.
static void grant_find(struct model *m, void *data) {
    const struct heap_request req = {.node = HEAP_NO_NODE, .uncounted = true};
    struct grant *grant = data;
    struct domain *d = domain_find(m, grant->domid);
    struct heap_piece piece;

    if (!d) {
        grant->rc = -ESRCH;
        return;
    }
    if (!d->grant_mfn) {
        if (!heap_alloc(m, NULL, &req, &piece)) {
            grant->rc = -ENOMEM;
            return;
        }
        d->grant_mfn = piece.mfn;
    }
    grant->mfn = d->grant_mfn;
}

xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
                              unsigned int id, unsigned long frame, unsigned long nr_frames,
                              void **paddr, int prot, int flags) {
    struct xenforeignmemory_resource_handle *handle;
    struct grant grant = {.domid = domid};
    struct fault fault = fault_event("map", "resource");

    (void)fmem;
    if (type != XENMEM_resource_grant_table || id || frame || nr_frames != 1) {
        fprintf(stderr, "model: unknown resource: type %u id %u frame %lu\n", type, id, frame);
        abort();
    }
    if (!fault.code)
        state_run_apart(preload_model(), grant_find, &grant);
    if (fault.code || grant.rc) {
        errno = fault.code ? fault.code : -grant.rc;
        return NULL;
    }
    handle = malloc(sizeof(*handle));
    if (!handle)
        return NULL;
    handle->nr = nr_frames;
    handle->at = mmap(*paddr, MODEL_PAGE, PROT_NONE, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (handle->at == MAP_FAILED || memory_map(handle->at, prot, grant.mfn)) {
        free(handle);
        errno = ENOMEM;
        return NULL;
    }
    *paddr = handle->at;
    return handle;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
                                    xenforeignmemory_resource_handle *fres) {
    (void)fmem;
    if (fres) {
        munmap(fres->at, fres->nr * MODEL_PAGE);
        free(fres);
    }
    return 0;
}
