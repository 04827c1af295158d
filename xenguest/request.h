// What the command line asks for.
#ifndef XENGUEST_REQUEST_H
#define XENGUEST_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#define REQUEST_UNSET (-1)    // a number that was not given
#define REQUEST_MAX_MODULES 2 // as many as libxenguest has room for
#define REQUEST_MAX_SETS 64

#define REQUEST_FLAG_LIVE 1  // -live, or bit 0 of -flags
#define REQUEST_FLAG_DEBUG 2 // -debug, or bit 1 of -flags

// Texts belong to argv; NULL: not given.
struct request {
    const char *mode; // its name; NULL: not given
    uint64_t given;   // options that were given, by their place in the table (options.c)
    int64_t control_out_fd;
    int64_t control_in_fd;
    const char *debug_log;
    int64_t stream_fd;
    const char *image;
    const char *cmdline;
    const char *ramdisk;
    const char *module[REQUEST_MAX_MODULES];
    const char *module_cmdline[REQUEST_MAX_MODULES]; // the k-th for the k-th module
    unsigned nr_modules;
    unsigned nr_cmdlines; // all -cmdline, that of the kernel included
    int64_t domid;
    int64_t flags; // REQUEST_FLAG_*
    int64_t store_port;
    int64_t store_domid;
    int64_t console_port;
    int64_t console_domid;
    const char *features;
    int64_t mem_max_mib;
    int64_t mem_start_mib;
    int64_t mem_pnode; // REQUEST_UNSET: no node, also if given as -1
    const char *pci_passthrough;
    const char *supports; // word of -supports
    bool force;
    bool vgpu;
    bool json; // -json: machine-readable output
    // Of the modes that only look.
    const char *host;                  // a described host, in place of the running Xen
    const char *xenstore;              // a guest's keys, in place of those in Xenstore
    const char *set[REQUEST_MAX_SETS]; // KEY=VALUE, in place of what is there
    unsigned nr_sets;
    int64_t vcpus;
    int64_t repeat;
    const char *svg;    // file for a picture
    int64_t watch;      // seconds
    const char *report; // a record in a file
    bool ignored;       // -fake, -fork, -no_incr_generationid
};

#endif
