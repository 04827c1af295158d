// Firmware's distance tables are often wrong, and a plan made from a wrong table is worse than
// none: it moves memory away from where it should be and looks deliberate. So a table is judged as
// a whole. One impossible entry means that whoever wrote it did not know the format, and then the
// other entries are not believed either; the host counts as one node. An unknown distance is no
// such sign: it only keeps plans from using that pair.
//
// After host_normalise every distance between online nodes is 10 on the diagonal and above 10 or
// unknown elsewhere, or the host is flat and all of them are 10.

#include "lib/numa/host.h"

#include <stdio.h>
#include <string.h>

#include "lib/numa/nodeset.h"

nodeset host_online_nodes(const struct host *host) {
    nodeset set = 0;

    for (unsigned n = 0; n < host->nr_nodes; n++)
        if (host->node[n].online)
            set |= nodeset_of(n);
    return set;
}

static bool node_reachable(const struct host *host, unsigned node, nodeset others) {
    if (!others)
        return true;
    for (nodeset rest = others; rest; rest &= rest - 1)
        if (host->distance[nodeset_first(rest)][node] != HOST_DISTANCE_UNKNOWN)
            return true;
    return false;
}

nodeset host_usable_nodes(const struct host *host) {
    nodeset online = host_online_nodes(host);
    nodeset usable = 0;

    for (nodeset rest = online; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest);

        if (host->node[n].size_pages && node_reachable(host, n, online & ~nodeset_of(n)))
            usable |= nodeset_of(n);
    }
    return usable;
}

static void offline_clear(struct host *host, nodeset online) {
    host->nr_nodes = online ? HOST_MAX_NODES - (unsigned)__builtin_clzll(online) : 0;
    for (unsigned from = 0; from < HOST_MAX_NODES; from++) {
        if (!nodeset_has(online, from))
            host->node[from] = (struct host_node){0};
        for (unsigned to = 0; to < HOST_MAX_NODES; to++)
            if (!nodeset_has(online, from) || !nodeset_has(online, to))
                host->distance[from][to] = HOST_DISTANCE_UNKNOWN;
    }
}

static bool distance_possible(unsigned from, unsigned to, unsigned distance) {
    return from == to ? distance == HOST_DISTANCE_LOCAL : distance > HOST_DISTANCE_LOCAL;
}

// Writes what is wrong with the row of `from` and returns false, or returns true.
static bool row_possible(const struct host *host, unsigned from, nodeset online,
                         struct host_note *note) {
    for (nodeset rest = online; rest; rest &= rest - 1) {
        unsigned to = nodeset_first(rest);
        unsigned distance = host->distance[from][to];

        if (distance_possible(from, to, distance))
            continue;
        snprintf(note->text, sizeof(note->text),
                 "the distance from node %u to node %u is %u, which is impossible: "
                 "treating the host as one node",
                 from, to, distance);
        return false;
    }
    return true;
}

static bool all_unknown(const struct host *host, nodeset online) {
    for (nodeset rest = online; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest);

        if (node_reachable(host, n, online & ~nodeset_of(n)))
            return false;
    }
    return nodeset_count(online) > 1;
}

static bool distances_possible(const struct host *host, nodeset online, struct host_note *note) {
    for (nodeset rest = online; rest; rest &= rest - 1)
        if (!row_possible(host, nodeset_first(rest), online, note))
            return false;
    if (!all_unknown(host, online))
        return true;
    snprintf(note->text, sizeof(note->text),
             "no distance between nodes is known: treating the host as one node");
    return false;
}

static void flatten(struct host *host, nodeset online) {
    for (nodeset rest = online; rest; rest &= rest - 1)
        for (nodeset to = online; to; to &= to - 1)
            host->distance[nodeset_first(rest)][nodeset_first(to)] = HOST_DISTANCE_LOCAL;
    host->flat = true;
}

struct host_note host_normalise(struct host *host) {
    struct host_note note = {0};
    nodeset online = host_online_nodes(host);
    nodeset isolated = 0;

    offline_clear(host, online);
    host->flat = false;
    if (nodeset_count(online) == 1)
        host->distance[nodeset_first(online)][nodeset_first(online)] = HOST_DISTANCE_LOCAL;
    if (!distances_possible(host, online, &note)) {
        flatten(host, online);
        return note;
    }
    for (nodeset rest = online; rest; rest &= rest - 1) {
        unsigned n = nodeset_first(rest);

        if (!node_reachable(host, n, online & ~nodeset_of(n)))
            isolated |= nodeset_of(n);
    }
    if (isolated)
        snprintf(note.text, sizeof(note.text),
                 "no other node is at a known distance from %s: not used for guests",
                 nodeset_text(isolated).s);
    return note;
}

struct host_memory_text host_memory_text(const struct host *host) {
    struct host_memory_text text = {""};
    size_t used = 0;

    for (unsigned n = 0; n < host->nr_nodes && used + 64 < sizeof(text.s); n++) {
        const struct host_node *node = &host->node[n];

        if (node->online)
            used += (size_t)snprintf(text.s + used, sizeof(text.s) - used,
                                     "%snode %u: %llu MiB free, %llu claimed", used ? "; " : "", n,
                                     node->free_pages / HOST_PAGES_PER_MIB,
                                     node->claimed_pages / HOST_PAGES_PER_MIB);
    }
    return text;
}
