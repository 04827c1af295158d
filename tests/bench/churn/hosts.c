// Distances are those of machines in fixtures/hosts; memory and CPUs are the same for all, so that
// the same guests come to each: 256 GiB and 32 CPUs, which guests overcommit about twice at a load
// of 80 %.
//
// The state of the model is private memory here; its cells are there when they are touched.

#include "tests/bench/churn/hosts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/numa/hostfile.h"
#include "tests/model/host.h"

#define NR_CELLS (1U << 23)
#define MODEL_BYTES (sizeof(struct model) + NR_CELLS * sizeof(struct cell))

#define HOST_PAGES (256ULL << 18)
#define HOST_CPUS 32U
#define DOM0_PAGES (4ULL << 18)
#define FILE_BYTES 65536

static const char *const fixture[HOST_NR] = {
    [HOST_2_NODES] = "fixtures/hosts/two-nodes.json",
    [HOST_4_NODES] = "fixtures/hosts/ring-4.json",
    [HOST_8_NODES] = "fixtures/hosts/opteron-6272.json",
};

static int file_read(enum churn_host which, struct hostfile *ret, struct error *err) {
    char *text = calloc(1, FILE_BYTES);
    FILE *f = fopen(fixture[which], "r");
    int rc;

    if (!text || !f || !fread(text, 1, FILE_BYTES - 1, f))
        rc = error_set(err, ENOENT, "%s cannot be read", fixture[which]);
    else
        rc = hostfile_parse(text, ret, err);
    if (f)
        fclose(f);
    free(text);
    return rc;
}

static void resize(struct hostfile *file) {
    for (unsigned n = 0; n < file->host.nr_nodes; n++) {
        struct host_node *node = &file->host.node[n];

        node->size_pages = node->free_pages = HOST_PAGES / file->host.nr_nodes;
        node->nr_cpus = node->nr_cores = HOST_CPUS / file->host.nr_nodes;
    }
}

// Xen gives dom0 memory before any guest is there: from all nodes in turn.
static int dom0_start(struct machine *machine, struct error *err) {
    struct domain *dom0 = &machine->m->domain[0];
    const struct heap_request req = {.order = 9, .node = HEAP_NO_NODE};
    struct heap_piece piece;

    dom0->in_use = true;
    dom0->node_affinity = UINT64_MAX;
    dom0->max_pages = DOM0_PAGES;
    dom0->claim_spent_node = dom0->claim_poisoned_node = HEAP_NO_NODE;
    while (dom0->tot_pages < DOM0_PAGES)
        if (domain_alloc(machine->m, dom0, &req, &piece))
            return error_set(err, ENOMEM, "no memory for dom0");
    return 0;
}

int machine_boot(enum churn_host which, struct machine *ret, struct error *err) {
    const struct host_options options = {.check_slit = true};
    struct hostfile file = {0};
    int rc = file_read(which, &file, err);

    *ret = (struct machine){.m = NULL};
    if (rc)
        return rc;
    resize(&file);
    ret->m = mmap(NULL, MODEL_BYTES, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (ret->m == MAP_FAILED) {
        ret->m = NULL;
        rc = error_set(err, ENOMEM, "no memory for a model");
    } else {
        model_init(ret->m, NR_CELLS, MODEL_XCP_NG_8_3);
        rc = host_make(ret->m, &file, &options, err);
    }
    if (!rc && ret->m)
        rc = dom0_start(ret, err);
    if (!rc) {
        ret->host = file.host;
        host_normalise(&ret->host);
        ret->guest_pages = ret->m->heap.total_free;
    }
    hostfile_done(&file);
    return rc;
}

void machine_done(struct machine *machine) {
    if (machine->m)
        munmap(machine->m, MODEL_BYTES);
    *machine = (struct machine){.m = NULL};
}

struct host machine_snapshot(const struct machine *machine) {
    const struct heap *heap = &machine->m->heap;
    struct host host = machine->host;

    host.dma_bits = heap->dma_zone ? heap->dma_zone + 12 : 0;
    for (unsigned n = 0; n < host.nr_nodes; n++) {
        host.node[n].free_pages = heap_node_free(heap, n);
        for (unsigned zone = 0; zone <= heap->dma_zone; zone++)
            host.node[n].low_pages += heap->avail[n][zone];
    }
    return host;
}

const char *machine_check(const struct machine *machine) {
    const char *wrong = heap_check(machine->m);

    return wrong ? wrong : "";
}
