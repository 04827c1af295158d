// A domain may go while it is looked at: then it is left out.

#include "xenguest/show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/claim/ledger.h"
#include "lib/claim/load.h"
#include "lib/claim/snapshot.h"
#include "lib/claim/survey.h"
#include "lib/util/ascii.h"
#include "lib/util/cleanup.h"
#include "lib/util/stop.h"
#include "lib/view/show.h"
#include "xenguest/drawing.h"
#include "xenguest/input-file.h"
#include "xenguest/show-advice.h"
#include "xenguest/terminal.h"

// --- the host ---

static int read_host(struct session *session, struct survey *survey, struct show *show,
                     struct error *err) {
    CLEANUP(error_done) struct error ignored = {0};
    struct ledger *ledger = NULL;
    struct host now;
    int rc;

    if (ledger_open_to_read(LEDGER_DIR, &ledger, &ignored))
        log_warning(session->log, "no ledger: %s", ignored.text);
    rc = survey_make(session->xch, SURVEY_NO_DOMAIN, ledger, 0, survey, err);
    if (!rc)
        rc = snapshot_read(session->xch, &now, err);
    ledger_close(ledger);
    if (rc)
        return rc;
    load_read(session->xch, SURVEY_NO_DOMAIN, &survey->host);
    show->host = survey->host;
    show->xen_claimed_pages = now.claimed_pages;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        show->xen_claimed[node] = now.node[node].claimed_pages;
        show->xen_claimed_pages += now.node[node].claimed_pages;
    }
    return 0;
}

// --- domains ---

static void read_name(struct store *store, struct show_domain *domain) {
    CLEANUP(error_done) struct error ignored = {0};
    CLEANUP(cleanup_free) char *name = NULL;

    if (!store_read(store, "name", &name, &ignored) && name)
        ascii_line(name, domain->name, sizeof(domain->name));
}

static void read_record(struct session *session, struct store *store, struct show_domain *domain) {
    CLEANUP(error_done) struct error err = {0};
    CLEANUP(cleanup_free) char *text = NULL;

    if (store_read(store, "xenguest/placement", &text, &err) || !text)
        return;
    domain->has_record = !record_parse(text, &domain->record, &err);
    if (!domain->has_record)
        log_warning(session->log, "domain %u: %s", domain->standing.domid, err.text);
}

// Where Xen does not count, the record of the build does; what was taken without naming a node, or
// only marked, nobody knows the place of.
static void settle_source(struct show_domain *domain) {
    struct standing *standing = &domain->standing;

    if (standing->counted) {
        domain->source = SHOW_XEN;
    } else if (domain->has_record && domain->record.nr_nodes && !domain->record.anywhere_pages) {
        for (unsigned i = 0; i < domain->record.nr_nodes; i++)
            standing->node_pages[domain->record.node[i].node] = domain->record.node[i].pages;
        standing->counted = true;
        domain->source = SHOW_RECORD;
    }
}

static int add_domain(struct session *session, uint32_t domid, const struct survey *survey,
                      struct show *show, struct error *err) {
    CLEANUP(store_closep) struct store *store = NULL;
    struct standing standing;
    struct show_domain *domain;
    int rc = standing_read(session->xch, domid, &standing, err);

    if (rc)
        return rc;
    domain = show_add(show);
    if (!domain)
        return error_set(err, ENOMEM, "no memory for the list of domains");
    domain->standing = standing;
    rc = store_open(domid, &store, err);
    if (rc)
        return rc;
    store_detach(store);
    read_name(store, domain);
    read_record(session, store, domain);
    settle_source(domain);
    show_advise(session, store, survey, domain);
    return 0;
}

static int add_all(struct session *session, const struct survey *survey, struct show *show,
                   struct error *err) {
    CLEANUP(cleanup_free) uint32_t *list = NULL;
    size_t nr = 0;
    int rc = xen_domain_list(session->xch, &list, &nr, err);

    for (size_t i = 0; i < nr && !rc; i++) {
        rc = add_domain(session, list[i], survey, show, err);
        if (rc == -ESRCH) {
            error_done(err);
            rc = 0;
        }
    }
    return rc;
}

static int read_all(struct session *session, struct show *show, struct error *err) {
    CLEANUP(cleanup_free) struct survey *survey = calloc(1, sizeof(*survey));
    int64_t domid = session->request->domid;
    int rc;

    if (!survey)
        return error_set(err, ENOMEM, "no memory for the host's description");
    rc = read_host(session, survey, show, err);
    show->one_domain = domid != REQUEST_UNSET;
    if (!rc && show->one_domain)
        rc = add_domain(session, (uint32_t)domid, survey, show, err);
    else if (!rc)
        rc = add_all(session, survey, show, err);
    return rc;
}

// --- printing ---

static void print_line(void *context, const char *text) {
    (void)context;
    puts(text);
}

static int print(const struct show *show, bool json, bool again, struct error *err) {
    const struct view_style style = terminal_style();
    CLEANUP(cleanup_free) char *document = json ? show_json(show) : NULL;

    if (json && !document)
        return error_set(err, ENOMEM, "no memory for the document");
    if (again && style.terminal)
        fputs("\033[H\033[J", stdout);
    if (document)
        puts(document);
    else
        show_table(show, &style, print_line, NULL);
    if (fflush(stdout))
        return error_set(err, errno, "printing: %s", strerror(errno));
    return 0;
}

static int show_once(struct session *session, struct error *err) {
    CLEANUP(show_done) struct show show = {.nr = 0};
    const struct request *request = session->request;
    int rc = read_all(session, &show, err);

    if (!rc)
        rc = print(&show, request->json, request->watch != REQUEST_UNSET, err);
    return rc || !request->svg ? rc : drawing_of_show(&show, request->svg, err);
}

// A record in a file needs no Xen.
static int show_file(const struct request *request, struct error *err) {
    CLEANUP(record_done) struct record record = {.pages = 0};
    CLEANUP(cleanup_free) char *text = NULL;

    if (input_file_read(request->report, &text, err))
        return -err->code;
    if (record_parse(text, &record, err))
        return error_prefix(err, "%s", request->report);
    if (request->json)
        puts(text);
    else
        show_record(&record, print_line, NULL);
    return request->svg ? drawing_of_record(&record, request->svg, err) : 0;
}

// A signal ends the sleep, and then the watching.
static int watch(struct session *session, struct error *err) {
    struct timespec time = {.tv_sec = session->request->watch};
    int rc;

    do {
        rc = show_once(session, err);
        if (!rc && !stop_check(err))
            nanosleep(&time, NULL);
    } while (!rc && !stop_check(err));
    if (stop_check(err)) {
        error_done(err);
        return 0;
    }
    return rc;
}

int show(struct session *session, struct control_result *ret, struct error *err) {
    int rc;

    *ret = (struct control_result){0};
    if (session->request->report)
        return show_file(session->request, err);
    rc = session_open_xen(session, err);
    if (!rc && session->request->watch != REQUEST_UNSET)
        rc = watch(session, err);
    else if (!rc)
        rc = show_once(session, err);
    session_close(session);
    return rc;
}
