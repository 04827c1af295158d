// Xen has no call that tells on which nodes a domain's pages lie; its dump for debug key `u` does
// (facts, section 6). Two spellings of a domain's heading are about: `Domain 3 (total: 9):` up to
// 4.17 and `d3 (total: 9):` from 4.18. Each line comes with Xen's prefix and, by boot option, a
// time stamp. The console is shared, so lines that are neither heading nor count are passed over.

#include "tests/lab/toolstack/numadump.h"

#include "lib/util/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool skip(const char **text, const char *word) {
    size_t length = strlen(word);

    if (strncmp(*text, word, length) != 0)
        return false;
    *text += length;
    return true;
}

static bool number(const char **text, uint64_t *ret) {
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    *ret = strtoull(*text, &end, 10);
    *text = end;
    return true;
}

// Xen's prefix and the time stamp behind it; a stamp is followed by one blank.
static const char *message_of(const char *line) {
    const char *stamp_end;

    skip(&line, "(XEN) ");
    if (*line == '[') {
        stamp_end = strstr(line, "] ");
        if (stamp_end)
            return stamp_end + 2;
    }
    return line;
}

static bool is_heading(const char *line, uint64_t *domid, uint64_t *total) {
    return (skip(&line, "Domain ") || skip(&line, "d")) && number(&line, domid) &&
           skip(&line, " (total: ") && number(&line, total) && skip(&line, "):");
}

static bool is_count(const char *line, uint64_t *node, uint64_t *pages) {
    return skip(&line, "    Node ") && number(&line, node) && skip(&line, ": ") &&
           number(&line, pages) && *line == '\0';
}

int numa_dump_parse(const char *text, uint32_t domid, struct numa_dump *ret) {
    CLEANUP(cleanup_free) char *copy = strdup(text);
    struct numa_dump dump = {0};
    bool found = false;
    bool inside = false;
    char *rest = copy;

    if (!copy)
        return -ENOMEM;
    for (char *end = strchr(rest, '\n'); end; rest = end + 1, end = strchr(rest, '\n')) {
        const char *line = message_of(rest);
        uint64_t id;
        uint64_t count;

        *end = '\0';
        rest[strcspn(rest, "\r")] = '\0';
        if (is_heading(line, &id, &count)) {
            inside = id == domid;
            found = found || inside;
            if (inside)
                dump = (struct numa_dump){.total = count};
        } else if (inside && is_count(line, &id, &count) && id < NUMA_DUMP_NODES) {
            dump.pages[id] = count;
            dump.online |= UINT64_C(1) << id;
        }
    }
    if (!found)
        return -ESRCH;
    *ret = dump;
    return 0;
}
