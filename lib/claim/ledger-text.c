// The last line is there to tell a whole entry from the beginning of one.

#include "lib/claim/ledger-text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_NAME "xenguest-ledger "
#define HEADER HEADER_NAME "1"
#define MAX_PAGES (1ULL << 40)

struct ledger_text_handle ledger_text_make_handle(const uint8_t handle[16]) {
    struct ledger_text_handle text;

    for (unsigned i = 0; i < 16; i++)
        snprintf(text.s + (size_t)2 * i, 4, "%02x\n", handle[i]);
    return text;
}

char *ledger_text_make(const struct ledger_entry *entry) {
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return NULL;
    fprintf(out, HEADER "\ndomain %" PRIu32 "\nhandle %s", entry->domid,
            ledger_text_make_handle(entry->handle).s);
    fprintf(out, "claim %s\nprocess %d %" PRIu64 "\n", claim_text(entry->claim), entry->process,
            entry->start_time);
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        if (entry->node_pages[node])
            fprintf(out, "node %u %" PRIu64 "\n", node, entry->node_pages[node]);
    }
    fprintf(out, "nodeless %" PRIu64 "\nowned %" PRIu64 "\nend\n", entry->nodeless_pages,
            entry->owned_pages);
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

// What is left to parse; every function takes its part off the front or sets `bad`.
struct cursor {
    const char *at;
    bool bad;
};

static bool take_word(struct cursor *cursor, const char *word) {
    size_t length = strlen(word);

    if (cursor->bad || strncmp(cursor->at, word, length))
        return false;
    cursor->at += length;
    return true;
}

static void need_word(struct cursor *cursor, const char *word) {
    if (!take_word(cursor, word))
        cursor->bad = true;
}

static uint64_t need_number(struct cursor *cursor, uint64_t max) {
    char *end = NULL;
    uint64_t value = 0;

    errno = 0;
    if (!cursor->bad && isdigit((unsigned char)*cursor->at))
        value = strtoull(cursor->at, &end, 10);
    if (!end || errno || value > max) {
        cursor->bad = true;
        return 0;
    }
    cursor->at = end;
    return value;
}

static void need_handle(struct cursor *cursor, uint8_t handle[16]) {
    for (int i = 0; i < 16 && !cursor->bad; i++) {
        char digits[3] = "";

        memcpy(digits, cursor->at, strnlen(cursor->at, 2));
        if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1])) {
            cursor->bad = true;
            return;
        }
        handle[i] = (uint8_t)strtoul(digits, NULL, 16);
        cursor->at += 2;
    }
}

static enum claim_kind need_claim(struct cursor *cursor) {
    for (int kind = CLAIM_NONE; kind <= CLAIM_SET; kind++) {
        if (take_word(cursor, claim_text(kind)))
            return kind;
    }
    cursor->bad = true;
    return CLAIM_NONE;
}

// In ascending order, each once.
static void take_nodes(struct cursor *cursor, struct ledger_entry *entry) {
    uint64_t next = 0;

    while (take_word(cursor, "node ")) {
        uint64_t node = need_number(cursor, HOST_MAX_NODES - 1);

        if (node < next)
            cursor->bad = true;
        next = node + 1;
        need_word(cursor, " ");
        entry->node_pages[node] = need_number(cursor, MAX_PAGES);
        need_word(cursor, "\n");
    }
}

int ledger_text_parse_handle(const char *text, uint8_t ret[16]) {
    struct cursor cursor = {.at = text};
    uint8_t handle[16] = {0};

    need_handle(&cursor, handle);
    need_word(&cursor, "\n");
    if (cursor.bad || *cursor.at)
        return -EINVAL;
    memcpy(ret, handle, sizeof(handle));
    return 0;
}

bool ledger_text_is_other_version(const char *text) {
    return !strncmp(text, HEADER_NAME, strlen(HEADER_NAME)) &&
           strncmp(text, HEADER "\n", strlen(HEADER "\n")) != 0;
}

int ledger_text_parse(const char *text, struct ledger_entry *ret) {
    struct cursor cursor = {.at = text};
    struct ledger_entry entry = {0};

    need_word(&cursor, HEADER "\ndomain ");
    entry.domid = (uint32_t)need_number(&cursor, UINT16_MAX);
    need_word(&cursor, "\nhandle ");
    need_handle(&cursor, entry.handle);
    need_word(&cursor, "\nclaim ");
    entry.claim = need_claim(&cursor);
    need_word(&cursor, "\nprocess ");
    entry.process = (pid_t)need_number(&cursor, INT32_MAX);
    need_word(&cursor, " ");
    entry.start_time = need_number(&cursor, UINT64_MAX);
    need_word(&cursor, "\n");
    take_nodes(&cursor, &entry);
    need_word(&cursor, "nodeless ");
    entry.nodeless_pages = need_number(&cursor, MAX_PAGES);
    need_word(&cursor, "\nowned ");
    entry.owned_pages = need_number(&cursor, MAX_PAGES);
    need_word(&cursor, "\nend\n");
    if (cursor.bad || *cursor.at)
        return -EINVAL;
    *ret = entry;
    return 0;
}
