// A PV guest's frames are only a count: it sees where each lies in the machine, and makes its page
// tables itself. So nothing has to be kept free for devices or firmware, and no map is told to Xen.
// What it may have beyond its start is not Xen's matter until it asks.

#include "lib/memory/layout.h"

#define GIB4 (1ULL << 32)
#define MIB (1ULL << 20)
#define PAGES_PER_MIB 256

int layout_make_pv(const struct layout_request *request, struct layout *ret, struct error *err) {
    const struct layout_request sizes = {
        .max_mib = request->max_mib,
        .start_mib = request->start_mib,
    };
    struct layout layout;
    int rc;

    rc = layout_make(&sizes, &layout, err);
    if (rc)
        return rc;
    *ret = (struct layout){
        .lowmem_end = request->start_mib * MIB,
        .highmem_end = GIB4,
        .max_pages = request->start_mib * PAGES_PER_MIB,
        .target_pages = request->start_mib * PAGES_PER_MIB,
    };
    return 0;
}
