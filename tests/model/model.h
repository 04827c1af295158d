// The modelled machine: everything that processes share, in one mapping.
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "tests/model/cell.h"
#include "tests/model/claim.h"
#include "tests/model/console.h"
#include "tests/model/cpu.h"
#include "tests/model/domain.h"
#include "tests/model/heap.h"
#include "tests/model/stats.h"
#include "tests/model/store.h"

#include <pthread.h>

#define MODEL_MAGIC 0x6c65646f6d6e6578ULL
#define MODEL_LAYOUT 6 // changes with any change of the structures
#define MODEL_MAX_RMRR 16
#define MODEL_MAX_DEVICES 128
#define MODEL_COMMAND_LINE 1024 // xen_commandline_t

// Which Xen is modelled.
struct model_config {
    uint32_t major, minor; // what XENVER_version answers
    enum model_claims claims;
    bool claims_at_alloc; // redeemed at allocation, never growing again (4.19 on)
    bool deferred_scrub;  // populate takes dirty memory as it comes (4.22, XenServer 9, XCP-ng 8.3)
    bool scrub_freed;     // scrub-domheap: what a live domain frees is dirty (XenServer, XCP-ng)
    bool hap_1gb, hap_2mb; // leaf sizes
    uint32_t max_order;    // memop-max-order for the control domain
    uint32_t scheduler;    // XEN_SCHEDULER_*
    bool pv, pv32;         // it runs PV guests, those of 32 bits too
    uint32_t local_node;   // node of the CPU that runs the caller
    char command_line[MODEL_COMMAND_LINE];
};

struct model_rmrr {
    uint64_t pfn, pages;
    uint32_t sbdf;
};

// A PCI device that Xen knows.
struct model_device {
    uint32_t sbdf; // segment << 16 | bus << 8 | devfn
    uint32_t node; // HEAP_NO_NODE: nobody has told
};

struct model {
    uint64_t magic;
    uint32_t layout;
    bool busy; // somebody is in it, or died in it
    struct model_config config;
    uint32_t nr_cpus;
    uint32_t threads_per_core;
    struct model_cpu cpu[MODEL_MAX_CPUS];
    uint32_t distance[HEAP_MAX_NODES][HEAP_MAX_NODES];
    uint32_t nr_rmrr;
    struct model_rmrr rmrr[MODEL_MAX_RMRR];
    uint32_t nr_devices;
    struct model_device device[MODEL_MAX_DEVICES];
    struct heap heap;
    struct domain domain[DOMAIN_MAX];
    struct stats stats;
    struct console console;
    struct store store;
    struct cell_pool pool; // last
};

// Sets up `m`, which lies in zeroed memory, as a machine of the given Xen without memory.
enum model_release {
    MODEL_XEN_4_17,
    MODEL_XCP_NG_8_3,
    MODEL_XEN_4_22,
    MODEL_XENSERVER_9,
    MODEL_RELEASE_COUNT
};
void model_init(struct model *m, uint32_t nr_cells, enum model_release release);

#endif
