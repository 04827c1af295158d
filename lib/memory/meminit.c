// libxenguest calls the hook with nothing but the image, so the hooks are copied into a struct that
// carries what ours needs, and the hook finds it from the image's pointer to them. That way there
// is neither a global nor a changed library.
//
// Afterwards libxenguest expects of an HVM image: total_pages populated, the VGA hole empty if
// there is a device model, p2m_size set to the end of guest memory, and no claim outstanding.

#include "lib/memory/meminit.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>

#include "lib/util/xen.h"

#define PAGE_SHIFT 12

static struct meminit *meminit_of(const struct xc_dom_image *dom) {
    return (struct meminit *)((char *)dom->arch_hooks - offsetof(struct meminit, hooks));
}

// The populate-on-demand cache gets its memory now; marking the frames afterwards takes none.
// Frames of the VGA hole are in no range, so the guest needs that much less than its target.
static int set_pod_target(const struct meminit *meminit, uint64_t hole_pages, struct error *err) {
    const struct populate_request *request = &meminit->populate;
    uint64_t target = meminit->layout->target_pages;

    target -= target < hole_pages ? target : hole_pages;
    errno = 0;
    if (xc_domain_set_pod_target(request->xch, request->domid, target, NULL, NULL, NULL))
        return xen_error(err, request->xch, "filling the populate-on-demand cache");
    return 0;
}

static int populate_guest(struct meminit *meminit, const struct xc_dom_image *dom) {
    const struct layout *layout = meminit->layout;
    struct ranges ranges = {0};
    int rc;

    rc = layout_ram_ranges(layout, dom->device_model, &ranges);
    if (rc) {
        rc = error_set(&meminit->error, -rc, "no memory for the list of guest memory ranges");
        goto out;
    }
    meminit->populate.on_demand = layout->target_pages < layout->max_pages;
    if (meminit->populate.on_demand) {
        rc = set_pod_target(meminit, layout->max_pages - ranges_pages(&ranges), &meminit->error);
        if (rc)
            goto out;
    }
    rc = populate(&meminit->populate, &ranges, &meminit->counts, &meminit->error);
out:
    ranges_done(&ranges);
    return rc;
}

static int meminit_run(struct xc_dom_image *dom) {
    struct meminit *meminit = meminit_of(dom);
    const struct layout *layout = meminit->layout;
    uint64_t end = layout->highmem_end > (1ULL << 32) ? layout->highmem_end : layout->lowmem_end;
    int rc;

    meminit->populate.xch = dom->xch;
    meminit->populate.domid = dom->guest_domid;
    rc = populate_guest(meminit, dom);
    // A toolstack may have claimed the memory for this build. What is still outstanding would be
    // lost to everybody else, so it is released however the build went.
    errno = 0;
    if (xc_domain_claim_pages(dom->xch, dom->guest_domid, 0) && !rc)
        rc = xen_error(&meminit->error, dom->xch, "releasing the domain's memory claim");
    if (rc)
        return -1;
    dom->p2m_size = end >> PAGE_SHIFT;
    return 0;
}

void meminit_install(struct meminit *meminit, struct xc_dom_image *dom) {
    meminit->hooks = *dom->arch_hooks;
    meminit->hooks.meminit = meminit_run;
    dom->arch_hooks = &meminit->hooks;
}
