// Host descriptions: what was read keeps its meaning when the capturing tool writes it down, and is
// a host that can be made fit for planning.

#include <errno.h>

#include "lib/numa/host.h"
#include "lib/numa/hostfile.h"
#include "lib/numa/nodeset.h"
#include "tests/capture/format.h"
#include "tests/fuzz/fuzz.h"

static void check_node(const struct host_node *node, const struct hostfile_node *detail) {
    uint64_t pages = 0;

    if (!node->online) {
        REQUIRE(!node->size_pages && !node->free_pages && !node->nr_cpus && !detail->fragmented);
        return;
    }
    for (unsigned order = 0; order <= HOSTFILE_MAX_ORDER; order++)
        pages += detail->free_extents[order] << order;
    REQUIRE(pages == (detail->fragmented ? node->free_pages : 0));
    REQUIRE(node->free_pages <= node->size_pages && detail->dirty_pages <= node->free_pages);
    REQUIRE(node->nr_cores <= node->nr_cpus && !node->claimed_pages);
}

static void check_file(const struct hostfile *file) {
    const struct host *host = &file->host;

    REQUIRE(host->nr_nodes >= 1 && host->nr_nodes <= HOST_MAX_NODES);
    REQUIRE(host->node[host->nr_nodes - 1].online);
    REQUIRE(file->threads_per_core >= 1);
    for (unsigned id = 0; id < HOST_MAX_NODES; id++) {
        check_node(&host->node[id], &file->node[id]);
        REQUIRE(id < host->nr_nodes || !host->node[id].online);
    }
}

static void check_same_node(const struct hostfile *a, const struct hostfile *b, unsigned id) {
    const struct host_node *m = &a->host.node[id], *n = &b->host.node[id];

    REQUIRE(m->online == n->online && m->size_pages == n->size_pages);
    REQUIRE(m->free_pages == n->free_pages);
    REQUIRE(m->nr_cpus == n->nr_cpus && m->nr_cores == n->nr_cores);
    REQUIRE(a->node[id].fragmented == b->node[id].fragmented);
    REQUIRE(a->node[id].dirty_pages == b->node[id].dirty_pages);
    REQUIRE(!memcmp(a->node[id].free_extents, b->node[id].free_extents,
                    sizeof(a->node[id].free_extents)));
}

static void check_round_trip(const struct hostfile *file) {
    CLEANUP(cleanup_free) char *text = NULL;
    struct hostfile again = {0};
    struct error err = {0};

    REQUIRE(hostfile_format(file, &text, &err) == 0);
    REQUIRE(hostfile_parse(text, &again, &err) == 0);
    REQUIRE(again.threads_per_core == file->threads_per_core);
    REQUIRE(!file->description == !again.description);
    REQUIRE(!file->description || !strcmp(file->description, again.description));
    REQUIRE(again.host.nr_nodes == file->host.nr_nodes);
    for (unsigned id = 0; id < HOST_MAX_NODES; id++)
        check_same_node(file, &again, id);
    REQUIRE(!memcmp(file->host.distance, again.host.distance, sizeof(again.host.distance)));
    hostfile_done(&again);
}

static void check_normalised(struct host host) {
    uint64_t online = host_online_nodes(&host);
    struct host_note note;

    note = host_normalise(&host);
    REQUIRE(!host.flat || *note.text);
    REQUIRE(host_online_nodes(&host) == online);
    REQUIRE(!(host_usable_nodes(&host) & ~online));
    for (unsigned from = 0; from < HOST_MAX_NODES; from++) {
        for (unsigned to = 0; to < HOST_MAX_NODES; to++) {
            bool both = nodeset_has(online, from) && nodeset_has(online, to);
            uint8_t distance = host.distance[from][to];

            REQUIRE(both || distance == HOST_DISTANCE_UNKNOWN);
            REQUIRE(!both || (from != to && !host.flat ? distance > HOST_DISTANCE_LOCAL
                                                       : distance == HOST_DISTANCE_LOCAL));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    struct hostfile file;
    struct error err = {0};
    int rc;

    fuzz_fill(&file, sizeof(file));
    rc = hostfile_parse(text, &file, &err);
    fuzz_check_error(rc, &err, text);
    if (rc) {
        REQUIRE(rc == -EINVAL && fuzz_is_filled(&file, sizeof(file)));
        return 0;
    }
    check_file(&file);
    check_round_trip(&file);
    check_normalised(file.host);
    hostfile_done(&file);
    return 0;
}
