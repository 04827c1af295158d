// Everything that reads or changes the machine does so in the model's state directly, under its
// lock; only the host is made by modelctl.

#include "tests/soak/machine.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/store/xsls.h"
#include "tests/model/claim.h"
#include "tests/model/paging.h"
#include "tests/model/state.h"
#include "tests/model/xen.h"

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

// modelctl, with arguments split at blanks.
static void modelctl(const struct soak *soak, char *arguments) {
    char *words[16] = {NULL}, *save = NULL, program[512];
    size_t nr = 1;
    pid_t pid;
    int status;

    snprintf(program, sizeof(program), "%s/model/modelctl", soak->options.build);
    words[0] = program;
    for (char *w = strtok_r(arguments, " ", &save); w && nr < 15; w = strtok_r(NULL, " ", &save))
        words[nr++] = w;
    if (posix_spawn(&pid, program, NULL, NULL, words, environ) || waitpid(pid, &status, 0) != pid ||
        status)
        soak_broken(program, "it has failed");
}

void machine_boot(struct soak *soak, unsigned kind) {
    const struct kind *k = &kinds[kind % (sizeof(kinds) / sizeof(kinds[0]))];
    char line[256];
    int rc;

    soak->claims = k->claims;
    soak->program = k->program;
    snprintf(line, sizeof(line), "create-host %s " HOST " %s", soak->state, k->options);
    modelctl(soak, line);
    rc = state_open(soak->state, &soak->m);
    if (rc)
        soak_broken(soak->state, strerror(-rc));
    soak->initial = machine_account(soak);
}

// --- domains ---

struct subject {
    struct soak *soak;
    struct guest *guest;
    uint64_t pages;
    struct holding holding;
    int rc;
};

__attribute__((format(printf, 3, 4))) static void set_key(struct subject *subject, const char *key,
                                                          const char *format, ...) {
    char path[STORE_MAX_PATH], value[512];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    snprintf(path, sizeof(path), "/local/domain/%u/%s", subject->guest->domid, key);
    if (!subject->rc)
        subject->rc = store_write(&subject->soak->m->store, path, value, (uint32_t)strlen(value));
}

static void set_nodes(struct subject *subject, unsigned nodes) {
    int first = __builtin_ctz(nodes), last = 31 - __builtin_clz(nodes);

    if (first == last)
        set_key(subject, "platform/numa-nodes", "%d", first);
    else
        set_key(subject, "platform/numa-nodes", "%d,%d", first, last);
}

// All guests have one tree of keys, but for these.
static void set_keys(struct subject *subject) {
    const struct guest *guest = subject->guest;
    struct error err = {0};
    struct xsls tree = {0};

    if (xsls_read(TREE, &tree, &err))
        soak_broken(TREE, err.text);
    for (size_t i = 0; i < tree.nr; i++)
        set_key(subject, tree.entries[i].path, "%s", tree.entries[i].value);
    xsls_done(&tree);
    set_key(subject, "platform/vcpu/number", "%u", guest->vcpus);
    set_key(subject, "platform/vcpu/current", "%u", guest->vcpus);
    set_key(subject, "platform/cores-per-socket", "1");
    if (guest->policy == GUEST_STRICT) {
        set_key(subject, "platform/numa-policy", "strict");
        set_nodes(subject, guest->nodes);
    }
    if (guest->policy == GUEST_INTERLEAVE)
        set_key(subject, "platform/numa-policy", "interleave");
    if (guest->policy == GUEST_SUPERPAGE)
        set_key(subject, "platform/numa-page-preference", "superpage");
}

// As `modelctl create-domain` does it, without a process for each.
static void create(struct model *m, void *data) {
    struct subject *subject = data;
    const struct guest *guest = subject->guest;
    struct domain *d;

    subject->rc = domain_create(m, guest->domid, &d);
    if (subject->rc)
        return;
    memcpy(d->handle, &guest->handle, sizeof(guest->handle));
    d->hvm = d->hap = true;
    d->emulation_flags = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI;
    d->max_pages = guest->mib * 256ULL + 1024;
    subject->rc = domain_set_vcpus(m, d, guest->vcpus);
    if (!subject->rc)
        subject->rc = paging_resize(m, d, guest->pool);
    set_keys(subject);
}

bool machine_create(struct soak *soak, struct guest *guest) {
    struct subject subject = {.soak = soak, .guest = guest};

    state_run(soak->m, create, &subject);
    if (!subject.rc)
        return true;
    if (subject.rc != -ENOMEM)
        soak_broken("a domain cannot be created", strerror(-subject.rc));
    machine_destroy(soak, guest);
    return false;
}

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
    subject->holding.pool = d->pool_pages;
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
