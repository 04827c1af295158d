// Hypercalls: from the caller's registers to the modelled machine.
#ifndef MODEL_CALL_H
#define MODEL_CALL_H

#include "tests/model/fault.h"
#include "tests/model/model.h"

// One hypercall on its way. Pointers in arguments are the caller's own memory.
struct call {
    struct model *m;
    uint64_t arg[5];
    void *data;         // the operation's structure
    uint32_t domid;     // for domain controls: which, else DOMID_INVALID
    struct domain *d;   // for domain controls: the domain it is for
    struct fault fault; // what a test wants of it
};

// Answers a hypercall: what Xen returns, negative errno included. Must run alone.
typedef long call_handler(struct call *call);

struct call_entry {
    uint32_t op;
    const char *name;
    call_handler *handler;
};

// The name by which the hypercall is counted, "memory_op.populate_physmap", and what answers it.
// Ends the process with a message that names the operation if the model does not know it: a test
// must not pass because something was ignored.
// Fills in the call's `data` and `domid`; touches nothing that is shared.
const struct call_entry *call_find(unsigned hypercall, struct call *call);

// Tables, each ended by an entry without name; found by the operation's number.
extern const struct call_entry call_memory_table[];
extern const struct call_entry call_domctl_table[];
extern const struct call_entry call_sysctl_table[];
extern const struct call_entry call_hvm_table[];
extern const struct call_entry call_version_table[];
extern const struct call_entry call_event_table[];
extern const struct call_entry call_mmuext_table[];

#endif
