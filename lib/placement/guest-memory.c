// Planning and claiming come before anything is populated, so that a guest that cannot have its
// memory is refused at once.

#include "lib/placement/guest-memory.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/placement/affinity.h"
#include "lib/placement/place.h"
#include "lib/placement/settings.h"
#include "lib/util/cleanup.h"
#include "lib/util/stop.h"
#include "lib/util/xen.h"

#define MAX_LESS 3 // attempts to do with less memory

// The first thing that went wrong with the ledger. Builds go on without it, each as right as
// before, but several at once may choose the same nodes.
static void warn_about_ledger(struct guest_memory *memory) {
    const struct error *warning = &memory->reservation.account.warning;

    if (warning->code && !memory->warned)
        warnings_add(&memory->warnings, "concurrent builds are not kept apart: %s", warning->text);
    memory->warned = warning->code != 0;
}

typedef int ledger_open_fn(const char *directory, struct ledger **ret, struct error *err);

static int open_with(struct guest_memory *memory, xc_interface *xch, uint32_t domid,
                     ledger_open_fn *open_ledger, const char *directory, struct error *err) {
    CLEANUP(error_done) struct error other = {0};
    struct reservation *reservation = &memory->reservation;

    memory->xch = xch;
    memory->domid = domid;
    reservation->xch = xch;
    reservation->domid = domid;
    if (open_ledger(directory, &memory->ledger, &other))
        warnings_add(&memory->warnings, "no ledger: %s", other.text);
    reservation->account.ledger = memory->ledger;
    return reservation_check_idle(reservation, err);
}

int guest_memory_open(struct guest_memory *memory, xc_interface *xch, uint32_t domid,
                      enum reservation_purpose purpose, const char *ledger_directory,
                      struct error *err) {
    memory->reservation.purpose = purpose;
    return open_with(memory, xch, domid, ledger_open, ledger_directory, err);
}

int guest_memory_open_preview(struct guest_memory *memory, xc_interface *xch, uint32_t domid,
                              const char *ledger_directory, struct error *err) {
    return open_with(memory, xch, domid, ledger_open_to_read, ledger_directory, err);
}

void guest_memory_open_new(struct guest_memory *memory, const struct survey *survey) {
    memory->domid = SURVEY_NO_DOMAIN;
    memory->reservation.domid = SURVEY_NO_DOMAIN;
    memory->reservation.survey = *survey;
}

// --- what is asked for ---

static int settle_policy(struct guest_memory *memory, const struct guest_memory_request *request,
                         struct error *err) {
    const char *warning = NULL;
    int rc;

    memory->request = *request;
    memory->on_demand =
        !request->restored && request->layout->target_pages < request->layout->max_pages;
    rc = settings_read(request->store, request->mem_pnode, request->policy_file, &memory->policy,
                       err);
    if (!rc)
        rc = policy_check(&memory->policy, &warning, err);
    if (rc)
        return rc;
    memory->settled = true;
    if (warning)
        warnings_add(&memory->warnings, "%s", warning);
    return 0;
}

int guest_memory_settle(struct guest_memory *memory, const struct guest_memory_request *request,
                        struct error *err) {
    int rc = settle_policy(memory, request, err);

    if (!rc)
        rc = masks_read(memory->xch, memory->domid, request->nr_vcpus, &memory->masks, err);
    if (!rc)
        rc = affinity_read_given(memory->xch, memory->domid, memory->masks.effective_nodes,
                                 &memory->affinity, err);
    if (!rc)
        memory->vcpus = masks_vcpus(&memory->masks, memory->policy.vcpus);
    return rc;
}

int guest_memory_settle_with(struct guest_memory *memory,
                             const struct guest_memory_request *request, struct masks *masks,
                             nodeset affinity, struct error *err) {
    memory->masks = *masks;
    *masks = (struct masks){0};
    memory->affinity = affinity;
    if (settle_policy(memory, request, err))
        return -err->code;
    memory->vcpus = masks_vcpus(&memory->masks, memory->policy.vcpus);
    return 0;
}

// The cache of populate on demand takes its memory from the domain's node affinity, which is a mere
// preference, and in whatever page sizes there are.
static int check_on_demand(struct guest_memory *memory, struct error *err) {
    const struct policy *policy = &memory->policy;

    if (!memory->on_demand)
        return 0;
    if (policy->kind == POLICY_STRICT &&
        policy->origin[POLICY_KEY_POLICY] != POLICY_FROM_COMMAND_LINE)
        return error_set(err, EINVAL,
                         "%s cannot be kept for a guest that is populated on demand (initial "
                         "memory below the maximum)",
                         policy_describe(policy, POLICY_KEY_POLICY).s);
    if (policy->kind == POLICY_STRICT || policy->page_preference == POLICY_SUPERPAGE)
        warnings_add(&memory->warnings,
                     "the guest is populated on demand: its nodes are preferred, but "
                     "neither they nor the sizes of pages are guaranteed");
    return 0;
}

// --- planning and claiming ---

static int follow(void *context, const struct plan *plan, const struct host *host,
                  bool *ret_changed, struct error *err) {
    struct guest_memory *memory = context;

    return follow_plan(&memory->follow, plan, host, ret_changed, err);
}

static bool foresee(void *context, const struct plan *plan, struct host *host) {
    struct guest_memory *memory = context;

    return follow_foresee(&memory->follow, plan, memory->pool, host);
}

static int make_request(struct guest_memory *memory, struct error *err) {
    const struct layout *layout = memory->request.layout;
    uint64_t hole_pages;

    if (layout_ram_ranges(layout, &memory->ranges))
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    // Frames of the hole are in no range, so the guest needs that much less.
    hole_pages = layout->max_pages - ranges_pages(&memory->ranges);
    memory->plan_request = (struct memory_request){
        .xch = memory->xch,
        .domid = memory->domid,
        .policy = &memory->policy,
        .nr_vcpus = memory->request.nr_vcpus,
        .vcpus = &memory->vcpus,
        .devices = memory->request.devices,
        .affinity = memory->affinity,
        .ranges = &memory->ranges,
        .target_pages = layout->target_pages - hole_pages,
        .follow = follow,
        .follow_context = memory,
        .foresee = foresee,
    };
    memory->follow = (struct follow){
        .xch = memory->xch,
        .domid = memory->domid,
        .policy = &memory->policy,
        .masks = &memory->masks,
        .warnings = &memory->warnings,
    };
    return 0;
}

static int prepare_vnodes(struct guest_memory *memory, struct error *err) {
    struct guest_vnodes *vnodes = &memory->vnodes;
    int rc;

    *vnodes = (struct guest_vnodes){
        .xch = memory->xch,
        .domid = memory->domid,
        .policy = &memory->policy,
        .masks = &memory->masks,
        .layout = memory->request.layout,
        .cores_per_socket = memory->request.cores_per_socket,
        .on_demand = memory->on_demand,
        .pv = memory->request.pv,
    };
    rc = guest_vnodes_prepare(vnodes, err);
    if (vnodes->wanted)
        memory->plan_request.guest = &vnodes->guest;
    return rc;
}

static int prepare(struct guest_memory *memory, struct error *err) {
    int rc = make_request(memory, err);

    if (!rc)
        rc = check_on_demand(memory, err);
    return rc || memory->request.restored ? rc : prepare_vnodes(memory, err);
}

static void warn_about_claim(struct guest_memory *memory) {
    const struct reservation *reservation = &memory->reservation;

    if (reservation->survey.had_node_claim && reservation->claim == CLAIM_NONE)
        warnings_add(
            &memory->warnings,
            "domain %u has had a claim on a node; no claim on the host is made after that, "
            "which some releases of XenServer do not survive",
            memory->domid);
    if (reservation->survey.foreign_claim == SURVEY_CLAIM_UNKNOWN && !memory->policy.nodes.nr)
        warnings_add(&memory->warnings,
                     "domain %u has a claim of %" PRIu64 " pages, and Xen does not tell on which "
                     "node: name it with -mem_pnode or numa-nodes",
                     memory->domid, reservation->survey.domain.outstanding_pages);
}

// vCPUs that may run on some nodes only are never moved, so memory named elsewhere stays remote.
// On nodes without CPUs nobody expects it to be local.
static int check_pinning(struct guest_memory *memory, struct error *err) {
    const struct plan *plan = &memory->reservation.plan;
    const struct host *host = &memory->reservation.survey.host;
    nodeset hard = memory->masks.hard_nodes;
    const struct policy_text named = policy_describe(&memory->policy, POLICY_KEY_NODES);
    unsigned to = plan->preferred.node[0], tenths = plan_distance(plan, host, to);

    if (plan->origin != PLAN_FROM_COMMAND_LINE && plan->origin != PLAN_FROM_SETTING)
        return 0;
    if (hard == memory->masks.pool_nodes || hard & nodelist_set(&plan->preferred) ||
        tenths == PLAN_DISTANCE_UNKNOWN)
        return 0;
    if (memory->policy.kind == POLICY_STRICT && host->node[to].nr_cpus)
        return error_set(err, EINVAL,
                         "%s: the vCPUs are pinned to node %s, at distance %s from node %u, which "
                         "numa-policy=strict forbids",
                         named.s, nodeset_text(hard).s, distance_text(tenths).s, to);
    warnings_add(&memory->warnings,
                 "%s: the vCPUs are pinned to node %s and will find this memory at distance %s",
                 named.s, nodeset_text(hard).s, distance_text(tenths).s);
    return 0;
}

static int reserve(struct guest_memory *memory, struct error *err) {
    int rc;

    rc = reservation_make(&memory->reservation, &memory->plan_request, err);
    if (rc)
        return rc;
    warn_about_ledger(memory);
    warn_about_claim(memory);
    rc = check_pinning(memory, err);
    if (!rc && memory->reservation.purpose != RESERVATION_KEEP)
        rc = guest_vnodes_set(&memory->vnodes, &memory->reservation.plan,
                              &memory->reservation.survey.host, err);
    memory->reserved = !rc;
    return rc;
}

int guest_memory_reserve(struct guest_memory *memory, struct error *err) {
    int rc = prepare(memory, err);

    return rc ? rc : reserve(memory, err);
}

// Xen may refuse to claim what it seemed to have, and others may be faster.
int guest_memory_reserve_less(struct guest_memory *memory, uint64_t *ret_pages, struct error *err) {
    struct memory_request *request = &memory->plan_request;
    int rc = -ENOMEM;

    for (int attempt = 0; attempt < MAX_LESS && rc == -ENOMEM; attempt++) {
        uint64_t most = reservation_most(&memory->reservation, request);

        if (!most)
            break;
        request->target_pages = most;
        error_done(err);
        rc = reserve(memory, err);
    }
    *ret_pages = request->target_pages;
    return rc;
}

int guest_memory_preview(struct guest_memory *memory, const uint64_t pool[HOST_MAX_NODES],
                         struct error *err) {
    int rc;

    memory->pool = pool;
    rc = prepare(memory, err);
    if (!rc)
        rc = reservation_preview(&memory->reservation, &memory->plan_request, err);
    if (rc)
        return rc;
    warn_about_claim(memory);
    rc = check_pinning(memory, err);
    guest_vnodes_foresee(&memory->vnodes, &memory->reservation.plan);
    memory->reserved = !rc;
    return rc;
}

// --- populating ---

static int on_progress(void *context, uint64_t done_pages, uint64_t nr_pages, struct error *err) {
    struct guest_memory *memory = context;

    warn_about_ledger(memory);
    if (memory->progress)
        memory->progress(memory, done_pages, nr_pages);
    return stop_check(err);
}

// Called by libxenguest, through meminit.
static int populate(void *context, xen_pfn_t *machine_frames, struct error *err) {
    struct guest_memory *memory = context;
    struct populate_job job = {
        .xch = memory->xch,
        .domid = memory->domid,
        .account = &memory->reservation.account,
        .machine_frames = machine_frames,
        .progress = on_progress,
        .progress_context = memory,
    };

    follow_last_plan(&memory->follow, &memory->reservation.plan);
    if (memory->on_demand)
        return place_on_demand(&memory->plan_request, &job, &memory->placement, err);
    return place_populate(&memory->plan_request, &memory->reservation.plan, &job,
                          &memory->placement, err);
}

int guest_memory_populate(struct guest_memory *memory, struct xc_dom_image *dom,
                          struct error *err) {
    struct meminit *meminit = &memory->meminit;
    const uint64_t mib = memory->request.layout->max_pages / HOST_PAGES_PER_MIB;

    meminit->layout = memory->request.layout;
    meminit->populate = populate;
    meminit->context = memory;
    errno = 0;
    if (xc_dom_mem_init(dom, (unsigned)mib))
        return xen_error(err, memory->xch, "xc_dom_mem_init");
    meminit_install(meminit, dom);
    errno = 0;
    if (!xc_dom_boot_mem_init(dom))
        return 0;
    if (!meminit->error.code)
        return xen_error(err, memory->xch, "xc_dom_boot_mem_init");
    error_done(err);
    *err = meminit->error;
    meminit->error = (struct error){0};
    return -err->code;
}

void guest_memory_follow(struct guest_memory *memory) {
    if (!memory->on_demand && memory->reservation.plan.cpus.sum)
        follow_placement(&memory->follow, &memory->placement);
}

// --- the end ---

size_t guest_memory_notes(const struct guest_memory *memory,
                          const char *notes[GUEST_MEMORY_MAX_NOTES]) {
    const struct reservation *reservation = &memory->reservation;
    const struct placement *placement = &memory->placement;
    size_t nr = 0;

    if (reservation->survey.note.text[0])
        notes[nr++] = reservation->survey.note.text;
    if (reservation->plan.neighbour_pages && !reservation->plan.vnodes.nr)
        notes[nr++] = "the preferred nodes had less memory free than the guest needs";
    if (reservation->plan.remote_pages)
        notes[nr++] = "nodes had less memory free than their vnodes need; neighbours gave it";
    if (memory->vnodes.note[0])
        notes[nr++] = memory->vnodes.note;
    if (reservation->plan.low_pages)
        notes[nr++] = "memory below the DMA width was taken, as no other was left near the vCPUs";
    if (reservation->changed)
        notes[nr++] = "another builder took memory while this one planned; planned anew";
    else if (reservation->nr_refused)
        notes[nr++] = "others have claimed memory that looked free; planned anew";
    if (placement->nr_replans)
        notes[nr++] = "nodes had less memory than a moment before; the rest was planned anew";
    if (memory->policy.kind != POLICY_ANY && !memory->on_demand && !reservation->survey.host.flat &&
        extent_counts_pages(&placement->nodeless))
        notes[nr++] = "no node of the plan had the rest; Xen took it from anywhere";
    return nr;
}

int guest_memory_end(struct guest_memory *memory, bool success, struct error *err) {
    struct reservation *reservation = &memory->reservation;
    int rc;

    if (!reservation->xch || (success && reservation->purpose == RESERVATION_KEEP))
        return 0;
    rc = success ? reservation_finish(reservation, err) : reservation_abandon(reservation, err);
    warn_about_ledger(memory);
    return rc;
}

void guest_memory_done(struct guest_memory *memory) {
    ledger_close(memory->ledger);
    ranges_done(&memory->ranges);
    reservation_done(&memory->reservation);
    error_done(&memory->meminit.error);
    warnings_done(&memory->warnings);
    masks_done(&memory->masks);
    guest_vnodes_done(&memory->vnodes);
}
