// libxenguest calls the hook with nothing but the image, so the hooks are copied into a struct that
// carries what ours needs, and the hook finds it from the image's pointer to them. That way there
// is neither a global nor a changed library.
//
// Afterwards libxenguest expects of an HVM image: total_pages populated, the VGA hole empty if
// there is a device model, and p2m_size set to the end of guest memory. The library's own hook also
// ends the domain's claim; ours leaves that to whoever made it, as the special pages are still to
// come.
//
// Of a PV image it expects the same, and where each page lies in the machine.

#include "lib/memory/meminit.h"

#include <errno.h>
#include <stddef.h>

#include "lib/memory/machine-frames.h"

#define PAGE_SHIFT 12

static struct meminit *meminit_of(const struct xc_dom_image *dom) {
    return (struct meminit *)((char *)dom->arch_hooks - offsetof(struct meminit, hooks));
}

static int meminit_run(struct xc_dom_image *dom) {
    struct meminit *meminit = meminit_of(dom);
    const struct layout *layout = meminit->layout;
    uint64_t end = layout->highmem_end > (1ULL << 32) ? layout->highmem_end : layout->lowmem_end;

    dom->p2m_size = end >> PAGE_SHIFT;
    if (!xc_dom_translated(dom) && machine_frames_prepare(dom, &meminit->error))
        return -1;
    return meminit->populate(meminit->context, dom->pv_p2m, &meminit->error) ? -1 : 0;
}

void meminit_install(struct meminit *meminit, struct xc_dom_image *dom) {
    meminit->hooks = *dom->arch_hooks;
    meminit->hooks.meminit = meminit_run;
    dom->arch_hooks = &meminit->hooks;
}
