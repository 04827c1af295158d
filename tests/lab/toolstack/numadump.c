// Xen has no call that tells on which nodes a domain's pages lie; its dump for debug key `u` does
//. Two spellings of a domain's heading are about: `Domain 3 (total: 9):` up to
// 4.17 and `d3 (total: 9):` from 4.18. Each line comes with Xen's prefix and, by boot option, a
// time stamp. The console is shared, so lines that are neither heading nor count are passed over.

#include "tests/lab/toolstack/numadump.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 256 // far more than a line of the dump

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

// Copies the line at *text, without its end and cut to `size`; *text moves on to the next. A line
// without newline is not taken: there may be more of it.
static bool line_next(const char **text, char *line, size_t size) {
    const char *end = strchr(*text, '\n');
    size_t length;

    if (!end)
        return false;
    length = strcspn(*text, "\r\n");
    if (length >= size)
        length = size - 1;
    memcpy(line, *text, length);
    line[length] = '\0';
    *text = end + 1;
    return true;
}

int numa_dump_parse(const char *text, uint32_t domid, struct numa_dump *ret) {
    struct numa_dump dump = {0};
    bool found = false;
    bool inside = false;
    char whole[LINE_BYTES];

    while (line_next(&text, whole, sizeof(whole))) {
        const char *line = message_of(whole);
        uint64_t id;
        uint64_t count;

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
