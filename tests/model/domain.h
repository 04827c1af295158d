// Domains: what they own, what they may have, where their memory should come from.
#ifndef MODEL_DOMAIN_H
#define MODEL_DOMAIN_H

#include "tests/model/cell.h"
#include "tests/model/heap.h"
#include "tests/model/vnuma.h"

#define DOMAIN_MAX 64
#define DOMAIN_MAX_VCPUS VNUMA_MAX_VCPUS
#define MODEL_MAX_CPUS 1024
#define DOMAIN_NR_PARAMS 39 // HVM_NR_PARAMS, the same in 4.17 to 4.22
#define DOMAIN_MAX_E820 128
#define DOMAIN_FIRST_POOL 256 // pages Xen gives a new domain's paging pool
#define DOMAIN_POLICY_BYTES 8192
#define DOMAIN_CONTEXT_BYTES 8192

struct cpu_mask {
    uint64_t word[MODEL_MAX_CPUS / 64];
};

struct vcpu {
    struct cpu_mask hard, soft;
    bool online;            // plugged in: a new one is not
    uint64_t mtrr_def_type; // of the MTRRs what kernels run by; the others stay zero
};

struct e820_range {
    uint64_t first, bytes;
    uint32_t type;
};

struct domain {
    bool in_use, dying, paused, hvm, hap, nested;
    uint32_t emulation_flags;
    bool introduced; // to the store
    bool started;    // of a PV domain: its first vCPU has registers
    uint32_t domid;
    uint8_t handle[16];

    uint64_t tot_pages, max_pages;
    struct cell_list pages; // extents in the order of assignment: key mfn, nr frames
    uint32_t pages_by_mfn;  // the same cells

    uint64_t claim_host, claim_node[HEAP_MAX_NODES];
    uint32_t claim_spent_node;    // XenServer 9: node of the last node claim that Xen remembers
    uint32_t claim_poisoned_node; // and the node on which an allocation would crash Xen

    uint64_t node_affinity; // all 64 bits for a new domain
    bool auto_affinity;
    uint32_t last_alloc_node;
    uint32_t cpupool;
    uint32_t nr_vcpus;
    struct vcpu vcpu[DOMAIN_MAX_VCPUS];

    struct cell_list pool;              // the paging pool's pages that are in no table, in runs
    uint64_t pool_pages, pool_used;     // all, and those in tables
    uint64_t pool_turn;                 // pages its list has ever got
    uint32_t pool_last[HEAP_MAX_NODES]; // the run of the node's latest page
    uint32_t p2m;    // key gfn, value mfn or P2M_POD, nr frames, tag order of the leaves
    uint32_t tables; // page tables in use: key level and index, value mfn

    uint64_t pod_entries; // frames marked populate on demand
    uint64_t pod_pages;   // frames in the cache
    struct cell_list pod_super, pod_single;

    uint64_t hvm_param[DOMAIN_NR_PARAMS];
    uint64_t hvm_params_set; // mask of those that somebody has written
    uint32_t nr_e820;
    struct e820_range e820[DOMAIN_MAX_E820];
    uint32_t tsc_mode;
    int64_t time_offset;
    uint32_t sched_weight, sched_cap;
    uint32_t next_port;
    uint32_t shutdown_reason;
    uint32_t address_bits; // of a PV domain
    struct vnuma vnuma;
    uint64_t shared_info_mfn;
    uint64_t pinned_mfn; // of a PV domain: with which its page tables begin; 0: none yet
    uint64_t grant_mfn;  // the first frame of the grant table; 0: none yet
    uint32_t policy_leaves, policy_msrs;
    uint8_t policy[DOMAIN_POLICY_BYTES]; // CPU policy as set: leaves, then MSRs
    uint32_t context_bytes;
    uint8_t context[DOMAIN_CONTEXT_BYTES]; // HVM context as set
};

struct domain *domain_find(struct model *m, uint32_t domid);

// What Xen does on creation: pool of DOMAIN_FIRST_POOL pages, affinity to all nodes, no vCPU.
// Returns 0, -EEXIST, -ENFILE, -ENOMEM.
int domain_create(struct model *m, uint32_t domid, struct domain **ret);

// Kills the domain: its claim first, then pool, cache and pages, all dirty, in the order in which
// they were assigned.
void domain_destroy(struct model *m, struct domain *d);

// -EINVAL if it has vCPUs or the number is out of range. Recomputes automatic affinity.
int domain_set_vcpus(struct model *m, struct domain *d, uint32_t nr);

// Applies the automatic rule: the nodes of the soft affinities within the hard ones, else of those;
// of CPUs in the domain's pool only.
void domain_update_affinity(struct model *m, struct domain *d);

// -EINVAL if no node of the mask is online. All 64 bits turn automatic affinity on again.
int domain_set_affinity(struct model *m, struct domain *d, uint64_t nodes);

// Allocates and assigns 2^order frames. Returns 0; -ENOMEM; -E2BIG over max_pages; -EINVAL dying.
int domain_alloc(struct model *m, struct domain *d, const struct heap_request *req,
                 struct heap_piece *ret);

// Takes frames that are in the domain's list away from it and frees them.
void domain_free_pages(struct model *m, struct domain *d, uint64_t mfn, uint64_t nr);

// Puts frames that the domain has already been charged for on its list.
void domain_list_pages(struct model *m, struct domain *d, uint64_t mfn, uint64_t nr);

// Charges the domain for frames, as assignment does, without listing them.
int domain_charge(struct model *m, struct domain *d, const struct heap_piece *piece,
                  unsigned order);

// Frames of the domain on each node, the cache included or not (debug key u).
void domain_node_pages(struct model *m, const struct domain *d, bool with_cache,
                       uint64_t ret[HEAP_MAX_NODES]);

#endif
