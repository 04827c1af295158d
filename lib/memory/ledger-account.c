// What cannot be written is tried again the next time: until then others see more needed than is,
// and correct that by what the domain owns.

#include "lib/memory/ledger-account.h"

#include <string.h>

#include "lib/util/cleanup.h"

// The entry is written anew after this many pages: 64 MiB.
#define WRITE_PAGES 16384

static void write_entry(struct ledger_account *account) {
    CLEANUP(error_done) struct error ignored = {0};

    if (!ledger_write(account->ledger, &account->entry, &ignored))
        account->unwritten_pages = 0;
}

static uint64_t *pages_of(struct ledger_account *account, int node) {
    return node == LEDGER_ACCOUNT_NODELESS ? &account->entry.nodeless_pages
                                           : &account->entry.node_pages[node];
}

static void reduce(uint64_t *pages, uint64_t by) {
    *pages -= *pages < by ? *pages : by;
}

void ledger_account_begin(struct ledger_account *account) {
    if (account->ledger)
        ledger_share(account->ledger);
}

void ledger_account_populated(struct ledger_account *account, int node, uint64_t nr_pages) {
    if (account->open) {
        reduce(pages_of(account, node), nr_pages);
        account->entry.owned_pages += nr_pages;
        account->unwritten_pages += nr_pages;
        if (account->unwritten_pages >= WRITE_PAGES)
            write_entry(account);
    }
    if (account->ledger)
        ledger_unlock(account->ledger);
}

void ledger_account_moved(struct ledger_account *account, unsigned from, unsigned to,
                          uint64_t nr_pages) {
    reduce(&account->entry.node_pages[from], nr_pages);
    account->entry.node_pages[to] += nr_pages;
}

void ledger_account_replan(struct ledger_account *account, const uint64_t *node_pages,
                           uint64_t nodeless_pages) {
    if (!account->open)
        return;
    memcpy(account->entry.node_pages, node_pages, sizeof(account->entry.node_pages));
    account->entry.nodeless_pages = nodeless_pages;
    write_entry(account);
}
