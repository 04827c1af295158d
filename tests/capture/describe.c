#include "tests/capture/describe.h"

static unsigned threads_per_core(const struct host *host) {
    unsigned threads = 0;

    for (unsigned id = 0; id < host->nr_nodes; id++) {
        const struct host_node *node = &host->node[id];

        if (!node->online || node->nr_cores == 0)
            continue;
        if (threads == 0)
            threads = node->nr_cpus / node->nr_cores;
        if (node->nr_cpus != threads * node->nr_cores)
            return 1;
    }
    return threads ? threads : 1;
}

struct hostfile host_describe(const struct host *host) {
    struct hostfile file = {.threads_per_core = threads_per_core(host), .host = *host};

    for (unsigned id = 0; id < host->nr_nodes; id++) {
        struct host_node *node = &file.host.node[id];

        node->nr_cores = node->nr_cpus / file.threads_per_core;
    }
    return file;
}
