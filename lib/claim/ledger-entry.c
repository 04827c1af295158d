// A builder is known by its pid and the time at which it started, since pids are used again.

#include "lib/claim/ledger-entry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/cleanup.h"

// Fields of /proc/<pid>/stat, which has blanks between them. The second, the name in parentheses,
// may contain anything.
#define FIELD_NAME 2
#define FIELD_STATE 3
#define FIELD_START_TIME 22

// The start time of a process. -ENOENT or -ESRCH if there is none, or a dead one.
static int process_start_time(pid_t pid, uint64_t *ret) {
    CLEANUP(cleanup_fclose) FILE *file = NULL;
    char path[32], text[1024];
    const char *at;
    size_t length;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "re");
    if (!file)
        return -errno;
    errno = 0;
    length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = '\0';
    at = strrchr(text, ')');
    for (int field = FIELD_NAME; at && field < FIELD_START_TIME; field++) {
        at = strchr(at + 1, ' ');
        // A zombie keeps its entry until its parent asks for it, which may be never.
        if (at && field + 1 == FIELD_STATE && (at[1] == 'Z' || at[1] == 'X'))
            return -ESRCH;
    }
    // ESRCH, if it has died since it was opened.
    if (!at)
        return errno ? -errno : -EIO;
    *ret = strtoull(at + 1, NULL, 10);
    return 0;
}

int ledger_entry_own(struct ledger_entry *entry, struct error *err) {
    int rc;

    entry->process = getpid();
    rc = process_start_time(entry->process, &entry->start_time);
    if (rc)
        return error_set(err, -rc, "reading /proc/%d/stat: %s", entry->process, strerror(-rc));
    return 0;
}

bool ledger_entry_alive(const struct ledger_entry *entry) {
    uint64_t start_time = 0;
    int rc;

    if (!entry->process)
        return true;
    rc = process_start_time(entry->process, &start_time);
    return rc ? rc != -ENOENT && rc != -ESRCH : start_time == entry->start_time;
}

bool ledger_entry_is_own(const struct ledger_entry *entry) {
    return entry->process == getpid() && ledger_entry_alive(entry);
}

bool ledger_entry_busy(const struct ledger_entry *entry) {
    return entry->process && entry->process != getpid() && ledger_entry_alive(entry);
}

uint64_t ledger_entry_pages(const struct ledger_entry *entry) {
    uint64_t nr_pages = entry->nodeless_pages;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nr_pages += entry->node_pages[node];
    return nr_pages;
}

static uint64_t take(uint64_t *pages, uint64_t nr_pages) {
    uint64_t less = *pages < nr_pages ? *pages : nr_pages;

    *pages -= less;
    return less;
}

void ledger_entry_reduce(struct ledger_entry *entry, uint64_t nr_pages) {
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nr_pages -= take(&entry->node_pages[node], nr_pages);
    take(&entry->nodeless_pages, nr_pages);
}

static unsigned count_nodes(const struct ledger_entry *entry) {
    unsigned nr = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nr += entry->node_pages[node] != 0;
    return nr;
}

void ledger_entry_reduce_evenly(struct ledger_entry *entry, uint64_t nr_pages) {
    unsigned nr;

    while (nr_pages && (nr = count_nodes(entry))) {
        uint64_t each = (nr_pages + nr - 1) / nr;

        for (unsigned node = 0; node < HOST_MAX_NODES && nr_pages; node++)
            nr_pages -= take(&entry->node_pages[node], each < nr_pages ? each : nr_pages);
    }
    take(&entry->nodeless_pages, nr_pages);
}
