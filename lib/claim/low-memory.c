// An exact request for a node takes this memory before any neighbour is tried, although Xen means
// to keep it: so it is for the plan to take it last.
//
// Where the first node with memory begins, Xen does not tell; it is taken to be address 0.

#include "lib/claim/low-memory.h"

#include <stdlib.h>
#include <string.h>

#include "lib/numa/nodeset.h"

#define PAGE_SHIFT 12
#define MAX_BITS 32
#define OPTION "dma_bits="
#define OPTION_IGNORED 13 // Xen ignores widths up to this one
#define OPTION_MOST 76

// The last of several that Xen does not ignore counts.
static unsigned option_value(const char *commandline) {
    unsigned bits = 0;

    for (const char *at = commandline; (at = strstr(at, OPTION)); at += strlen(OPTION)) {
        unsigned long value = strtoul(at + strlen(OPTION), NULL, 0);

        if ((at == commandline || at[-1] == ' ') && value > OPTION_IGNORED)
            bits = value < OPTION_MOST ? (unsigned)value : OPTION_MOST;
    }
    return bits;
}

unsigned low_memory_bits(const struct host *host, const char *commandline) {
    unsigned bits = option_value(commandline);
    uint64_t quarter = 0;

    if (nodeset_count(host_online_nodes(host)) < 2)
        return 0;
    if (bits)
        return bits;
    for (unsigned node = 0; node < host->nr_nodes && !quarter; node++)
        quarter = host->node[node].size_pages / 4;
    for (bits = PAGE_SHIFT; quarter > 1 && bits < MAX_BITS; bits++)
        if ((quarter - 1) >> (bits - PAGE_SHIFT) == 0)
            break;
    return bits;
}

void low_memory_estimate(struct host *host) {
    uint64_t first = 0, end;

    host->dma_bits = low_memory_bits(host, "");
    end = host->dma_bits ? 1ULL << (host->dma_bits - PAGE_SHIFT) : 0;
    for (unsigned id = 0; id < host->nr_nodes; id++) {
        struct host_node *node = &host->node[id];

        node->low_pages = first < end ? end - first : 0;
        if (node->low_pages > node->size_pages)
            node->low_pages = node->size_pages;
        // Xen gives it last, so it is what is still free.
        if (node->low_pages > node->free_pages)
            node->low_pages = node->free_pages;
        first += node->size_pages;
    }
}

void low_memory_read(xc_interface *xch, struct host *host) {
    xen_commandline_t commandline = "";

    if (xc_version(xch, XENVER_commandline, commandline) < 0)
        commandline[0] = '\0';
    commandline[sizeof(commandline) - 1] = '\0';
    host->dma_bits = low_memory_bits(host, commandline);
    for (unsigned node = 0; node < host->nr_nodes && host->dma_bits; node++) {
        uint64_t bytes = 0;

        if (!host->node[node].online ||
            xc_availheap(xch, 0, (int)host->dma_bits, (int)node, &bytes))
            continue;
        if (bytes >> PAGE_SHIFT > host->node[node].free_pages)
            bytes = host->node[node].free_pages << PAGE_SHIFT;
        host->node[node].low_pages = bytes >> PAGE_SHIFT;
    }
    xc_clear_last_error(xch);
}
