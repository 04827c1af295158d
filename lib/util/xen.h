// The thin place between libxenctrl's conventions and ours.
#ifndef UTIL_XEN_H
#define UTIL_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/util/error.h"

// Describes the libxenctrl or libxenguest call that has just failed: "<what>: <why>". Takes errno
// and the error that the library recorded in `xch`, which is forgotten thereby. Returns a negative
// errno: the call's own, or one that fits the library's error code if the call left errno at 0.
// Callers set errno to 0 before a call whose failure they report so.
int xen_error(struct error *err, xc_interface *xch, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

struct xen_domain {
    bool hvm;                   // HVM or PVH
    bool pvh;                   // of these, one whose devices nobody emulates
    bool hap;                   // hardware assisted paging
    bool dying;                 // being destroyed, or waiting for that
    uint64_t tot_pages;         // pages that the domain owns
    uint64_t max_pages;         // its limit
    uint64_t outstanding_pages; // claimed, not yet allocated
    uint32_t cpupool;
    unsigned nr_vcpus;  // plugged in or not
    uint8_t handle[16]; // the UUID given at creation
};

// Reads one domain's record from Xen. Returns 0; -ESRCH if there is no such domain.
int xen_domain_read(xc_interface *xch, uint32_t domid, struct xen_domain *ret, struct error *err);

// Lists the ids of all domains in ascending order: *ret, for the caller to free, and *ret_nr.
int xen_domain_list(xc_interface *xch, uint32_t **ret, size_t *ret_nr, struct error *err);

#endif
