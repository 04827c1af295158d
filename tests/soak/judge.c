// What a run may end with follows from what its domain was before and from what has been done to
// the run: there is no list of errors that are fine in general. A refusal for want of memory must
// hold against the bounds of bounds.h.

#include "tests/soak/judge.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/soak/machine.h"
#include "tests/soak/note.h"
#include "tests/soak/run.h"

// A wait for the ledger gives up after 10 s (lib/claim/ledger.h); if runs have been stopped for
// less, none needs to.
#define EXCUSING_STOPS_MS 8000

void judge_wrong(struct judgement *j, const char *format, ...) {
    char text[512];
    va_list args;

    if (j->wrong)
        return;
    j->wrong = true;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    note_failed(j->soak, j->run->guest, "%s of domain %u, %u MiB: %s; it said \"%.200s\"",
                run_mode_name(j->run->mode), j->run->guest->domid, j->run->mib, text,
                j->run->control);
}

static bool is_torn(const struct run *run) {
    return run->fate.kind == FATE_DESTROY && run->struck;
}

static bool is_long_stop(const struct judgement *j) {
    return run_stops(j->soak) - j->run->stops_before >= EXCUSING_STOPS_MS;
}

static bool has_entry(const struct guest *guest) {
    char *entry = run_entry(guest);
    bool has = *entry;

    free(entry);
    return has;
}

// --- refusals ---

// Whether the reservation or the toolstack's claim has all that the run needs.
static bool is_secured(const struct judgement *j) {
    const struct guest *guest = j->run->guest;

    if (!strcmp(j->soak->claims, "none"))
        return false;
    return j->run->before == GUEST_CLAIMED ||
           (j->run->before == GUEST_RESERVED && guest->reserved_mib >= j->run->mib);
}

static void judge_no_memory(struct judgement *j) {
    const struct guest *guest = j->run->guest;
    const struct run *run = j->run;
    int64_t need = (int64_t)guest->pages + SOAK_SURPLUS, low = run->host_low;
    bool bound = guest->policy == GUEST_STRICT || guest->policy == GUEST_PNODE;

    if (!bound && is_secured(j))
        judge_wrong(j, "there was no memory for it, although it was claimed");
    if (bound) {
        low = 0;
        for (unsigned node = 0; node < SOAK_NODES; node++)
            low += guest->nodes >> node & 1 && run->node_low[node] > 0 ? run->node_low[node] : 0;
        low -= SOAK_SURPLUS;
    }
    if (low >= need)
        judge_wrong(j, "there was no memory for it, although at least %lld pages were free for it",
                    (long long)low);
}

// Whether it is as a reservation that is missing, too small or there already has to be refused.
static int expected_refusal(const struct run *run) {
    if (run->mode == RUN_RESERVE && run->before == GUEST_RESERVED)
        return EEXIST;
    if (run->mode == RUN_USEMEM && run->before == GUEST_CREATED)
        return ENOENT;
    if (run->mode == RUN_USEMEM && run->before == GUEST_RESERVED &&
        run->guest->reserved_mib < run->mib)
        return ENOSPC;
    return 0;
}

static void judge_refusal(struct judgement *j) {
    const struct run *run = j->run;

    if (run->error > 0 && run->error < SOAK_ERRNOS)
        j->soak->sums->refused[run->error]++;
    if (run->nr_errors != 1)
        judge_wrong(j, "%u errors instead of one", run->nr_errors);
    if (is_torn(run) || run->excused || (run->error && run->error == expected_refusal(run)))
        return;
    if (run->error == EINTR && run->fate.kind == FATE_TERM && run->struck)
        return;
    if (run->error == ETIMEDOUT && run->mode == RUN_RESERVE && is_long_stop(j))
        return;
    if (run->error == ENOMEM)
        judge_no_memory(j);
    else
        judge_wrong(j, "error %d is not explained", run->error);
}

// --- what is left ---

// Nothing of ours is claimed or entered after a run that has ended by itself, but for what it was
// not to touch.
static void judge_rest(struct judgement *j) {
    const struct run *run = j->run;
    struct holding held = machine_holding(j->soak, run->guest);
    bool failed = WEXITSTATUS(run->status) != 0;

    if (run->mode == RUN_RESERVE && run->before == GUEST_RESERVED)
        return;
    if (failed && (run->mode == RUN_RELEASE || run->mode == RUN_FORCED_RELEASE))
        return;
    // Without the lock nothing is swept, and it may be an earlier domain's.
    if (run->mode == RUN_RESERVE && run->error == ETIMEDOUT)
        return;
    if (has_entry(run->guest))
        judge_wrong(j, "its entry is still in the ledger");
    if (held.claimed > (failed ? run->guest->claimed : 0))
        judge_wrong(j, "%llu pages are still claimed", (unsigned long long)held.claimed);
}

static void judge_kept_reservation(struct judgement *j) {
    struct holding held = machine_holding(j->soak, j->run->guest);

    if (!has_entry(j->run->guest))
        judge_wrong(j, "the reservation is not in the ledger");
    if (strcmp(j->soak->claims, "none") != 0 &&
        held.claimed < 256ULL * j->run->guest->reserved_mib - 32)
        judge_wrong(j, "%llu pages are claimed", (unsigned long long)held.claimed);
}

static void judge_built(struct judgement *j) {
    const struct guest *guest = j->run->guest;
    struct holding held = machine_holding(j->soak, guest);

    j->soak->sums->builds_done++;
    if (!strstr(j->run->control, "result:"))
        judge_wrong(j, "no result");
    if (held.pages != guest->pages)
        judge_wrong(j, "it has %llu pages instead of %llu", (unsigned long long)held.pages,
                    (unsigned long long)guest->pages);
    judge_placement(j);
}

static void judge_success(struct judgement *j) {
    const struct run *run = j->run;
    int expected = expected_refusal(run);

    if (run->nr_errors)
        judge_wrong(j, "an error, and status 0");
    if (is_torn(run) || run->excused)
        return;
    if (expected)
        judge_wrong(j, "it was not refused with error %d", expected);
    if (run->mode == RUN_RESERVE)
        judge_plan(j);
    else
        judge_rest(j);
    if (run->mode == RUN_BUILD || run->mode == RUN_USEMEM)
        judge_built(j);
}

// --- second actions ---

// While another process builds the domain, everything is refused and nothing touched, but for a
// release that is forced.
static void judge_second(struct judgement *j) {
    struct run *run = j->run, *first = run->guest->run;
    uint64_t claimed = machine_holding(j->soak, run->guest).claimed;
    char *entry = run_entry(run->guest);

    j->soak->sums->seconds++;
    if (run->mode == RUN_FORCED_RELEASE) {
        if (!WIFEXITED(run->status) || WEXITSTATUS(run->status))
            judge_wrong(j, "a forced release has failed");
        if (claimed || *entry)
            judge_wrong(j, "a forced release has left something");
    } else {
        if (!WIFEXITED(run->status) || WEXITSTATUS(run->status) != 1 || run->error != EBUSY)
            judge_wrong(j, "error %d, status %#x during a build of the domain", run->error,
                        (unsigned)run->status);
        if (claimed != run->claim_before || strcmp(entry, run->entry_before) != 0)
            judge_wrong(j, "it has touched the claim or the entry of the build under way");
    }
    if (j->wrong || run->mode == RUN_FORCED_RELEASE)
        first->excused = true;
    free(entry);
}

// --- all of it ---

static void judge_signal(struct judgement *j) {
    int signal = WTERMSIG(j->run->status);

    if (signal == SIGKILL && j->run->fate.kind == FATE_KILL) {
        j->soak->sums->kills++;
        return;
    }
    if (signal == SIGTERM && j->run->fate.kind == FATE_TERM && j->run->struck)
        return;
    judge_wrong(j, "ended by signal %d", signal);
}

// Release plans nothing, and says so too where there has been no ledger yet; its entry is looked
// for.
static void judge_ledger(struct judgement *j) {
    if (!j->run->no_ledger || j->run->mode == RUN_RELEASE)
        return;
    j->soak->sums->without_ledger++;
    j->soak->no_ledger_end = soak_now();
    for (unsigned i = 0; i < SOAK_GUESTS; i++)
        j->soak->guest[i].plan_holds = false;
    if (!is_long_stop(j))
        judge_wrong(j, "without the ledger, although nothing has been stopped for long");
}

static void judge_first(struct judgement *j) {
    struct run *run = j->run;

    if (WIFSIGNALED(run->status)) {
        judge_signal(j);
        return;
    }
    if (WEXITSTATUS(run->status) > 1) {
        judge_wrong(j, "status %d: %.200s", WEXITSTATUS(run->status), run->output);
        return;
    }
    if (!is_torn(run))
        judge_pool(j);
    if (WEXITSTATUS(run->status) == 0) {
        judge_success(j);
        return;
    }
    judge_refusal(j);
    if (is_torn(run))
        return;
    if (run->mode == RUN_RESERVE && run->before == GUEST_RESERVED)
        judge_kept_reservation(j);
    else if (!run->excused)
        judge_rest(j);
}

void judge_run(struct soak *soak, struct run *run) {
    struct judgement j = {.soak = soak, .run = run};

    note(soak, "domain %u: process %d ended with %#x: %s", run->guest->domid, run->pid,
         (unsigned)run->status, run->control);
    soak->sums->terms += run->fate.kind == FATE_TERM && run->struck;
    soak->sums->torn += is_torn(run);
    if (run->hung)
        judge_wrong(&j, "it had to be killed as it did not end");
    else if (run == run->guest->second)
        judge_second(&j);
    else
        judge_first(&j);
    judge_ledger(&j);
    if (!j.wrong)
        note_passed(soak);
}

// Entries are named by domid, and `<domid>.new` while they are written; the locks are not.
static const char *ledger_rest(char name[256]) {
    DIR *directory = opendir(SOAK_LEDGER);
    struct dirent *file;

    name[0] = '\0';
    while (directory && (file = readdir(directory))) {
        if (strchr("0123456789", file->d_name[0]) || strstr(file->d_name, ".new"))
            snprintf(name, 256, "%s", file->d_name);
    }
    if (directory)
        closedir(directory);
    return *name ? name : NULL;
}

void judge_end(struct soak *soak) {
    const char *wrong = machine_wrong(soak);
    char name[256];

    if (wrong)
        note_failed(soak, NULL, "at the end of the round: %s", wrong);
    else
        note_passed(soak);
    if (ledger_rest(name))
        note_failed(soak, NULL, "at the end of the round %s is left in the ledger", name);
    else
        note_passed(soak);
}
