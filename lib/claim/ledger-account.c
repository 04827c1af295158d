// What cannot be written is tried again the next time: until then others see more needed than is,
// and correct that by what the domain owns.

#include "lib/claim/ledger-account.h"

#include <errno.h>
#include <string.h>

#include "lib/util/cleanup.h"

// The entry is written anew after this many pages: 64 MiB.
#define WRITE_PAGES 16384

void ledger_account_done(struct ledger_account *account) {
    error_done(&account->warning);
}

// The first warning is about what made the others come.
void ledger_account_warn(struct ledger_account *account, const struct error *err) {
    if (!account->warning.code)
        error_set(&account->warning, err->code, "%s", err->text);
}

bool ledger_account_check(struct ledger_account *account) {
    CLEANUP(error_done) struct error err = {0};
    struct ledger_entry found;
    bool present;

    if (!account->open)
        return true;
    present = ledger_find(account->ledger, account->entry.domid, &found);
    if (present && !ledger_entry_busy(&found))
        return true;
    error_set(&err, ENOENT,
              "somebody has ended the reservation of domain %u while it is built: -mode release "
              "-force, or the domain is destroyed",
              account->entry.domid);
    ledger_account_warn(account, &err);
    account->open = !present;
    return !present;
}

static void write_entry(struct ledger_account *account) {
    CLEANUP(error_done) struct error ignored = {0};

    if (ledger_account_check(account) && !ledger_write(account->ledger, &account->entry, &ignored))
        account->unwritten_pages = 0;
}

// What becomes of an attempt to lock the ledger that ended with rc.
static int locked(struct ledger_account *account, int rc, const struct error *other,
                  struct error *err) {
    if (rc == -EINTR)
        return error_set(err, EINTR, "%s", other->text);
    if (rc)
        ledger_account_warn(account, other);
    return 0;
}

int ledger_account_lock(struct ledger_account *account, struct error *err) {
    CLEANUP(error_done) struct error other = {0};

    return account->ledger ? locked(account, ledger_lock(account->ledger, &other), &other, err) : 0;
}

void ledger_account_unlock(struct ledger_account *account) {
    if (account->ledger)
        ledger_unlock(account->ledger);
}

int ledger_account_begin(struct ledger_account *account, struct error *err) {
    CLEANUP(error_done) struct error other = {0};

    return account->ledger
               ? locked(account, ledger_lock_shared(account->ledger, &other), &other, err)
               : 0;
}

static void end(struct ledger_account *account, uint64_t nr_pages) {
    if (account->open) {
        account->entry.owned_pages += nr_pages;
        account->unwritten_pages += nr_pages;
        if (account->unwritten_pages >= WRITE_PAGES)
            write_entry(account);
    }
    ledger_account_unlock(account);
}

void ledger_account_end(struct ledger_account *account, int node, uint64_t nr_pages) {
    uint64_t *pages = node == LEDGER_ACCOUNT_NODELESS ? &account->entry.nodeless_pages
                                                      : &account->entry.node_pages[node];

    *pages -= *pages < nr_pages ? *pages : nr_pages;
    end(account, nr_pages);
}

void ledger_account_end_evenly(struct ledger_account *account, uint64_t nr_pages) {
    ledger_entry_reduce_evenly(&account->entry, nr_pages);
    end(account, nr_pages);
}

void ledger_account_return(struct ledger_account *account,
                           const uint64_t node_pages[HOST_MAX_NODES], uint64_t nodeless_pages) {
    struct ledger_entry *entry = &account->entry;
    uint64_t nr_pages = nodeless_pages;

    entry->nodeless_pages += nodeless_pages;
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        entry->node_pages[node] += node_pages[node];
        nr_pages += node_pages[node];
    }
    entry->owned_pages -= entry->owned_pages < nr_pages ? entry->owned_pages : nr_pages;
    if (account->open)
        write_entry(account);
}

void ledger_account_replan(struct ledger_account *account, const uint64_t *node_pages,
                           uint64_t nodeless_pages) {
    if (!account->open)
        return;
    memset(account->entry.node_pages, 0, sizeof(account->entry.node_pages));
    if (node_pages)
        memcpy(account->entry.node_pages, node_pages, sizeof(account->entry.node_pages));
    account->entry.nodeless_pages = nodeless_pages;
    write_entry(account);
}
