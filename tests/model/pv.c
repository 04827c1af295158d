// The address space of such a domain (p2m.h) stands for Xen's table from machine frames to the
// guest's: it costs no memory of the domain, and whoever maps memory names machine frames.

#include "tests/model/pv.h"
#include "tests/model/memory.h"
#include "tests/model/model.h"

#include <errno.h>

#define ADDRESS_BITS 64

int pv_make(struct model *m, struct domain *d) {
    const struct heap_request req = {.node = HEAP_NO_NODE, .uncounted = true};
    struct heap_piece piece;

    d->hvm = d->hap = false;
    d->emulation_flags = 0;
    d->address_bits = ADDRESS_BITS;
    if (!heap_alloc(m, NULL, &req, &piece))
        return -ENOMEM;
    d->shared_info_mfn = piece.mfn;
    return 0;
}

void pv_free(struct model *m, struct domain *d) {
    if (d->hvm || !d->shared_info_mfn)
        return;
    memory_discard(m, d->shared_info_mfn, 1);
    heap_free(m, d->shared_info_mfn, 1, true);
    d->shared_info_mfn = 0;
}

bool pv_owns(struct model *m, const struct domain *d, uint64_t mfn) {
    uint32_t index = cell_tree_floor(&m->pool, d->pages_by_mfn, mfn);
    const struct cell *page = cell_at(&m->pool, index);

    return mfn == d->shared_info_mfn || (index != CELL_NONE && mfn < page->key + page->nr);
}
