// Turns a host description into QEMU arguments, one a line: processors, memory, nodes, distances.
//
// QEMU's ACPI tables carry what the description says, so Xen under this QEMU sees that host. What
// QEMU cannot express is refused; free and dirty memory are states, which a scenario makes.
//
// usage: qemu-args HOST.json           the arguments
//        qemu-args --nodes HOST.json   a line for each node: id, MiB, distances with commas;
//                                      for scenarios that check what Xen makes of it

#include "lib/numa/hostfile.h"
#include "lib/util/cleanup.h"
#include "lib/util/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int file_read(const char *path, char **ret, struct error *err) {
    CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
    CLEANUP(cleanup_free) char *text = NULL;
    size_t size = 0;

    if (!file)
        return error_set(err, errno, "%s: %s", path, strerror(errno));
    // No text holds a NUL, so this reads the whole file.
    if (getdelim(&text, &size, '\0', file) < 0)
        return error_set(err, EIO, "%s: empty or not readable", path);
    *ret = take_ptr(text);
    return 0;
}

// Node numbers are QEMU's own count of the -numa options, and so Xen's.
static int host_check(const struct host *host, struct error *err) {
    if (host->nr_nodes && !host->node[0].nr_cpus)
        return error_set(err, EINVAL, "node 0: needs a CPU, QEMU boots on it");
    for (unsigned id = 0; id < host->nr_nodes; id++)
        if (!host->node[id].online)
            return error_set(err, EINVAL, "node %u: QEMU cannot leave out a node", id);
    return 0;
}

static unsigned host_nr_cpus(const struct host *host) {
    unsigned count = 0;

    for (unsigned id = 0; id < host->nr_nodes; id++)
        count += host->node[id].nr_cpus;
    return count;
}

// A socket per node where all nodes have the same number of CPUs; QEMU knows no other sockets.
static unsigned host_nr_sockets(const struct host *host) {
    for (unsigned id = 1; id < host->nr_nodes; id++)
        if (host->node[id].nr_cpus != host->node[0].nr_cpus)
            return 1;
    return host->nr_nodes ? host->nr_nodes : 1;
}

static void print_machine(const struct hostfile *file) {
    const struct host *host = &file->host;
    unsigned cores = host_nr_cpus(host) / file->threads_per_core;
    unsigned sockets = host_nr_sockets(host);
    uint64_t pages = 0;

    for (unsigned id = 0; id < host->nr_nodes; id++)
        pages += host->node[id].size_pages;
    printf("-smp\nsockets=%u,cores=%u,threads=%u\n", sockets, cores / sockets,
           file->threads_per_core);
    printf("-m\n%lluM\n", pages / HOST_PAGES_PER_MIB);
}

static void print_node(unsigned id, const struct host_node *node, unsigned first_cpu) {
    // reserve=off: the hosts described here are larger than the machine, and sparse.
    if (node->size_pages)
        printf("-object\nmemory-backend-ram,id=m%u,size=%lluM,reserve=off\n", id,
               node->size_pages / HOST_PAGES_PER_MIB);
    printf("-numa\nnode,nodeid=%u", id);
    if (node->nr_cpus)
        printf(",cpus=%u-%u", first_cpu, first_cpu + node->nr_cpus - 1);
    if (node->size_pages)
        printf(",memdev=m%u", id);
    printf("\n");
}

static void print_distances(const struct host *host) {
    for (unsigned from = 0; from < host->nr_nodes; from++)
        for (unsigned to = 0; to < host->nr_nodes; to++)
            printf("-numa\ndist,src=%u,dst=%u,val=%u\n", from, to, host->distance[from][to]);
}

static void print_qemu_arguments(const struct hostfile *file) {
    unsigned first_cpu = 0;

    print_machine(file);
    for (unsigned id = 0; id < file->host.nr_nodes; id++) {
        print_node(id, &file->host.node[id], first_cpu);
        first_cpu += file->host.node[id].nr_cpus;
    }
    print_distances(&file->host);
}

static void print_node_lines(const struct hostfile *file) {
    const struct host *host = &file->host;

    for (unsigned from = 0; from < host->nr_nodes; from++) {
        printf("%u %llu", from, host->node[from].size_pages / HOST_PAGES_PER_MIB);
        for (unsigned to = 0; to < host->nr_nodes; to++)
            printf("%c%u", to ? ',' : ' ', host->distance[from][to]);
        printf("\n");
    }
}

static int run(const char *path, void (*print)(const struct hostfile *), struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    CLEANUP(hostfile_done) struct hostfile file = {0};
    int r;

    r = file_read(path, &text, err);
    if (r)
        return r;
    r = hostfile_parse(text, &file, err);
    if (r)
        return error_prefix(err, "%s", path);
    r = host_check(&file.host, err);
    if (r)
        return error_prefix(err, "%s", path);
    print(&file);
    return 0;
}

int main(int argc, char **argv) {
    bool nodes = argc > 1 && strcmp(argv[1], "--nodes") == 0;
    struct error err = {0};

    if (argc != 2 + nodes) {
        fprintf(stderr, "usage: qemu-args [--nodes] HOST.json\n");
        return 2;
    }
    if (run(argv[1 + nodes], nodes ? print_node_lines : print_qemu_arguments, &err)) {
        fprintf(stderr, "qemu-args: %s\n", err.text);
        error_done(&err);
        return 1;
    }
    return 0;
}
