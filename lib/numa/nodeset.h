// Sets and ordered lists of node ids.
//
// A nodeset says which nodes, a nodelist also says which of them first. Both hold ids below
// HOST_MAX_NODES only. As text both are written like `1,0,2-3`.
#ifndef NUMA_NODESET_H
#define NUMA_NODESET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/numa/host.h"
#include "lib/util/error.h"

// Bit n stands for node n. To visit the members in ascending order:
//     for (nodeset rest = set; rest; rest &= rest - 1)
//         visit(nodeset_first(rest));
typedef uint64_t nodeset;

static inline nodeset nodeset_of(unsigned node) {
    return 1ULL << node;
}

static inline bool nodeset_has(nodeset set, unsigned node) {
    return set >> node & 1;
}

static inline unsigned nodeset_count(nodeset set) {
    return (unsigned)__builtin_popcountll(set);
}

// The lowest member. `set` must not be empty.
static inline unsigned nodeset_first(nodeset set) {
    return (unsigned)__builtin_ctzll(set);
}

struct nodelist {
    unsigned nr;
    uint8_t node[HOST_MAX_NODES]; // each id at most once
};

// Appends `node`, which must not be in the list yet.
void nodelist_add(struct nodelist *list, unsigned node);

nodeset nodelist_set(const struct nodelist *list);

// Parses all of `text`: ids and ascending ranges of ids, separated by commas, in the order of
// preference; no blanks. Returns 0 and fills *ret; -EINVAL if it is empty, not such a list or names
// a node twice; -ERANGE if an id is not below HOST_MAX_NODES. The error quotes the part at fault.
int nodelist_parse(const char *text, struct nodelist *ret, struct error *err);

// Long enough for any list: 64 ids of two digits with their commas are below 192 characters.
struct node_text {
    char s[192];
};

// The shortest text that nodelist_parse turns back into the same list; "none" for an empty one.
struct node_text nodelist_text(const struct nodelist *list);

// The same for a set, in ascending order.
struct node_text nodeset_text(nodeset set);

#endif
