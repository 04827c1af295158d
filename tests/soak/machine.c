// Everything that reads or changes the machine does so in the model's state directly, under its
// lock; only what modelctl has a command for is left to that.

#include "tests/soak/machine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/model/claim.h"
#include "tests/model/state.h"

#define HOST "fixtures/hosts/ring-small.json"
#define TREE "fixtures/xenstore/ubuntu-bios.xs"

struct kind {
    const char *claims, *options, *program;
};

static const struct kind kinds[] = {
    {"host", "release=4.17", "xenguest"},
    {"node", "release=xs9", "xenguest"},
    {"set", "release=4.22 claims=set", "model/claim-api-2/xenguest"},
    {"none", "release=4.17 claims=none", "xenguest"},
    {"set-v8", "release=4.22 claims=set-v8", "model/claim-api-4/xenguest"},
};

static bool modelctl(const struct soak *soak, const char *arguments) {
    char *line;
    int status;

    if (asprintf(&line, "%s/model/modelctl %s 2>%s/modelctl.err", soak->options.build, arguments,
                 soak->directory) < 0)
        soak_broken("modelctl", "no memory");
    status = system(line);
    free(line);
    return !status;
}

void machine_boot(struct soak *soak, unsigned kind) {
    const struct kind *k = &kinds[kind % (sizeof(kinds) / sizeof(kinds[0]))];
    char line[256];
    int rc;

    soak->claims = k->claims;
    soak->program = k->program;
    snprintf(line, sizeof(line), "create-host %s " HOST " %s", soak->state, k->options);
    if (!modelctl(soak, line))
        soak_broken("create-host", soak->state);
    rc = state_open(soak->state, &soak->m);
    if (rc)
        soak_broken(soak->state, strerror(-rc));
    soak->initial = machine_account(soak);
}

// --- domains ---

static void write_policy(const struct guest *guest, FILE *out) {
    const char *separator = "";

    switch (guest->policy) {
    case GUEST_AUTO:
    case GUEST_PNODE: // by option
        break;
    case GUEST_STRICT:
        fprintf(out, "platform/numa-policy = \"strict\"\nplatform/numa-nodes = \"");
        for (unsigned node = 0; node < SOAK_NODES; node++) {
            if (!(guest->nodes >> node & 1))
                continue;
            fprintf(out, "%s%u", separator, node);
            separator = ",";
        }
        fprintf(out, "\"\n");
        break;
    case GUEST_INTERLEAVE:
        fprintf(out, "platform/numa-policy = \"interleave\"\n");
        break;
    case GUEST_SUPERPAGE:
        fprintf(out, "platform/numa-page-preference = \"superpage\"\n");
        break;
    }
}

static void write_tree(const struct guest *guest, const char *path) {
    char *tree = soak_text(TREE);
    FILE *out = fopen(path, "we");

    if (!out)
        soak_broken(path, strerror(errno));
    fprintf(out,
            "%splatform/vcpu/number = \"%u\"\nplatform/vcpu/current = \"%u\"\n"
            "platform/cores-per-socket = \"1\"\n",
            tree, guest->vcpus, guest->vcpus);
    write_policy(guest, out);
    fclose(out);
    free(tree);
}

bool machine_create(struct soak *soak, struct guest *guest) {
    char line[512], tree[128];

    snprintf(tree, sizeof(tree), "%s/%u.xs", soak->directory, guest->domid);
    write_tree(guest, tree);
    snprintf(line, sizeof(line), "create-domain %s %u vcpus=%u max-mib=%u handle=%llu store=%s",
             soak->state, guest->domid, guest->vcpus, guest->mib, (unsigned long long)guest->handle,
             tree);
    if (modelctl(soak, line))
        return true;
    machine_destroy(soak, guest);
    return false;
}

struct subject {
    struct soak *soak;
    struct guest *guest;
    uint64_t pages;
    struct holding holding;
    int rc;
};

static void destroy(struct model *m, void *data) {
    struct subject *subject = data;
    struct domain *d = domain_find(m, subject->guest->domid);
    char key[64];

    if (d)
        domain_destroy(m, d);
    snprintf(key, sizeof(key), "/local/domain/%u", subject->guest->domid);
    store_rm(&m->store, key);
    // What it owned is dirty, until the idle loop has come round.
    if (prng_below(&subject->guest->prng, 2))
        heap_idle_scrub_all(m);
}

void machine_destroy(struct soak *soak, struct guest *guest) {
    struct subject subject = {.soak = soak, .guest = guest};

    state_run(soak->m, destroy, &subject);
}

static void claim(struct model *m, void *data) {
    struct subject *subject = data;
    struct domain *d = domain_find(m, subject->guest->domid);

    subject->rc = d ? claim_stake(m, d, subject->pages, HEAP_NO_NODE) : -ESRCH;
}

bool machine_claim(struct soak *soak, struct guest *guest, uint64_t pages) {
    struct subject subject = {.soak = soak, .guest = guest, .pages = pages};

    state_run(soak->m, claim, &subject);
    return !subject.rc;
}

static void hold(struct model *m, void *data) {
    struct subject *subject = data;
    struct domain *d = domain_find(m, subject->guest->domid);
    uint64_t pages[HEAP_MAX_NODES];

    if (!d)
        return;
    domain_node_pages(m, d, true, pages);
    subject->holding.pages = d->tot_pages;
    subject->holding.claimed = claim_outstanding(d);
    memcpy(subject->holding.node_pages, pages, sizeof(subject->holding.node_pages));
}

struct holding machine_holding(struct soak *soak, const struct guest *guest) {
    struct subject subject = {.soak = soak, .guest = (struct guest *)guest};

    state_run(soak->m, hold, &subject);
    return subject.holding;
}

// --- the whole ---

static void count(struct model *m, void *data) {
    struct account *account = data;

    account->free = m->heap.total_free;
    for (unsigned node = 0; node < SOAK_NODES; node++)
        account->node_free[node] = heap_node_free(&m->heap, node);
}

struct account machine_account(struct soak *soak) {
    struct account account;

    state_run(soak->m, count, &account);
    return account;
}

struct stop {
    pid_t pid;
    int status;
    bool stopped;
};

// Whoever is stopped now cannot hold the lock of the model, as the caller does.
static void stop(struct model *m, void *data) {
    struct stop *s = data;

    (void)m;
    kill(s->pid, SIGSTOP);
    if (waitpid(s->pid, &s->status, WUNTRACED) == s->pid)
        s->stopped = WIFSTOPPED(s->status);
}

bool machine_stop(struct soak *soak, pid_t pid, int *status) {
    struct stop s = {.pid = pid};

    state_run(soak->m, stop, &s);
    *status = s.status;
    return s.stopped;
}

struct finding {
    const char *wrong;
};

static void check(struct model *m, void *data) {
    ((struct finding *)data)->wrong = heap_check(m);
}

const char *machine_inconsistent(struct soak *soak) {
    struct finding finding = {0};

    state_run(soak->m, check, &finding);
    return finding.wrong;
}

const char *machine_wrong(struct soak *soak) {
    struct account now = machine_account(soak);
    const char *wrong = machine_inconsistent(soak);

    if (wrong)
        return wrong;
    if (soak->m->heap.claimed_total)
        return "a claim is left";
    if (now.free != soak->initial.free)
        return "the free memory is not what it was at the beginning";
    for (unsigned node = 0; node < SOAK_NODES; node++) {
        if (now.node_free[node] != soak->initial.node_free[node])
            return "a node's free memory is not what it was at the beginning";
    }
    return NULL;
}
