// A soft affinity that a build has set is not known from one that somebody else has: both are
// passed over, as the toolstack makes the domain anew.

#include "xenguest/show-advice.h"

#include <stdlib.h>

#include "lib/memory/layout.h"
#include "lib/placement/guest-memory.h"
#include "lib/placement/masks.h"
#include "lib/placement/preview.h"
#include "lib/placement/settings.h"
#include "lib/util/cleanup.h"
#include "lib/view/preview.h"

// What is nearer by less is not worth a migration.
#define LEAST_GAIN 5 // tenths

static int plan_anew(struct session *session, struct guest_memory_request *request,
                     const struct show_domain *domain, struct guest_memory *memory,
                     struct error *err) {
    CLEANUP(masks_done) struct masks masks = {.vcpu = NULL};
    uint64_t pool[HOST_MAX_NODES];
    int rc = masks_read(session->xch, domain->standing.domid, request->nr_vcpus, &masks, err);

    if (!rc)
        rc = guest_memory_settle_with(memory, request, &masks, 0, err);
    if (rc)
        return rc;
    memory->vcpus = masks_vcpus(&memory->masks, POLICY_VCPUS_MOVE);
    preview_pool(&memory->reservation.survey.host, domain->standing.pool_pages, pool);
    preview_take(&memory->reservation.survey.host, pool);
    return guest_memory_preview(memory, pool, err);
}

static unsigned planned_distance(struct guest_memory *memory) {
    struct preview_guest guest = {.plan = memory->reservation.plan,
                                  .host = memory->reservation.survey.host};

    return preview_mean_distance(&guest);
}

static int make_layout(const struct xen_domain *domain, struct layout *ret, struct error *err) {
    uint64_t mib = domain->tot_pages / HOST_PAGES_PER_MIB;
    const struct layout_request size = {.max_mib = mib, .start_mib = mib};

    return domain->pvh ? layout_make_pvh(&size, ret, err) : layout_make(&size, ret, err);
}

void show_advise(struct session *session, struct store *store, const struct survey *survey,
                 struct show_domain *domain) {
    CLEANUP(guest_memory_done) struct guest_memory memory = {0};
    CLEANUP(error_done) struct error ignored = {0};
    unsigned now = standing_distance(&domain->standing, &survey->host), then;
    struct layout layout;
    struct guest_memory_request request = {
        .store = store,
        .policy_file = POLICY_FILE,
        .mem_pnode = SETTINGS_NO_NODE,
        .layout = &layout,
        .nr_vcpus = domain->standing.domain.nr_vcpus,
    };

    if (!domain->standing.domid || now == PLAN_DISTANCE_UNKNOWN || !domain->standing.domain.hvm ||
        make_layout(&domain->standing.domain, &layout, &ignored))
        return;
    guest_memory_open_new(&memory, survey);
    if (plan_anew(session, &request, domain, &memory, &ignored) ||
        memory.policy.kind == POLICY_ANY || memory.policy.kind == POLICY_INTERLEAVE)
        return;
    then = planned_distance(&memory);
    domain->advice.any = then != PLAN_DISTANCE_UNKNOWN && then + LEAST_GAIN <= now;
    domain->advice.from = now;
    domain->advice.to = then;
}
