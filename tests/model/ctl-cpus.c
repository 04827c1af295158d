// Where CPUs, vCPUs and devices are: the options of modelctl that say so.
//
// A number that is none, a CPU or node that the machine does not have, fails the command: a test
// must not pass because its machine is another one than it says.

#include "tests/model/ctl.h"
#include "tests/model/domain.h"

#include "lib/numa/hostfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_NAME_BYTES 16 // "hard511"

static bool number_take(const char **text, unsigned long *ret) {
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    *ret = strtoul(*text, &end, 10);
    *text = end;
    return true;
}

// A list like 0-3,8 of CPUs that the host has.
static bool cpus_parse(const struct model *m, const char *text, struct cpu_mask *ret) {
    struct cpu_mask mask = {0};

    do {
        unsigned long first, last;

        if (!number_take(&text, &first))
            return false;
        last = first;
        if (*text == '-' && (text++, !number_take(&text, &last)))
            return false;
        if (first > last || last >= m->nr_cpus)
            return false;
        for (unsigned long cpu = first; cpu <= last; cpu++)
            cpu_mask_set(&mask, (unsigned)cpu);
    } while (*text++ == ',');
    *ret = mask;
    return text[-1] == '\0';
}

// What is behind `name` and an equals sign, or NULL.
static const char *value_of(const char *argument, const char *name) {
    size_t length = strlen(name);

    return !strncmp(argument, name, length) && argument[length] == '=' ? argument + length + 1
                                                                       : NULL;
}

static bool pool_make(struct model *m, const char *text) {
    unsigned long pool = CPU_NO_POOL;
    struct cpu_mask cpus;

    if (!strncmp(text, "none", 4))
        text += 4;
    else if (!number_take(&text, &pool) || pool >= CPU_NO_POOL)
        return false;
    if (*text != ':' || !cpus_parse(m, text + 1, &cpus))
        return false;
    for (unsigned cpu = 0; cpu < m->nr_cpus; cpu++)
        if (cpu_mask_test(&cpus, cpu))
            m->cpu[cpu].pool = (uint32_t)pool;
    return true;
}

void ctl_pools_make(struct command *c) {
    for (int i = 0; i < c->argc; i++) {
        const char *text = value_of(c->argv[i], "pool");

        if (text && !pool_make(c->m, text))
            ctl_fail(c, -EINVAL, c->argv[i]);
    }
}

static bool device_add(struct model *m, const char *text) {
    struct model_device device = {.node = HEAP_NO_NODE};
    struct hostfile_device address;
    char name[16];
    size_t length = strcspn(text, ",");
    unsigned long node;

    if (length >= sizeof(name) || m->nr_devices == MODEL_MAX_DEVICES)
        return false;
    memcpy(name, text, length);
    name[length] = '\0';
    if (!hostfile_device_parse(name, &address))
        return false;
    device.sbdf = hostfile_device_sbdf(&address);
    text += length;
    if (*text == ',') {
        text++;
        if (!number_take(&text, &node) || *text || node >= HEAP_MAX_NODES)
            return false;
        device.node = (uint32_t)node;
    }
    m->device[m->nr_devices++] = device;
    return true;
}

void ctl_devices_add(struct command *c) {
    for (int i = 0; i < c->argc; i++) {
        const char *text = value_of(c->argv[i], "pci");

        if (text && !device_add(c->m, text))
            ctl_fail(c, -EINVAL, c->argv[i]);
    }
}

// Returns false if the option makes no sense; a hard mask without a CPU of the pool is refused, as
// Xen would.
static bool mask_set(struct command *c, struct domain *d, const char *name, uint32_t vcpu) {
    bool hard = name[0] == 'h';
    const char *text = ctl_option(c, name, NULL);
    struct cpu_mask mask, effective;

    if (!text)
        return true;
    if (!strcmp(text, "all"))
        cpu_mask_fill(&mask);
    else if (!cpus_parse(c->m, text, &mask))
        return false;
    effective = mask;
    if (hard && !cpu_mask_clip(c->m, d->cpupool, &effective))
        return false;
    *(hard ? &d->vcpu[vcpu].hard : &d->vcpu[vcpu].soft) = mask;
    return true;
}

static void masks_set(struct command *c, struct domain *d, const char *kind) {
    for (uint32_t vcpu = 0; vcpu < d->nr_vcpus; vcpu++) {
        char name[LIST_NAME_BYTES];

        snprintf(name, sizeof(name), "%s%u", kind, vcpu);
        if (!mask_set(c, d, kind, vcpu) || !mask_set(c, d, name, vcpu))
            ctl_fail(c, -EINVAL, kind);
    }
}

void ctl_vcpus_set(struct command *c, struct domain *d) {
    uint64_t running = ctl_number(c, "running", "0");

    masks_set(c, d, "hard");
    masks_set(c, d, "soft");
    domain_update_affinity(c->m, d);
    if (!ctl_option(c, "running", NULL))
        return;
    if (running > d->nr_vcpus)
        ctl_fail(c, -EINVAL, "running");
    for (uint32_t vcpu = 0; vcpu < d->nr_vcpus; vcpu++)
        d->vcpu[vcpu].online = vcpu < running;
    d->paused = running == 0;
}
