// libxenguest does this in the function that populates, which ours replaces. The list belongs to
// the image: the library takes page tables, the guest's own list and its start info from it.

#include "lib/memory/machine-frames.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/util/xen.h"

static int set_width(struct xc_dom_image *dom, struct error *err) {
    const unsigned bits = (unsigned)dom->arch_hooks->sizeof_pfn * 8;
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_set_address_size,
        .domain = (domid_t)dom->guest_domid,
        .u.address_size.size = bits,
    };

    errno = 0;
    if (xc_domctl(dom->xch, &domctl))
        return xen_error(err, dom->xch, "making domain %u one of %u bits", dom->guest_domid, bits);
    return 0;
}

int machine_frames_prepare(struct xc_dom_image *dom, struct error *err) {
    const size_t bytes = dom->p2m_size * sizeof(*dom->pv_p2m);
    int rc = set_width(dom, err);

    if (rc)
        return rc;
    dom->pv_p2m = xc_dom_malloc(dom, bytes);
    if (!dom->pv_p2m)
        return error_set(err, ENOMEM, "no memory for the list of %" PRIu64 " machine frames",
                         (uint64_t)dom->p2m_size);
    memset(dom->pv_p2m, 0xff, bytes); // none yet
    return 0;
}
