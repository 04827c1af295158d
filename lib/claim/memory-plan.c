// A plan is only as good as the figures it is made from, and others may have claimed what looks
// free. So a node that has refused once is not chosen again while there is another way.

#include "lib/claim/memory-plan.h"

#include <errno.h>
#include <string.h>

#include "lib/util/cleanup.h"

// What a build takes from the host beyond the guest's frames: the 16 special pages that libxenguest
// adds (rings and I/O request pages), as many again that a device model may
// add, and 32 grant frames and the like, which are Xen's own memory and have no credit from claims.
#define ROOM_PAGES 64

// The first nr_pages of the guest: with populate on demand it starts with less than it could have.
static int first_pages(const struct ranges *ranges, uint64_t nr_pages, struct ranges *ret) {
    int rc = 0;

    for (size_t i = 0; i < ranges->nr && nr_pages && !rc; i++) {
        uint64_t take = ranges->list[i].nr_pages;

        if (take > nr_pages)
            take = nr_pages;
        rc = ranges_add(ret, ranges->list[i].gfn, take);
        nr_pages -= take;
    }
    return rc;
}

static int plan_on(const struct memory_planning *planning, const struct ranges *ranges,
                   const struct survey *survey, struct plan *ret, struct error *err) {
    const struct memory_request *request = planning->request;
    struct plan_request plan_request = {
        .host = &survey->host,
        .policy = request->policy,
        .ranges = ranges->list,
        .nr_ranges = ranges->nr,
        .nr_vcpus = request->nr_vcpus,
        .vcpus = request->vcpus,
        .devices = request->devices,
        .guest = request->guest,
        .affinity = request->affinity,
        .room_pages = planning->earlier ? 0 : ROOM_PAGES,
        .own_host_claim_pages = survey->own_nodeless_pages,
        .earlier = planning->earlier,
        .followed = planning->followed,
    };

    memcpy(plan_request.own_claim_pages, survey->own_node_pages,
           sizeof(plan_request.own_claim_pages));
    return plan_make(&plan_request, ret, err);
}

int memory_plan(const struct memory_planning *planning, struct plan *ret, struct error *err) {
    CLEANUP(ranges_done) struct ranges start = {0};
    const struct memory_request *request = planning->request;
    const struct ranges *ranges = planning->left ? planning->left : &start;
    struct survey survey = survey_without(planning->survey, planning->refused);
    int rc;

    if (!planning->left && first_pages(request->ranges, request->target_pages, &start))
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    rc = plan_on(planning, ranges, &survey, ret, err);
    if (rc != -ENOMEM || !planning->refused)
        return rc;
    // Without the nodes that refused there is no room: with what the host's sum leaves for them.
    error_done(err);
    survey = survey_with_rest(planning->survey, planning->refused);
    return plan_on(planning, ranges, &survey, ret, err);
}
