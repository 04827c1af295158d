// Turns a host description into QEMU arguments, one a line: processors, memory, nodes, distances,
// devices.
//
// QEMU's ACPI tables carry what the description says, so Xen under this QEMU sees that host. What
// QEMU cannot express is refused; free and dirty memory are states, which a scenario makes.
//
// usage: qemu-args HOST.json           the arguments
//        qemu-args --nodes HOST.json   a line for each node: id, MiB, distances with commas;
//                                      for scenarios that check what Xen makes of it
//        qemu-args --devices HOST.json a line for each device: address, node or "none"

#include "lib/numa/hostfile.h"
#include "lib/util/cleanup.h"
#include "lib/util/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

// Node numbers are QEMU's own count of the -numa options. Xen counts nodes as it meets them in the
// firmware's table, which has all processors before all memory.
static int host_check(const struct host *host, struct error *err) {
    if (host->nr_nodes && !host->node[0].nr_cpus)
        return error_set(err, EINVAL, "node 0: needs a CPU, QEMU boots on it");
    for (unsigned id = 0; id < host->nr_nodes; id++)
        if (!host->node[id].online)
            return error_set(err, EINVAL, "node %u: QEMU cannot leave out a node", id);
    for (unsigned id = 1; id < host->nr_nodes; id++)
        if (host->node[id].nr_cpus && !host->node[id - 1].nr_cpus)
            return error_set(
                err, EINVAL,
                "node %u: has CPUs, unlike the one before; Xen would swap their numbers", id);
    return 0;
}

// A device has a root complex of its own, for only these are near a node: the complex is bus N, its
// only port the device at N + 1.
static int devices_check(const struct hostfile *file, struct error *err) {
    for (unsigned i = 0; i < file->nr_devices; i++) {
        const struct hostfile_device *device = &file->device[i];

        if (device->segment || device->devfn || device->bus < 2)
            return error_set(err, EINVAL,
                             "device %u: QEMU can have it as 0000:BB:00.0 only, with BB "
                             "from 02",
                             i);
        for (unsigned j = 0; j < i; j++)
            if (abs(device->bus - file->device[j].bus) < 2)
                return error_set(err, EINVAL, "device %u: its bus must be 2 from that of device %u",
                                 i, j);
    }
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

static void print_device(unsigned index, const struct hostfile_device *device) {
    printf("-device\npxb-pcie,bus=pcie.0,id=p%u,bus_nr=%u", index, device->bus - 1U);
    if (device->node != HOSTFILE_NO_NODE)
        printf(",numa_node=%u", device->node);
    printf("\n-device\npcie-root-port,bus=p%u,id=r%u,chassis=%u\n", index, index, index + 1);
    printf("-device\ne1000e,bus=r%u,romfile=\n", index);
}

static void print_qemu_arguments(const struct hostfile *file) {
    unsigned first_cpu = 0;

    print_machine(file);
    for (unsigned id = 0; id < file->host.nr_nodes; id++) {
        print_node(id, &file->host.node[id], first_cpu);
        first_cpu += file->host.node[id].nr_cpus;
    }
    print_distances(&file->host);
    for (unsigned i = 0; i < file->nr_devices; i++)
        print_device(i, &file->device[i]);
}

static void print_device_lines(const struct hostfile *file) {
    for (unsigned i = 0; i < file->nr_devices; i++) {
        printf("0000:%02x:00.0 ", file->device[i].bus);
        if (file->device[i].node == HOSTFILE_NO_NODE)
            printf("none\n");
        else
            printf("%u\n", file->device[i].node);
    }
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
    if (!r)
        r = devices_check(&file, err);
    if (r)
        return error_prefix(err, "%s", path);
    print(&file);
    return 0;
}

int main(int argc, char **argv) {
    void (*print)(const struct hostfile *) = print_qemu_arguments;
    struct error err = {0};

    if (argc > 1 && strcmp(argv[1], "--nodes") == 0)
        print = print_node_lines;
    else if (argc > 1 && strcmp(argv[1], "--devices") == 0)
        print = print_device_lines;
    if (argc != 2 + (print != print_qemu_arguments)) {
        fprintf(stderr, "usage: qemu-args [--nodes|--devices] HOST.json\n");
        return 2;
    }
    if (run(argv[argc - 1], print, &err)) {
        fprintf(stderr, "qemu-args: %s\n", err.text);
        error_done(&err);
        return 1;
    }
    return 0;
}
