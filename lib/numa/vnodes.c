// A list of vnodes is written by an administrator, or copied from the report of an earlier start,
// to make sure that a guest sees the same machine each time. So it is taken literally or not at
// all.

#include "lib/numa/vnodes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/util/number.h"

#define GIB4_PAGES (1ULL << 20)

// --- text ---

// Parses a number that ends at `end`, and cuts it off there.
static int take_number(char *text, char *end, int64_t min, int64_t max, int64_t *ret) {
    *end = '\0';
    return number_parse_int(text, min, max, ret);
}

// One vnode from the item's copy, which is changed.
static int take_vnode(char *item, struct vnode *ret) {
    char *colon = strchr(item, ':');
    char *at = colon ? strchr(colon, '@') : NULL;
    int64_t vcpus, mib, node = VNODES_ANY_NODE;
    int rc;

    if (!colon)
        return -EINVAL;
    rc = take_number(item, colon, 1, VNODES_MAX_VCPUS, &vcpus);
    if (!rc)
        rc = take_number(colon + 1, at ? at : colon + 1 + strlen(colon + 1), VNODES_MIN_MIB,
                         VNODES_MAX_MIB, &mib);
    if (!rc && at)
        rc = number_parse_int(at + 1, 0, HOST_MAX_NODES - 1, &node);
    if (rc)
        return rc;
    *ret = (struct vnode){
        .node = (unsigned)node,
        .nr_vcpus = (unsigned)vcpus,
        .nr_pages = (uint64_t)mib * HOST_PAGES_PER_MIB,
    };
    return 0;
}

static int parse_item(const char *item, int length, struct vnodes *vnodes, struct error *err) {
    char copy[64];
    int rc = -EINVAL;

    if (vnodes->nr == VNODES_MAX)
        return error_set(err, ERANGE, "there are more than %d vnodes", VNODES_MAX);
    if (length < (int)sizeof(copy)) {
        snprintf(copy, sizeof(copy), "%.*s", length, item);
        rc = take_vnode(copy, &vnodes->vnode[vnodes->nr]);
    }
    if (rc == -ERANGE)
        return error_set(err, ERANGE,
                         "in \"%.*s\" a number is not in its range (vCPUs 1 to %d, MiB %d to %d, "
                         "node 0 to %d)",
                         length, item, VNODES_MAX_VCPUS, VNODES_MIN_MIB, VNODES_MAX_MIB,
                         HOST_MAX_NODES - 1);
    if (rc)
        return error_set(err, EINVAL, "\"%.*s\" is not of the form vCPUs:MiB@node", length, item);
    vnodes->nr++;
    return 0;
}

int vnodes_parse(const char *text, struct vnodes *ret, struct error *err) {
    struct vnodes vnodes = {0};
    const char *item = text;

    for (;;) {
        int length = (int)strcspn(item, ";");
        int rc = parse_item(item, length, &vnodes, err);

        if (rc)
            return rc;
        if (!item[length])
            break;
        item += length + 1;
    }
    *ret = vnodes;
    return 0;
}

struct vnodes_text vnodes_text(const struct vnodes *vnodes) {
    struct vnodes_text text = {.s = "none"};
    size_t used = 0;

    for (unsigned i = 0; i < vnodes->nr; i++) {
        const struct vnode *vnode = &vnodes->vnode[i];

        used += (size_t)snprintf(text.s + used, sizeof(text.s) - used, "%s%u:%llu", i ? ";" : "",
                                 vnode->nr_vcpus,
                                 (unsigned long long)(vnode->nr_pages / HOST_PAGES_PER_MIB));
        if (vnode->node != VNODES_ANY_NODE)
            used += (size_t)snprintf(text.s + used, sizeof(text.s) - used, "@%u", vnode->node);
    }
    return text;
}

// --- what a vnode is ---

bool vnodes_equal(const struct vnodes *a, const struct vnodes *b) {
    bool equal = a->nr == b->nr && a->low_pages == b->low_pages;

    for (unsigned i = 0; i < a->nr && equal; i++)
        equal = a->vnode[i].node == b->vnode[i].node &&
                a->vnode[i].nr_vcpus == b->vnode[i].nr_vcpus &&
                a->vnode[i].nr_pages == b->vnode[i].nr_pages;
    return equal;
}

nodeset vnodes_nodes(const struct vnodes *vnodes) {
    nodeset nodes = 0;

    for (unsigned i = 0; i < vnodes->nr; i++)
        if (vnodes->vnode[i].node != VNODES_ANY_NODE)
            nodes |= nodeset_of(vnodes->vnode[i].node);
    return nodes;
}

unsigned vnodes_ranges(const struct vnodes *vnodes, unsigned index, struct range ret[2]) {
    uint64_t low_pages = vnodes->low_pages, first = 0, end, below;
    unsigned nr = 0;

    for (unsigned i = 0; i < index; i++)
        first += vnodes->vnode[i].nr_pages;
    end = first + vnodes->vnode[index].nr_pages;
    below = end < low_pages ? end : low_pages;
    if (first < below)
        ret[nr++] = (struct range){first, below - first};
    first = first > low_pages ? first : low_pages;
    if (first < end)
        ret[nr++] = (struct range){GIB4_PAGES + first - low_pages, end - first};
    return nr;
}

uint64_t vnodes_pages(const struct vnodes *vnodes, unsigned index, const struct ranges *ranges) {
    struct range own[2];
    unsigned nr = vnodes_ranges(vnodes, index, own);
    uint64_t pages = 0;

    for (unsigned i = 0; i < nr; i++)
        for (size_t j = 0; j < ranges->nr; j++)
            pages += range_overlap(own[i], ranges->list[j]).nr_pages;
    return pages;
}

unsigned vnodes_first_vcpu(const struct vnodes *vnodes, unsigned index) {
    unsigned vcpu = 0;

    for (unsigned i = 0; i < index; i++)
        vcpu += vnodes->vnode[i].nr_vcpus;
    return vcpu;
}

unsigned vnodes_distance(const struct vnodes *vnodes, const struct host *host, unsigned from,
                         unsigned to) {
    unsigned distance = host->distance[vnodes->vnode[from].node][vnodes->vnode[to].node];

    if (from == to)
        return HOST_DISTANCE_LOCAL;
    return distance > HOST_DISTANCE_LOCAL ? distance : VNODES_DISTANCE_REMOTE;
}
