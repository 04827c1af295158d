// What nodes can give depends on the policy, on claims and on what is reserved. So the planner is
// asked, for half as much or half as much again.
//
// Not all of that is taken: Xen refuses whoever asks for memory that is claimed, itself included.
// What is beyond may be populated all the same, page by page.

#include "lib/claim/memory-plan.h"
#include "lib/claim/reservation.h"
#include "lib/util/cleanup.h"

#define SPARED_MIB 32

static bool has_room(const struct reservation *reservation, const struct memory_request *request,
                     uint64_t pages) {
    CLEANUP(error_done) struct error ignored = {0};
    CLEANUP(plan_done) struct plan plan = {0};
    struct memory_request smaller = *request;
    const struct memory_planning planning = {
        .request = &smaller, .survey = &reservation->survey, .refused = reservation->refused};

    smaller.target_pages = pages;
    return !memory_plan(&planning, &plan, &ignored);
}

uint64_t reservation_most(const struct reservation *reservation,
                          const struct memory_request *request) {
    uint64_t most = 0, too_many = request->target_pages / HOST_PAGES_PER_MIB;

    while (most + 1 < too_many) {
        uint64_t middle = (most + too_many) / 2;

        if (has_room(reservation, request, middle * HOST_PAGES_PER_MIB))
            most = middle;
        else
            too_many = middle;
    }
    return (most - (most / 2 < SPARED_MIB ? most / 2 : SPARED_MIB)) * HOST_PAGES_PER_MIB;
}
