// libnuma knows CPUs but not cores. A core is counted at the first of its threads, which the kernel
// lists in ascending order; where it does not tell, every CPU is taken for a core.

#include "tests/capture/linux-host.h"

#include <errno.h>
#include <numa.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_first_of_core(unsigned cpu) {
    char text[80];
    bool known;
    FILE *file;

    snprintf(text, sizeof(text), "/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list",
             cpu);
    file = fopen(text, "re");
    if (!file)
        return true;
    known = fgets(text, sizeof(text), file);
    fclose(file);
    return !known || strtoul(text, NULL, 10) == cpu;
}

static int read_cpus(int id, struct host_node *node, struct error *err) {
    struct bitmask *cpus = numa_allocate_cpumask();
    int rc = numa_node_to_cpus(id, cpus);

    for (unsigned cpu = 0; rc == 0 && cpu < cpus->size; cpu++) {
        if (!numa_bitmask_isbitset(cpus, cpu))
            continue;
        node->nr_cpus++;
        node->nr_cores += is_first_of_core(cpu);
    }
    numa_free_cpumask(cpus);
    return rc == 0 ? 0 : error_set(err, EIO, "node %d: its CPUs are not readable", id);
}

static int read_node(int id, struct host_node *node, struct error *err) {
    long long free_bytes = 0;
    long long bytes = numa_node_size64(id, &free_bytes);

    node->online = true;
    if (bytes > 0) { // -1: a node without memory
        node->size_pages = (uint64_t)bytes >> 12;
        node->free_pages = (uint64_t)free_bytes >> 12;
    }
    return read_cpus(id, node, err);
}

static void read_distances(int from, struct host *host) {
    for (int to = 0; to <= numa_max_node(); to++) {
        int distance = numa_distance(from, to); // 0: none is known

        host->distance[from][to] = distance > 0 && distance < HOST_DISTANCE_UNKNOWN
                                       ? (uint8_t)distance
                                       : HOST_DISTANCE_UNKNOWN;
    }
}

int linux_host_read(struct host *ret, struct error *err) {
    struct host host = {0};

    if (numa_available() < 0)
        return error_set(err, ENOSYS, "the kernel does not know NUMA");
    if (numa_max_node() >= HOST_MAX_NODES)
        return error_set(err, ERANGE, "node %d: Xen has nodes up to %d", numa_max_node(),
                         HOST_MAX_NODES - 1);
    for (int id = 0; id <= numa_max_node(); id++) {
        int rc;

        if (!numa_bitmask_isbitset(numa_nodes_ptr, (unsigned)id))
            continue;
        rc = read_node(id, &host.node[id], err);
        if (rc)
            return rc;
        read_distances(id, &host);
        host.nr_nodes = (unsigned)id + 1;
    }
    *ret = host;
    return 0;
}
