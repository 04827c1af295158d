// The same settings are read and applied as for the build, so that both come to the same plan.

#include "xenguest/reserve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/claim/claim.h"
#include "lib/claim/ledger.h"
#include "lib/guest/platform.h"
#include "lib/memory/layout.h"
#include "lib/placement/guest-memory.h"
#include "lib/util/cleanup.h"
#include "lib/util/stop.h"
#include "lib/view/plan.h"
#include "xenguest/guest-layout.h"
#include "xenguest/guest-setup.h"
#include "xenguest/memory-log.h"

static void print_line(void *context, const char *text) {
    (void)context;
    puts(text);
}

static void print_plan(const struct guest_memory *memory, bool json) {
    const struct plan_view view = {
        .domid = memory->domid,
        .host = &memory->reservation.survey.host,
        .policy = &memory->policy,
        .plan = &memory->reservation.plan,
        .claim = claim_text(memory->reservation.claim),
        .pages = memory->plan_request.target_pages,
    };

    if (json)
        plan_json(&view, stdout);
    else
        plan_table(&view, print_line, NULL);
    // A reader that is gone does not undo a reservation.
    fflush(stdout);
}

static int plan_and_claim(struct session *session, struct guest_memory *memory, struct error *err) {
    CLEANUP(platform_done) struct platform platform = {0};
    struct guest_memory_request request;
    struct layout layout;
    int rc;

    rc = guest_setup_read(session, GUEST_HVM | GUEST_PVH | GUEST_PV, &platform, err);
    if (!rc)
        rc = guest_layout_make_of_domain(session, &platform, &layout, err);
    // Where the vCPUs are pinned decides about the memory.
    if (!rc)
        rc = guest_setup_apply(session, &platform, err);
    if (rc)
        return rc;
    guest_setup_memory(session, &layout, &platform, &request);
    rc = guest_memory_settle(memory, &request, err);
    memory_log_settings(session, memory);
    if (!rc)
        rc = guest_memory_reserve(memory, err);
    memory_log_plan(session, memory);
    return rc;
}

static int reserve_memory(struct session *session, struct guest_memory *memory, struct error *err) {
    int rc;

    rc = plan_and_claim(session, memory, err);
    if (!rc)
        rc = stop_check(err);
    if (rc)
        return rc;
    print_plan(memory, session->request->json);
    return 0;
}

int reserve(struct session *session, struct control_result *ret, struct error *err) {
    struct guest_memory memory = {0};
    int rc;

    rc = session_open_xen(session, err);
    if (!rc)
        rc = guest_memory_open(&memory, session->xch, (uint32_t)session->request->domid,
                               RESERVATION_KEEP, LEDGER_DIR, err);
    memory_log_warnings(session, &memory);
    if (!rc)
        rc = session_open_store(session, err);
    if (!rc)
        rc = reserve_memory(session, &memory, err);
    memory_log_end(session, &memory, !rc);
    session_close(session);
    *ret = (struct control_result){0};
    return rc;
}

// Whether a builder may be asked about, and then loses, decides -force. The lock is not waited for
// then, as it may be that builder who holds it.
static int release_locked(struct session *session, struct reservation *reservation,
                          struct error *err) {
    struct ledger_account *account = &reservation->account;
    bool force = session->request->force;
    int builder = 0;
    int rc = force ? 0 : ledger_account_lock(account, err);

    if (rc)
        return rc;
    if (account->warning.code)
        log_warning(session->log, "%s", account->warning.text);
    rc = reservation_release(reservation, force, &builder, err);
    if (!rc && builder)
        log_warning(session->log,
                    "process %d is building domain %" PRIu32
                    ": its claim and its ledger entry were released all the same (-force)",
                    builder, reservation->domid);
    if (!force)
        ledger_account_unlock(account);
    return rc;
}

// Each part also if the other fails: the claim is what keeps memory from others, so it goes also if
// the ledger is out of reach.
static int release_memory(struct session *session, struct error *err) {
    CLEANUP(error_done) struct error warning = {0};
    struct reservation reservation = {.xch = session->xch,
                                      .domid = (uint32_t)session->request->domid};
    int rc;

    if (ledger_open(LEDGER_DIR, &reservation.account.ledger, &warning) &&
        ledger_forget(LEDGER_DIR, reservation.domid, &warning))
        log_warning(session->log, "no ledger: %s", warning.text);
    rc = release_locked(session, &reservation, err);
    ledger_close(reservation.account.ledger);
    reservation_done(&reservation);
    return rc;
}

int release(struct session *session, struct control_result *ret, struct error *err) {
    int rc;

    rc = session_open_xen(session, err);
    if (!rc)
        rc = release_memory(session, err);
    session_close(session);
    *ret = (struct control_result){0};
    return rc;
}
