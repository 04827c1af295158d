// What the commands of modelctl share.
#ifndef MODEL_CTL_H
#define MODEL_CTL_H

#include "tests/model/model.h"

struct command {
    struct model *m;
    const char *state;
    int argc; // what follows STATE
    char **argv;
    int rc;
    char message[256];
};

// The command fails. What it says is the first message there was.
void ctl_fail(struct command *c, int rc, const char *what);

// The value of NAME=VALUE, or `otherwise`. The second takes it for a number.
const char *ctl_option(const struct command *c, const char *name, const char *otherwise);
uint64_t ctl_number(const struct command *c, const char *name, const char *otherwise);

// The argument with that index, as a number; 0 if there are fewer.
uint64_t ctl_positional(const struct command *c, int index);

// Puts the CPUs into the pools of `pool=ID:CPUS` options; an ID of `none` takes them out.
void ctl_pools_make(struct command *c);

// Adds the devices of `pci=ADDRESS[,NODE]` options.
void ctl_devices_add(struct command *c);

// Sets masks and state of the domain's vCPUs as options say: hard=CPUS, soft=CPUS for all, with a
// number behind the name for one; running=N: the domain runs with N vCPUs online.
void ctl_vcpus_set(struct command *c, struct domain *d);

#endif
