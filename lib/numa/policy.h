// Where an administrator wants guests' memory: the numa- settings and where each came from.
//
// A setting has a name ("numa-policy"), a value, and an origin. Origins have a rank; a value takes
// effect unless one of higher rank is there already, so sources can be read in any order.
#ifndef NUMA_POLICY_H
#define NUMA_POLICY_H

#include <stdint.h>

#include "lib/numa/nodeset.h"
#include "lib/numa/vnodes.h"
#include "lib/util/error.h"

#define POLICY_FILE "/etc/xenguest.conf"

enum policy_origin { // by rank, the weightiest last
    POLICY_FROM_DEFAULT,
    POLICY_FROM_FILE,         // POLICY_FILE; names without "numa-"
    POLICY_FROM_PLATFORM,     // platform/numa-... in Xenstore
    POLICY_FROM_COMMAND_LINE, // -mem_pnode, as numa-nodes
};

enum policy_key {
    POLICY_KEY_POLICY,
    POLICY_KEY_NODES,
    POLICY_KEY_FALLBACK,
    POLICY_KEY_MAX_NODES,
    POLICY_KEY_PAGE_PREFERENCE,
    POLICY_KEY_VCPUS,
    POLICY_KEY_DEVICES,
    POLICY_KEY_PAGE_TABLES,
    POLICY_KEY_VIRTUAL,
    POLICY_KEY_RESERVE_MIB,
    POLICY_NR_KEYS
};

enum policy_kind {
    POLICY_AUTO,       // as POLICY_PREFERRED; who chooses the nodes: see planner.h
    POLICY_PREFERRED,  // the preferred nodes first, then others
    POLICY_STRICT,     // the preferred nodes or nothing; numa-fallback has no effect
    POLICY_INTERLEAVE, // evenly over the preferred nodes
    POLICY_ANY,        // wherever Xen takes it
};

enum policy_fallback { POLICY_FALLBACK_NEAREST, POLICY_FALLBACK_NONE, POLICY_FALLBACK_NODES };

enum policy_page_preference { POLICY_LOCALITY, POLICY_SUPERPAGE };

enum policy_vcpus {
    POLICY_VCPUS_FOLLOW, // soft affinity for vCPUs that have none of their own
    POLICY_VCPUS_MOVE,   // also in place of one that somebody has set
    POLICY_VCPUS_PIN,    // hard affinity for vCPUs that may run anywhere
    POLICY_VCPUS_LEAVE,  // none
};

enum policy_devices {
    POLICY_DEVICES_PREFER, // near the devices passed through
    POLICY_DEVICES_IGNORE,
    POLICY_DEVICES_REQUIRE, // memory from their nodes, or the build fails
};

enum policy_page_tables { POLICY_PAGE_TABLES_FOLLOW, POLICY_PAGE_TABLES_LEAVE };

enum policy_virtual {
    POLICY_VIRTUAL_OFF,    // the guest sees no nodes
    POLICY_VIRTUAL_AUTO,   // those that it is spread over, if there are several
    POLICY_VIRTUAL_NUMBER, // so many
    POLICY_VIRTUAL_LIST,   // these
};

struct policy {
    enum policy_kind kind;
    struct nodelist nodes; // most preferred first; empty: none named
    enum policy_fallback fallback;
    nodeset fallback_nodes; // of POLICY_FALLBACK_NODES
    unsigned max_nodes;     // that may supply memory; 0: any number
    enum policy_page_preference page_preference;
    enum policy_vcpus vcpus;
    enum policy_devices devices;
    enum policy_page_tables page_tables;
    enum policy_virtual virtual_nodes;
    unsigned nr_vnodes;   // of POLICY_VIRTUAL_NUMBER
    struct vnodes vnodes; // of POLICY_VIRTUAL_LIST
    uint64_t reserve_mib; // to leave free on every node
    enum policy_origin origin[POLICY_NR_KEYS];
};

// The built-in defaults: auto, no nodes, nearest, no limit, locality, follow, prefer, follow, off,
// 0.
struct policy policy_defaults(void);

// Checks one setting and, unless `policy` has it from a weightier origin, takes it over. A later
// value of the same origin replaces an earlier one. `name` is the full name with "numa-".
// Returns 0, or -EINVAL (no such setting, or not a value of it) or -ERANGE (a number beyond what it
// can be) with an error that gives name, value, origin and what is allowed. Whether nodes exist is
// for the planner to say.
int policy_set(struct policy *policy, const char *name, const char *value,
               enum policy_origin origin, struct error *err);

// Takes over all settings in `text`, the content of POLICY_FILE: lines of `name = value` with names
// as in Xenstore but without "numa-", blank lines, and comments from `#` to the end of a line.
// Returns 0 or what policy_set returns, and the error gives the line. -EINVAL also for a line of
// another form and for a name that is set twice. On failure `policy` is as before.
int policy_set_all(struct policy *policy, const char *text, struct error *err);

// -EINVAL if settings of the same or higher rank contradict POLICY_STRICT (numa-fallback other than
// `none`), or if there are to be vnodes and the policy puts no part of the memory on a node of its
// own (interleave, any). Lesser contradictions are answered with 0 and a constant text in
// *ret_warning (else NULL): settings that have no effect under this policy.
int policy_check(const struct policy *policy, const char **ret_warning, struct error *err);

// Long enough for a name, a list of nodes or vnodes, and an origin.
struct policy_text {
    char s[640];
};

// The full name of a setting, "numa-policy"; a constant.
const char *policy_name(enum policy_key key);

// Its value as policy_set takes it; "none" for an empty list of nodes.
struct policy_text policy_value(const struct policy *policy, enum policy_key key);

// Where its value came from: "platform/numa-policy", "/etc/xenguest.conf", "command line",
// "default".
struct policy_text policy_source(const struct policy *policy, enum policy_key key);

// For a log: "numa-policy=strict from platform/numa-policy".
struct policy_text policy_describe(const struct policy *policy, enum policy_key key);

#endif
