// From a description to a booted machine.
//
// A fragmented node is made by taking all of it away and giving back extents of the described
// orders. Each must have a buddy that stays in use, else Xen would merge them; so an extent is only
// ever cut from a bigger piece, and the other half of what it is cut from is in use or cut further.

#include "tests/model/host.h"
#include "tests/model/heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOLE_FIRST 0x80000ULL   // 2 GiB
#define HOLE_END 0x100000ULL    // 4 GiB
#define SLIT_INVALID UINT32_MAX // XEN_INVALID_NODE_DIST
#define SLIT_REMOTE 20
#define DMA_BITS_LEAST 13 // Xen ignores widths up to this one
#define DMA_BITS_MOST 76
#define MAX_REGIONS (2 * HEAP_MAX_NODES)

static unsigned regions_make(const struct host *host, struct heap_region regions[MAX_REGIONS],
                             uint64_t *ret_online) {
    uint64_t at = 0;
    unsigned nr = 0;

    *ret_online = 0;
    for (uint32_t node = 0; node < host->nr_nodes; node++) {
        uint64_t left = host->node[node].size_pages;

        if (!host->node[node].online)
            continue;
        *ret_online |= 1ULL << node;
        while (left) {
            uint64_t end = at < HOLE_FIRST && at + left > HOLE_FIRST ? HOLE_FIRST : at + left;
            uint64_t first = at < HEAP_FIRST_FRAME ? HEAP_FIRST_FRAME : at;

            if (first < end)
                regions[nr++] = (struct heap_region){first, end, node};
            left -= end - at;
            at = end == HOLE_FIRST ? HOLE_END : end;
        }
    }
    return nr;
}

static int cpus_make(struct model *m, const struct hostfile *file, struct error *err) {
    uint32_t socket = 0;

    m->threads_per_core = file->threads_per_core ? file->threads_per_core : 1;
    for (uint32_t node = 0; node < file->host.nr_nodes; node++) {
        unsigned nr = file->host.node[node].online ? file->host.node[node].nr_cpus : 0;

        if (m->nr_cpus + nr > MODEL_MAX_CPUS)
            return error_set(err, E2BIG, "more than %d CPUs", MODEL_MAX_CPUS);
        for (unsigned i = 0; i < nr; i++)
            m->cpu[m->nr_cpus++] =
                (struct model_cpu){.core = i / m->threads_per_core, .socket = socket, .node = node};
        if (nr)
            socket++;
    }
    return 0;
}

static bool slit_valid(const struct host *host) {
    for (unsigned i = 0; i < host->nr_nodes; i++)
        for (unsigned j = 0; j < host->nr_nodes; j++) {
            if (!host->node[i].online || !host->node[j].online)
                continue;
            if ((host->distance[i][j] == HOST_DISTANCE_LOCAL) != (i == j) ||
                host->distance[i][j] < HOST_DISTANCE_LOCAL)
                return false;
        }
    return true;
}

static void distances_make(struct model *m, const struct host *host, bool check) {
    bool valid = !check || slit_valid(host);

    for (unsigned i = 0; i < HEAP_MAX_NODES; i++)
        for (unsigned j = 0; j < HEAP_MAX_NODES; j++) {
            uint32_t distance = host->distance[i][j];

            bool known = i < host->nr_nodes && j < host->nr_nodes && host->node[i].online &&
                         host->node[j].online;

            if (known && !valid)
                distance = i == j ? HOST_DISTANCE_LOCAL : SLIT_REMOTE;
            else if (!known || distance == HOST_DISTANCE_UNKNOWN)
                distance = SLIT_INVALID;
            m->distance[i][j] = distance;
        }
}

// Pieces of memory in use, by order, from which free extents are cut.
struct pieces {
    uint64_t *mfn[HEAP_MAX_ORDER + 1];
    size_t nr[HEAP_MAX_ORDER + 1];
};

static int piece_push(struct pieces *pieces, unsigned order, uint64_t mfn) {
    size_t nr = pieces->nr[order];

    if ((nr & (nr + 1)) == 0) { // full at 0, 1, 3, 7, ...
        uint64_t *more = realloc(pieces->mfn[order], (2 * nr + 1) * sizeof(*more));

        if (!more)
            return -ENOMEM;
        pieces->mfn[order] = more;
    }
    pieces->mfn[order][pieces->nr[order]++] = mfn;
    return 0;
}

static void pieces_done(struct pieces *pieces) {
    for (unsigned order = 0; order <= HEAP_MAX_ORDER; order++)
        free(pieces->mfn[order]);
}

// Takes all free memory of the node out of the allocator.
static int node_drain(struct model *m, uint32_t node, struct pieces *pieces) {
    for (unsigned zone = 0; zone < HEAP_NR_ZONES; zone++) {
        for (unsigned order = HEAP_MAX_ORDER + 1; order-- > 0;) {
            const struct cell_list *list = &m->heap.free[node][zone][order];

            while (list->tail != CELL_NONE) {
                uint64_t mfn = cell_at(&m->pool, list->tail)->key;

                heap_reserve(m, mfn, mfn + (1ULL << order));
                if (piece_push(pieces, order, mfn))
                    return -ENOMEM;
            }
        }
    }
    return 0;
}

// The first frame of an extent that will not merge when it is freed. -ENOSPC: nothing left to cut.
static int extent_cut(struct pieces *pieces, unsigned order, uint64_t *ret) {
    unsigned from = order == HEAP_MAX_ORDER ? order : order + 1;
    uint64_t mfn;

    while (from <= HEAP_MAX_ORDER && pieces->nr[from] == 0)
        from++;
    if (from > HEAP_MAX_ORDER)
        return -ENOSPC;
    mfn = pieces->mfn[from][--pieces->nr[from]];
    for (unsigned rest = order; rest < from; rest++)
        if (piece_push(pieces, rest, mfn + (1ULL << rest)))
            return -ENOMEM;
    *ret = mfn;
    return 0;
}

static int node_fragment(struct model *m, uint32_t node, const struct hostfile_node *wanted,
                         struct error *err) {
    struct pieces pieces = {0};
    int rc = node_drain(m, node, &pieces);

    for (unsigned order = HEAP_MAX_ORDER + 1; rc == 0 && order-- > 0;) {
        for (uint64_t i = 0; rc == 0 && i < wanted->free_extents[order]; i++) {
            uint64_t mfn;

            rc = extent_cut(&pieces, order, &mfn);
            if (rc == 0)
                heap_free_block(m, mfn, order, true);
        }
        if (rc == -ENOSPC)
            error_set(err, ENOSPC, "node %u has no room for the free extents of order %u", node,
                      order);
    }
    pieces_done(&pieces);
    if (rc == -ENOMEM)
        error_set(err, ENOMEM, "out of memory");
    return rc;
}

// Puts memory in use until only `nr_free` frames are left, in pieces as large as possible, each
// from the smallest block that has it: Xen and dom0 get their memory from the same allocator.
static void node_use(struct model *m, uint32_t node, uint64_t nr_free) {
    struct heap_request request = {.node = node, .exact = true, .order = HEAP_MAX_ORDER};

    while (heap_node_free(&m->heap, node) > nr_free) {
        uint64_t excess = heap_node_free(&m->heap, node) - nr_free;
        struct heap_piece piece;

        while ((1ULL << request.order) > excess)
            request.order--;
        if (!heap_alloc(m, NULL, &request, &piece))
            request.order--; // never below 0: there is an excess
    }
}

// The address width held back: the last `dma_bits=` of the command line that makes sense.
static unsigned dma_bits_read(const char *command_line) {
    static const char name[] = "dma_bits=";
    unsigned bits = HEAP_DMA_AUTO;

    for (const char *at = command_line; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        unsigned long value = 0;

        if (!strncmp(at, name, sizeof(name) - 1))
            value = strtoul(at + sizeof(name) - 1, NULL, 0);
        if (value > DMA_BITS_LEAST)
            bits = value < DMA_BITS_MOST ? (unsigned)value : DMA_BITS_MOST;
    }
    return bits;
}

static int devices_make(struct model *m, const struct hostfile *file, struct error *err) {
    for (unsigned i = 0; i < file->nr_devices; i++) {
        const struct hostfile_device *device = &file->device[i];
        struct model_device made = {.sbdf = hostfile_device_sbdf(device), .node = HEAP_NO_NODE};

        if (device->node != HOSTFILE_NO_NODE)
            made.node = device->node;
        if (m->nr_devices == MODEL_MAX_DEVICES)
            return error_set(err, E2BIG, "more than %d devices", MODEL_MAX_DEVICES);
        m->device[m->nr_devices++] = made;
    }
    return 0;
}

int host_make(struct model *m, const struct hostfile *file, const struct host_options *options,
              struct error *err) {
    struct heap_region regions[MAX_REGIONS + 1];
    uint64_t online;
    unsigned nr = regions_make(&file->host, regions, &online);
    int rc = cpus_make(m, file, err);

    if (rc == 0)
        rc = devices_make(m, file, err);
    if (rc)
        return rc;
    if (m->nr_cpus == 0)
        return error_set(err, EINVAL, "a host needs a CPU");
    distances_make(m, &file->host, options->check_slit);
    heap_init(m, regions, nr, online, dma_bits_read(m->config.command_line));
    heap_boot(m, m->cpu[0].node);
    m->config.local_node = m->cpu[0].node;
    for (uint32_t node = 0; node < file->host.nr_nodes; node++) {
        const struct hostfile_node *wanted = &file->node[node];
        uint64_t dirty = wanted->dirty_pages;

        if (!file->host.node[node].online)
            continue;
        if (wanted->fragmented && node_fragment(m, node, wanted, err))
            return -err->code;
        if (!wanted->fragmented)
            node_use(m, node, file->host.node[node].free_pages);
        if (m->heap.need_scrub[node] > dirty)
            heap_idle_scrub(m, node, m->heap.need_scrub[node] - dirty);
    }
    return 0;
}
