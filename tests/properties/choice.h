// The best placement of a guest on a small host, by trying all sets of CPU nodes.
//
// Written from the rules, not from the program: README.md ("How it decides") says what they are.
// Memory is a real number of pages here; what a border between nodes costs is the judge's affair.
#ifndef PROPERTIES_CHOICE_H
#define PROPERTIES_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#define CHOICE_MAX_NODES 8
#define CHOICE_UNKNOWN 255 // a distance that is not known

// Nodes by index, sets of them as bits.
struct choice_node {
    unsigned cores, threads; // that the guest's free vCPUs may use
    bool has_cpus;           // online ones, whoever may use them
    unsigned all_cores;      // of these
    double high, low;        // pages that may be had; low: only below the DMA width
    unsigned others;         // vCPUs of other domains that run there
    bool no_memory;          // not even memory that is taken, or none that may be had
};

struct choice_host {
    unsigned nr;
    struct choice_node node[CHOICE_MAX_NODES];
    unsigned distance[CHOICE_MAX_NODES][CHOICE_MAX_NODES];
};

struct choice_guest {
    double need; // pages
    // vCPUs that may be put anywhere, and those whose masks say where they run, by node.
    unsigned free;
    double fixed[CHOICE_MAX_NODES];
    bool roaming; // all of them run anywhere, and memory need not be in proportion to them
    unsigned nr_devices, device[CHOICE_MAX_NODES];
    unsigned max_nodes; // that may give memory; 0: any number
};

struct choice {
    double cost;                    // mean distance from vCPU to page
    double share[CHOICE_MAX_NODES]; // of the vCPUs
    double pages[CHOICE_MAX_NODES];
    double available; // on all nodes of it
    unsigned cpu_nodes, memory_nodes;
    unsigned nr; // of both together
    unsigned device_distance;
    unsigned others, cores; // on the CPU nodes: vCPUs of others, and all cores
    bool vague;             // a distance that counts in it is not known
    bool uneven;            // a node had less than its CPUs' share
};

// The vCPUs' shares of the nodes if the free ones are on `cpus`.
void choice_shares(const struct choice_host *host, const struct choice_guest *guest, unsigned cpus,
                   double ret[CHOICE_MAX_NODES]);

// Whether `cpus` has cores for the free vCPUs; threads if the host lacks cores, and if it lacks
// these as well, all nodes that have any.
bool choice_enough(const struct choice_host *host, const struct choice_guest *guest, unsigned cpus);

// Mean distance of the node's memory from the vCPUs. Returns false if all of them are too far away
// to know.
bool choice_distance(const struct choice_host *host, const double share[CHOICE_MAX_NODES],
                     unsigned node, double *ret);

// The mean over vCPUs and pages.
double choice_cost(const struct choice_host *host, const double share[CHOICE_MAX_NODES],
                   const double pages[CHOICE_MAX_NODES]);

// Where the memory goes for these CPU nodes of the free vCPUs. Returns false if there is not
// enough.
bool choice_for(const struct choice_host *host, const struct choice_guest *guest, unsigned cpus,
                struct choice *ret);

// What is known of a placement for these CPU nodes and pages.
void choice_known(const struct choice_host *host, const struct choice_guest *guest, unsigned cpus,
                  const double pages[CHOICE_MAX_NODES], struct choice *ret);

// Whether a comes before b, and by which criterion. Costs within a half of `slack` are equal.
const char *choice_beats(const struct choice *a, const struct choice *b, double slack);

// The best of all. Returns false if none is possible.
bool choice_best(const struct choice_host *host, const struct choice_guest *guest,
                 struct choice *ret);

#endif
