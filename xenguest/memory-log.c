// What could not be told never fails a build.

#include "xenguest/memory-log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/view/plan.h"
#include "lib/view/report.h"
#include "xenguest/control.h"
#include "xenguest/guest-setup.h"

// Of a value in Xenstore: XENSTORE_PAYLOAD_MAX (4096) less the longest path of a domain's key.
#define MAX_STORE_BYTES 3900

static void log_line(void *context, const char *text) {
    log_info(context, "%s", text);
}

void memory_log_warnings(struct session *session, struct guest_memory *memory) {
    guest_setup_warn(session, &memory->warnings);
}

void memory_log_settings(struct session *session, struct guest_memory *memory) {
    for (int key = 0; key < POLICY_NR_KEYS && memory->settled; key++)
        log_info(session->log, "%s", policy_describe(&memory->policy, key).s);
    memory_log_warnings(session, memory);
}

static void log_follow(struct session *session, const struct guest_memory *memory) {
    const struct follow *follow = &memory->follow;
    bool pin = memory->policy.vcpus == POLICY_VCPUS_PIN;
    char which[32] = "all vCPUs";

    if (follow->nr_vcpus != memory->request.nr_vcpus)
        snprintf(which, sizeof(which), "%u vCPUs", follow->nr_vcpus);
    if (follow->vcpu_nodes)
        log_info(session->log, "%s affinity of %s set to node %s", pin ? "hard" : "soft", which,
                 nodeset_text(follow->vcpu_nodes).s);
    if (follow->page_tables)
        log_info(session->log, "the paging pool was brought to node %s",
                 nodeset_text(follow->page_tables).s);
}

void memory_log_plan(struct session *session, struct guest_memory *memory) {
    const struct survey *survey = &memory->reservation.survey;

    memory_log_warnings(session, memory);
    if (!memory->reserved)
        return;
    if (survey->note.text[0])
        log_warning(session->log, "%s", survey->note.text);
    plan_lines(&survey->host, &memory->reservation.plan, log_line, session->log);
    for (unsigned i = 0; i < memory->reservation.plan.warnings.nr; i++)
        log_warning(session->log, "%s", memory->reservation.plan.warnings.text[i]);
    log_follow(session, memory);
}

static void on_progress(struct guest_memory *memory, uint64_t done_pages, uint64_t nr_pages) {
    struct session *session = memory->progress_context;

    log_progress(session->log, "populating memory", done_pages, nr_pages);
    memory_log_warnings(session, memory);
}

void memory_log_watch(struct session *session, struct guest_memory *memory) {
    memory->progress = on_progress;
    memory->progress_context = session;
}

// --- report ---

static struct report make_report(const struct guest_memory *memory) {
    struct report report = {
        .host = &memory->reservation.survey.host,
        .policy = &memory->policy,
        .plan = &memory->reservation.plan,
        .placement = &memory->placement,
        .on_demand = memory->on_demand,
        .claim = claim_text(memory->reservation.claim),
        .page_tables = memory->follow.page_tables,
        .vnodes = memory->vnodes.told ? &memory->reservation.plan.vnodes : NULL,
    };
    const char *notes[GUEST_MEMORY_MAX_NOTES];
    size_t nr = guest_memory_notes(memory, notes);

    for (size_t i = 0; i < nr; i++)
        report_note(&report, notes[i]);
    return report;
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

static void publish_report(struct session *session, const struct report *report) {
    CLEANUP(error_done) struct error err = {0};
    CLEANUP(cleanup_free) char *json = make_json(report);
    CLEANUP(cleanup_free) char *line = report_line(report);

    report_table(report, log_line, session->log);
    if (line)
        control_info(session->control_fd, line);
    if (!json)
        log_warning(session->log, "no memory for the placement report");
    else if (store_write(session->store, "xenguest/placement", json, &err))
        log_warning(session->log, "the placement report is not in Xenstore: %s", err.text);
}

void memory_log_placement(struct session *session, struct guest_memory *memory) {
    const struct report report = make_report(memory);

    publish_report(session, &report);
}

void memory_log_end(struct session *session, struct guest_memory *memory, bool success) {
    CLEANUP(error_done) struct error err = {0};

    if (guest_memory_end(memory, success, &err))
        log_error(session->log, "%s", err.text);
    memory_log_warnings(session, memory);
    guest_memory_done(memory);
}
