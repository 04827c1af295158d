// libxenctrl's node maps have as many bytes as Xen's, 8 for 64 nodes.

#include "lib/placement/affinity.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

static uint8_t *map_new(int bytes) {
    return calloc((size_t)bytes + 1, 1);
}

static bool map_has(const uint8_t *map, unsigned node) {
    return map[node / 8] >> node % 8 & 1;
}

// An empty node map, and how many nodes it holds.
static int node_map_new(xc_interface *xch, uint8_t **ret, unsigned *ret_nodes, struct error *err) {
    int bytes;

    errno = 0;
    bytes = xc_get_nodemap_size(xch);
    if (bytes <= 0)
        return xen_error(err, xch, "asking for the size of a node map");
    *ret = map_new(bytes);
    if (!*ret)
        return error_set(err, ENOMEM, "no memory for a node map");
    *ret_nodes = (unsigned)bytes < HOST_MAX_NODES / 8 ? 8 * (unsigned)bytes : HOST_MAX_NODES;
    return 0;
}

int affinity_read_nodes(xc_interface *xch, uint32_t domid, nodeset *ret, struct error *err) {
    CLEANUP(cleanup_free) uint8_t *map = NULL;
    unsigned nr_nodes = 0;
    int rc;

    rc = node_map_new(xch, &map, &nr_nodes, err);
    if (rc)
        return rc;
    errno = 0;
    if (xc_domain_node_getaffinity(xch, domid, map))
        return xen_error(err, xch, "reading the domain's node affinity");
    *ret = 0;
    for (unsigned node = 0; node < nr_nodes; node++)
        *ret |= map_has(map, node) ? nodeset_of(node) : 0;
    return 0;
}

int affinity_read_given(xc_interface *xch, uint32_t domid, nodeset derived, nodeset *ret,
                        struct error *err) {
    int rc = affinity_read_nodes(xch, domid, ret, err);

    if (!rc && *ret == derived)
        *ret = 0;
    return rc;
}

int affinity_set_nodes(xc_interface *xch, uint32_t domid, nodeset nodes, struct error *err) {
    CLEANUP(cleanup_free) uint8_t *map = NULL;
    unsigned nr_nodes = 0;
    int rc;

    rc = node_map_new(xch, &map, &nr_nodes, err);
    if (rc)
        return rc;
    for (unsigned node = 0; node < nr_nodes; node++)
        map[node / 8] |= (uint8_t)(nodeset_has(nodes, node) << node % 8);
    errno = 0;
    if (xc_domain_node_setaffinity(xch, domid, map))
        return xen_error(err, xch, "setting the domain's node affinity to %s",
                         nodeset_text(nodes).s);
    return 0;
}
