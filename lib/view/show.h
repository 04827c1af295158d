// How a host and its domains stand, nodes across: as a table, or as JSON.
#ifndef VIEW_SHOW_H
#define VIEW_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/numa/host.h"
#include "lib/placement/standing.h"
#include "lib/view/line.h"
#include "lib/view/record.h"
#include "lib/view/style.h"

enum show_source {
    SHOW_UNKNOWN, // nobody says where its memory is
    SHOW_XEN,     // Xen counts it now
    SHOW_RECORD,  // the record of its build, which may be out of date
};

// What a local migration would do for a domain.
struct show_advice {
    bool any;
    unsigned from, to; // mean distance of the memory from the vCPUs, in tenths
};

struct show_domain {
    char name[48];
    struct standing standing;
    enum show_source source;
    bool has_record;
    struct record record;
    struct show_advice advice;
};

// Zero-initialise; show_done releases it.
struct show {
    struct host host;                     // claimed: by claims and the ledger, together
    uint64_t xen_claimed[HOST_MAX_NODES]; // by claims alone, where Xen tells on which node
    uint64_t xen_claimed_pages;           // in all
    struct show_domain *domain;
    size_t nr;
    bool one_domain; // it was asked for: its record is shown in full, the host is not
};

struct show_domain *show_add(struct show *show);
void show_done(struct show *show);

// Calls `line` with each line of the tables.
void show_table(const struct show *show, const struct view_style *style, view_line_fn *line,
                void *context);

// The same for the record of a build.
void show_record(const struct record *record, view_line_fn *line, void *context);

// A JSON document on one line, or NULL without memory; the caller frees it. Sizes are in pages of
// 4 KiB. Members:
//   version  1
//   host     {nodes: [{node, size, free, claimed, reserved, available, cpus, cores, vcpus}],
//   claimed
//            (in all)}: claimed by claims in Xen, reserved by the ledger of builds beyond that
//   domains  [{domid, name, pages, claimed, source ("xen", "record", "unknown"), vcpus, cpu_nodes,
//            nodes: [{node, pages}], local (percent, null: unknown), distance (null: unknown),
//            nodes_used, optimised, page_tables (pages of the paging pool), page_table_nodes,
//            vnodes, advice: null or {distance_now, distance_then}}]
char *show_json(const struct show *show);

#endif
