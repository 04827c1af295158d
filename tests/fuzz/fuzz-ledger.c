// Entries of the ledger, in both directions: a text that is one keeps its meaning when it is
// written again, and an entry made of the same bytes comes back as it was.

#include <errno.h>
#include <strings.h>

#include "lib/claim/ledger-text.h"
#include "tests/fuzz/fuzz.h"

#define MAX_PAGES (1ULL << 40) // 52 bits of physical address

static void check_same(const struct ledger_entry *a, const struct ledger_entry *b) {
    REQUIRE(a->domid == b->domid && a->claim == b->claim && a->process == b->process);
    REQUIRE(!memcmp(a->handle, b->handle, sizeof(a->handle)));
    REQUIRE(a->start_time == b->start_time && a->owned_pages == b->owned_pages);
    REQUIRE(!memcmp(a->node_pages, b->node_pages, sizeof(a->node_pages)));
    REQUIRE(a->nodeless_pages == b->nodeless_pages);
}

static void check_round_trip(const struct ledger_entry *entry) {
    CLEANUP(cleanup_free) char *text = ledger_text_make(entry);
    struct ledger_entry again;

    REQUIRE(text && !ledger_text_is_other_version(text));
    REQUIRE(ledger_text_parse(text, &again) == 0);
    check_same(entry, &again);
    // Cut short, as by a full file system, or with something behind, it is no entry.
    text[strlen(text) - 1] = '\0';
    REQUIRE(ledger_text_parse(text, &again) == -EINVAL);
    text[strlen(text)] = '\n';
}

static void check_text(const char *text) {
    struct ledger_entry entry;
    int rc;

    fuzz_fill(&entry, sizeof(entry));
    rc = ledger_text_parse(text, &entry);
    if (rc) {
        REQUIRE(rc == -EINVAL && fuzz_is_filled(&entry, sizeof(entry)));
        return;
    }
    REQUIRE(!ledger_text_is_other_version(text));
    REQUIRE(entry.domid <= UINT16_MAX && entry.process >= 0);
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        REQUIRE(entry.node_pages[node] <= MAX_PAGES);
    REQUIRE(entry.nodeless_pages <= MAX_PAGES && entry.owned_pages <= MAX_PAGES);
    check_round_trip(&entry);
}

static void check_handle(const char *text) {
    uint8_t handle[16], again[16];
    int rc;

    fuzz_fill(handle, sizeof(handle));
    rc = ledger_text_parse_handle(text, handle);
    if (rc) {
        REQUIRE(rc == -EINVAL && fuzz_is_filled(handle, sizeof(handle)));
        return;
    }
    REQUIRE(!strcasecmp(ledger_text_make_handle(handle).s, text));
    REQUIRE(!ledger_text_parse_handle(ledger_text_make_handle(handle).s, again));
    REQUIRE(!memcmp(handle, again, sizeof(handle)));
}

// Takes up to eight bytes off the input.
static uint64_t take(const uint8_t **data, size_t *size) {
    uint64_t value = 0;
    size_t bytes = *size < sizeof(value) ? *size : sizeof(value);

    if (bytes)
        memcpy(&value, *data, bytes);
    *data += bytes;
    *size -= bytes;
    return value;
}

static void check_bytes(const uint8_t *data, size_t size) {
    struct ledger_entry entry = {
        .domid = (uint16_t)take(&data, &size),
        .claim = take(&data, &size) % (CLAIM_SET + 1),
        .process = (pid_t)(take(&data, &size) & INT32_MAX),
        .start_time = take(&data, &size),
        .nodeless_pages = take(&data, &size) % (MAX_PAGES + 1),
        .owned_pages = take(&data, &size) % (MAX_PAGES + 1),
    };

    for (size_t i = 0; i < sizeof(entry.handle); i++)
        entry.handle[i] = (uint8_t)take(&data, &size);
    while (size) {
        uint64_t value = take(&data, &size);

        entry.node_pages[value % HOST_MAX_NODES] = value / HOST_MAX_NODES % (MAX_PAGES + 1);
    }
    check_round_trip(&entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);

    check_text(text);
    check_handle(text);
    check_bytes(data, size);
    return 0;
}
