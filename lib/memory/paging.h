// The paging pool: the memory that a domain's nested page tables are made of.
//
// A toolstack fills it before anybody knows where the guest will be, so it lies on all nodes. This
// brings it to the nodes of the guest before the first page table is made for its memory.
#ifndef MEMORY_PAGING_H
#define MEMORY_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/util/error.h"

// Of the pool at most 1/PAGING_STEP_PARTS, or PAGING_STEP_PAGES if that is more, is missing at any
// time. A process that is killed in between leaves it missing, as nobody knows the pool's size
// then.
#define PAGING_STEP_PARTS 64
#define PAGING_STEP_PAGES 1024 // 4 MiB

struct paging_turn {
    uint64_t pages;   // the pool's size before, and after unless some are missing
    uint64_t missing; // pages that the pool lacks: see below
    unsigned calls;   // that Xen was asked, paging_restore included
    bool by_page;     // Xen can be told the size in pages, not only in MiB
};

// Reads the pool's size in pages. Fails as Xen, or a filter in front of it, does.
int paging_read(xc_interface *xch, uint32_t domid, uint64_t *ret_pages, struct error *err);

// Replaces all pages of the pool that are in no page table yet by such as Xen gives the domain now,
// by its node affinity, which the caller has set. Afterwards the pool has the size that it had; one
// that is no whole number of MiB is rounded up where Xen has only MiB for it. At most 200 calls of
// Xen, whatever the size.
//
// Node affinity is no more than a preference: nodes that have no memory left give none, and nobody
// is told. So there should be as much free on them as the pool has.
//
// Only for domains with hardware assisted paging (xen_domain.hap): shadow paging has no such list.
// Nobody else may change the domain's pool or build its page tables meanwhile.
//
// Returns 0, with *ret filled in; it is so in all other cases too, with a text in *err:
// -EINTR   a signal has come (stop_check). Nothing is missing.
// -ENOMEM  Xen has no memory to make the pool as large as it was: somebody was faster, or others
//          have claimed all. ret->missing says what the pool lacks; the caller puts the node
//          affinity back and calls paging_restore.
// others   Xen, or a filter in front of it, refuses: -ENOSYS, -EOPNOTSUPP, -EPERM and so on. Some
//          of the pool may have been replaced. Should some be missing, paging_restore is due too.
// None but -EINTR is a reason not to build: page tables may lie on any node.
int paging_turn(xc_interface *xch, uint32_t domid, struct paging_turn *ret, struct error *err);

// Gives the pool what it lacks after a turn that failed, from wherever Xen has it. Does nothing if
// that is nothing. Returns 0, or -ENOMEM or what else Xen answers; turn->missing says what the pool
// lacks now.
int paging_restore(xc_interface *xch, uint32_t domid, struct paging_turn *turn, struct error *err);

#endif
