// Forms:
//   host free N claimed N nodes N cpus N
//   node N size N free N dirty N claimed N orders 18:N 9:N ...     free extents by order
//   extents ORDER NODE COUNT                                        populated so far, by all
//   domains domain D pages N max N claimed N pool N used N vcpus N affinity N,N... auto|set domain
//   D node N pages N claimed N domain D leaves 18 N 9 N 0 N pod N frames in leaves of each size
//   domain D pod entries N cache N
//   domain D pool node N used N free N                              the pool's pages, in tables or
//   not domain D param N VALUE        domain D e820 ADDRESS SIZE TYPE   domain D tsc N / time N
//   domain D pv bits N started 0|1                                  of PV domains
//   domain D vcpu N hard|soft CPUS                                  where it is not "all"
//   domain D vnode N node N vcpus N ... distances N ... ranges START-END ...      (hexadecimal
//   bytes) domain D vnode N on N pages N                                   of the vnode's memory,
//   by node
// All numbers but params, addresses and sizes are decimal; sizes and pages are in frames.

#include "tests/model/show.h"
#include "tests/model/claim.h"
#include "tests/model/p2m.h"
#include "tests/model/paging.h"

#include <ctype.h>
#include <string.h>

#define LLU(x) ((unsigned long long)(x))

static uint64_t extents_count(struct model *m, uint32_t node, unsigned order) {
    uint64_t count = 0;

    for (unsigned zone = 0; zone < HEAP_NR_ZONES; zone++)
        for (uint32_t i = m->heap.free[node][zone][order].head; i != CELL_NONE;
             i = cell_at(&m->pool, i)->next)
            count++;
    return count;
}

static void show_node(struct model *m, uint32_t node, FILE *out) {
    uint64_t size = 0;

    for (uint32_t i = 0; i < m->heap.nr_regions; i++)
        if (m->heap.region[i].node == node)
            size += m->heap.region[i].end - m->heap.region[i].first;
    fprintf(out, "node %u size %llu free %llu dirty %llu claimed %llu orders", node, LLU(size),
            LLU(heap_node_free(&m->heap, node)), LLU(m->heap.need_scrub[node]),
            LLU(m->heap.claimed[node]));
    for (unsigned order = HEAP_MAX_ORDER + 1; order-- > 0;) {
        uint64_t count = extents_count(m, node, order);

        if (count)
            fprintf(out, " %u:%llu", order, LLU(count));
    }
    fprintf(out, "\n");
}

void show_host(struct model *m, FILE *out) {
    fprintf(out, "host free %llu claimed %llu nodes %u cpus %u\n", LLU(m->heap.total_free),
            LLU(m->heap.claimed_total), (unsigned)__builtin_popcountll(m->heap.online), m->nr_cpus);
    for (uint32_t node = 0; node < HEAP_MAX_NODES; node++)
        if (m->heap.online & (1ULL << node))
            show_node(m, node, out);
    for (unsigned order = 0; order <= HEAP_MAX_ORDER; order++)
        for (uint32_t node = 0; node < HEAP_MAX_NODES; node++)
            if (m->stats.extents[order][node])
                fprintf(out, "extents %u %u %llu\n", order, node,
                        LLU(m->stats.extents[order][node]));
    fprintf(out, "populate calls %llu listbytes %llu scrubbed %llu\n", LLU(m->stats.populate_calls),
            LLU(m->stats.list_bytes), LLU(m->stats.scrubbed));
    for (unsigned i = 0; i < DOMAIN_MAX; i++)
        if (m->domain[i].in_use)
            show_domain(m, &m->domain[i], out);
}

// A set of numbers as ranges: 0-3,8.
static void show_set(const uint64_t *words, unsigned bits, FILE *out) {
    const char *separator = "";

    for (unsigned bit = 0; bit < bits; bit++) {
        unsigned first = bit;

        if (!((words[bit / 64] >> (bit % 64)) & 1))
            continue;
        while (bit + 1 < bits && ((words[(bit + 1) / 64] >> ((bit + 1) % 64)) & 1))
            bit++;
        fprintf(out, first == bit ? "%s%u" : "%s%u-%u", separator, first, bit);
        separator = ",";
    }
}

static void show_mask(const struct model *m, const struct domain *d, uint32_t vcpu,
                      const char *kind, struct cpu_mask mask, FILE *out) {
    uint64_t all = UINT64_MAX;

    for (unsigned w = 0; w < MODEL_MAX_CPUS / 64; w++)
        all &= mask.word[w];
    if (all == UINT64_MAX)
        return;
    fprintf(out, "domain %u vcpu %u %s ", d->domid, vcpu, kind);
    show_set(mask.word, m->nr_cpus, out);
    fprintf(out, "\n");
}

// The CPUs of the host that are in the mask.
static void show_cpus(const struct model *m, const char *kind, const struct cpu_mask *mask,
                      FILE *out) {
    fprintf(out, " %s ", kind);
    show_set(mask->word, m->nr_cpus, out);
}

void show_vcpus(const struct model *m, const struct domain *d, FILE *out) {
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        const struct vcpu *vcpu = &d->vcpu[i];

        fprintf(out, "vcpu %u online %d", i, vcpu->online);
        show_cpus(m, "hard", &vcpu->hard, out);
        show_cpus(m, "soft", &vcpu->soft, out);
        fprintf(out, "\n");
    }
}

static void show_domain_nodes(struct model *m, const struct domain *d, FILE *out) {
    uint64_t pages[HEAP_MAX_NODES];

    domain_node_pages(m, d, true, pages);
    for (uint32_t node = 0; node < HEAP_MAX_NODES; node++)
        if (pages[node] || d->claim_node[node])
            fprintf(out, "domain %u node %u pages %llu claimed %llu\n", d->domid, node,
                    LLU(pages[node]), LLU(d->claim_node[node]));
}

static void show_pool(struct model *m, const struct domain *d, FILE *out) {
    uint64_t used[HEAP_MAX_NODES], free[HEAP_MAX_NODES];

    paging_node_pages(m, d, used, free);
    for (uint32_t node = 0; node < HEAP_MAX_NODES; node++)
        if (used[node] || free[node])
            fprintf(out, "domain %u pool node %u used %llu free %llu\n", d->domid, node,
                    LLU(used[node]), LLU(free[node]));
}

void show_domain(struct model *m, const struct domain *d, FILE *out) {
    struct p2m_count leaves = p2m_count(m, d);

    fprintf(out,
            "domain %u pages %llu max %llu claimed %llu pool %llu used %llu vcpus %u affinity ",
            d->domid, LLU(d->tot_pages), LLU(d->max_pages), LLU(claim_outstanding(d)),
            LLU(d->pool_pages), LLU(d->pool_used), d->nr_vcpus);
    show_set(&d->node_affinity, HEAP_MAX_NODES, out);
    fprintf(out, " %s\n", d->auto_affinity ? "auto" : "set");
    show_domain_nodes(m, d, out);
    fprintf(out, "domain %u leaves 18 %llu 9 %llu 0 %llu pod %llu\n", d->domid, LLU(leaves.order18),
            LLU(leaves.order9), LLU(leaves.order0), LLU(leaves.pod));
    fprintf(out, "domain %u pod entries %llu cache %llu\n", d->domid, LLU(d->pod_entries),
            LLU(d->pod_pages));
    show_pool(m, d, out);
    if (!d->hvm)
        fprintf(out, "domain %u pv bits %u started %d\n", d->domid, d->address_bits, d->started);
    for (uint32_t i = 0; i < DOMAIN_NR_PARAMS; i++)
        if (d->hvm_params_set & (1ULL << i))
            fprintf(out, "domain %u param %u %#llx\n", d->domid, i, LLU(d->hvm_param[i]));
    for (uint32_t i = 0; i < d->nr_e820; i++)
        fprintf(out, "domain %u e820 %llx %llx %u\n", d->domid, LLU(d->e820[i].first),
                LLU(d->e820[i].bytes), d->e820[i].type);
    fprintf(out, "domain %u tsc %u\ndomain %u time %lld\n", d->domid, d->tsc_mode, d->domid,
            (long long)d->time_offset);
    fprintf(out, "domain %u scheduler weight %u cap %u\n", d->domid, d->sched_weight, d->sched_cap);
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        show_mask(m, d, i, "hard", d->vcpu[i].hard, out);
        show_mask(m, d, i, "soft", d->vcpu[i].soft, out);
    }
    vnuma_show(m, d, out);
}

static void show_value(const struct store_node *node, FILE *out) {
    for (uint32_t i = 0; i < node->length; i++) {
        unsigned char c = (unsigned char)node->value[i];

        if (c == '\n')
            fputs("\\n", out);
        else if (c == '\\' || c == '"')
            fprintf(out, "\\%c", c);
        else if (isprint(c))
            fputc(c, out);
        else
            fprintf(out, "\\x%02x", c);
    }
}

// "(n0,r1)": the owner with the rights of everybody else, then single domains with theirs.
static void show_perms(const struct store_node *node, FILE *out) {
    static const char rights[] = "nrwb";

    for (uint32_t i = 0; i < node->nr_perms; i++)
        fprintf(out, "%s%c%u", i ? "," : " (", rights[node->perm[i].perms & 3],
                node->perm[i].domid);
    fputc(')', out);
}

void show_store(const struct store *store, const char *path, bool perms, FILE *out) {
    size_t length = strcmp(path, "/") ? strlen(path) : 0;

    for (uint32_t i = 0; i < store->nr; i++) {
        const struct store_node *node = &store->node[i];

        if (strncmp(node->path, path, length) != 0 ||
            (node->path[length] && node->path[length] != '/') || !node->path[0])
            continue;
        fprintf(out, "%s = \"", node->path);
        show_value(node, out);
        fputc('"', out);
        if (perms)
            show_perms(node, out);
        fputc('\n', out);
    }
}
