// Xen answers a populate call with the number of leading extents done and never with a reason: a
// short count means "not this extent, now". The call is repeated from there, and when it then gets
// nothing the memory of that size is taken to be exhausted on that node. Later extents of a list
// are not tried then: each would cost a hypercall and a walk of Xen's free lists to hear the same.

#include "lib/memory/populate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/util/xen.h"

// Extents per call. Up to 510 frame numbers fit the buffers that libxencall caches (one page less
// its header). An extent of 1 GiB may have to be scrubbed within the call: one at a time.
static const unsigned size_batch[EXTENT_NR_SIZES] = {
    [EXTENT_1G] = 1,
    [EXTENT_2M] = 510,
    [EXTENT_4K] = 510,
};
#define MAX_BATCH 510

struct pass {
    struct populate_job *job;
    enum extent_size size;
    int planned; // node
    unsigned memflags;
    bool exhausted;       // no more memory of this size there
    uint64_t max_extents; // that may still be tried
    struct extent_counts *counts;
    struct ranges *left;
    xen_pfn_t gfns[MAX_BATCH]; // extents collected for the next call
    unsigned nr_gfns;
    xen_pfn_t told[MAX_BATCH]; // those of a call; in a PV guest's Xen puts machine frames
};

static unsigned make_memflags(const struct populate_job *job, int node) {
    unsigned memflags = 0;

    // Without a node the macro would produce other flags (its node field is offset by one).
    if (node != POPULATE_ANY_NODE)
        memflags |= XENMEMF_exact_node(node);
    if (job->on_demand)
        memflags |= XENMEMF_populate_on_demand;
    return memflags;
}

// An extent is contiguous in the machine as well.
static void note_machine_frames(const struct pass *pass, unsigned done, unsigned nr) {
    xen_pfn_t *frames = pass->job->machine_frames;

    for (unsigned i = 0; frames && i < nr; i++) {
        for (uint64_t page = 0; page < extent_pages(pass->size); page++)
            frames[pass->gfns[done + i] + page] = pass->told[i] + page;
    }
}

// One hypercall for the extents from `done` on. Returns how many more are done, or a negative
// errno.
static int call_xen(struct pass *pass, unsigned done, struct error *err) {
    struct populate_job *job = pass->job;
    unsigned nr = pass->nr_gfns - done;
    uint64_t nr_pages;
    int r, saved_errno;

    r = ledger_account_begin(job->account, err);
    if (r)
        return r;
    memcpy(pass->told, pass->gfns + done, nr * sizeof(*pass->told));
    errno = 0;
    r = xc_domain_populate_physmap(job->xch, job->domid, nr, extent_order(pass->size),
                                   pass->memflags, pass->told);
    saved_errno = errno;
    nr_pages = r > 0 ? (uint64_t)r << extent_order(pass->size) : 0;
    // What is only marked to be populated on demand takes no memory.
    ledger_account_end(job->account, pass->planned, job->on_demand ? 0 : nr_pages);
    errno = saved_errno;
    if (r < 0)
        return xen_error(err, job->xch, "populating guest memory at frame %#" PRIx64,
                         (uint64_t)pass->gfns[done]);
    note_machine_frames(pass, done, (unsigned)r);
    pass->counts->extents[pass->size] += (unsigned)r;
    job->done_pages += nr_pages;
    return r;
}

// Populates the collected extents until they are done or a call gets none of them.
static int call_until_done(struct pass *pass, unsigned *ret_done, struct error *err) {
    struct populate_job *job = pass->job;

    while (*ret_done < pass->nr_gfns && !pass->exhausted) {
        int r = call_xen(pass, *ret_done, err);
        int rc = 0;

        if (r < 0)
            return r;
        pass->exhausted = r == 0;
        *ret_done += (unsigned)r;
        if (job->progress)
            rc = job->progress(job->progress_context, job->done_pages, job->nr_pages, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int leave(struct pass *pass, struct range range, struct error *err) {
    if (ranges_add(pass->left, range.gfn, range.nr_pages))
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    return 0;
}

static int flush(struct pass *pass, struct error *err) {
    unsigned done = 0;
    int rc;

    rc = call_until_done(pass, &done, err);
    for (; done < pass->nr_gfns && !rc; done++)
        rc = leave(pass, (struct range){pass->gfns[done], extent_pages(pass->size)}, err);
    pass->nr_gfns = 0;
    return rc;
}

static int add_extents(struct pass *pass, struct range extents, struct error *err) {
    uint64_t step = extent_pages(pass->size);
    int rc = 0;

    while (extents.nr_pages && pass->max_extents && !pass->exhausted && !rc) {
        pass->max_extents--;
        pass->gfns[pass->nr_gfns++] = extents.gfn;
        extents.gfn += step;
        extents.nr_pages -= step;
        if (pass->nr_gfns == size_batch[pass->size])
            rc = flush(pass, err);
    }
    return rc ? rc : leave(pass, extents, err);
}

int populate_pass(struct populate_job *job, int node, int planned, enum extent_size size,
                  uint64_t max_extents, const struct ranges *todo, struct ranges *left,
                  struct extent_counts *counts, struct error *err) {
    struct pass pass = {
        .job = job,
        .size = size,
        .planned = planned,
        .memflags = make_memflags(job, node),
        .max_extents = max_extents,
        .counts = counts,
        .left = left,
    };
    int rc = 0;

    for (size_t i = 0; i < todo->nr && !rc; i++) {
        struct range head, extents, tail;

        range_cut(todo->list[i], extent_order(size), &head, &extents, &tail);
        rc = leave(&pass, head, err);
        if (!rc)
            rc = add_extents(&pass, extents, err);
        if (!rc)
            rc = leave(&pass, tail, err);
    }
    if (!rc)
        rc = flush(&pass, err);
    // Extents that failed were added behind the parts that hold none.
    ranges_normalise(left);
    return rc;
}

// A frame that could not be mapped looks like missing memory, but its page belongs to the domain
// all the same: it would be lost over and over again.
int populate_check_mapped(const struct populate_job *job, uint64_t *known_pages,
                          struct error *err) {
    struct xen_domain domain;
    int rc = xen_domain_read(job->xch, job->domid, &domain, err);

    if (rc)
        return rc;
    if (domain.tot_pages > *known_pages)
        return error_set(err, ENOSPC,
                         "Xen allocated %" PRIu64
                         " pages that it could not map: the domain's paging pool is too small",
                         domain.tot_pages - *known_pages);
    *known_pages = domain.tot_pages;
    return 0;
}
