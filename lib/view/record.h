// Reading back what report_json has written: the record of a build.
#ifndef VIEW_RECORD_H
#define VIEW_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/memory/extents.h"
#include "lib/numa/host.h"
#include "lib/numa/nodeset.h"
#include "lib/util/error.h"
#include "lib/util/warnings.h"

struct record_node {
    unsigned node;
    unsigned distance; // in tenths; PLAN_DISTANCE_UNKNOWN
    uint64_t pages;
    struct extent_counts counts; // of a report without details: none
};

struct record {
    char policy[24], nodes_from[48], claim[24]; // words
    uint64_t pages;                             // in all
    nodeset cpu_nodes, page_tables;
    unsigned mean_distance; // in tenths; PLAN_DISTANCE_UNKNOWN
    unsigned nr_vnodes;     // that the guest sees; 0: it sees none
    uint64_t anywhere_pages;
    struct extent_counts anywhere;
    struct record_node node[HOST_MAX_NODES]; // in the record's order
    unsigned nr_nodes;
    struct warnings notes;
};

// Parses a document of report_json. Members that it does not know are passed over, as a later
// version may have more. Returns 0 and fills *ret, to be released with record_done; -EINVAL, with
// an error that names the member at fault; -ENOMEM.
int record_parse(const char *text, struct record *ret, struct error *err);

void record_done(struct record *record);

#endif
