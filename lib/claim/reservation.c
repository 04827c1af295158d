// From the survey to the entry everything happens under the ledger's lock. The claim is the judge:
// if Xen refuses it, somebody who keeps no ledger was faster, and the plan is made again from fresh
// figures.
//
// Whose a claim is decides what may be done with it. A domain that had one before this process
// came, and that no entry of the ledger says this program has staked, has it from somebody else.

#include "lib/claim/reservation.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/claim/load.h"
#include "lib/util/cleanup.h"

// Claims refused that tell nothing new before a claim on the host is tried.
#define MAX_IDLE_REFUSALS 3

// Pages that libxenguest and the device model add to a guest's memory (16 of libxenguest's own, and
// as many again in reserve): claimed too, so that they are there when all else is taken.
#define SURPLUS_PAGES 32

static int error_busy(uint32_t domid, const struct ledger_entry *entry, struct error *err) {
    return error_set(err, EBUSY,
                     "domain %" PRIu32 " is being built by process %d: wait for that, or end it",
                     domid, (int)entry->process);
}

int reservation_check_idle(const struct reservation *reservation, struct error *err) {
    const struct ledger *ledger = reservation->account.ledger;
    struct ledger_entry entry;

    if (ledger && ledger_find(ledger, reservation->domid, &entry) && ledger_entry_busy(&entry))
        return error_busy(reservation->domid, &entry, err);
    return 0;
}

// --- making ---

static int error_no_reservation(const struct reservation *reservation, uint64_t need,
                                struct error *err) {
    const struct survey *survey = &reservation->survey;
    uint64_t have =
        survey->has_entry ? ledger_entry_pages(&survey->entry) : survey->domain.outstanding_pages;

    if (!have)
        return error_set(err, ENOENT,
                         "no memory is reserved for domain %u: reserve it first, or build with "
                         "-mode hvm_build",
                         reservation->domid);
    return error_set(err, ENOSPC,
                     "%" PRIu64 " pages are reserved for domain %u, but it needs %" PRIu64, have,
                     reservation->domid, need);
}

// Whether what is reserved already is enough. Where it was claimed, the claim has to be there too.
static bool is_reserved(const struct survey *survey, uint64_t need) {
    bool claimed = survey->domain.outstanding_pages >= need;

    if (!survey->has_entry)
        return claimed;
    return ledger_entry_pages(&survey->entry) >= need &&
           (claimed || survey->entry.claim == CLAIM_NONE);
}

static int check_purpose(const struct reservation *reservation, uint64_t need, struct error *err) {
    const struct survey *survey = &reservation->survey;
    enum reservation_purpose purpose = reservation->purpose;

    if (survey->has_entry && ledger_entry_busy(&survey->entry))
        return error_busy(reservation->domid, &survey->entry, err);
    if (survey->has_entry && ledger_entry_is_own(&survey->entry))
        return 0; // asked before
    if (purpose == RESERVATION_USE && !is_reserved(survey, need))
        return error_no_reservation(reservation, need, err);
    if (purpose == RESERVATION_KEEP && survey->has_entry)
        return error_set(err, EEXIST, "memory is reserved for domain %u already: release it first",
                         reservation->domid);
    if (purpose == RESERVATION_KEEP && survey->domain.outstanding_pages &&
        !is_reserved(survey, need))
        return error_no_reservation(reservation, need, err);
    return 0;
}

static int check_strict(const struct reservation *reservation, const struct policy *policy,
                        struct error *err) {
    const struct survey *survey = &reservation->survey;
    nodeset named = nodelist_set(&reservation->plan.preferred), claimed = 0;

    if (policy->kind != POLICY_STRICT || survey->foreign_claim != SURVEY_CLAIM_NODES)
        return 0;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        claimed |= survey->own_node_pages[node] ? nodeset_of(node) : 0;
    if (named & claimed)
        return 0;
    return error_set(err, EINVAL,
                     "%s: the claim of domain %u is on node %s, and numa-policy=strict forbids "
                     "to take its memory elsewhere",
                     policy_describe(policy, POLICY_KEY_NODES).s, reservation->domid,
                     nodeset_text(claimed).s);
}

// Enters this process as the domain's builder before it claims anything, so that others who come
// for the domain find it, and that a claim is known as this program's also if the process dies
// right after. What was reserved stays so. Failing to is no harm.
static int announce(struct reservation *reservation, struct error *err) {
    CLEANUP(error_done) struct error ignored = {0};
    const struct survey *survey = &reservation->survey;
    struct ledger *ledger = reservation->account.ledger;
    struct ledger_entry entry = {.domid = reservation->domid};

    if (!ledger)
        return 0;
    if (survey->has_entry)
        entry = survey->entry;
    memcpy(entry.handle, survey->domain.handle, sizeof(entry.handle));
    entry.owned_pages = survey->domain.tot_pages;
    // What will be claimed from now on is this program's.
    entry.claim = survey->host.claims_by_node ? CLAIM_NODE : CLAIM_HOST;
    if (survey->domain.outstanding_pages)
        entry.claim = survey_has_staked(survey) ? survey->entry_claim : CLAIM_TOOLSTACK;
    // The entry of a builder that has died may be the only one to tell of its claim.
    if (survey->entry_claim == CLAIM_NODE && !survey->has_entry)
        ledger_record_claim(ledger, reservation->domid, entry.handle, &ignored);
    if (ledger_entry_own(&entry, err))
        return -err->code;
    reservation->announced = !ledger_write(ledger, &entry, &ignored);
    return 0;
}

static int survey(struct reservation *reservation, const struct memory_request *request,
                  struct error *err) {
    struct host before = reservation->survey.host;
    struct host *host = &reservation->survey.host;
    int rc = survey_make(request->xch, request->domid, reservation->account.ledger,
                         nodelist_set(&request->policy->nodes), &reservation->survey, err);

    if (rc)
        return rc;
    // Once: it takes a call for each vCPU of the host, and decides between equals only.
    for (unsigned node = 0; node < HOST_MAX_NODES && reservation->has_load; node++)
        host->node[node].load = before.node[node].load;
    if (!reservation->has_load)
        load_read(request->xch, request->domid, host);
    reservation->has_load = true;
    return 0;
}

// A claim that a builder has left behind when it died was for its plan, not for this one. Who wants
// to use what is reserved keeps it.
static int drop_left_over(struct reservation *reservation, const struct memory_request *request,
                          struct error *err) {
    int rc;

    if (!survey_has_staked(&reservation->survey) || reservation->survey.has_entry ||
        reservation->purpose == RESERVATION_USE)
        return 0;
    rc = claim_release(request->xch, request->domid, err);
    return rc ? rc : survey(reservation, request, err);
}

// Lets vCPUs and page tables follow the plan. They may take memory with them; then the plan is made
// again around the same CPU nodes.
static int follow_plan(struct reservation *reservation, const struct memory_request *request,
                       struct error *err) {
    struct plan followed = reservation->plan;
    const struct memory_planning again = {.request = request,
                                          .survey = &reservation->survey,
                                          .followed = &followed,
                                          .refused = reservation->refused};
    bool changed = false;
    int rc;

    if (!request->follow || reservation->purpose == RESERVATION_KEEP)
        return 0;
    rc = request->follow(request->follow_context, &followed, &reservation->survey.host, &changed,
                         err);
    if (!rc && changed)
        rc = survey(reservation, request, err);
    if (rc || !changed)
        return rc;
    reservation->plan = (struct plan){0};
    rc = memory_plan(&again, &reservation->plan, err);
    plan_done(&followed);
    return rc;
}

// Surveys and plans. Refused nodes are avoided.
static int make_plan(struct reservation *reservation, const struct memory_request *request,
                     struct error *err) {
    struct survey before = reservation->survey;
    const struct memory_planning planning = {
        .request = request, .survey = &reservation->survey, .refused = reservation->refused};
    int rc;

    plan_done(&reservation->plan);
    rc = survey(reservation, request, err);
    if (rc)
        return rc;
    if (reservation->nr_refused && survey_differs(&before, &reservation->survey))
        reservation->changed = true;
    rc = check_purpose(reservation, request->target_pages, err);
    if (!rc)
        rc = announce(reservation, err);
    if (!rc)
        rc = drop_left_over(reservation, request, err);
    if (!rc)
        rc = memory_plan(&planning, &reservation->plan, err);
    if (!rc)
        rc = check_strict(reservation, request->policy, err);
    return rc ? rc : follow_plan(reservation, request, err);
}

// Takes note of a refused claim and finds out about the nodes. Returns whether to try again.
static bool note_refusal(struct reservation *reservation, const struct claim_request *request,
                         unsigned *nr_idle) {
    nodeset refusing = 0;

    if (!reservation->plan.pieces.nr)
        return false;
    reservation->nr_refused++;
    // It may be the surplus that is not there, on a node that just holds the guest.
    if (request->surplus_pages)
        return true;
    if (reservation->claim == CLAIM_NODE || reservation->claim == CLAIM_SET)
        refusing = claim_refusing_nodes(request) & ~reservation->refused;
    reservation->refused |= refusing;
    *nr_idle += refusing ? 0 : 1;
    // Who may take memory from elsewhere does with a claim on the host in the end, and finds out
    // about the nodes while populating.
    return *nr_idle <= MAX_IDLE_REFUSALS + (reservation->plan.last_resort ? 1 : 0);
}

static int plan_and_stake(struct reservation *reservation, const struct memory_request *request,
                          struct error *err) {
    unsigned nr_idle = 0;
    int rc;

    for (;;) {
        struct claim_request claim_request = {
            .xch = request->xch,
            .domid = request->domid,
            .plan = &reservation->plan,
            .surplus_pages = reservation->nr_refused ? 0 : SURPLUS_PAGES,
            .whole_host = nr_idle > MAX_IDLE_REFUSALS,
        };

        rc = make_plan(reservation, request, err);
        if (rc)
            return rc;
        claim_request.never_host = reservation->survey.had_node_claim;
        rc = claim_stake(&claim_request, &reservation->claim, err);
        if (rc != CLAIM_REFUSED)
            return rc;
        if (!note_refusal(reservation, &claim_request, &nr_idle))
            return error_prefix(err, "%s", host_memory_text(&reservation->survey.host).s);
        error_done(err);
    }
}

// Without a ledger the account alone has it.
static int enter(struct reservation *reservation, struct error *err) {
    struct ledger_entry *entry = &reservation->account.entry;
    int rc = 0;

    *entry = (struct ledger_entry){
        .domid = reservation->domid,
        .claim = reservation->claim,
        .nodeless_pages = reservation->plan.nodeless_pages,
        .owned_pages = reservation->survey.domain.tot_pages,
    };
    memcpy(entry->handle, reservation->survey.domain.handle, sizeof(entry->handle));
    memcpy(entry->node_pages, reservation->plan.node_pages, sizeof(entry->node_pages));
    // What this program has staked stays its own, whoever builds from it.
    if (reservation->claim == CLAIM_TOOLSTACK && survey_has_staked(&reservation->survey))
        entry->claim = reservation->survey.entry_claim;
    if (!reservation->account.ledger)
        return 0;
    if (reservation->purpose != RESERVATION_KEEP)
        rc = ledger_entry_own(entry, err);
    if (!rc)
        rc = ledger_write(reservation->account.ledger, entry, err);
    reservation->account.open = !rc;
    return rc;
}

static int make_locked(struct reservation *reservation, const struct memory_request *request,
                       struct error *err) {
    struct ledger_account *account = &reservation->account;
    CLEANUP(error_done) struct error other = {0};
    int rc;

    rc = plan_and_stake(reservation, request, err);
    if (rc)
        return rc;
    reservation->made = true;
    rc = enter(reservation, &other);
    if (account->ledger && ledger_is_locked(account->ledger))
        survey_sweep(request->xch, account->ledger);
    if (!rc)
        return 0;
    if (reservation->purpose != RESERVATION_KEEP) {
        ledger_account_warn(account, &other);
        return 0;
    }
    // Nobody would find it again.
    return error_set(err, other.code, "a reservation needs the ledger: %s", other.text);
}

int reservation_make(struct reservation *reservation, const struct memory_request *request,
                     struct error *err) {
    struct ledger_account *account = &reservation->account;
    int rc;

    if (!account->ledger && reservation->purpose == RESERVATION_KEEP)
        return error_set(err, ENOTSUP, "a reservation needs the ledger");
    rc = ledger_account_lock(account, err);
    if (rc)
        return rc;
    if (reservation->purpose == RESERVATION_KEEP && !ledger_is_locked(account->ledger))
        return error_set(err, account->warning.code, "a reservation needs the ledger: %s",
                         account->warning.text);
    rc = make_locked(reservation, request, err);
    ledger_account_unlock(account);
    return rc;
}

// Without announcing, following, staking: what is asked and refused on the way is the same.
int reservation_preview(struct reservation *reservation, const struct memory_request *request,
                        struct error *err) {
    CLEANUP(plan_done) struct plan first = {0};
    struct memory_planning planning = {.request = request, .survey = &reservation->survey};
    int rc = 0;

    if (reservation->xch)
        rc = survey(reservation, request, err);
    if (!rc && request->domid != SURVEY_NO_DOMAIN)
        rc = check_purpose(reservation, request->target_pages, err);
    if (!rc)
        rc = memory_plan(&planning, &reservation->plan, err);
    if (!rc)
        rc = check_strict(reservation, request->policy, err);
    if (!rc &&
        request->foresee(request->follow_context, &reservation->plan, &reservation->survey.host)) {
        first = reservation->plan;
        reservation->plan = (struct plan){0};
        planning.followed = &first;
        rc = memory_plan(&planning, &reservation->plan, err);
    }
    if (!rc && request->domid != SURVEY_NO_DOMAIN)
        rc = claim_check(request->domid, &reservation->survey.domain, &reservation->plan, err);
    return rc;
}

void reservation_done(struct reservation *reservation) {
    ledger_account_done(&reservation->account);
    plan_done(&reservation->plan);
}
