// What is claimed is the domain's until guest_memory_end, so that also the frames of the end of
// the stream have their memory.

#include "lib/placement/guest-restore.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/util/stop.h"
#include "lib/util/xen.h"

#define FIRST_HIGH 0x100000ULL // frame at 4 GiB

static int populate(void *context, const xen_pfn_t *gfns, unsigned long nr, struct error *err) {
    struct guest_restore *restore = context;

    return arrive_populate(&restore->arriving, gfns, nr, err);
}

// What the domain may have while extents are still to be given back from: what is reserved for it,
// or its own limit.
static int find_limit(const struct guest_memory *memory, uint64_t *ret, struct error *err) {
    const struct plan *plan = &memory->reservation.plan;
    struct xen_domain domain;
    uint64_t reserved;
    int rc = xen_domain_read(memory->xch, memory->domid, &domain, err);

    if (rc)
        return rc;
    reserved = domain.tot_pages + plan->nodeless_pages;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        reserved += plan->node_pages[node];
    *ret = reserved < domain.max_pages ? reserved : domain.max_pages;
    return 0;
}

int guest_restore_begin(struct guest_restore *restore, struct guest_memory *memory,
                        struct error *err) {
    const struct layout *layout = memory->request.layout;
    const uint64_t hole = layout->mmio_start / XC_PAGE_SIZE;
    uint64_t limit_pages;
    int rc;

    restore->memory = memory;
    if (memory->policy.kind == POLICY_ANY)
        return 0;
    rc = find_limit(memory, &limit_pages, err);
    if (!rc)
        rc = arrive_begin(&restore->arriving, memory->xch, memory->domid, &memory->reservation,
                          &memory->policy, &memory->ranges, (struct range){hole, FIRST_HIGH - hole},
                          limit_pages, err);
    if (rc)
        return rc;
    follow_last_plan(&memory->follow, &memory->reservation.plan);
    restore->seam =
        (struct populate_seam){.domid = memory->domid, .populate = populate, .context = restore};
    populate_seam_put(&restore->seam);
    restore->begun = true;
    return 0;
}

int guest_restore_failure(struct guest_restore *restore, struct error *err) {
    struct error *why = &restore->seam.error;

    if (stop_check(err))
        return -err->code;
    if (!why->code)
        return 0;
    error_done(err);
    *err = *why;
    *why = (struct error){0};
    return -err->code;
}

void guest_restore_end(struct guest_restore *restore) {
    struct guest_memory *memory = restore->memory;
    uint64_t kept;

    if (!restore->begun)
        return;
    if (!restore->seam.nr_calls)
        warnings_add(&memory->warnings, "libxenguest has populated the guest by itself: its memory "
                                        "is wherever Xen took it");
    kept = arrive_end(&restore->arriving, &memory->placement);
    if (kept)
        warnings_add(&memory->warnings,
                     "Xen did not take back %" PRIu64 " pages, which the guest did not have before",
                     kept);
    guest_memory_follow(memory);
}

void guest_restore_done(struct guest_restore *restore) {
    if (restore->begun)
        populate_seam_put(NULL);
    restore->begun = false;
    arrive_done(&restore->arriving);
    error_done(&restore->seam.error);
}
