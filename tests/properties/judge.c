// Whether there was an answer, whether it should have been this one, and whether every frame is
// where it should be.

#include "tests/properties/judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// libxenguest's special pages.
#define SPECIAL_FIRST 0xfeff0ULL
#define SPECIAL_END 0xff000ULL

static unsigned size_of(unsigned order) {
    return order == 18 ? 0 : order == 9 ? 1 : 2;
}

// --- address space ---

static void judge_frames(struct judgement *j) {
    const struct guest_truth *guest = &j->o->guest;
    uint64_t frames = 0, stray = 0, leaves[TRUTH_SIZES] = {0};

    for (uint64_t gfn = 0; gfn < guest->end; gfn++) {
        unsigned node = guest->node[gfn];

        if (!node)
            continue;
        if (!expect_is_ram(j->ram, gfn)) {
            j->special++;
            stray += gfn < SPECIAL_FIRST || gfn >= SPECIAL_END;
            continue;
        }
        frames++;
        j->pages[node - 1]++;
        if (gfn % (1ULL << guest->order[gfn]) == 0) {
            leaves[size_of(guest->order[gfn])]++;
            j->leaves[node - 1][size_of(guest->order[gfn])]++;
        }
    }
    if (frames != j->e->guest_pages)
        WRONG(j, "%" PRIu64 " frames of RAM are populated, not %" PRIu64, frames,
              j->e->guest_pages);
    if (stray)
        WRONG(j, "%" PRIu64 " frames in holes", stray);
    if (j->special != JUDGE_SPECIAL)
        WRONG(j, "%" PRIu64 " special pages", j->special);
    if ((leaves[0] << 18) + (leaves[1] << 9) + leaves[2] != frames)
        WRONG(j, "leaves cross the border of RAM");
    if (guest->shared)
        WRONG(j, "a machine frame is mapped twice");
    if (guest->tot_pages != guest->mapped)
        WRONG(j, "%" PRIu64 " pages owned, %" PRIu64 " mapped", guest->tot_pages, guest->mapped);
}

// --- answers ---

static long error_code(const char *answer) {
    static const char kind[] = "error:hvm_build ";

    return strncmp(answer, kind, sizeof(kind) - 1) ? 0
                                                   : strtol(answer + sizeof(kind) - 1, NULL, 10);
}

static void judge_refusal(struct judgement *j) {
    long code = error_code(j->o->answer);
    bool lacking = j->e->unclear || j->e->capacity < j->e->guest_pages + JUDGE_SPARE + j->e->slack;

    if (j->o->status != 1)
        WRONG(j, "status %d of a refusal", j->o->status);
    if (code != 12 && !(code == 22 && (j->e->wrong || j->e->may_wrong)))
        WRONG(j, "error %ld", code);
    if (code == 12 && j->e->wrong && !lacking)
        WRONG(j, "error 12 for wrong settings");
    if (!j->e->wrong && !j->e->may_wrong && !lacking && (!j->e->hidden_claims || j->e->last_resort))
        WRONG(j, "refused, though %" PRIu64 " pages could be had for %" PRIu64, j->e->capacity,
              j->e->guest_pages);
    if (j->o->guest.tot_pages && !j->e->hidden_claims)
        WRONG(j, "refused, and %" PRIu64 " pages are populated", j->o->guest.tot_pages);
}

static void judge_built(struct judgement *j) {
    if (j->o->status)
        WRONG(j, "status %d", j->o->status);
    if (j->e->wrong)
        WRONG(j, "built with wrong settings");
    else if (j->e->capacity < j->e->guest_pages)
        WRONG(j, "built, though only %" PRIu64 " pages could be had for %" PRIu64, j->e->capacity,
              j->e->guest_pages);
    judge_frames(j);
    if (j->o->guest.vnuma.nr_vnodes) {
        judge_report(j);
        judge_virtual(j);
        return;
    }
    if (j->c->virtual_nodes && j->c->virtual_nodes != CASE_VIRTUAL_AUTO)
        WRONG(j, "built without vnodes");
    judge_vcpus(j);
    judge_report(j);
    judge_choice(j);
    judge_placement(j);
    judge_sizes(j);
}

static uint64_t claimed(const struct truth *truth) {
    uint64_t pages = truth->claimed_nodeless;

    for (unsigned id = 0; id < CASE_MAX_IDS; id++)
        pages += truth->claimed_pages[id];
    return pages;
}

void judge(struct judgement *j) {
    bool built = strstr(j->o->answer, "result:") != NULL;
    // A failure leaves what the toolstack has claimed, but for what was populated from it.
    uint64_t kept = built ? 0 : j->before->toolstack_pages;

    kept -= kept < j->o->guest.tot_pages ? kept : j->o->guest.tot_pages;
    j->ram = expect_ram(j->c);
    if (built)
        judge_built(j);
    else
        judge_refusal(j);
    if (j->o->guest.claimed_pages != kept)
        WRONG(j, "%" PRIu64 " pages are claimed, not %" PRIu64, j->o->guest.claimed_pages, kept);
    if (claimed(&j->o->after) != claimed(j->before) + kept)
        WRONG(j, "others had %" PRIu64 " pages claimed, now %" PRIu64, claimed(j->before),
              claimed(&j->o->after) - kept);
}
