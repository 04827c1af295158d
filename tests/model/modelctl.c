// The operator of the modelled machine: boots it, plays the toolstack, looks inside.
//
// usage: modelctl COMMAND STATE ARGUMENT... [NAME=VALUE]...; see `usage` below. STATE is the file
// that XENGUEST_MODEL names for programs that run on the machine.

#include "lib/numa/hostfile.h"
#include "lib/store/xsls.h"
#include "lib/util/cleanup.h"
#include "tests/model/claim.h"
#include "tests/model/copy.h"
#include "tests/model/ctl.h"
#include "tests/model/host.h"
#include "tests/model/memory.h"
#include "tests/model/p2m.h"
#include "tests/model/paging.h"
#include "tests/model/pod.h"
#include "tests/model/pv.h"
#include "tests/model/show.h"
#include "tests/model/state.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

static const char usage[] =
    "create-host STATE HOST.json [release=4.17|xcp-ng-8.3|4.22|xs9]\n"
    "            [claims=none|host|node|node-old|set|set-v8] [scrub-freed=0|1]\n"
    "            [pv=0|1] [pv32=0|1] [hap-1gb=0|1] [max-order=N] [check-slit=0|1] [scheduler=N]\n"
    "            [command-line=TEXT] [dma-bits=N]    Xen's; the latter adds dma_bits=N to it\n"
    "            [rmrr=SBDF,PFN,PAGES]... [pci=SSSS:BB:DD.F[,NODE]]...\n"
    "            [pool=ID:CPUS]...    puts CPUs, like 0-3,8, into a cpupool, or none\n"
    "create-domain STATE DOMID vcpus=N max-mib=N [pool-mib=N] [nodes=MASK] [store=TREE]\n"
    "            [nested=0|1] [hvm=0|1] [pvh=0|1] [handle=N] [pool=ID]    a cpupool that there is\n"
    "            [running=N]    not paused, with N vCPUs online\n"
    "            [hard=CPUS|all] [soft=CPUS|all]    of all vCPUs; hardN=, softN=: of vCPU N\n"
    "set-vcpus STATE DOMID [running=N] [hard=..] [soft=..]    the same later\n"
    "vcpus STATE DOMID    a line for each: vcpu N online 0|1 hard CPUS soft CPUS\n"
    "load STATE TREE [domid=N]    puts a tree of keys, relative to the domain, into the store\n"
    "fill STATE DOMID NODE ORDER COUNT [keep-every-second=0|1]    gives a domain memory, exactly\n"
    "            from there; of which it gives back what has an odd number by machine address\n"
    "claim STATE DOMID PAGES [node=N]     claims, as XENMEM_claim_pages does; 0 releases\n"
    "destroy STATE DOMID [checked=0|1 [free=FRAMES] [unclaimed=0|1]]\n"
    "                                            checked: consistent before, and as check says "
    "after\n"
    "scrub STATE\n"
    "copy STATE TO\n"
    "show STATE\n"
    "store STATE [PATH] [permissions=0|1]\n"
    "read STATE DOMID ADDRESS BYTES\n"
    "check STATE [free=FRAMES] [unclaimed=0|1] [pool=DOMID:FRAMES]\n"
    "                                            is it consistent, and as expected (a paging pool: "
    "at\n"
    "                                            least)?\n";

// The index of the name in the list, or its length.
static unsigned word_find(const char *const *words, unsigned nr, const char *word) {
    unsigned i = 0;

    while (i < nr && strcmp(words[i], word) != 0)
        i++;
    return i;
}

static const char *const release_names[] = {"4.17", "xcp-ng-8.3", "4.22", "xs9"};
static const char *const claim_names[] = {"none", "host", "node", "node-old", "set", "set-v8"};

static char *file_text(const char *path) {
    CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;

    if (!file || getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        return NULL;
    }
    return text;
}

// Three numbers: the device as one (segment << 16 | bus << 8 | devfn), first frame, frames.
static struct model_rmrr rmrr_parse(char *text) {
    struct model_rmrr rmrr = {0};

    rmrr.sbdf = (uint32_t)strtoul(text, &text, 0);
    if (*text == ',')
        rmrr.pfn = strtoull(text + 1, &text, 0);
    if (*text == ',')
        rmrr.pages = strtoull(text + 1, NULL, 0);
    return rmrr;
}

static void command_line_apply(struct command *c) {
    const char *text = ctl_option(c, "command-line", "model");
    const char *bits = ctl_option(c, "dma-bits", NULL);

    snprintf(c->m->config.command_line, MODEL_COMMAND_LINE, "%s%s%s", text,
             bits ? " dma_bits=" : "", bits ? bits : "");
}

static void config_apply(struct command *c) {
    struct model_config *config = &c->m->config;
    unsigned claims = word_find(claim_names, MODEL_CLAIMS_COUNT, ctl_option(c, "claims", ""));

    if (claims < MODEL_CLAIMS_COUNT)
        config->claims = (enum model_claims)claims;
    // Claims on nodes exist only in releases that redeem at allocation.
    if (config->claims >= MODEL_CLAIMS_NODE)
        config->claims_at_alloc = true;
    config->scrub_freed = ctl_number(c, "scrub-freed", config->scrub_freed ? "1" : "0");
    config->hap_1gb = ctl_number(c, "hap-1gb", "1");
    config->pv = ctl_number(c, "pv", "1");
    config->pv32 = ctl_number(c, "pv32", "0");
    config->max_order = (uint32_t)ctl_number(c, "max-order", "18");
    config->scheduler = (uint32_t)ctl_number(c, "scheduler", "5");
    for (int i = 0; i < c->argc && c->m->nr_rmrr < MODEL_MAX_RMRR; i++)
        if (!strncmp(c->argv[i], "rmrr=", 5))
            c->m->rmrr[c->m->nr_rmrr++] = rmrr_parse(c->argv[i] + 5);
}

static void host_create(struct model *m, void *data) {
    struct command *c = data;
    struct hostfile file = {0};
    struct error err = {0};
    struct host_options options = {.check_slit = ctl_number(c, "check-slit", "0")};
    CLEANUP(cleanup_free) char *text = file_text(c->argv[0]);
    int rc = text ? hostfile_parse(text, &file, &err) : -errno;

    config_apply(c);
    command_line_apply(c);
    if (rc == 0)
        rc = host_make(m, &file, &options, &err);
    if (rc == 0)
        rc = store_mkdir(&m->store, "/local/domain/0");
    ctl_pools_make(c);
    ctl_devices_add(c);
    if (rc && err.text)
        snprintf(c->message, sizeof(c->message), "%s: %s", c->argv[0], err.text);
    if (rc)
        ctl_fail(c, rc, c->argv[0]);
    hostfile_done(&file);
    error_done(&err);
}

static int tree_load(struct command *c, const char *path, uint32_t domid) {
    struct error err = {0};
    struct xsls tree = {0};
    int rc = xsls_read(path, &tree, &err);

    for (size_t i = 0; rc == 0 && i < tree.nr; i++) {
        const struct xsls_entry *entry = &tree.entries[i];
        char key[STORE_MAX_PATH];

        snprintf(key, sizeof(key), "/local/domain/%u/%s", domid, entry->path);
        rc = store_write(&c->m->store, entry->path[0] == '/' ? entry->path : key, entry->value,
                         (uint32_t)entry->length);
    }
    if (err.text)
        snprintf(c->message, sizeof(c->message), "%s", err.text);
    xsls_done(&tree);
    error_done(&err);
    return rc;
}

static void store_load(struct model *m, void *data) {
    struct command *c = data;
    int rc = tree_load(c, c->argv[0], (uint32_t)ctl_number(c, "domid", "1"));

    (void)m;
    if (rc)
        ctl_fail(c, rc, c->argv[0]);
}

// The domain's directory, which the guest may read, and those that are its own.
static int directories_make(struct model *m, uint32_t domid) {
    static const char *const own[] = {"error",    "drivers", "control",   "attr", "data",
                                      "messages", "vm-data", "hvmloader", "rrd"};
    const struct store_perm dom0s[] = {{0, XS_PERM_NONE}, {domid, XS_PERM_READ}};
    const struct store_perm guests = {domid, XS_PERM_NONE};
    char path[STORE_MAX_PATH];
    int rc;

    snprintf(path, sizeof(path), "/local/domain/%u", domid);
    rc = store_mkdir(&m->store, path);
    if (rc == 0)
        rc = store_set_perms(&m->store, path, dom0s, 2);
    for (size_t i = 0; rc == 0 && i < sizeof(own) / sizeof(*own); i++) {
        snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, own[i]);
        rc = store_mkdir(&m->store, path);
        if (rc == 0)
            rc = store_set_perms(&m->store, path, &guests, 1);
    }
    return rc;
}

static int domain_pool_set(const struct command *c, struct domain *d) {
    uint32_t pool = (uint32_t)ctl_number(c, "pool", "0");

    return cpu_pool_next(c->m, pool, &d->cpupool, NULL) && d->cpupool == pool ? 0 : -ENOENT;
}

// In the order in which toolstacks do it.
static int domain_set_up(struct command *c, struct domain *d) {
    uint64_t mib = ctl_number(c, "max-mib", "0");
    uint32_t vcpus = (uint32_t)ctl_number(c, "vcpus", "1");
    uint64_t nodes = ctl_number(c, "nodes", "0");
    uint64_t handle = ctl_number(c, "handle", "0");
    char pool[32];
    int rc;

    memcpy(d->handle, &handle, sizeof(handle));
    snprintf(pool, sizeof(pool), "%lu", vcpus + (mib + 127) / 128);
    d->hvm = d->hap = ctl_number(c, "hvm", "1");
    d->nested = ctl_number(c, "nested", "0");
    d->emulation_flags =
        ctl_number(c, "pvh", "0") ? XEN_X86_EMU_LAPIC : XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI;
    d->max_pages = mib * 256 + 1024; // and what is populated on top of RAM
    if (d->max_pages > UINT32_MAX)
        d->max_pages = UINT32_MAX; // Xen has no more for it
    rc = domain_pool_set(c, d);
    if (rc == 0)
        rc = domain_set_vcpus(c->m, d, vcpus);
    if (rc == 0)
        ctl_vcpus_set(c, d);
    if (rc == 0 && !d->hvm)
        rc = pv_make(c->m, d);
    else if (rc == 0)
        rc = paging_resize(c->m, d, ctl_number(c, "pool-mib", pool) * 256);
    if (rc == 0 && nodes)
        rc = domain_set_affinity(c->m, d, nodes);
    if (rc == 0)
        rc = directories_make(c->m, d->domid);
    if (rc == 0 && ctl_option(c, "store", NULL))
        rc = tree_load(c, ctl_option(c, "store", NULL), d->domid);
    return rc;
}

static void domain_make(struct model *m, void *data) {
    struct command *c = data;
    struct domain *d;
    int rc = domain_create(m, (uint32_t)ctl_positional(c, 0), &d);

    if (rc == 0)
        rc = domain_set_up(c, d);
    if (rc)
        ctl_fail(c, rc, "create-domain");
}

static struct domain *domain_named(struct command *c) {
    struct domain *d = domain_find(c->m, (uint32_t)ctl_positional(c, 0));

    if (!d)
        ctl_fail(c, -ESRCH, "domain");
    return d;
}

static void vcpus_set(struct model *m, void *data) {
    struct domain *d = domain_named(data);

    (void)m;
    if (d)
        ctl_vcpus_set(data, d);
}

static void vcpus_show(struct model *m, void *data) {
    const struct domain *d = domain_named(data);

    if (d)
        show_vcpus(m, d, stdout);
}

static const char *pool_check(struct model *m, const char *least) {
    char *end;
    const struct domain *d = domain_find(m, (uint32_t)strtoul(least, &end, 0));
    uint64_t pages = *end == ':' ? strtoull(end + 1, NULL, 0) : 0;

    return d && d->pool_pages >= pages ? NULL : "pages of a paging pool are missing";
}

static void check(struct model *m, void *data) {
    struct command *c = data;
    const char *wrong = heap_check(m);

    if (!wrong && ctl_option(c, "free", NULL) && m->heap.total_free != ctl_number(c, "free", ""))
        wrong = "the free memory is not what it should be";
    if (!wrong && ctl_number(c, "unclaimed", "0") && m->heap.claimed_total)
        wrong = "a claim is left";
    if (!wrong && ctl_option(c, "pool", NULL))
        wrong = pool_check(m, ctl_option(c, "pool", NULL));
    if (wrong) {
        snprintf(c->message, sizeof(c->message), "%s", wrong);
        c->rc = -EIO;
    }
}

static void domain_kill(struct model *m, void *data) {
    struct command *c = data;
    struct domain *d = domain_named(c);
    bool checked = ctl_number(c, "checked", "0");
    const char *before = checked ? heap_check(m) : NULL;

    if (!d)
        return;
    domain_destroy(m, d);
    if (checked)
        check(m, data);
    if (before) {
        snprintf(c->message, sizeof(c->message), "before: %s", before);
        c->rc = -EIO;
    }
}

static void domain_fill(struct model *m, void *data) {
    struct command *c = data;
    struct domain *d = domain_named(c);
    const struct heap_request req = {.node = (uint32_t)ctl_positional(c, 1),
                                     .exact = true,
                                     .order = (unsigned)ctl_positional(c, 2)};
    uint64_t nr = ctl_positional(c, 3), given_back = 0;
    CLEANUP(cleanup_free) uint64_t *odd = calloc(nr + 1, sizeof(*odd));

    if (!odd) {
        ctl_fail(c, -ENOMEM, "fill");
        return;
    }
    for (uint64_t i = 0; d && c->rc == 0 && i < nr; i++) {
        struct heap_piece piece;
        int rc = domain_alloc(m, d, &req, &piece);

        if (rc)
            ctl_fail(c, rc, "fill");
        else if (piece.mfn >> req.order & 1)
            odd[given_back++] = piece.mfn;
    }
    for (uint64_t i = 0; ctl_number(c, "keep-every-second", "0") && i < given_back; i++)
        domain_free_pages(m, d, odd[i], 1ULL << req.order);
}

static void domain_claim(struct model *m, void *data) {
    struct command *c = data;
    struct domain *d = domain_named(c);
    uint32_t node =
        ctl_option(c, "node", NULL) ? (uint32_t)ctl_number(c, "node", "") : HEAP_NO_NODE;
    int rc = d ? claim_stake(m, d, ctl_positional(c, 1), node) : 0;

    if (rc)
        ctl_fail(c, rc, "claim");
}

static void scrub(struct model *m, void *data) {
    (void)data;
    heap_idle_scrub_all(m);
}

static void show(struct model *m, void *data) {
    (void)data;
    show_host(m, stdout);
}

static void store_show(struct model *m, void *data) {
    const struct command *c = data;

    show_store(&m->store, c->argc > 0 && c->argv[0][0] == '/' ? c->argv[0] : "/",
               ctl_number(c, "permissions", "0"), stdout);
}

static void memory_show(struct model *m, void *data) {
    struct command *c = data;
    struct domain *d = domain_named(c);
    uint64_t at = ctl_positional(c, 1);
    uint64_t left = ctl_positional(c, 2);

    while (d && c->rc == 0 && left) {
        char page[MODEL_PAGE];
        struct p2m_entry entry;
        size_t offset = at % MODEL_PAGE;
        size_t nr = left < MODEL_PAGE - offset ? left : MODEL_PAGE - offset;
        int rc = p2m_lookup(m, d, at / MODEL_PAGE, &entry) && entry.mfn != P2M_POD
                     ? memory_read(entry.mfn, offset, page, nr)
                     : -EFAULT;

        if (rc)
            ctl_fail(c, rc, "read");
        else
            fwrite(page, 1, nr, stdout);
        at += nr;
        left -= nr;
    }
}

static void copy(struct model *m, void *data) {
    struct command *c = data;
    int rc = copy_machine(c->state, c->argv[0]);

    (void)m;
    if (rc)
        ctl_fail(c, rc, c->argv[0]);
}

static const struct {
    const char *name;
    int nr; // arguments it needs after STATE
    void (*run)(struct model *m, void *data);
} commands[] = {
    {"create-host", 1, host_create},
    {"create-domain", 1, domain_make},
    {"set-vcpus", 1, vcpus_set},
    {"vcpus", 1, vcpus_show},
    {"load", 1, store_load},
    {"fill", 4, domain_fill},
    {"claim", 2, domain_claim},
    {"destroy", 1, domain_kill},
    {"scrub", 0, scrub},
    {"show", 0, show},
    {"store", 0, store_show},
    {"read", 3, memory_show},
    {"check", 0, check},
    {"copy", 1, copy},
};

int main(int argc, char **argv) {
    struct command c = {.argc = argc - 3, .argv = argv + 3};
    const size_t nr = sizeof(commands) / sizeof(*commands);
    size_t i = 0;
    int rc;

    while (argc > 2 && i < nr && strcmp(argv[1], commands[i].name) != 0)
        i++;
    if (argc < 3 || i == nr || c.argc < commands[i].nr) {
        fputs(usage, stderr);
        return 2;
    }
    c.state = argv[2];
    if (commands[i].run == host_create) {
        unsigned release =
            word_find(release_names, MODEL_RELEASE_COUNT, ctl_option(&c, "release", "4.17"));

        rc = release < MODEL_RELEASE_COUNT
                 ? state_create(argv[2], (enum model_release)release, &c.m)
                 : -EINVAL;
    } else {
        rc = state_open(argv[2], &c.m);
    }
    if (rc) {
        fprintf(stderr, "modelctl: %s: %s\n", argv[2], strerror(-rc));
        return 1;
    }
    state_run(c.m, commands[i].run, &c);
    if (c.rc)
        fprintf(stderr, "modelctl: %s: %s\n", argv[1], c.message);
    return c.rc ? 1 : 0;
}
