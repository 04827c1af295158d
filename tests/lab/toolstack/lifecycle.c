// The commands around a build: create, unpause, info, destroy, claim.

#include "lib/store/xsls.h"
#include "lib/util/number.h"
#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/domain.h"
#include "tests/lab/toolstack/frames.h"
#include "tests/lab/toolstack/store.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VCPUS_MAX 128
#define MIB_MAX (INT64_C(1) << 30)

struct create_options {
    const char *tree;
    const char *name;
    int64_t vcpus;    // 0: as the tree says
    int64_t mem_mib;  // 0: not given
    int64_t pool_mib; // 0: as xapi has it
    bool nested;
    bool pvh;
    bool pv;
};

static int create_options_read(int argc, char **argv, struct create_options *o, struct error *err) {
    static const struct option longs[] = {{"vcpus", required_argument, NULL, 'v'},
                                          {"mem-max", required_argument, NULL, 'm'},
                                          {"tree", required_argument, NULL, 't'},
                                          {"name", required_argument, NULL, 'n'},
                                          {"pool", required_argument, NULL, 'p'},
                                          {"nested", no_argument, NULL, 'N'},
                                          {"pvh", no_argument, NULL, 'P'},
                                          {"pv", no_argument, NULL, 'V'},
                                          {0}};
    int rc = 0;
    int c;

    opterr = 0;
    while (rc == 0 && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 'v')
            rc = option_number("vcpus", optarg, 1, VCPUS_MAX, &o->vcpus, err);
        else if (c == 'm')
            rc = option_number("mem-max", optarg, 1, MIB_MAX, &o->mem_mib, err);
        else if (c == 'p')
            rc = option_number("pool", optarg, 1, MIB_MAX, &o->pool_mib, err);
        else if (c == 't')
            o->tree = optarg;
        else if (c == 'n')
            o->name = optarg;
        else if (c == 'N')
            o->nested = true;
        else if (c == 'P')
            o->pvh = true;
        else if (c == 'V')
            o->pv = true;
        else
            rc = option_unknown(argv, optind, err);
    }
    if (rc == 0)
        rc = argument_end(argc, argv, optind, err);
    if (rc == 0 && o->mem_mib == 0)
        rc = error_set(err, EINVAL, "create: --mem-max is missing");
    return rc;
}

// The vCPUs a domain must have for its tree.
static int tree_vcpus(const struct xsls *tree, int64_t *ret, struct error *err) {
    const char *value = xsls_value(tree, "platform/vcpu/number");

    *ret = 1;
    if (value && number_parse_int(value, 1, VCPUS_MAX, ret) < 0)
        return error_set(err, EINVAL, "platform/vcpu/number is \"%s\": give --vcpus", value);
    return 0;
}

static int domain_with_tree(struct toolstack *ts, const struct create_options *o,
                            const struct xsls *tree, struct error *err) {
    struct lab_domain domain = {0};
    int64_t vcpus = o->vcpus;
    int rc = vcpus ? 0 : tree_vcpus(tree, &vcpus, err);
    const struct lab_domain_settings settings = {.vcpus = (uint32_t)vcpus,
                                                 .mem_mib = (uint64_t)o->mem_mib,
                                                 .pool_mib = (uint32_t)o->pool_mib,
                                                 .nested = o->nested,
                                                 .pvh = o->pvh,
                                                 .pv = o->pv};

    if (rc == 0)
        rc = lab_domain_create(ts, &settings, &domain, err);
    if (rc < 0)
        return rc;
    rc = lab_store_create(ts, &domain, o->name, (uint32_t)vcpus, (uint64_t)o->mem_mib, err);
    if (rc == 0)
        rc = lab_store_load(ts, domain.domid, tree, err);
    if (rc == 0 && o->vcpus)
        rc = lab_store_vcpus(ts, domain.domid, (uint32_t)vcpus, err);
    if (rc < 0) {
        lab_domain_discard(ts, domain.domid);
        lab_store_remove(ts, domain.domid);
        return rc;
    }
    printf("domid=%u\nstore_port=%u\nconsole_port=%u\n", domain.domid, domain.store_port,
           domain.console_port);
    return 0;
}

int command_create(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct create_options options = {.name = "lab"};
    struct xsls tree = {0};
    int rc = create_options_read(argc, argv, &options, err);

    if (rc == 0 && options.tree)
        rc = xsls_read(options.tree, &tree, err);
    if (rc == 0)
        rc = domain_with_tree(ts, &options, &tree, err);
    xsls_done(&tree);
    return rc;
}

// The usual arguments: one domid and nothing else.
static int only_domid(int argc, char **argv, uint32_t *ret, struct error *err) {
    int rc = argument_domid(argc, argv, 1, ret, err);

    return rc < 0 ? rc : argument_end(argc, argv, 2, err);
}

int command_unpause(struct toolstack *ts, int argc, char **argv, struct error *err) {
    uint32_t domid = 0;
    int rc = only_domid(argc, argv, &domid, err);

    if (rc == 0 && xc_domain_unpause(ts->xch, domid) < 0)
        rc = error_set(err, errno, "xc_domain_unpause: %s", strerror(errno));
    return rc;
}

int command_destroy(struct toolstack *ts, int argc, char **argv, struct error *err) {
    uint32_t domid = 0;
    int rc = only_domid(argc, argv, &domid, err);

    if (rc == 0)
        rc = frames_release(ts, domid, err);
    if (rc == 0)
        rc = lab_domain_destroy(ts, domid, err);
    if (rc == 0)
        lab_store_remove(ts, domid);
    return rc;
}

int command_info(struct toolstack *ts, int argc, char **argv, struct error *err) {
    xc_domaininfo_t info = {0};
    uint32_t domid = 0;
    int rc = only_domid(argc, argv, &domid, err);

    if (rc == 0)
        rc = lab_domain_info(ts, domid, &info, err);
    if (rc == -ESRCH) {
        puts("gone=1");
        return 0;
    }
    if (rc < 0)
        return rc;
    printf("tot_pages=%" PRIu64 "\nmax_pages=%" PRIu64 "\noutstanding=%" PRIu64 "\n",
           (uint64_t)info.tot_pages, (uint64_t)info.max_pages, (uint64_t)info.outstanding_pages);
    printf("dying=%d\npaused=%d\n", !!(info.flags & XEN_DOMINF_dying),
           !!(info.flags & XEN_DOMINF_paused));
    return 0;
}

int command_claim(struct toolstack *ts, int argc, char **argv, struct error *err) {
    uint32_t domid = 0;
    int64_t pages = 0;
    int rc = argument_domid(argc, argv, 1, &domid, err);

    if (rc == 0)
        rc = argument_number(argc, argv, 2, "PAGES", 0, UINT32_MAX, &pages, err);
    if (rc == 0)
        rc = argument_end(argc, argv, 3, err);
    if (rc == 0 && xc_domain_claim_pages(ts->xch, domid, (unsigned long)pages) != 0)
        rc = error_set(err, errno, "xc_domain_claim_pages: %s", strerror(errno));
    return rc;
}
