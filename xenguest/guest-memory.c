// Planning and claiming come before anything is populated, so that a guest that cannot have its
// memory is refused at once.

#include "xenguest/guest-memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/placement/settings.h"
#include "lib/util/cleanup.h"
#include "lib/util/stop.h"
#include "lib/util/xen.h"
#include "xenguest/control.h"

// So few pages on a node are strays, and the guest does not count as being there: 16 MiB.
#define STRAY_PAGES 4096

// Of a value in Xenstore: XENSTORE_PAYLOAD_MAX (4096) less the longest path of a domain's key.
#define MAX_STORE_BYTES 3900

static struct log *log_of(const struct guest_memory *memory) {
    return memory->session->log;
}

static int read_settings(struct guest_memory *memory, struct error *err) {
    struct session *session = memory->session;
    int64_t mem_pnode = session->request->mem_pnode;
    const char *warning = NULL;
    int rc;

    rc = settings_read(session->store,
                       mem_pnode == REQUEST_UNSET ? SETTINGS_NO_NODE : (int)mem_pnode, POLICY_FILE,
                       &memory->policy, err);
    if (!rc)
        rc = policy_check(&memory->policy, &warning, err);
    if (rc)
        return rc;
    for (int key = 0; key < POLICY_NR_KEYS; key++)
        log_info(session->log, "%s", policy_describe(&memory->policy, key).s);
    if (warning)
        log_warning(session->log, "%s", warning);
    return affinity_read(session->xch, memory->domid, memory->nr_vcpus, &memory->affinity, err);
}

// Whether there are CPUs that the vCPUs may not use. Nodes without CPUs say nothing about that.
static bool is_pinned(const struct guest_memory *memory) {
    const struct host *host = &memory->reservation.survey.host;

    for (unsigned node = 0; node < host->nr_nodes; node++) {
        if (host->node[node].nr_cpus && !nodeset_has(memory->affinity.hard_nodes, node))
            return true;
    }
    return false;
}

// vCPUs that may run on some nodes only are never moved, so memory named elsewhere stays remote.
static int check_pinning(struct guest_memory *memory, struct error *err) {
    const struct plan *plan = &memory->reservation.plan;
    nodeset hard = memory->affinity.hard_nodes;
    unsigned from, to;

    if (plan->origin != PLAN_FROM_COMMAND_LINE && plan->origin != PLAN_FROM_SETTING)
        return 0;
    if (!hard || !is_pinned(memory) || hard & nodelist_set(&plan->preferred))
        return 0;
    from = nodeset_first(hard);
    to = plan->preferred.node[0];
    if (memory->policy.kind == POLICY_STRICT)
        return error_set(err, EINVAL,
                         "%s: the vCPUs are pinned to node %s, at distance %u from node %u, which "
                         "numa-policy=strict forbids",
                         policy_describe(&memory->policy, POLICY_KEY_NODES).s, nodeset_text(hard).s,
                         memory->reservation.survey.host.distance[from][to], to);
    log_warning(log_of(memory),
                "%s: the vCPUs are pinned to node %s and will find this memory at distance %u",
                policy_describe(&memory->policy, POLICY_KEY_NODES).s, nodeset_text(hard).s,
                memory->reservation.survey.host.distance[from][to]);
    return 0;
}

// The cache of populate on demand takes its memory from the domain's node affinity, which is a mere
// preference, and in whatever page sizes there are.
static int check_on_demand(const struct guest_memory *memory, struct error *err) {
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
        log_warning(log_of(memory),
                    "the guest is populated on demand: its nodes are preferred, but "
                    "neither they nor the sizes of pages are guaranteed");
    return 0;
}

static void log_plan(const struct guest_memory *memory) {
    const struct plan *plan = &memory->reservation.plan;

    if (memory->reservation.survey.note.text[0])
        log_warning(log_of(memory), "%s", memory->reservation.survey.note.text);
    log_info(log_of(memory), "plan: nodes %s (%s), then %s%s", nodelist_text(&plan->preferred).s,
             plan_origin_text(plan->origin), nodelist_text(&plan->fallback).s,
             plan->last_resort ? ", then any" : "");
    for (unsigned node = 0; node < memory->reservation.survey.host.nr_nodes; node++) {
        const struct host_node *n = &memory->reservation.survey.host.node[node];

        if (n->online)
            log_info(log_of(memory), "plan: node %u supplies %" PRIu64 " pages of %" PRIu64 " free",
                     node, plan->node_pages[node], n->free_pages);
    }
}

// The first thing that went wrong with the ledger. Builds go on without it, each as right as
// before, but several at once may choose the same nodes.
static void warn_about_ledger(struct guest_memory *memory) {
    const struct error *warning = &memory->reservation.account.warning;

    if (warning->code && !memory->warned)
        log_warning(log_of(memory), "concurrent builds are not kept apart: %s", warning->text);
    memory->warned = warning->code != 0;
}

static void warn_about_claim(struct guest_memory *memory) {
    const struct reservation *reservation = &memory->reservation;

    if (reservation->survey.had_node_claim && reservation->claim == CLAIM_NONE)
        log_warning(log_of(memory),
                    "domain %u has had a claim on a node; no claim on the host is made after that, "
                    "which some releases of XenServer do not survive",
                    memory->domid);
    if (reservation->survey.foreign_claim == SURVEY_CLAIM_UNKNOWN && !memory->policy.nodes.nr)
        log_warning(log_of(memory),
                    "domain %u has a claim of %" PRIu64 " pages, and Xen does not tell on which "
                    "node: name it with -mem_pnode or numa-nodes",
                    memory->domid, reservation->survey.domain.outstanding_pages);
}

int guest_memory_open(struct guest_memory *memory, struct session *session,
                      enum reservation_purpose purpose, struct error *err) {
    CLEANUP(error_done) struct error other = {0};
    struct reservation *reservation = &memory->reservation;

    memory->session = session;
    memory->domid = (uint32_t)session->request->domid;
    reservation->xch = session->xch;
    reservation->domid = memory->domid;
    reservation->purpose = purpose;
    if (ledger_open(LEDGER_DIR, &memory->ledger, &other))
        log_warning(log_of(memory), "no ledger: %s", other.text);
    reservation->account.ledger = memory->ledger;
    return reservation_check_idle(reservation, err);
}

static int reserve(struct guest_memory *memory, struct error *err) {
    int rc = reservation_make(&memory->reservation, &memory->request, err);

    if (rc)
        return rc;
    warn_about_ledger(memory);
    warn_about_claim(memory);
    return 0;
}

int guest_memory_prepare(struct guest_memory *memory, const struct layout *layout,
                         unsigned nr_vcpus, bool vga_hole, struct error *err) {
    uint64_t hole_pages;
    int rc;

    memory->layout = layout;
    memory->nr_vcpus = nr_vcpus;
    memory->on_demand = layout->target_pages < layout->max_pages;
    rc = read_settings(memory, err);
    if (rc)
        return rc;
    if (layout_ram_ranges(layout, vga_hole, &memory->ranges))
        return error_set(err, ENOMEM, "no memory for the list of guest memory ranges");
    // Frames of the hole are in no range, so the guest needs that much less.
    hole_pages = layout->max_pages - ranges_pages(&memory->ranges);
    memory->request = (struct memory_request){
        .xch = memory->session->xch,
        .domid = memory->domid,
        .policy = &memory->policy,
        .nr_vcpus = nr_vcpus,
        .affinity = memory->affinity.domain_nodes,
        .ranges = &memory->ranges,
        .target_pages = layout->target_pages - hole_pages,
    };
    rc = check_on_demand(memory, err);
    if (!rc)
        rc = reserve(memory, err);
    if (!rc)
        rc = check_pinning(memory, err);
    if (rc)
        return rc;
    log_plan(memory);
    return 0;
}

// --- populating ---

static int on_progress(void *context, uint64_t done_pages, uint64_t nr_pages, struct error *err) {
    struct guest_memory *memory = context;

    log_progress(log_of(memory), "populating memory", done_pages, nr_pages);
    warn_about_ledger(memory);
    return stop_check(err);
}

static nodeset planned_nodes(const struct plan *plan) {
    nodeset nodes = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nodes |= plan->node_pages[node] ? nodeset_of(node) : 0;
    return nodes;
}

// Where the vCPUs should run: on the nodes used that have CPUs, and, as long as the plan has held,
// on those that it chose for their cores.
static nodeset cpu_nodes(const struct guest_memory *memory, nodeset used) {
    nodeset cpus = memory->placement.nr_replans ? 0 : memory->reservation.plan.vcpu_nodes;

    for (nodeset rest = used; rest; rest &= rest - 1) {
        unsigned node = nodeset_first(rest);

        if (memory->reservation.survey.host.node[node].nr_cpus)
            cpus |= nodeset_of(node);
    }
    return cpus;
}

// Lets vCPUs follow the memory if nobody has said where they should run, and sees to it that the
// domain's node affinity is where its memory is.
static int follow(struct guest_memory *memory, nodeset used, struct error *err) {
    const struct policy *policy = &memory->policy;
    nodeset cpus = cpu_nodes(memory, used);
    nodeset online = host_online_nodes(&memory->reservation.survey.host);
    struct affinity now;
    int rc;

    if (policy->kind == POLICY_ANY || !used || memory->reservation.survey.host.flat)
        return 0;
    if (policy->vcpus == POLICY_VCPUS_FOLLOW && memory->affinity.vcpus_free && cpus &&
        cpus != online) {
        rc = affinity_follow(memory->session->xch, memory->domid, memory->nr_vcpus, cpus, err);
        if (rc)
            return rc;
        log_info(log_of(memory), "soft affinity of all vCPUs set to node %s", nodeset_text(cpus).s);
    }
    rc = affinity_read(memory->session->xch, memory->domid, memory->nr_vcpus, &now, err);
    if (rc || (now.domain_nodes & online) == used)
        return rc;
    return affinity_set_nodes(memory->session->xch, memory->domid, used, err);
}

static nodeset used_nodes(const struct placement *placement) {
    nodeset used = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        if (extent_counts_pages(&placement->node[node]) > STRAY_PAGES)
            used |= nodeset_of(node);
    }
    return used ? used : placement_nodes(placement);
}

static void try_to_follow(struct guest_memory *memory, nodeset used) {
    CLEANUP(error_done) struct error err = {0};

    if (follow(memory, used, &err))
        log_warning(log_of(memory), "the guest does not follow its memory: %s", err.text);
}

// Called by libxenguest, through meminit.
static int populate(void *context, struct error *err) {
    struct guest_memory *memory = context;
    struct populate_job job = {
        .xch = memory->session->xch,
        .domid = memory->domid,
        .account = &memory->reservation.account,
        .progress = on_progress,
        .progress_context = memory,
    };

    if (memory->on_demand)
        return place_on_demand(&memory->request, &job, &memory->placement, err);
    return place_populate(&memory->request, &memory->reservation.plan, &job, &memory->placement,
                          err);
}

int guest_memory_populate(struct guest_memory *memory, struct xc_dom_image *dom,
                          struct error *err) {
    xc_interface *xch = memory->session->xch;
    struct meminit *meminit = &memory->meminit;

    meminit->layout = memory->layout;
    meminit->populate = populate;
    meminit->context = memory;
    // The cache comes from the domain's node affinity.
    if (memory->on_demand)
        try_to_follow(memory, planned_nodes(&memory->reservation.plan));
    errno = 0;
    if (xc_dom_mem_init(dom, (unsigned)memory->session->request->mem_max_mib))
        return xen_error(err, xch, "xc_dom_mem_init");
    meminit_install(meminit, dom);
    errno = 0;
    if (xc_dom_boot_mem_init(dom)) {
        if (!meminit->error.code)
            return xen_error(err, xch, "xc_dom_boot_mem_init");
        error_done(err);
        *err = meminit->error;
        meminit->error = (struct error){0};
        return -err->code;
    }
    // Now, so that what libxenguest adds (special pages) comes from there too.
    if (!memory->on_demand)
        try_to_follow(memory, used_nodes(&memory->placement));
    return 0;
}

// --- report ---

static void log_line(void *context, const char *text) {
    log_info(context, "%s", text);
}

static void make_report(struct guest_memory *memory) {
    const struct placement *placement = &memory->placement;
    struct report *report = &memory->report;

    *report = (struct report){
        .host = &memory->reservation.survey.host,
        .policy = &memory->policy,
        .plan = &memory->reservation.plan,
        .placement = placement,
        .on_demand = memory->on_demand,
        .claim = claim_text(memory->reservation.claim),
    };
    if (memory->reservation.survey.note.text[0])
        report_note(report, memory->reservation.survey.note.text);
    if (memory->reservation.plan.neighbour_pages)
        report_note(report, "the preferred nodes had less memory free than the guest needs");
    if (memory->reservation.changed)
        report_note(report, "another builder took memory while this one planned; planned anew");
    else if (memory->reservation.nr_refused)
        report_note(report, "others have claimed memory that looked free; planned anew");
    if (placement->nr_replans)
        report_note(report,
                    "nodes had less memory than a moment before; the rest was planned anew");
    if (memory->policy.kind != POLICY_ANY && !memory->on_demand &&
        !memory->reservation.survey.host.flat && extent_counts_pages(&placement->nodeless))
        report_note(report, "no node of the plan had the rest; Xen took it from anywhere");
}

// A report for many nodes may be longer than what Xenstore takes.
static char *make_json(const struct report *report) {
    char *json = report_json(report, true);

    if (json && strlen(json) > MAX_STORE_BYTES) {
        free(json);
        json = report_json(report, false);
    }
    return json;
}

static void publish_report(const struct guest_memory *memory) {
    CLEANUP(error_done) struct error err = {0};
    CLEANUP(cleanup_free) char *json = make_json(&memory->report);
    CLEANUP(cleanup_free) char *line = report_line(&memory->report);

    report_table(&memory->report, log_line, log_of(memory));
    if (line)
        control_info(memory->session->control_fd, line);
    if (!json)
        log_warning(log_of(memory), "no memory for the placement report");
    else if (store_write(memory->session->store, "xenguest/placement", json, &err))
        log_warning(log_of(memory), "the placement report is not in Xenstore: %s", err.text);
}

void guest_memory_finish(struct guest_memory *memory) {
    make_report(memory);
    publish_report(memory);
}

static void end_reservation(struct guest_memory *memory, bool success) {
    CLEANUP(error_done) struct error err = {0};
    struct reservation *reservation = &memory->reservation;
    int rc =
        success ? reservation_finish(reservation, &err) : reservation_abandon(reservation, &err);

    if (rc)
        log_error(log_of(memory), "%s", err.text);
    warn_about_ledger(memory);
}

void guest_memory_done(struct guest_memory *memory, bool success) {
    if (memory->reservation.xch && !(success && memory->reservation.purpose == RESERVATION_KEEP))
        end_reservation(memory, success);
    ledger_close(memory->ledger);
    ranges_done(&memory->ranges);
    reservation_done(&memory->reservation);
    error_done(&memory->meminit.error);
}
