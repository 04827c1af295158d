// The way is that of a build as far as the plan, by the same functions, on a store that is detached
// and without the steps that claim, move or write anything.

#include "xenguest/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/claim/claim.h"
#include "lib/placement/preview.h"
#include "lib/util/cleanup.h"
#include "lib/util/stop.h"
#include "lib/view/preview.h"
#include "xenguest/drawing.h"
#include "xenguest/plan-guest.h"
#include "xenguest/terminal.h"

static int check_options(const struct request *request, struct error *err) {
    if (request->domid == REQUEST_UNSET)
        return 0;
    if (request->host)
        return error_set(err, EINVAL,
                         "options -host and -domid: a domain is on the running Xen only");
    if (request->xenstore)
        return error_set(err, EINVAL,
                         "options -xenstore and -domid: the domain has keys of its own");
    if (request->repeat > 1)
        return error_set(err, EINVAL, "options -repeat and -domid: there is one such domain only");
    return 0;
}

// --- one guest ---

static void collect(struct guest_memory *memory, struct preview_guest *ret) {
    struct reservation *reservation = &memory->reservation;
    const char *notes[GUEST_MEMORY_MAX_NOTES];
    size_t nr = guest_memory_notes(memory, notes);

    for (size_t i = 0; i < nr; i++)
        warnings_add(&ret->notes, "%s", notes[i]);
    for (unsigned i = 0; i < reservation->plan.warnings.nr; i++)
        warnings_add(&ret->warnings, "%s", reservation->plan.warnings.text[i]);
    for (unsigned i = 0; i < memory->warnings.nr; i++)
        warnings_add(&ret->warnings, "%s", memory->warnings.text[i]);
    ret->host = reservation->survey.host;
    ret->page_tables = memory->follow.page_tables;
    ret->plan = reservation->plan;
    reservation->plan = (struct plan){0};
}

// The pool is filled before the builder comes. A domain's is there already.
static void fill_pool(const struct plan_guest *guest, struct survey *survey,
                      uint64_t ret[HOST_MAX_NODES]) {
    preview_pool(&survey->host, guest->pool_pages, ret);
    if (!guest->has_domain)
        preview_take(&survey->host, ret);
}

// Plans on the host that `survey` has, which is then as this guest leaves it.
static int plan_one(struct plan_guest *guest, struct survey *survey, struct preview *preview,
                    struct error *err) {
    CLEANUP(guest_memory_done) struct guest_memory memory = {0};
    struct session *session = guest->session;
    uint64_t pool[HOST_MAX_NODES];
    struct preview_guest *added;
    int rc = 0;

    fill_pool(guest, survey, pool);
    if (guest->has_domain)
        rc = guest_memory_open_preview(&memory, session->xch, (uint32_t)guest->request.domid,
                                       LEDGER_DIR, err);
    else
        guest_memory_open_new(&memory, survey);
    if (!rc)
        rc = plan_guest_settle(guest, &memory, err);
    if (!rc)
        rc = guest_memory_preview(&memory, pool, err);
    preview->policy = memory.policy;
    if (rc)
        return rc;
    added = preview_add(preview);
    if (!added)
        return error_set(err, ENOMEM, "no memory for a plan");
    added->pool_pages = guest->pool_pages;
    preview_build(&memory, &survey->host);
    preview->after = survey->host;
    collect(&memory, added);
    return 0;
}

// --- all of them ---

static void describe(const struct plan_guest *guest, struct preview *preview) {
    const struct survey *survey = &guest->survey;

    preview->domid = guest->has_domain ? (uint32_t)guest->request.domid : PREVIEW_NO_DOMAIN;
    preview->nr_vcpus = guest->platform.nr_vcpus;
    preview->max_mib = (uint64_t)guest->request.mem_max_mib;
    preview->start_mib = (uint64_t)guest->request.mem_start_mib;
    preview->before = survey->host;
    preview->after = survey->host;
    preview->wanted = guest->request.repeat == REQUEST_UNSET ? 1 : (size_t)guest->request.repeat;
    if (survey->domain.outstanding_pages)
        preview->claim =
            claim_text(survey_has_staked(survey) ? survey->entry_claim : CLAIM_TOOLSTACK);
}

// What is planned for is reported also if it is refused, but not what could not be read.
static int plan_all(struct plan_guest *guest, struct preview *preview, struct error *err) {
    CLEANUP(cleanup_free) struct survey *survey = malloc(sizeof(*survey));
    int rc = 0;

    if (!survey)
        return error_set(err, ENOMEM, "no memory for the host's description");
    *survey = guest->survey;
    describe(guest, preview);
    while (preview->nr < preview->wanted && !rc) {
        rc = stop_check(err);
        if (!rc)
            rc = plan_one(guest, survey, preview, err);
    }
    if (rc)
        error_set(&preview->refusal, err->code, "%s", err->text);
    if (rc && preview->wanted > 1)
        error_prefix(err, "guest %zu of %zu", preview->nr + 1, preview->wanted);
    return rc;
}

static void print_line(void *context, const char *text) {
    (void)context;
    puts(text);
}

static void print(const struct preview *preview, bool json) {
    const struct view_style style = terminal_style();
    CLEANUP(cleanup_free) char *document = json ? preview_json(preview) : NULL;

    if (document)
        puts(document);
    else if (!json && preview->nr)
        preview_table(preview, &style, print_line, NULL);
    fflush(stdout);
}

int plan(struct session *session, struct control_result *ret, struct error *err) {
    CLEANUP(plan_guest_done) struct plan_guest guest = {0};
    CLEANUP(preview_done) struct preview preview = {0};
    CLEANUP(error_done) struct error other = {0};
    const struct request *request = session->request;
    int rc = check_options(request, err);

    if (!rc)
        rc = plan_guest_open(&guest, session, err);
    if (!rc) {
        rc = plan_all(&guest, &preview, err);
        print(&preview, request->json);
        if (request->svg && preview.nr &&
            drawing_of_preview(&preview, request->svg, rc ? &other : err))
            rc = rc ? rc : -err->code;
    }
    session->request = request;
    session_close(session);
    *ret = (struct control_result){0};
    return rc;
}
