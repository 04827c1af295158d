// A modelled machine with one domain, on which the program is run.
//
// Whatever the machine itself cannot do ends the test that asked for it.
#ifndef SYSTEM_MACHINE_H
#define SYSTEM_MACHINE_H

#include <stdint.h>

#include "tests/model/model.h"
#include "tests/model/xen.h"

#define MACHINE_HOST "fixtures/hosts/two-nodes.json" // two nodes with CPUs 0-1 and 2-3
#define MACHINE_DOMID 1

struct machine {
    char directory[64];
    char *tree; // keys that the domain will have
    struct model *model;
    struct domain *domain;
    bool pvh; // a PVH guest, with the model's kernel in place of hvmloader
    unsigned mib, start_mib;
    const char *faults;  // of the model, for the next build; NULL: none
    const char *program; // to build with, below the build directory; NULL: system/xenguest
    // Of the last build:
    int status;   // exit status
    char *answer; // on the control channel
    char *log;    // debug log
    char *notes;  // what a variant of the program wrote to the file XENGUEST_NOTES
};

// Boots a machine, with options of `modelctl create-host` (NULL-terminated, or NULL), and takes the
// domain's keys from fixtures/xenstore/<tree>.xs. The domain will have 4096 MiB.
void machine_boot(struct machine *m, const char *tree, const char *const options[]);

// Changes a key of the tree before the domain is made; NULL removes it.
void machine_set(struct machine *m, const char *key, const char *value);

// Makes the domain.
void machine_domain(struct machine *m);

// Makes the domain unless it is there, and runs xenguest -mode hvm_build, or pvh_build, with more
// options (NULL-terminated, or NULL).
void machine_build(struct machine *m, const char *const options[]);

// The last build must have gone well, with the frames that HVM guests have for answer.
void machine_expect_built(const struct machine *m);

// The last build must have failed with one error line that has `text` in it.
void machine_expect_error(const struct machine *m, const char *text);

// The same for other modes than hvm_build: `word` is what follows "error:".
void machine_expect_error_of(const struct machine *m, const char *word, const char *text);

// A warning with `text` in it must have been logged, and not on the control channel.
void machine_expect_warning(const struct machine *m, const char *text);

// The value of one of the domain's keys, or NULL.
const char *machine_key(const struct machine *m, const char *key);

// What the lab's toolstack tells of the domain's state; the caller frees it.
char *machine_state(const struct machine *m);

// A leaf of the domain's CPU policy.
xen_cpuid_leaf_t machine_leaf(const struct machine *m, uint32_t leaf, uint32_t subleaf);

// Copies guest memory.
void machine_read(const struct machine *m, uint64_t address, void *data, size_t bytes);

// Does nothing to a machine that has not been booted or is done already.
void machine_done(struct machine *m);

// Writes a file below the root of what the program finds at fixed places.
void machine_file(const char *path, const void *data, size_t bytes);

// Makes a symbolic link there, in place of what has its name.
void machine_link(const char *path, const char *target);

// Removes one, if it is there.
void machine_remove_file(const char *path);

#endif
