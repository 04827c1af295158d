// A guest that suits one node must be on one. With moderate load it always can be, whatever the
// others do: bounds_everyone_fits sees to that. With high load only where a node had, for certain,
// all that it needs. Neither is asked for while a run goes without the ledger, which then nobody
// can know of.

#include "tests/soak/judge.h"

#include <stdlib.h>
#include <string.h>

#include "tests/soak/machine.h"
#include "tests/soak/run.h"

#define NODE_SLACK 4096       // see bounds.c
#define INTERLEAVE_SLACK 2048 // pages: pieces of 2 MiB, and where they begin
#define MOST_PER_MILLE 999    // of a guest that counts as on one node

#define LLU(x) ((unsigned long long)(x))

bool judge_is_undisturbed(const struct judgement *j) {
    if (j->run->no_ledger || j->soak->no_ledger_end >= j->run->start)
        return false;
    for (unsigned i = 0; i < SOAK_RUNS; i++) {
        const struct run *other = &j->soak->run[i];

        if (other->live && other != j->run && run_lacks_ledger(j->soak, other))
            return false;
    }
    return true;
}

static uint64_t sum(const uint64_t pages[SOAK_NODES]) {
    uint64_t all = 0;

    for (unsigned node = 0; node < SOAK_NODES; node++)
        all += pages[node];
    return all;
}

static bool is_single(const uint64_t pages[SOAK_NODES]) {
    for (unsigned node = 0; node < SOAK_NODES; node++) {
        if (1000 * pages[node] >= MOST_PER_MILLE * sum(pages))
            return true;
    }
    return false;
}

// Whether every node of the mask has had `pages`, or some node if not `every`.
static bool nodes_had(const struct run *run, int64_t pages, bool every) {
    unsigned nr = 0;

    for (unsigned node = 0; node < SOAK_NODES; node++)
        nr += run->node_low[node] >= pages + NODE_SLACK;
    return every ? nr == SOAK_NODES : nr > 0;
}

static void judge_auto(struct judgement *j, const uint64_t pages[SOAK_NODES]) {
    const struct guest *guest = j->run->guest;

    if (guest->vcpus > SOAK_NODE_CORES || !judge_is_undisturbed(j))
        return;
    if (j->soak->load != LOAD_MODERATE &&
        !nodes_had(j->run, (int64_t)guest->pages + SOAK_SURPLUS, false))
        return;
    j->soak->sums->judged_local++;
    if (!is_single(pages))
        judge_wrong(j, "%llu + %llu + %llu + %llu pages, although one node had room for all",
                    (unsigned long long)pages[0], (unsigned long long)pages[1],
                    (unsigned long long)pages[2], (unsigned long long)pages[3]);
}

static void judge_bound(struct judgement *j, const uint64_t pages[SOAK_NODES]) {
    uint64_t elsewhere = 0;

    for (unsigned node = 0; node < SOAK_NODES; node++)
        elsewhere += j->run->guest->nodes >> node & 1 ? 0 : pages[node];
    if (elsewhere > SOAK_SURPLUS)
        judge_wrong(j, "%llu pages are not on the nodes that it was bound to",
                    (unsigned long long)elsewhere);
}

static void judge_interleaved(struct judgement *j, const uint64_t pages[SOAK_NODES]) {
    uint64_t share = j->run->mib * 256ULL / SOAK_NODES;

    if (!nodes_had(j->run, (int64_t)share + SOAK_SURPLUS, true) || !judge_is_undisturbed(j))
        return;
    for (unsigned node = 0; node < SOAK_NODES; node++) {
        if (pages[node] > share + INTERLEAVE_SLACK || pages[node] + INTERLEAVE_SLACK < share)
            judge_wrong(j, "%llu pages on node %u instead of about %llu",
                        (unsigned long long)pages[node], node, (unsigned long long)share);
    }
}

static uint64_t largest(const uint64_t pages[SOAK_NODES]) {
    uint64_t most = 0;

    for (unsigned node = 0; node < SOAK_NODES; node++)
        most = pages[node] > most ? pages[node] : most;
    return most;
}

// A guest is where its reservation said, but for what new domains have taken. What has become free
// meanwhile may make it better: its first node may have more of it, or it is more even.
static void judge_from_plan(struct judgement *j, const uint64_t pages[SOAK_NODES]) {
    const struct guest *guest = j->run->guest;
    uint64_t slack = INTERLEAVE_SLACK + j->soak->pools - guest->pools_then;
    bool wrong;

    if (!guest->plan_holds || guest->reserved_mib != j->run->mib || !judge_is_undisturbed(j))
        return;
    if (guest->policy == GUEST_INTERLEAVE)
        wrong = largest(pages) > largest(guest->plan) + slack;
    else
        wrong = largest(pages) + slack < largest(guest->plan);
    for (unsigned node = 0; node < SOAK_NODES && guest->policy != GUEST_INTERLEAVE; node++)
        wrong |= !guest->plan[node] && pages[node] > slack;
    if (wrong)
        judge_wrong(
            j, "%llu + %llu + %llu + %llu pages, of a reservation of %llu + %llu + %llu + %llu",
            LLU(pages[0]), LLU(pages[1]), LLU(pages[2]), LLU(pages[3]), LLU(guest->plan[0]),
            LLU(guest->plan[1]), LLU(guest->plan[2]), LLU(guest->plan[3]));
}

static void judge_policy(struct judgement *j, const uint64_t pages[SOAK_NODES]) {
    switch (j->run->guest->policy) {
    case GUEST_AUTO:
        judge_auto(j, pages);
        break;
    case GUEST_STRICT:
    case GUEST_PNODE:
        judge_bound(j, pages);
        break;
    case GUEST_INTERLEAVE:
        judge_interleaved(j, pages);
        break;
    case GUEST_SUPERPAGE: // anywhere where there are larger pages
        break;
    }
}

void judge_placement(struct judgement *j) {
    const struct guest *guest = j->run->guest;
    struct holding held = machine_holding(j->soak, guest);

    if (guest->policy == GUEST_AUTO && guest->vcpus <= SOAK_NODE_CORES) {
        j->soak->sums->built_auto++;
        j->soak->sums->single += is_single(held.node_pages);
    }
    // Of named nodes the first is taken that has the room now, wherever it was reserved.
    if (j->run->before == GUEST_RESERVED && guest->policy != GUEST_SUPERPAGE &&
        guest->policy != GUEST_STRICT)
        judge_from_plan(j, held.node_pages);
    else if (j->run->before != GUEST_RESERVED || guest->policy == GUEST_STRICT)
        judge_policy(j, held.node_pages);
}

void judge_pool(struct judgement *j) {
    uint64_t pool = machine_holding(j->soak, j->run->guest).pool;

    if (j->run->mode != RUN_BUILD && j->run->mode != RUN_USEMEM)
        return;
    if (pool < j->run->guest->pool && !strstr(j->run->output, "paging pool is smaller"))
        judge_wrong(j, "its paging pool has %llu pages instead of %llu", LLU(pool),
                    LLU(j->run->guest->pool));
}

// --- reservations ---

// As `reserve -json` prints them: {"node":N,"distance":N,"pages":N}.
static void parse_plan(const char *json, uint64_t plan[SOAK_NODES]) {
    memset(plan, 0, SOAK_NODES * sizeof(*plan));
    for (const char *at = json; (at = strstr(at, "{\"node\":")); at++) {
        unsigned long node = strtoul(at + strlen("{\"node\":"), NULL, 10);
        const char *pages = strstr(at, "\"pages\":");

        if (node < SOAK_NODES && pages)
            plan[node] = strtoull(pages + strlen("\"pages\":"), NULL, 10);
    }
}

void judge_plan(struct judgement *j) {
    struct guest *guest = j->run->guest;
    struct holding held = machine_holding(j->soak, guest);
    uint64_t need = j->run->mib * 256ULL - 32; // without the VGA hole
    char *entry = run_entry(guest);

    parse_plan(j->run->output, guest->plan);
    guest->pools_then = j->soak->pools;
    guest->plan_holds = judge_is_undisturbed(j);
    guest->reserved_mib = j->run->mib;
    if (sum(guest->plan) != need)
        judge_wrong(j, "%llu pages are planned instead of %llu",
                    (unsigned long long)sum(guest->plan), (unsigned long long)need);
    if (!*entry)
        judge_wrong(j, "the reservation is not in the ledger");
    if (strcmp(j->soak->claims, "none") != 0 && held.claimed < need)
        judge_wrong(j, "%llu pages are claimed instead of %llu", (unsigned long long)held.claimed,
                    (unsigned long long)need);
    judge_policy(j, guest->plan);
    free(entry);
}
