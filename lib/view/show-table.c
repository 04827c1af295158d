// The order of rows and columns is that of numastat -c: nodes across, figures down, sums at the
// end. Where the nodes do not fit beside each other the domains list theirs, and the host is a row
// for each node.

#include "lib/view/show.h"

#include <inttypes.h>
#include <string.h>

#include "lib/numa/planner.h"
#include "lib/view/row.h"

#define NAME 16
#define CELL 9
#define DOMAIN_COLUMNS 50 // of what a domain has besides its nodes

static uint64_t minus(uint64_t a, uint64_t b) {
    return a > b ? a - b : 0;
}

// --- the host ---

enum figure { SIZE, FREE, CLAIMED, RESERVED, AVAILABLE, CPUS, CORES, VCPUS, NR_FIGURES };

static const char *const names[NR_FIGURES] = {"size",      "free", "claimed", "reserved",
                                              "available", "CPUs", "cores",   "vCPUs"};

// In pages, CPUs or, for vCPUs, HOST_LOAD_VCPU.
static uint64_t figure_of(const struct show *show, enum figure figure, unsigned id) {
    const struct host_node *node = &show->host.node[id];
    const uint64_t figures[NR_FIGURES] = {
        [SIZE] = node->size_pages,
        [FREE] = node->free_pages,
        [CLAIMED] = show->xen_claimed[id],
        [RESERVED] = minus(node->claimed_pages, show->xen_claimed[id]),
        [AVAILABLE] = minus(node->free_pages, node->claimed_pages),
        [CPUS] = node->nr_cpus,
        [CORES] = node->nr_cores,
        [VCPUS] = node->load,
    };

    return figures[figure];
}

// Claims that are on no node, or nobody knows where, are in the sums alone.
static uint64_t figure_sum(const struct show *show, enum figure figure) {
    uint64_t sum = 0;

    for (nodeset rest = host_online_nodes(&show->host); rest; rest &= rest - 1)
        sum += figure_of(show, figure, nodeset_first(rest));
    if (figure == CLAIMED)
        return show->xen_claimed_pages;
    return figure == AVAILABLE ? minus(sum, show->host.claimed_pages) : sum;
}

static void add_figure(struct row *row, enum figure figure, uint64_t value) {
    if (figure < CPUS)
        row_add_mib(row, CELL, value);
    else if (figure == VCPUS)
        row_add(row, CELL, "%.1f", (double)value / HOST_LOAD_VCPU);
    else
        row_add(row, CELL, "%" PRIu64, value);
}

static void host_across(const struct show *show, nodeset across, view_line_fn *line,
                        void *context) {
    struct row head = {.used = 0};

    row_add(&head, -NAME, "MiB");
    for (nodeset rest = across; rest; rest &= rest - 1)
        row_add(&head, CELL, "node %u", nodeset_first(rest));
    row_add(&head, CELL, "total");
    line(context, head.s);
    for (int figure = 0; figure < NR_FIGURES; figure++) {
        struct row row = {.used = 0};

        row_add(&row, -NAME, "%s", names[figure]);
        for (nodeset rest = across; rest; rest &= rest - 1)
            add_figure(&row, figure, figure_of(show, figure, nodeset_first(rest)));
        add_figure(&row, figure, figure_sum(show, figure));
        line(context, row.s);
    }
}

static void host_down(const struct show *show, view_line_fn *line, void *context) {
    struct row head = {.used = 0}, sums = {.used = 0};

    row_add(&head, -NAME, "MiB");
    row_add(&sums, -NAME, "total");
    for (int figure = 0; figure < NR_FIGURES; figure++) {
        row_add(&head, CELL + 1, "%s", names[figure]);
        row_add(&sums, 1, " ");
        add_figure(&sums, figure, figure_sum(show, figure));
    }
    line(context, head.s);
    for (nodeset rest = host_online_nodes(&show->host); rest; rest &= rest - 1) {
        struct row row = {.used = 0};
        unsigned node = nodeset_first(rest);

        row_add(&row, 0, "node %-*u", NAME - 5, node);
        for (int figure = 0; figure < NR_FIGURES; figure++) {
            row_add(&row, 1, " ");
            add_figure(&row, figure, figure_of(show, figure, node));
        }
        line(context, row.s);
    }
    line(context, sums.s);
}

// --- domains ---

static void domain_heads(nodeset across, view_line_fn *line, void *context) {
    struct row row = {.used = 0};

    row_add(&row, -NAME, "domain");
    for (nodeset rest = across; rest; rest &= rest - 1)
        row_add(&row, CELL, "node %u", nodeset_first(rest));
    row_add(&row, CELL, "total");
    row_add(&row, 8, "local");
    row_add(&row, 9, "distance");
    row_add(&row, 6, "nodes");
    row_add(&row, 10, "optimised");
    row_add(&row, 8, "tables");
    row_add(&row, 7, "vnodes");
    row_add(&row, 0, "  from%s", across ? "" : "    MiB on node");
    line(context, row.s);
}

static void judgement(const struct show *show, const struct show_domain *domain, struct row *row) {
    const struct standing *standing = &domain->standing;
    unsigned distance = standing_distance(standing, &show->host);
    double local = standing_local(standing);

    if (local < 0)
        row_add(row, 8, "-");
    else
        row_add(row, 8, "%.1f%%", local);
    row_add(row, 9, "%s", distance == PLAN_DISTANCE_UNKNOWN ? "-" : distance_text(distance).s);
    if (domain->source == SHOW_UNKNOWN) {
        row_add(row, 6, "-");
        row_add(row, 10, "-");
    } else {
        row_add(row, 6, "%u", nodeset_count(standing_nodes(standing)));
        row_add(row, 10, "%s", standing_optimised(standing, &show->host) ? "yes" : "no");
    }
}

static void domain_row(const struct show *show, const struct show_domain *domain, nodeset across,
                       view_line_fn *line, void *context) {
    static const char *const sources[] = {
        [SHOW_UNKNOWN] = "-", [SHOW_XEN] = "Xen", [SHOW_RECORD] = "record"};
    struct row row = {.used = 0};
    const char *separator = "  ";

    row_add(&row, 4, "%" PRIu32, domain->standing.domid);
    row_add(&row, -(NAME - 4), " %.11s", domain->name);
    for (nodeset rest = across; rest; rest &= rest - 1)
        row_add_mib(&row, CELL, domain->standing.node_pages[nodeset_first(rest)]);
    row_add_mib(&row, CELL, domain->standing.domain.tot_pages);
    judgement(show, domain, &row);
    row_add_mib(&row, 8, domain->standing.pool_pages);
    row_add(&row, 7, domain->record.nr_vnodes ? "%u" : "-", domain->record.nr_vnodes);
    row_add(&row, across ? 0 : -8, "  %s", sources[domain->source]);
    for (unsigned node = 0; node < HOST_MAX_NODES && !across; node++) {
        uint64_t pages = domain->standing.node_pages[node];

        if (!pages)
            continue;
        row_add(&row, 0, "%s%.0f on %u", separator, (double)pages / VIEW_PAGES_PER_MIB, node);
        separator = ", ";
    }
    line(context, row.s);
}

static void claims(const struct show *show, view_line_fn *line, void *context) {
    bool any = false;

    for (size_t i = 0; i < show->nr; i++) {
        const struct show_domain *domain = &show->domain[i];
        uint64_t pages = domain->standing.domain.outstanding_pages;
        struct row row = {.used = 0};

        if (!pages)
            continue;
        if (!any)
            line(context, "");
        any = true;
        row_add(&row, 0, "claim of domain %" PRIu32 "%s%s: %.0f MiB outstanding",
                domain->standing.domid, domain->name[0] ? " " : "", domain->name,
                (double)pages / VIEW_PAGES_PER_MIB);
        for (unsigned node = 0; node < HOST_MAX_NODES; node++)
            if (domain->standing.claimed[node])
                row_add(&row, 0, ", %.0f on node %u",
                        (double)domain->standing.claimed[node] / VIEW_PAGES_PER_MIB, node);
        line(context, row.s);
    }
}

static void advice(const struct show *show, const struct view_style *style, view_line_fn *line,
                   void *context) {
    bool any = false;

    for (size_t i = 0; i < show->nr; i++) {
        const struct show_domain *domain = &show->domain[i];

        if (!domain->advice.any)
            continue;
        if (!any)
            line(context, "");
        any = true;
        view_line(line, context,
                  "%sadvice:%s a local migration would bring the memory of domain %" PRIu32
                  "%s%s from distance %s to %s of its vCPUs",
                  style->colour ? "\033[1m" : "", style->colour ? "\033[0m" : "",
                  domain->standing.domid, domain->name[0] ? " " : "", domain->name,
                  distance_text(domain->advice.from).s, distance_text(domain->advice.to).s);
    }
}

// --- the record of one ---

void show_record(const struct record *record, view_line_fn *line, void *context) {
    view_line(line, context, "when it was built: numa-policy=%s; nodes: %s; claim: %s",
              record->policy, record->nodes_from, record->claim);
    view_line(line, context, "vcpus: nodes %s; page_tables: %s%s",
              nodeset_text(record->cpu_nodes).s, record->page_tables ? "nodes " : "left",
              record->page_tables ? nodeset_text(record->page_tables).s : "");
    view_line(line, context, "%5s %9s %12s %8s %8s %8s", "node", "distance", "MiB", "1 GiB",
              "2 MiB", "4 KiB");
    for (unsigned i = 0; i < record->nr_nodes; i++) {
        const struct record_node *node = &record->node[i];

        view_line(line, context, "%5u %9s %12.1f %8" PRIu64 " %8" PRIu64 " %8" PRIu64, node->node,
                  node->distance == PLAN_DISTANCE_UNKNOWN ? "-" : distance_text(node->distance).s,
                  (double)node->pages / VIEW_PAGES_PER_MIB, node->counts.extents[EXTENT_1G],
                  node->counts.extents[EXTENT_2M], node->counts.extents[EXTENT_4K]);
    }
    if (record->anywhere_pages)
        view_line(line, context, "%5s %9s %12.1f", "any", "-",
                  (double)record->anywhere_pages / VIEW_PAGES_PER_MIB);
    for (unsigned i = 0; i < record->notes.nr; i++)
        view_line(line, context, "note: %s", record->notes.text[i]);
}

void show_table(const struct show *show, const struct view_style *style, view_line_fn *line,
                void *context) {
    nodeset across = host_online_nodes(&show->host);

    if (NAME + CELL * (nodeset_count(across) + 1) + DOMAIN_COLUMNS > style->width + 20)
        across = 0;
    if (!show->one_domain && across)
        host_across(show, across, line, context);
    else if (!show->one_domain)
        host_down(show, line, context);
    if (show->nr && !show->one_domain)
        line(context, "");
    if (show->nr)
        domain_heads(across, line, context);
    for (size_t i = 0; i < show->nr; i++)
        domain_row(show, &show->domain[i], across, line, context);
    claims(show, line, context);
    advice(show, style, line, context);
    if (show->one_domain && show->nr && show->domain[0].has_record) {
        line(context, "");
        show_record(&show->domain[0].record, line, context);
    }
}
